// A number on its node under the hand: typed, or moved with the arrow keys, while the picture follows.

import { givenOf, isNumber } from "../givens.js";
import { stepNumber } from "../numerals.js";
import { html, useLayoutEffect, useRef, useState } from "../vendor/preact.js";

/** @param {{state: any, actions: any, t: any, node: any, stage: any, close: (hasFocus: boolean) => void}} props */
export function Given({ state, actions, t, node, stage, close }) {
  const field = useRef(null);
  const [text, setText] = useState(givenOf(state, node) ?? "");
  useLayoutEffect(() => {
    placeOver(field.current, stage.current, node.id);
    field.current.focus();
    field.current.select();
  }, []);
  const write = (value, isLive) => {
    setText(value);
    if (isNumber(value)) actions.setGiven(node, value, isLive);
  };
  const onKeyDown = (event) => {
    const steps = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    event.stopPropagation();
    if (steps !== undefined && isNumber(text)) write(stepNumber({ text: text.trim() }, steps * (event.shiftKey ? 10 : 1)), true);
    else if (event.key === "Enter" || event.key === "Escape") close(true);
    else return;
    event.preventDefault();
  };
  return html`<input class="given" type="text" inputmode="decimal" autocomplete="off" spellcheck=${false} ref=${field} value=${text}
    aria-label=${t("graph.given", { name: node.variable })} aria-invalid=${String(!isNumber(text))} title=${t("graph.given-why")}
    onInput=${(event) => write(event.target.value, true)} onKeyDown=${onKeyDown} onBlur=${() => close(false)} />`;
}

/** Lay a field over the row of a node in which its value stands. */
function placeOver(field, stage, id) {
  const part = stage.picture?.byId.get(id);
  const row = part?.element.querySelector("text.value");
  if (!row) return;
  const frame = stage.host.getBoundingClientRect();
  const box = part.element.querySelector(".shape").getBoundingClientRect();
  const line = row.getBoundingClientRect();
  const height = Math.max(26, line.height + 6);
  const width = Math.max(96, box.width - 4);
  Object.assign(field.style, {
    left: `${box.left + box.width / 2 - width / 2 - frame.left}px`,
    top: `${line.top + line.height / 2 - height / 2 - frame.top}px`,
    width: `${width}px`,
    height: `${height}px`,
    fontSize: `${Math.max(13, Math.min(24, line.height * 0.8))}px`,
  });
}
