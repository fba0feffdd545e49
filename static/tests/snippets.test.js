import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { curlOf, frameOf, pictureQuery, pythonOf } from "../snippets.js";

const BODY = { program: "print('it''s')\nx = \"a\\n\" # 中文 `$HOME`\n", sum: true, none: null, list: [1, -0.5, "b"] };

test("the shell gives curl the body as it is", () => {
  const printed = curlOf("http://localhost:1", BODY).replace(/^curl --json /, "printf %s ").replace(/ \\\n.*\n$/, "");
  assert.deepEqual(JSON.parse(execFileSync("sh", ["-c", printed], { encoding: "utf8" })), BODY);
});

test("Python reads the body as it is", () => {
  for (const body of [BODY, { program: 'import torch\nx = """ """\n' }, { program: 'x = 1\ny = "z"' }, { program: "import torch\nprint(1)\n" }]) {
    const literal = pythonOf("http://localhost:1", body).split("body = ")[1].split("\nreply = ")[0];
    const read = execFileSync("python3", ["-c", `import json\nprint(json.dumps(${literal}))`], { encoding: "utf8" });
    assert.deepEqual(JSON.parse(read), body);
  }
});

test("the API is asked for the pass and the phase on show", () => {
  assert.equal(pictureQuery({ pass: 3, kind: "forward", reached: "forward" }, { theme: "dark", direction: "LR", lang: "zh" }), "pass=3&phase=forward&theme=dark&direction=LR&lang=zh");
  assert.equal(pictureQuery({ pass: -1, kind: "update", reached: "backward" }, { theme: "light", direction: "TB", lang: "en" }), "pass=0&phase=backward&theme=light&direction=TB&lang=en");
});

test("a frame leads to the page without the editor, with the state behind it", () => {
  assert.match(frameOf("http://localhost:1", "1.ab-_"), /^<iframe src="http:\/\/localhost:1\/embed#1\.ab-_" title="[^"]+" width="100%" height="480" loading="lazy"><\/iframe>\n$/);
});
