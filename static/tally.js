// The sum of a run's events: the trace that is there so far. Pure; nothing that was handed out is changed.

/** A trace before its first event. */
export function emptyTrace() {
  return {
    version: 1,
    program: "",
    output: "",
    graphs: [],
    passes: [],
    updates: [],
    timeline: [],
    diagnostics: [],
    cut: null,
    failure: null,
  };
}

/**
 * A trace with some more events; the same object if there are none.
 *
 * @param {any} trace
 * @param {any[]} events in the order they came
 */
export function withEvents(trace, events) {
  if (events.length === 0) return trace;
  const grown = { ...trace };
  const lists = new Set();
  for (const event of events) addEvent(grown, event, lists);
  return grown;
}

const LISTS = { graph: "graphs", pass: "passes", update: "updates", moment: "timeline", diagnostic: "diagnostics" };

function addEvent(trace, event, lists) {
  const kind = event.event;
  if (kind === "program") trace.program = event.program;
  if (kind === "end") Object.assign(trace, { cut: event.cut ?? null, failure: event.failure ?? null });
  const list = LISTS[kind];
  if (!list) return;
  if (!lists.has(list)) {
    lists.add(list);
    trace[list] = [...trace[list]];
  }
  trace[list].push(event[kind]);
  if (kind === "moment" && event.moment.kind === "print") trace.output += event.moment.text ?? "";
}

/** A trace with one graph drawn anew. */
export function withDrawing(trace, id, drawing) {
  return { ...trace, graphs: trace.graphs.map((graph) => (graph.id === id ? { ...graph, ...drawing } : graph)) };
}

/** Whether two traces have the same graphs, so that a place in one means the same in the other; labels may hold other numbers. */
export function hasSameGraphs(one, other) {
  if (!one || !other || one.graphs.length !== other.graphs.length) return false;
  return one.graphs.every((graph, i) => isSameGraph(graph, other.graphs[i]));
}

/** Whether two graphs are built alike; labels may hold other numbers. */
export function isSameGraph(one, other) {
  if (one.nodes.length !== other.nodes.length || one.edges.length !== other.edges.length) return false;
  const agree = (fields, a, b) => fields.every((field) => a[field] === b[field]);
  return (
    one.nodes.every((node, i) => agree(["name", "kind", "variable"], node, other.nodes[i])) &&
    one.edges.every((edge, j) => agree(["source", "target"], edge, other.edges[j]))
  );
}
