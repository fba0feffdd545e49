// Reads traces, one on each line, and writes for each the inspector's reason for every node of every pass.

import { createInterface } from "node:readline";
import { reasonOf, unranReason } from "../../static/missing.js";
import { isFollowed, topologyOf } from "../../static/topology.js";

for await (const line of createInterface({ input: process.stdin })) {
  const trace = JSON.parse(line);
  const graphs = new Map(trace.graphs.map((graph) => [graph.id, graph]));
  const reasons = trace.passes.map((pass) => {
    const topology = topologyOf(graphs.get(pass.graph));
    const told = (node, i) => (isFollowed(node) ? unranReason({ topology, pass }, i) : null) ?? reasonOf({ trace, topology, pass }, i)?.key ?? null;
    return topology.graph.nodes.map(told);
  });
  console.log(JSON.stringify(reasons));
}
