import assert from "node:assert/strict";
import { test } from "node:test";
import { createStore } from "../store.js";

test("a change replaces the state and tells the listeners, with the state before", () => {
  const store = createStore({ a: 1, b: 2 });
  const told = [];
  store.subscribe((state, before) => told.push([state, before]));
  store.set({ a: 5 });
  assert.deepEqual(store.get(), { a: 5, b: 2 });
  assert.deepEqual(told, [[{ a: 5, b: 2 }, { a: 1, b: 2 }]]);
});

test("a change that changes nothing is not told", () => {
  const store = createStore({ a: NaN });
  let count = 0;
  store.subscribe(() => (count += 1));
  store.set({ a: NaN });
  store.set((state) => ({ a: state.a }));
  assert.equal(count, 0);
});

test("the state cannot be changed from outside", () => {
  const store = createStore({ a: 1 });
  assert.throws(() => (store.get().a = 2), TypeError);
});

test("who has left is not told, even when leaving while others are told", () => {
  const store = createStore({ a: 1 });
  const told = [];
  const leave = store.subscribe(() => {
    told.push("first");
    leave();
  });
  store.subscribe(() => told.push("second"));
  store.set({ a: 2 });
  store.set({ a: 3 });
  assert.deepEqual(told, ["first", "second", "second"]);
});
