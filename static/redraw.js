// Drawing a graph anew: in another direction, with groups opened or closed. What was drawn once is kept.

import { ProblemError, drawGraph } from "./api.js";
import { isSameGraph, withDrawing } from "./tally.js";

/** The most boxes that a picture may have when its levels are opened. */
export const MOST_BOXES = 300;
/** Drawings kept of one graph: one goes back and forth between a few. */
const KEPT = 24;
/** What a picture depends on; the rest of a node would only make the way longer. */
const FIELDS = ["id", "kind", "name", "label", "variable", "span", "shape", "dtype", "module", "cut"];

const drawings = new WeakMap();
const bodies = new WeakMap();

/**
 * Draw a graph anew: in the chosen direction, with these groups open and those closed, or so many levels deep.
 *
 * @param {{store: any, graph: any, expanded?: string[], collapsed?: string[], depth?: number | null}} call
 */
export async function redraw({ store, graph, expanded = graph.opened ?? [], collapsed = graph.closed ?? [], depth = graph.depth ?? null }) {
  const { language, direction } = store.get().settings;
  try {
    const drawing = await drawingOf(graph, choiceOf({ expanded, collapsed, direction, depth }), language);
    const { trace, selection } = store.get();
    if (!trace?.graphs.includes(graph)) return;
    const drawn = { ...graph, ...drawing };
    store.set({ trace: withDrawing(trace, graph.id, { ...drawing, direction, closed: collapsed, depth }), selection: selectionIn(graph, drawn, selection) });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    store.set({ problem: error.problem });
  }
}

/**
 * Draw a graph of a new run with the groups open and closed as they were in the former one.
 *
 * @param {{former: any, graph: any, settings: any}} call `former` is a trace
 * @returns {Promise<any> | null} what `redraw` keeps of a drawing, null if it could not be drawn; no promise where the
 *   graph as it came looks like that already
 */
export function drawnLike({ former, graph, settings: { language, direction } }) {
  const like = former?.graphs.find(({ id, closed }) => id === graph.id && closed);
  if (!like) return null;
  const isKnown = isSameGraph(like, graph) ? () => true : modulesIn(graph);
  const [opened, closed, depth] = [like.opened.filter(isKnown), like.closed.filter(isKnown), like.depth ?? null];
  const sorted = (keys) => String([...keys].sort());
  const isThere = closed.length === 0 && depth === null && direction === "TB" && sorted(opened) === sorted(graph.opened ?? []);
  if (isThere || (opened.length + closed.length === 0 && depth === null)) return null;
  const drawing = drawingOf(graph, choiceOf({ expanded: opened, collapsed: closed, direction, depth }), language);
  return drawing.then((drawn) => ({ ...drawn, direction, closed, depth }), ignoreProblem);
}

/** Of a graph that is built another way only modules are known again, by their paths. */
function modulesIn({ nodes }) {
  const paths = [...new Set(nodes.map(({ module }) => module).filter(Boolean))];
  return (key) => {
    const path = /^module:([^#/]*)/.exec(key)?.[1];
    return path !== undefined && paths.some((one) => one === path || one.startsWith(`${path}.`));
  };
}

function ignoreProblem(error) {
  if (!(error instanceof ProblemError)) throw error;
  return null;
}

function choiceOf({ expanded, collapsed, direction, depth }) {
  return { expanded, collapsed, direction, ...(depth === null ? {} : { depth, max_nodes: MOST_BOXES }) };
}

/** Ask for a drawing, unless it was asked for before. */
async function drawingOf(graph, choice, language) {
  const known = drawings.get(graph.nodes) ?? new Map();
  drawings.set(graph.nodes, known);
  const key = JSON.stringify(choice);
  const drawing = known.get(key) ?? (await drawGraph({ graph: bodyOf(graph), ...choice }, { language }));
  known.delete(key);
  known.set(key, drawing);
  if (known.size > KEPT) known.delete(known.keys().next().value);
  return drawing;
}

/** A graph as the server needs it to draw it. */
export function bodyOf(graph) {
  const known = bodies.get(graph.nodes);
  if (known) return known;
  const nodes = graph.nodes.map((node) => Object.fromEntries(FIELDS.filter((field) => node[field] !== undefined).map((field) => [field, node[field]])));
  const body = { id: graph.id, nodes, edges: graph.edges };
  bodies.set(graph.nodes, body);
  return body;
}

/** Ids of groups and frames belong to one picture: what was chosen goes by its key into the next one. */
export function selectionIn(graph, drawn, selection) {
  const parts = ({ groups = [], clusters = [] }) => [...groups, ...clusters];
  const part = parts(graph).find(({ id }) => id === selection);
  return part ? (parts(drawn).find(({ key }) => key === part.key)?.id ?? null) : selection;
}
