// Numbers in an editor as handles: a drag to the side, or Alt with an arrow key, moves one by its last digit.

import { numberAround, stepNumber } from "../numerals.js";
import { Annotation, Decoration, EditorView, StateEffect, StateField, keymap } from "../vendor/codemirror.js";

/** How far the pointer goes for one step, and before a press counts as a drag, in CSS pixels. */
const STEP = 5;
const SLACK = 3;

/** Marks a change that is one of many while a hand moves. */
export const byHandle = Annotation.define();
const setHandle = StateEffect.define();

const handle = StateField.define({
  create: () => Decoration.none,
  update: (decorations, transaction) => {
    const effect = transaction.effects.find((one) => one.is(setHandle));
    if (!effect) return decorations.map(transaction.changes);
    const { number, isHeld } = effect.value;
    if (!number) return Decoration.none;
    const mark = Decoration.mark({ class: isHeld ? "number-handle held" : "number-handle" });
    return Decoration.set([mark.range(number.from, number.to)]);
  },
  provide: (field) => EditorView.decorations.from(field),
});

/** The extension of an editor that can be written in. */
export function numberHandles() {
  const grip = { number: null, end: null };
  const pointer = EditorView.domEventHandlers({
    mousemove: (event, view) => point(grip, view, event.buttons ? null : numberUnder(view, event)),
    mouseleave: (event, view) => point(grip, view, null),
    mousedown: (event, view) => press(grip, view, event),
  });
  const key = (name, steps) => ({ key: name, run: (view) => stepAtCaret(view, steps) });
  return [handle, pointer, keymap.of([key("Alt-ArrowUp", 1), key("Alt-ArrowDown", -1), key("Shift-Alt-ArrowUp", 10), key("Shift-Alt-ArrowDown", -10)])];
}

/** The number that the pointer is on: a place beside the text is on none. */
function numberUnder(view, { clientX, clientY }) {
  const offset = view.posAtCoords({ x: clientX, y: clientY });
  if (offset === null) return null;
  const number = numberAround(view.state.doc.toString(), offset);
  if (!number) return null;
  const [left, right] = [view.coordsAtPos(number.from, 1), view.coordsAtPos(number.to, -1)];
  return left && right && clientX >= left.left - 1 && clientX <= right.right + 1 ? number : null;
}

function point(grip, view, number) {
  if (grip.end || (grip.number?.from === number?.from && grip.number?.to === number?.to)) return;
  grip.number = number;
  view.dispatch({ effects: setHandle.of({ number, isHeld: false }) });
}

/** A press on a number waits for what it becomes: a drag moves the number, a mere click puts the caret there. */
function press(grip, view, event) {
  const isPlain = event.button === 0 && event.detail === 1 && !event.shiftKey && !event.altKey && !event.ctrlKey && !event.metaKey;
  const number = isPlain ? numberUnder(view, event) : null;
  if (!number) return false;
  event.preventDefault();
  const drag = { start: event.clientX, number, to: number.to, steps: 0, isMoved: false, isBegun: false };
  const move = (next) => onMove(view, drag, next.clientX);
  grip.end = () => {
    removeEventListener("mousemove", move);
    removeEventListener("mouseup", grip.end);
    grip.end = null;
    grip.number = null;
    view.dispatch({ effects: setHandle.of({ number: null, isHeld: false }) });
    if (!drag.isMoved) placeCaret(view, event);
  };
  addEventListener("mousemove", move);
  addEventListener("mouseup", grip.end);
  return true;
}

function placeCaret(view, { clientX, clientY }) {
  const offset = view.posAtCoords({ x: clientX, y: clientY });
  view.focus();
  if (offset !== null) view.dispatch({ selection: { anchor: offset }, userEvent: "select.pointer" });
}

function onMove(view, drag, x) {
  const way = x - drag.start;
  if (!drag.isMoved && Math.abs(way) < SLACK) return;
  drag.isMoved = true;
  const steps = Math.trunc(way / STEP);
  if (steps === drag.steps) return;
  drag.steps = steps;
  drag.to = replace(view, { from: drag.number.from, to: drag.to }, stepNumber(drag.number, steps), drag.isBegun && JOINED);
  drag.isBegun = true;
}

/**
 * CodeMirror keeps what is composed together in one step of its history, however long it takes, and nothing else: a hand
 * that rests in a drag would split it in two.
 */
const JOINED = "input.type.compose";

/** Write a number in the place of another; the selection stays where it was. */
function replace(view, { from, to }, text, userEvent) {
  const end = from + text.length;
  if (view.state.sliceDoc(from, to) === text) return end;
  view.dispatch({
    changes: { from, to, insert: text },
    effects: setHandle.of({ number: { from, to: end }, isHeld: true }),
    annotations: byHandle.of(true),
    userEvent: userEvent || undefined,
  });
  return end;
}

function stepAtCaret(view, steps) {
  const { head } = view.state.selection.main;
  const number = numberAround(view.state.doc.toString(), head);
  if (!number) return false;
  const end = replace(view, number, stepNumber(number, steps));
  view.dispatch({ selection: { anchor: end }, effects: setHandle.of({ number: null, isHeld: false }) });
  return true;
}
