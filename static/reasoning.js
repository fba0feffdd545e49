// Actions that ask the graph and the run something: search, colours, paths, loops, opened groups.

import { framesAround } from "./frames.js";
import { withEdge } from "./loop.js";
import { frameAt, timelineOf } from "./timeline.js";

/** How many groups may lie inside each other on the way to a node. */
const DEEPEST = 12;

/**
 * @param {{store: any, redraw: (call: any) => Promise<void>}} parts
 */
export function createReasoning({ store, redraw }) {
  const graphOnShow = () => {
    const { trace, position } = store.get();
    return trace ? frameAt(timelineOf(trace), position).graph : null;
  };

  /** Open the groups in which a node lies, one inside the other, and choose it. */
  async function reveal(id) {
    let former = null;
    for (let depth = 0; depth < DEEPEST; depth += 1) {
      const graph = graphOnShow();
      const group = graph?.groups?.find(({ members }) => members.includes(id));
      if (!group || group.key === former) break;
      former = group.key;
      await expand(group.id);
    }
    store.set({ selection: id });
  }

  async function expand(id) {
    const graph = graphOnShow();
    const group = graph?.groups?.find((entry) => entry.id === id);
    if (!group) return;
    const collapsed = (graph.closed ?? []).filter((key) => key !== group.key);
    await redraw({ store, graph, expanded: [...(graph.opened ?? []), group.key], collapsed });
  }

  /** Close an opened group again; what was chosen inside it is then the group itself. */
  async function collapse(key) {
    const graph = graphOnShow();
    if (!graph) return;
    const expanded = (graph.opened ?? []).filter((opened) => opened !== key);
    await redraw({ store, graph, expanded, collapsed: [...new Set([...(graph.closed ?? []), key])] });
    const closed = graphOnShow()?.groups?.find((group) => group.key === key);
    if (closed) store.set({ selection: closed.id });
  }

  /** Open so many levels of groups; null opens as many as are easy to read. */
  async function setDepth(depth) {
    const graph = graphOnShow();
    if (graph) await redraw({ store, graph, expanded: [], collapsed: [], depth });
  }

  return {
    reveal,
    expand,
    collapse,
    setDepth,
    /** Close the innermost frame around a node or group; tells its key. */
    collapseAround: async (id) => {
      const around = framesAround(graphOnShow(), id).at(-1);
      if (around) await collapse(around.key);
      return around?.key ?? null;
    },
    showTrail: (trail) => store.set({ trail }),
    setTint: (tint) => store.set({ tint }),
    showTable: (isTable) => store.set({ isTable }),
    /** What of the picture a hand has brought into sight, and whether it still follows the node at work. */
    see: (inSight) => store.set({ inSight }),
    follow: (isFollowing) => store.set({ isFollowing }),
    find: (isFinding) => store.set({ isFinding }),
    /** Put one end of the loop at a position; at the same place again takes the loop away. */
    setLoopEdge: (edge, position) => store.set(({ loop, trace }) => ({ loop: withEdge(loop, { edge, position, last: timelineOf(trace).length - 1 }) })),
    endLoop: () => store.set({ loop: null }),
  };
}
