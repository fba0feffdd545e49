// A link that holds everything: what was written, where one looked, and how; packed into the address after `#`.

import { LANGUAGES } from "./i18n.js";
import { SPEEDS } from "./player.js";
import { sourceFrom } from "./source.js";
import { CLOSEST } from "./terrain.js";
import { GRAINS } from "./timeline.js";

const VERSION = "1";
const LARGEST = 400_000;
const MOST_GRAPHS = 50;
const MOST_KEYS = 500;
/** No picture is so large, in points. */
const FARTHEST = 1e7;

/** The parts of the page's state that a link holds. */
const HELD = ["source", "position", "selection", "settings", "lesson", "panel", "terrain", "predict", "pin", "check", "trace", "tint", "loop", "lab", "speed", "grain", "isTable", "inSight", "isFollowing"];

/** Whether two states have one link. */
export function haveOneLink(one, other) {
  return HELD.every((name) => one[name] === other[name]);
}

/**
 * Pack what a link holds.
 *
 * @param {any} state
 * @returns {Promise<string>} letters, digits, `-`, `_` and one dot
 */
export async function packState({ source, position, selection, settings, lesson, panel, terrain, predict, pin, check, trace, tint, loop, lab, speed, grain, isTable, inSight, isFollowing }) {
  const kept = {
    s: slim(source),
    p: position,
    n: selection ?? undefined,
    d: settings.direction,
    g: settings.language,
    l: lesson ?? undefined,
    q: predict ? packPredict(predict) : undefined,
    c: pin ? packPin(pin, source) : undefined,
    k: check?.pass,
    f: packFolds(trace),
    t: tint === "none" ? undefined : tint,
    o: loop ? [loop.from, loop.to] : undefined,
    b: lab ?? undefined,
    r: speed === 1 ? undefined : speed,
    a: grain === "node" ? undefined : grain,
    h: isTable || undefined,
    i: inSight ? [...inSight.of, ...inSight.box] : undefined,
    u: isFollowing === false || undefined,
    ...viewOf(panel, terrain),
  };
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(kept)));
  return `${VERSION}.${base64(bytes)}`;
}

/** Which panel is open, where it is not the usual one, and the landscape's axes in it. */
function viewOf(panel, terrain) {
  if (panel !== "landscape") return panel === "curves" ? {} : { v: panel };
  return { v: panel, x: terrain.x ?? undefined, y: terrain.y ?? undefined, w: terrain.plane, z: terrain.zoom === 1 ? undefined : terrain.zoom };
}

/** Which groups are open and closed, and how deep, in each graph that was drawn anew since it came. */
function packFolds(trace) {
  const touched = (trace?.graphs ?? []).filter(({ groups = [], clusters = [], closed }) => closed && groups.length + clusters.length > 0);
  return touched.length > 0 ? touched.map(({ id, opened = [], closed, depth }) => [id, opened, closed, depth ?? null]) : undefined;
}

function readFolds(f) {
  const areKeys = (keys) => Array.isArray(keys) && keys.length <= MOST_KEYS && keys.every((key) => typeof key === "string" && key.length <= 400);
  const fits = ([id, opened, closed, depth]) => /^g\d{1,6}$/.test(id) && areKeys(opened) && areKeys(closed) && (depth === null || whole(depth) === depth);
  const folds = Array.isArray(f) ? f.slice(0, MOST_GRAPHS).filter((one) => Array.isArray(one) && fits(one)) : [];
  return folds.map(([id, expanded, collapsed, depth]) => ({ id, expanded, collapsed, depth }));
}

function readLoop(o) {
  const [from, to] = Array.isArray(o) ? o.map(whole) : [0, 0];
  return from < to ? { from, to } : null;
}

/** What is in sight of a picture of a certain size; `insight.js` says more. */
function readSight(i) {
  const isPlace = Array.isArray(i) && i.length === 6 && i.every((number) => Number.isFinite(number) && Math.abs(number) <= FARTHEST);
  const [width, height, ...box] = isPlace ? i : [0, 0, 0, 0, 0, 0];
  return width > 0 && height > 0 && box[2] > 0 && box[3] > 0 ? { of: [width, height], box } : null;
}

/** Of the two ways to write only the one in use travels, so that links stay short. */
function slim({ mode, program, expression, variables, optimizer, steps, sum, seed }) {
  if (mode === "program") return { mode, program, seed };
  return { mode, expression, variables, optimizer, steps, sum, seed };
}

/** What is hidden, and what has been guessed: a teacher's link hides, a learner's shows how far one has come. */
function packPredict({ hides, guesses }) {
  return { h: hides, g: Object.entries(guesses).map(([key, { text, target }]) => [key, text, target]) };
}

/**
 * Unpack a link; null if it is not one of ours, was cut, or would unpack to more than a program may be.
 *
 * @param {string} text
 */
export async function unpackState(text) {
  const [version, packed] = text.replace(/^#/, "").split(".");
  if (version !== VERSION || !packed) return null;
  try {
    const bytes = await through(new DecompressionStream("deflate-raw"), unbase64(packed));
    return readLink(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return null;
  }
}

/**
 * What is wrong with a link that `unpackState` does not take; null where the text never was one of ours.
 *
 * @param {string} text
 * @returns {"link-newer" | "link-broken" | null}
 */
export function faultOfLink(text) {
  const version = /^#?(\d+)\./.exec(text)?.[1];
  if (version === undefined) return null;
  return Number(version) > Number(VERSION) ? "link-newer" : "link-broken";
}

/** Take from a link what fits, for anyone may write one. */
function readLink({ s, p, n, d, l, q, c, k, f, t, o, b, r, a, h, i, u, g, v, x, y, w, z }) {
  const source = sourceOf(s);
  return source && {
    source,
    position: whole(p),
    selection: /^[nem]\d+$/.test(n) ? n : null,
    direction: d === "LR" ? "LR" : "TB",
    language: LANGUAGES.includes(g) ? g : null,
    panel: ["curves", "landscape", "flow", "output"].includes(v) ? v : null,
    axes: { x: typeof x === "string" ? x : null, y: typeof y === "string" ? y : null, plane: ["random", "pca"].includes(w) ? w : "axes", zoom: typeof z === "number" && z >= 1 / CLOSEST && z <= CLOSEST ? z : 1 },
    lesson: typeof l === "string" && /^[a-z-]{1,40}$/.test(l) ? l : null,
    predict: readPredict(q),
    pin: readPin(c),
    check: Number.isSafeInteger(k) && k >= 0 ? k : null,
    folds: readFolds(f),
    tint: ["gradient", "value", "module", "time"].includes(t) ? t : "none",
    loop: readLoop(o),
    lab: readLab(b),
    speed: SPEEDS.includes(r) ? r : 1,
    grain: GRAINS.includes(a) ? a : "node",
    isTable: h === true,
    inSight: readSight(i),
    isFollowing: u !== true,
  };
}

function sourceOf(s) {
  if (s === null || typeof s !== "object") return null;
  const isProgram = s.mode === "program" && typeof s.program === "string";
  if (!isProgram && typeof s.expression !== "string") return null;
  const source = isProgram ? { mode: "program", program: s.program } : expressionFields(s);
  return sourceFrom({ ...source, seed: whole(s.seed) });
}

/** A pinned moment, with its source where that is another one; a second program has no moment of its own. */
function packPin(pin, source) {
  const isOwn = pin.position !== null && JSON.stringify(slim(pin.source)) === JSON.stringify(slim(source));
  return { p: pin.position ?? undefined, s: isOwn ? undefined : slim(pin.source) };
}

function readPin(c) {
  if (c === null || typeof c !== "object") return null;
  const source = c.s === undefined ? null : sourceOf(c.s);
  if (source === null && (c.s !== undefined || c.p === undefined)) return null;
  return { position: c.p === undefined ? null : whole(c.p), source };
}

const MOST_GUESSES = 500;

function readPredict(q) {
  if (!["gradient", "value"].includes(q?.h)) return null;
  const fits = ([key, text, target]) => /^\d{1,6}:n\d{1,7}$/.test(key) && (text === null || (typeof text === "string" && text.length <= 200)) && typeof target === "string";
  const guesses = Array.isArray(q.g) ? q.g.slice(0, MOST_GUESSES).filter((one) => Array.isArray(one) && fits(one)) : [];
  return { hides: q.h, guesses: Object.fromEntries(guesses.map(([key, text, target]) => [key, { text, target }])) };
}

/** What stood in the lab; the lab itself takes from it what fits. */
function readLab(b) {
  return b !== null && typeof b === "object" && !Array.isArray(b) ? { ...b, isOpen: b.isOpen === true } : null;
}

function expressionFields({ expression, variables, optimizer, steps, sum }) {
  const options = Object.entries(optimizer?.options ?? {}).filter(([, value]) => typeof value === "number");
  return {
    mode: "expression",
    expression,
    variables: Object.fromEntries(Object.entries(variables ?? {}).filter(([, entry]) => isVariable(entry))),
    optimizer: { name: String(optimizer?.name ?? "SGD"), options: Object.fromEntries(options) },
    steps: whole(steps),
    sum: sum === true,
  };
}

function isVariable(entry) {
  const { value, requires_grad } = entry ?? {};
  const isValue = value === null || ["string", "number"].includes(typeof value) || Array.isArray(value);
  return isValue && typeof requires_grad === "boolean";
}

function whole(number) {
  return Number.isSafeInteger(number) && number >= 0 ? number : 0;
}

async function through(stream, bytes) {
  const writer = stream.writable.getWriter();
  // A damaged stream rejects on both sides; the reading side tells.
  writer.write(bytes).then(() => writer.close()).catch(() => {});
  const chunks = [];
  let length = 0;
  for await (const chunk of read(stream.readable)) {
    length += chunk.length;
    if (length > LARGEST) throw new RangeError("too large");
    chunks.push(chunk);
  }
  return joined(chunks, length);
}

async function* read(readable) {
  const reader = readable.getReader();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function joined(chunks, length) {
  const whole = new Uint8Array(length);
  let start = 0;
  for (const chunk of chunks) {
    whole.set(chunk, start);
    start += chunk.length;
  }
  return whole;
}

function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function unbase64(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (character) => character.charCodeAt(0));
}
