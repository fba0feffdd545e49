// The run on show as something to paste elsewhere: a command, a Python program. Pure.

/** A text as one word of a POSIX shell. */
function quoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * The run as a `curl` command.
 *
 * @param {string} origin the server's address
 * @param {object} body as `POST /api/trace` takes it
 */
export function curlOf(origin, body) {
  return `curl --json ${quoted(JSON.stringify(body))} \\\n    ${origin}/api/trace\n`;
}

/** The run as a Python program that asks the server, with httpx. */
export function pythonOf(origin, body) {
  return [
    "import httpx",
    "",
    `body = ${literal(body, "")}`,
    `reply = httpx.post("${origin}/api/trace", json=body, timeout=60)`,
    "trace = reply.raise_for_status().json()",
    'print(trace["output"], end="")',
    'for step in trace["passes"]:',
    '    print(step["loss"])',
    "",
  ].join("\n");
}

/**
 * The run in a frame of another page.
 *
 * @param {string} origin
 * @param {string} packed as `packState` made it: no letter of it means anything in HTML
 */
export function frameOf(origin, packed) {
  return `<iframe src="${origin}/embed#${packed}" title="Autograd Explorer" width="100%" height="480" loading="lazy"></iframe>\n`;
}

/** A JSON value as Python writes it. */
function literal(value, indent) {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return textLiteral(value);
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map((one) => literal(one, indent)).join(", ")}]`;
  const deeper = `${indent}    `;
  const entries = Object.entries(value).map(([name, one]) => `${deeper}${JSON.stringify(name)}: ${literal(one, deeper)},\n`);
  return entries.length > 0 ? `{\n${entries.join("")}${indent}}` : "{}";
}

/** Lines stay lines where that can be read back without loss; JSON's escapes are Python's too. */
function textLiteral(text) {
  const canStand = text.includes("\n") && !text.includes("\\") && !text.includes('"""') && !text.endsWith('"') && !text.includes("\r");
  return canStand ? `"""${text.startsWith('"') ? "\\\n" : ""}${text}"""` : JSON.stringify(text);
}

/**
 * Which frame the API is asked to draw for what is on show.
 *
 * @param {any} frame as `frameAt` gives it
 * @param {{theme: string, direction: string, lang: string}} look
 */
export function pictureQuery(frame, { theme, direction, lang }) {
  const phase = frame.kind === "forward" || frame.reached === "forward" ? "forward" : "backward";
  return new URLSearchParams({ pass: String(Math.max(0, frame.pass)), phase, theme, direction, lang }).toString();
}
