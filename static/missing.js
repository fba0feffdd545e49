// Why a node has no gradient, or exactly zero: what cut it off, or where on the way back it was lost.

const CUTS = [
  [/\.detach\(\)/, "detach()"],
  [/\.data\b/, ".data"],
  [/\.item\(\)/, ".item()"],
  [/\.numpy\(\)/, ".numpy()"],
  [/\btorch\.(?:as_)?tensor\(/, "torch.tensor()"],
];

/**
 * The reason, as the key of a text below `missing` and its parameters; null where nothing is missing.
 *
 * @param {{trace: any, topology: any, pass: any}} scene
 * @param {number} i
 * @returns {{key: string, parameters: Record<string, string>} | null}
 */
export function reasonOf({ trace, topology, pass }, i) {
  const node = topology.graph.nodes[i];
  if (node.kind === "constant") return reasonOfConstant(trace, node);
  if (pass && pass.call !== "forward" && (pass.gradients[i] ?? null) === null && pass.order.includes(i)) return { key: "undefined", parameters: {} };
  if (!pass || pass.call === "forward" || !isZero(pass.gradients[i] ?? null)) return null;
  const lost = whereLost(topology, pass, i);
  return lost === null ? null : { key: "zero", parameters: { label: labelOf(topology.graph.nodes[lost]) } };
}

function reasonOfConstant({ diagnostics }, node) {
  if (node.dtype && !/float|complex/.test(node.dtype)) return { key: "integer", parameters: { dtype: node.dtype } };
  const told = diagnostics.find(({ code, span, parameters }) => code === "graph-cut" && (isWithin(span, node.span) || (parameters.variable !== null && parameters.variable === node.variable)));
  const how = told?.parameters.how ?? CUTS.find(([pattern]) => pattern.test(node.label ?? ""))?.[1];
  return how ? { key: "cut", parameters: { how } } : { key: "constant", parameters: {} };
}

/** The operation nearest to a node that still had a gradient and passed on none; null if the way does not show it. */
function whereLost({ graph, sources, targets }, pass, i) {
  const seen = new Set([i]);
  for (const at of seen) {
    for (let j = 0; j < graph.edges.length; j += 1) {
      if (targets[j] !== at) continue;
      if (!isZero(pass.gradients[sources[j]] ?? null) && isZero(pass.flows[j] ?? null)) return sources[j];
      seen.add(sources[j]);
    }
  }
  return null;
}

function isZero(value) {
  if (value === null) return false;
  if (typeof value !== "object") return value === 0;
  if (value.data) return value.data.flat(Infinity).every((element) => element === 0);
  return value.statistics?.zeros === 1;
}

function isWithin(inner, outer) {
  return Boolean(inner && outer) && inner.line === outer.line && inner.column >= outer.column && (outer.end_line > outer.line || inner.end_column <= outer.end_column);
}

function labelOf(node) {
  return node.label || node.variable || node.name;
}
