import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { ProblemError, beginTrace, bringTable, drawGraph, fetchLandscape, loadExamples, streamTrace } from "../api.js";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});

/** Answer every request with these pieces of a body; remember what was asked. */
function answer(pieces, { status = 200, fails = false } = {}) {
  const asked = [];
  globalThis.fetch = async (address, options) => {
    asked.push({ address, ...options });
    const body = new ReadableStream({
      async start(controller) {
        for (const piece of pieces) controller.enqueue(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
        if (fails) controller.error(new TypeError("network error"));
        else controller.close();
      },
    });
    return new Response(body, { status });
  };
  return asked;
}

const signal = () => new AbortController().signal;

async function eventsOf(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

test("lines arrive as events, wherever the pieces were cut", async () => {
  const text = new TextEncoder().encode('{"event":"program","program":"中文"}\n{"event":"moment"}\n\n{"event":"end"}\n');
  const asked = answer([text.slice(0, 31), text.slice(31, 33), text.slice(33, 50), text.slice(50)]);
  const events = await eventsOf(streamTrace({ program: "x" }, { language: "zh", signal: signal() }));
  assert.deepEqual(events.map(({ event }) => event), ["program", "moment", "end"]);
  assert.equal(events[0].program, "中文");
  assert.equal(asked[0].headers.Accept, "application/x-ndjson");
  assert.equal(asked[0].headers["Accept-Language"], "zh");
  assert.deepEqual(JSON.parse(asked[0].body), { program: "x" });
});

test("a refusal is thrown with its document", async () => {
  answer(['{"code":"syntax","title":"No","status":422,"parameters":{},"line":3}'], { status: 422 });
  await assert.rejects(eventsOf(streamTrace({}, { language: "en", signal: signal() })), (error) => {
    assert.ok(error instanceof ProblemError);
    assert.deepEqual([error.problem.code, error.problem.line], ["syntax", 3]);
    return true;
  });
});

test("a problem as the last line is thrown after the events before it", async () => {
  answer(['{"event":"pass"}\n{"event":"problem","code":"raised","parameters":{}}\n']);
  const seen = [];
  await assert.rejects(async () => {
    for await (const event of streamTrace({}, { language: "en", signal: signal() })) seen.push(event.event);
  }, ({ problem }) => problem.code === "raised");
  assert.deepEqual(seen, ["pass"]);
});

const BROKEN = { "ends without an end": { pieces: ['{"event":"pass"}\n'], fails: false }, "breaks off": { pieces: ['{"event":"pass"}\n'], fails: true } };

for (const [name, { pieces, fails }] of Object.entries(BROKEN)) {
  test(`a stream that ${name} is a problem`, async () => {
    answer(pieces, { fails });
    await assert.rejects(eventsOf(streamTrace({}, { language: "en", signal: signal() })), ({ problem }) => problem.code === "broken-off");
  });
}

test("no server, and an answer that is not ours, are problems too", async () => {
  globalThis.fetch = async () => {
    throw new TypeError("failed to fetch");
  };
  await assert.rejects(loadExamples("en"), ({ problem }) => problem.code === "offline");
  answer(["<html>bad gateway</html>"], { status: 502 });
  await assert.rejects(loadExamples("en"), ({ problem }) => problem.code === "unexpected-answer" && problem.parameters.status === 502);
});

test("an ended request is not a problem but an end", async () => {
  const controller = new AbortController();
  globalThis.fetch = async () => {
    controller.abort();
    throw controller.signal.reason;
  };
  await assert.rejects(eventsOf(streamTrace({}, { language: "en", signal: controller.signal })), { name: "AbortError" });
});

test("a graph is drawn anew by the server", async () => {
  const asked = answer(['{"svg":"<svg/>","groups":[]}']);
  const call = { graph: { id: "g0" }, expanded: ["k"], collapsed: [], direction: "LR" };
  assert.deepEqual(await drawGraph(call, { language: "en" }), { svg: "<svg/>", groups: [] });
  assert.deepEqual([asked[0].address, asked[0].method, JSON.parse(asked[0].body)], ["/api/layout", "POST", call]);
});

test("a landscape is asked for packed, and comes as numbers", async () => {
  const packed = (numbers) => Buffer.from(numbers.buffer).toString("base64");
  const losses = { base64: packed(new Float32Array([1.5, NaN, -Infinity])), dtype: "float32" };
  const slopes = { base64: packed(new Float64Array([0.1, 2, 3])), dtype: "float64" };
  const asked = answer([JSON.stringify({ losses, gradients: [slopes], batched: true })]);
  const found = await fetchLandscape({ expression: "x" }, { language: "en" });
  assert.deepEqual(found, { losses: [1.5, NaN, -Infinity], gradients: [[0.1, 2, 3]], batched: true });
  assert.deepEqual(JSON.parse(asked[0].body), { expression: "x", numbers: "base64" });
});

test("a run that was asked for ahead is not asked for twice, and serves once", async () => {
  const asked = answer(['{"event":"end"}\n']);
  beginTrace({ program: "x" }, { language: "en" });
  assert.equal(asked.length, 1);
  const events = await eventsOf(streamTrace({ program: "x" }, { language: "en", signal: signal() }));
  assert.deepEqual(events.map(({ event }) => event), ["end"]);
  assert.equal(asked.length, 1);
  await eventsOf(streamTrace({ program: "x" }, { language: "en", signal: signal() }));
  assert.equal(asked.length, 2);
});

for (const [name, other, language] of [["another program", { program: "y" }, "en"], ["another language", { program: "x" }, "zh"]]) {
  test(`a run ahead of ${name} is ended, and the wanted one asked for`, async () => {
    const asked = answer(['{"event":"end"}\n']);
    beginTrace({ program: "x" }, { language: "en" });
    await eventsOf(streamTrace(other, { language, signal: signal() }));
    assert.equal(asked.length, 2);
    assert.ok(asked[0].signal.aborted);
    assert.deepEqual(JSON.parse(asked[1].body), other);
  });
}

test("whoever ends the run that was asked for ahead ends its request, and a refusal of it is told", async () => {
  const asked = answer(['{"event":"pass"}\n']);
  beginTrace({ program: "x" }, { language: "en" });
  const controller = new AbortController();
  const stream = streamTrace({ program: "x" }, { language: "en", signal: controller.signal });
  await stream.next();
  controller.abort();
  assert.ok(asked[0].signal.aborted);
  answer(['{"code":"busy","title":"No","status":503,"parameters":{}}'], { status: 503 });
  beginTrace({ program: "x" }, { language: "en" });
  await assert.rejects(eventsOf(streamTrace({ program: "x" }, { language: "en", signal: signal() })), ({ problem }) => problem.status === 503);
});

test("words that two ask for at once come once", async () => {
  const asked = answer(['{"key":"word"}']);
  await Promise.all([bringTable("zh", "lab"), bringTable("zh", "lab")]);
  await bringTable("zh", "lab");
  assert.equal(asked.length, 1);
});
