// The veil of "predict, then reveal": a state whose numbers are hidden until someone has guessed them. Pure.
//
// What is hidden is replaced in the trace itself, so that no view can show it by another way.

import { HIDDEN } from "./format.js";
import { isGiven } from "./topology.js";

/** Parameters of remarks that tell what is to be guessed. */
const TELLTALES = { gradient: ["gradient", "own", "near", "far", "curvature", "bound"], value: ["value", "first", "last", "loss"] };
const NUMBERS = /[-+]?\b\d+(?:\.\d*)?(?:e[-+]?\d+)?/gi;

const traces = new WeakMap();
const passes = new WeakMap();

/** What a guess is kept under: the pass and the node that it is about. */
export function keyOf(pass, node) {
  return `${pass}:${node}`;
}

/**
 * The state as a person sees it who is to predict.
 *
 * @param {any} state with `predict`: `hides` ("gradient" or "value") and the `guesses` so far, by key
 */
export function veiled(state) {
  const { trace, predict } = state;
  if (!trace || !predict) return state;
  const known = traces.get(trace);
  if (known?.predict === predict) return { ...state, trace: known.trace };
  const veil = veilTrace(trace, predict);
  traces.set(trace, { predict, trace: veil });
  return { ...state, trace: veil };
}

function veilTrace(trace, predict) {
  const graphs = new Map(trace.graphs.map((graph) => [graph.id, graph]));
  return {
    ...trace,
    passes: trace.passes.map((pass, p) => veilPass({ pass, p, graph: graphs.get(pass.graph) }, predict)),
    updates: predict.hides === "gradient" ? trace.updates.map((update) => veilUpdate(update, predict)) : trace.updates,
    timeline: trace.timeline.map((moment) => (moment.kind === "print" ? { ...moment, text: veilText(moment.text ?? "") } : moment)),
    output: veilText(trace.output),
    diagnostics: trace.diagnostics.map((one) => ({ ...one, parameters: veilParameters(one.parameters, predict.hides) })),
  };
}

/** A program may print what is to be guessed: of what it prints only the words are shown. */
function veilText(text) {
  return text.replace(NUMBERS, HIDDEN);
}

function veilParameters(parameters, hides) {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, TELLTALES[hides].includes(name) ? HIDDEN : value]));
}

/** A pass is veiled once for each guess about it: a run has thousands, and a guess is about one. */
function veilPass(part, predict) {
  const guessed = Object.keys(predict.guesses).filter((key) => key.startsWith(`${part.p}:`));
  const key = [predict.hides, part.graph?.id, part.p, ...guessed].join(" ");
  const known = passes.get(part.pass);
  if (known?.key === key) return known.veil;
  const isOpen = (id) => keyOf(part.p, id) in predict.guesses;
  const veil = { ...VEILS[predict.hides](part, isOpen), isVeiled: true };
  passes.set(part.pass, { key, veil });
  return veil;
}

const VEILS = {
  gradient({ pass, graph }, isOpen) {
    const open = new Map(graph.nodes.map(({ id }) => [id, isOpen(id)]));
    const byNode = (value, i) => hide(value, open.get(graph.nodes[i].id));
    const byEdge = (value, j) => hide(value, open.get(graph.edges[j].target));
    return {
      ...pass,
      gradients: pass.gradients.map(byNode),
      flows: pass.flows.map(byEdge),
      derivatives: pass.derivatives.map(byEdge),
      accumulated: Object.fromEntries(Object.entries(pass.accumulated).map(([id, value]) => [id, hide(value, open.get(id))])),
    };
  },
  value({ pass, graph }, isOpen) {
    const isShown = (node) => isGiven(node) || isOpen(node.id);
    const root = graph.nodes.find(({ kind }) => kind === "output");
    return {
      ...pass,
      values: pass.values.map((value, i) => hide(value, isShown(graph.nodes[i]))),
      loss: hide(pass.loss, Boolean(root) && isOpen(root.id)),
    };
  },
};

function hide(value, isShown) {
  return isShown || (value ?? null) === null ? value : HIDDEN;
}

/** What an optimizer remembers is made of gradients. */
function veilUpdate(update, { guesses }) {
  const parameters = update.parameters.map((parameter) => {
    if (keyOf(update.pass, parameter.node) in guesses) return parameter;
    const state = Object.fromEntries(Object.entries(parameter.state ?? {}).map(([name, value]) => [name, hide(value, false)]));
    return { ...parameter, gradient: hide(parameter.gradient, false), state };
  });
  return { ...update, parameters };
}
