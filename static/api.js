// The only caller of fetch: every refusal becomes a ProblemError, a stream becomes events.

import { addTable, hasTable } from "./i18n.js";

const LINES = "application/x-ndjson";

/** What the server (or the way to it) refused; `problem` is an RFC 9457 document. */
export class ProblemError extends Error {
  /** @param {any} problem */
  constructor(problem) {
    super(problem.title ?? problem.code);
    this.name = "ProblemError";
    this.problem = problem;
  }
}

/** @type {Map<string, Promise<void>>} */
const coming = new Map();

/** Bring a dictionary of the page, once, whoever asks: what a later part says comes with that part. */
export function bringTable(language, table) {
  const name = `${language}/${table}`;
  if (!coming.has(name)) coming.set(name, fetchTable(language, table).finally(() => coming.delete(name)));
  return coming.get(name);
}

async function fetchTable(language, table) {
  if (hasTable(language, table)) return;
  const response = await reach(new URL(`./texts/${language}/${table}.json`, import.meta.url).href);
  if (!response.ok) throw new ProblemError(await problemOf(response));
  addTable(language, table, await response.json());
}

/** The words about problems are many, and most visits meet none: they come with the first, and if not, its code is told. */
export function bringProblems(language) {
  return bringTable(language, "problems").catch(() => {});
}

/** The gallery. */
export function loadExamples(language) {
  return getJson("/api/examples", language);
}

const ahead = { call: "", answer: null, controller: null };

/** Ask for a run before anyone can show it; the first `streamTrace` takes the answer, if it is the one that it wants. */
export function beginTrace(body, { language }) {
  ahead.controller = new AbortController();
  ahead.call = JSON.stringify([body, language]);
  ahead.answer = ask("/api/trace", body, { language, signal: ahead.controller.signal });
  ahead.answer.catch(() => {});
}

/** The answer to a run that was asked for ahead; a run of something else ends it. */
function takeAhead(body, { language, signal }) {
  const { call, answer, controller } = ahead;
  ahead.answer = null;
  if (!answer) return null;
  if (call !== JSON.stringify([body, language])) return controller.abort();
  signal.addEventListener("abort", () => controller.abort());
  return answer;
}

/**
 * Run a program or an expression, and tell of its events as they happen; ending the loop ends the run.
 *
 * @param {object} body as `POST /api/trace` takes it
 * @param {{language: string, signal: AbortSignal}} options
 */
export function streamTrace(body, options) {
  return eventsOf(() => takeAhead(body, options) ?? ask("/api/trace", body, options), options);
}

/** The optimizers and schedulers of torch, with their options. */
export function loadOptimizers(language) {
  return getJson("/api/optimizers", language);
}

/**
 * A study of the lab: a race or a sweep as it goes on, a check as one answer.
 *
 * @param {string} address
 * @param {object} body
 * @param {{language: string, signal: AbortSignal}} options
 */
export async function* streamStudy(address, body, options) {
  if (address !== "/api/check") return yield* eventsOf(() => ask(address, body, options), options);
  yield await (await send(address, { method: "POST", body, ...options })).json();
}

function ask(address, body, { language, signal }) {
  return send(address, { method: "POST", language, signal, body, accept: LINES });
}

async function* eventsOf(open, { language, signal }) {
  const response = await open();
  let isWhole = false;
  for await (const line of linesOf(response, signal)) {
    const event = JSON.parse(line);
    if (event.event === "problem" || event.cut) await bringProblems(language);
    if (event.event === "problem") throw new ProblemError(event);
    yield event;
    isWhole = event.event === "end";
  }
  if (!isWhole) throw new ProblemError({ code: "broken-off", parameters: {} });
}

/**
 * Draw a graph anew, with other groups open or in another direction.
 *
 * @param {{graph: any, expanded: string[], collapsed: string[], direction: string}} call
 * @param {{language: string, signal?: AbortSignal}} options
 */
export async function drawGraph(call, { language, signal }) {
  const response = await send("/api/layout", { method: "POST", language, signal, body: call });
  return response.json();
}

/**
 * One frame of a run as a file.
 *
 * @param {string} form "svg", "png", "pdf" or "dot"
 * @param {string} query which frame, and how it looks
 */
export async function fetchPicture(form, query, body, { language }) {
  return (await send(`/api/graph.${form}?${query}`, { method: "POST", language, body, accept: "*/*" })).blob();
}

/** One frame of a trace as a file, drawn from its numbers; `query` as above. */
export async function drawPicture(form, query, trace, { language }) {
  return (await send(`/api/open.${form}?${query}`, { method: "POST", language, body: trace, accept: "*/*" })).blob();
}

/** The whole trace of a run as a file. */
export async function fetchTrace(body, { language }) {
  return (await send("/api/trace", { method: "POST", language, body })).blob();
}

/** The loss over a grid, of an expression or of one pass of a run; its columns come packed, and are lists of numbers here. */
export async function fetchLandscape(body, { language, signal }) {
  const answer = await (await send("/api/landscape", { method: "POST", language, signal, body: { ...body, numbers: "base64" } })).json();
  return { ...answer, losses: unpacked(answer.losses), gradients: answer.gradients.map(unpacked) };
}

function unpacked({ base64, dtype }) {
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return Array.from(new (dtype === "float32" ? Float32Array : Float64Array)(bytes.buffer));
}

/** A trace file that the visitor brings, checked and drawn. */
export async function postTrace(text, { language }) {
  return (await send("/api/open", { method: "POST", language, text })).json();
}

/** A trace file that the server was started with, checked and drawn. */
export function fetchOpened(name, { language }) {
  return getJson(`/api/opened/${encodeURIComponent(name)}`, language);
}

/** What a gradient check of a pass finds. */
export async function fetchCheck(body, { language, signal }) {
  return (await send("/api/check", { method: "POST", language, signal, body })).json();
}

async function getJson(address, language) {
  return (await send(address, { method: "GET", language })).json();
}

/**
 * @param {string} address
 * @param {{method: string, language: string, signal?: AbortSignal, body?: any, text?: string, accept?: string}} options
 */
async function send(address, { method, language, signal, body, text = JSON.stringify(body), accept = "application/json" }) {
  const headers = { Accept: accept, "Accept-Language": language };
  if (text !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, signal, body: text };
  const response = await reach(address, options);
  if (!response.ok) await bringProblems(language);
  if (!response.ok) throw new ProblemError(await problemOf(response));
  return response;
}

/**
 * Fetch, and tell a server that is out of reach from a request that was ended.
 *
 * @param {string} address
 * @param {RequestInit} [options]
 */
function reach(address, options = {}) {
  return fetch(address, options).catch((error) => {
    throw options.signal?.aborted ? error : new ProblemError({ code: "offline", parameters: {} });
  });
}

/** A refusal that is no problem document came from something between this page and its server. */
async function problemOf(response) {
  const document = await response.json().catch(() => null);
  if (document?.code) return document;
  return { code: "unexpected-answer", status: response.status, parameters: { status: response.status } };
}

/** The lines of a streamed answer, without the empty ones. */
async function* linesOf(response, signal) {
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  let isDone = false;
  try {
    for (;;) {
      const { value, done } = await reader.read();
      isDone = done;
      if (done) break;
      const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      yield* lines.filter(Boolean);
    }
  } catch (error) {
    throw signal.aborted ? error : new ProblemError({ code: "broken-off", parameters: {} });
  } finally {
    if (!isDone) reader.cancel().catch(() => {});
  }
  if (rest) yield rest;
}
