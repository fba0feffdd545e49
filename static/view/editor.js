// An editor as a component: text in, text out; marks and problems follow the state.

import { html, useEffect, useLayoutEffect, useRef } from "../vendor/preact.js";
import { createEditor, markSpans, setText, setWords, showSpan, underline } from "./codemirror.js";

/**
 * @param {{text: string, kind: "program" | "expression" | "view", label: string, hint?: string, marks?: any[],
 *   faults?: any[], jump?: {span: any} | null, onJumped?: () => void, onChange?: (text: string, isLive: boolean) => void,
 *   onRun?: () => void, onPlace?: (place: any) => void}} props
 */
export function Editor({ text, kind, label, hint = "", marks = [], faults = [], jump = null, ...calls }) {
  const host = useRef(null);
  const editor = useRef(null);
  const latest = useRef(calls);
  const words = { label, hint };
  latest.current = calls;
  useLayoutEffect(() => {
    editor.current = createEditor(host.current, { text, kind, ...words, nonce: pageNonce(), ...callsOf(latest) });
    return () => editor.current.view.destroy();
  }, []);
  useLayoutEffect(() => setText(editor.current, text), [text]);
  useEffect(() => setWords(editor.current, words), [label, hint]);
  useEffect(() => markSpans(editor.current, marks), [JSON.stringify(marks), text]);
  useEffect(() => underline(editor.current, faults), [JSON.stringify(faults), text]);
  useEffect(() => {
    if (!jump) return;
    showSpan(editor.current, jump.span, true);
    latest.current.onJumped?.();
  }, [jump]);
  return html`<div class=${`editor ${kind}`} ref=${host}></div>`;
}

function callsOf(latest) {
  return {
    onChange: (text, isLive) => latest.current.onChange?.(text, isLive),
    onRun: () => latest.current.onRun?.(),
    onPlace: (place) => latest.current.onPlace?.(place),
  };
}

/** The page's policy lets styles in only with this word. */
function pageNonce() {
  return document.querySelector('meta[name="csp-nonce"]')?.getAttribute("content") ?? "";
}
