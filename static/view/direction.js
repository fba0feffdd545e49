// Which node an arrow key reaches.

const AXES = {
  ArrowRight: { x: 1, y: 0 },
  ArrowLeft: { x: -1, y: 0 },
  ArrowDown: { x: 0, y: 1 },
  ArrowUp: { x: 0, y: -1 },
};

/**
 * The nearest node in an arrow's direction; nodes that share an edge with the present one come first.
 *
 * @param {Map<string, {x: number, y: number}>} centres
 * @param {Set<string>} linked
 * @param {{from: string, key: string}} move
 * @returns {string | null}
 */
export function nearestPart(centres, linked, { from, key }) {
  const origin = centres.get(from);
  const axis = AXES[key];
  if (!origin || !axis) return null;
  const candidates = [...centres].filter(([id]) => id !== from).map(([id, centre]) => candidate(id, centre, origin, axis));
  const ahead = candidates.filter(({ along, across }) => along > 1 && Math.abs(across) <= 4 * along);
  const best = (list) => list.reduce((a, b) => (a && a.distance <= b.distance ? a : b), null)?.id ?? null;
  return best(ahead.filter(({ id }) => linked.has(id))) ?? best(ahead);
}

function candidate(id, centre, origin, axis) {
  const [dx, dy] = [centre.x - origin.x, centre.y - origin.y];
  const along = dx * axis.x + dy * axis.y;
  const across = dx * axis.y + dy * axis.x;
  return { id, along, across, distance: Math.hypot(along, 2 * across) };
}
