// What can be taken away from the page: pictures, the trace, the program, a film, and texts to paste. Loaded when the
// dialog that offers it is first opened.

import { drawGraph, drawPicture, fetchPicture, fetchTrace } from "./api.js";
import { filmRun } from "./film.js";
import { translator } from "./i18n.js";
import { rasterOf } from "./raster.js";
import { MOST_BOXES, bodyOf as bodyForDrawing } from "./redraw.js";
import { packState } from "./share.js";
import { curlOf, frameOf, pictureQuery, pythonOf } from "./snippets.js";
import { bodyOf } from "./source.js";
import { frameAt, timelineOf } from "./timeline.js";

const FILES = ["svg", "png", "pdf", "dot", "film", "json", "py"];
const TEXTS = ["link", "embed", "curl", "python"];
/** These hold every number, also those that are to be guessed. */
const TELLING = ["svg", "png", "pdf", "dot", "json"];

/**
 * What can be taken away: of a trace that was opened every file, but no text, for a text leads to a run of the program.
 * `withheld` are the files that would tell what someone is to guess.
 */
export function choicesOf({ opened, predict }) {
  const choices = { files: FILES, texts: opened ? [] : TEXTS };
  return { ...choices, withheld: predict ? choices.files.filter((kind) => TELLING.includes(kind)) : [] };
}

/**
 * Make a file of what is on show.
 *
 * @param {any} state
 * @param {string} kind one of `choicesOf(state).files`, and none that is withheld
 * @returns {Promise<{name: string, blob: Blob}>}
 */
export async function makeFile(state, kind) {
  const { source, trace, settings } = state.sight ? state.sight(state) : state;
  const options = { language: settings.language };
  if (kind === "py") return { name: "program.py", blob: new Blob([programOf(state)], { type: "text/x-python" }) };
  if (kind === "json") return { name: "trace.json", blob: state.opened ? fileOf(trace) : await fetchTrace(bodyOf(source), options) };
  const frame = frameAt(timelineOf(trace), state.position);
  if (kind === "film") return { name: "autograd.svg", blob: new Blob([await film({ trace, settings }, frame)], { type: "image/svg+xml" }) };
  return { name: `graph.${kind}`, blob: await picture({ ...state, source, trace, settings }, kind, frame) };
}

/** Words of the server's own language are in its fonts; of another one it draws those files that name fonts, not hold them. */
async function picture(state, kind, frame) {
  const { language } = state.settings;
  if (language === "en" || kind === "svg" || kind === "dot") return drawn(state, kind, frame, language);
  if (kind === "png") return rasterOf(await drawn(state, "svg", frame, language));
  return drawn(state, kind, frame, "en");
}

function drawn({ opened, source, trace, settings }, form, frame, lang) {
  const { language, direction } = settings;
  const queryOf = (shown) => pictureQuery(shown, { theme: themeOf(settings), direction, lang });
  return opened ? drawPicture(form, queryOf({ ...frame, pass: 0 }), passAlone(trace, frame), { language }) : fetchPicture(form, queryOf(frame), bodyOf(source), { language });
}

/** The pass on show, or the first one, as a trace of its own: of a long trace the server needs no more to draw it. */
export function passAlone(trace, { pass }) {
  const shown = trace.passes[Math.max(0, pass)];
  const graphs = trace.graphs.filter(({ id }) => id === shown?.graph).map((graph) => ({ ...bodyForDrawing(graph), id: "g0" }));
  const passes = shown ? [{ ...shown, graph: "g0" }] : [];
  return { version: trace.version, program: "", output: "", graphs, passes, updates: [], timeline: [], diagnostics: [] };
}

/** A trace as a file holds it: pictures are drawn anew by whoever opens it. */
function fileOf(trace) {
  const graphs = trace.graphs.map(({ id, nodes, edges }) => ({ id, nodes, edges }));
  return new Blob([JSON.stringify({ ...trace, graphs })], { type: "application/json" });
}

/** What the visitor wrote, or the program that the server wrote of an expression. */
function programOf({ source, trace }) {
  return source.mode === "program" ? source.program : (trace?.program ?? "");
}

/** The graph on show is drawn anew, for the page's own picture takes its colours from the page. */
async function film({ trace, settings }, { graph }) {
  const theme = themeOf(settings);
  const depth = graph.depth ? { depth: graph.depth, max_nodes: MOST_BOXES } : {};
  const call = { graph: bodyForDrawing(graph), expanded: graph.opened ?? [], collapsed: graph.closed ?? [], direction: settings.direction, theme, ...depth };
  const drawing = await drawGraph(call, { language: settings.language });
  return filmRun(trace, { ...graph, ...drawing }, { theme, t: translator(settings.language) });
}

function themeOf({ theme }) {
  if (theme !== "system") return theme;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

/** A text that says the same as the page, for another place. */
export async function makeText(state, kind) {
  const body = bodyOf(state.source);
  if (kind === "curl") return curlOf(location.origin, body);
  if (kind === "python") return pythonOf(location.origin, body);
  const packed = await packState(state);
  if (kind === "embed") return frameOf(location.origin, packed);
  return `${location.origin}/#${packed}`;
}
