import assert from "node:assert/strict";
import { test } from "node:test";
import { changeOf, changeText, changesBetween, largestFirst, partnersOf, pinnedSide, placeOf, positionLike, sideOf } from "../compare.js";
import { timelineOf } from "../timeline.js";
import { descent, quadratic } from "./fixtures/build.js";

const tensor = (data) => ({ shape: [data.length], dtype: "float32", data });

test("a number changes by its difference, a tensor by that of its element that changed most", () => {
  assert.deepEqual(changeOf(2, 5), { kind: "changed", delta: 3, size: 3, relative: 0.6, place: null });
  const { delta, place } = changeOf(tensor([1, 2, 3]), tensor([1, -4, 3.5]));
  assert.deepEqual([delta, place], [-6, "1"]);
  assert.equal(changeOf(4, 4).kind, "same");
  assert.equal(changeOf("NaN", "NaN").kind, "same");
  assert.equal(changeOf(null, 3).kind, "came");
  assert.equal(changeOf(3, null).kind, "went");
  assert.equal(changeOf(null, undefined), null);
  assert.equal(changeOf(tensor([1]), 1).kind, "shape");
});

test("what leaves the numbers is the largest change; of statistics the norm is compared", () => {
  assert.equal(changeOf(2, "NaN").size, Infinity);
  assert.equal(changeOf("Infinity", 1).relative, Infinity);
  const kept = (norm) => ({ shape: [900], dtype: "float32", statistics: { norm, min: 0, max: 1 } });
  assert.equal(changeOf(kept(2), kept(3)).delta, 1);
});

test("between two steps of one run every node is its own partner, and the list is sorted", () => {
  const trace = descent();
  const timeline = timelineOf(trace);
  const end = (m) => timeline.starts[m + 1] - 1;
  const [before, after] = [sideOf(trace, end(1)), sideOf(trace, end(5))];
  assert.deepEqual([placeOf(before).step, placeOf(after).step, placeOf(after).kind], [1, 2, "backward"]);
  const { changes, partners } = changesBetween(before, after);
  assert.ok(partners.isEqual);
  const sorted = largestFirst(changes, "size");
  assert.deepEqual(sorted.map(({ i }) => i), [0, 2, 3, 1]);
  assert.equal(sorted[2].gradient.delta.toFixed(3), "-0.800");
  assert.equal(largestFirst(changes, "relative")[0].i, 2);
});

test("two programs are matched by variable, by text, and by what surrounds them; the rest stands alone", () => {
  const one = quadratic().graphs[0];
  const other = structuredClone(one);
  other.nodes[0] = { ...other.nodes[0], label: "a * x ** 2 + b * x + d" };
  other.nodes[8] = { ...other.nodes[8], variable: "d", label: "d" };
  other.nodes[4] = { ...other.nodes[4], id: "n40", label: "x ** 3" };
  other.edges[3].target = "n40";
  other.nodes.push({ id: "n9", kind: "operation", name: "SinBackward0", label: "a.sin()", variable: null });
  other.edges.push({ id: "e8", source: "n9", target: "n3", slot: 0 });
  const { of, isEqual, alone, otherAlone } = partnersOf(one, other);
  assert.equal(isEqual, false);
  assert.deepEqual([of.get(0), of.get(2), of.get(3), of.get(4)], [0, 2, 3, 4]);
  assert.deepEqual([of.get(8), alone, otherAlone], [8, [], [9]]);
  const far = structuredClone(one);
  far.nodes[8] = { ...far.nodes[8], name: "Constant", kind: "constant", variable: "d" };
  assert.deepEqual([partnersOf(one, far).alone, partnersOf(one, far).otherAlone], [[8], [8]]);
});

test("another program stands where this one does: the same pass, as far along", () => {
  const [short, long] = [timelineOf(quadratic()), timelineOf(descent())];
  const after = sideOf(long.trace, long.starts[5]);
  assert.equal(positionLike(short, after.frame, long), short.starts[2] - 1);
  const before = sideOf(short.trace, 0);
  assert.equal(positionLike(long, before.frame, short), long.starts[1] - 1);
  const own = { trace: long.trace, position: 3 };
  assert.equal(pinnedSide({ trace: descent(), position: null }, own).frame.position, 3);
  assert.equal(pinnedSide({ trace: long.trace, position: 1 }, own).frame.position, 1);
  assert.equal(pinnedSide(null, own), null);
});

test("a change in few letters", () => {
  const words = { came: "new", went: "gone", shape: "shape" };
  const text = (a, b) => changeText(changeOf(a, b), words);
  assert.deepEqual([text(1, 3.5), text(3, 1), text(2, 2), text(null, 1), text(1, null), text(1, "NaN"), text(null, null)], ["+2.5", "−2", "=", "new", "gone", "NaN", ""]);
});
