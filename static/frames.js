// The frames around what is inside opened groups: which lie around a part of the picture, and what they hold. Pure.

/**
 * The frames in which a node, a closed group or a frame lies, from the outermost in.
 *
 * @param {any} graph
 * @param {string} id of a node, group or frame
 * @returns {any[]}
 */
export function framesAround(graph, id) {
  const { clusters = [], groups = [] } = graph ?? {};
  const around = new Map(clusters.flatMap((cluster) => cluster.boxes.map((box) => [box, cluster])));
  const box = groups.find(({ members }) => members.includes(id))?.id ?? id;
  const frames = [];
  for (let frame = around.get(box); frame; frame = around.get(frame.id)) frames.unshift(frame);
  return frames;
}

/**
 * The ids of all nodes in a frame, those in closed groups and further frames included.
 *
 * @param {any} graph
 * @param {{boxes: string[]}} frame
 * @returns {string[]}
 */
export function membersOf(graph, frame) {
  const groups = new Map((graph.groups ?? []).map((group) => [group.id, group.members]));
  const frames = new Map((graph.clusters ?? []).map((cluster) => [cluster.id, cluster.boxes]));
  const members = [];
  const stack = [...frame.boxes].reverse();
  while (stack.length > 0) {
    const box = stack.pop();
    if (frames.has(box)) stack.push(...[...frames.get(box)].reverse());
    else members.push(...(groups.get(box) ?? [box]));
  }
  return members;
}

/** A group's or frame's name, with the rounds or calls it stands for. */
export function titleOf({ title, repeats = 1, first = null }) {
  if (first !== null) return repeats > 1 ? `${title} #${first}–${first + repeats - 1}` : `${title} #${first}`;
  return repeats > 1 ? `${title} × ${repeats.toLocaleString("en")}` : title;
}

/**
 * What enters a set of nodes and what leaves it: places of nodes, parameters left out.
 *
 * @param {any} topology
 * @param {Set<number>} inside
 * @returns {{inputs: number[], outputs: number[]}}
 */
export function portsOf(topology, inside) {
  const inputs = new Set();
  const outputs = new Set();
  topology.sources.forEach((head, j) => {
    const tail = topology.targets[j];
    if (inside.has(head) === inside.has(tail)) return;
    if (!inside.has(head)) outputs.add(tail);
    else if (topology.graph.nodes[tail].kind !== "leaf") inputs.add(tail);
  });
  return { inputs: [...inputs], outputs: [...outputs] };
}
