// An editor as a component: text in, text out; marks and problems follow the state.
//
// CodeMirror is the heaviest part of the page: it comes after the first picture, and until it is there, or where it
// cannot be had, a plain field takes the text.

import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { onReach, pause } from "./later.js";

/** A first run that takes longer than this keeps the editor waiting no more, in milliseconds. */
const PATIENCE = 1500;

/** CodeMirror, and what stands on what: each is asked for at once, and evaluated by itself. */
const PARTS = ["../vendor/codemirror-view.js", "../vendor/codemirror.js", "../vendor/codemirror-python.js", "./codemirror.js"];

const library = { promise: null, module: null };

/** Bring CodeMirror, once; what fails is tried again with the next editor, and whenever the server may be in reach again. */
function loadLibrary() {
  library.promise ??= evaluate(PARTS).then(
    (module) => (library.module = module),
    () => (library.promise = null),
  );
  return library.promise;
}

async function evaluate(paths) {
  for (const path of paths) announce(new URL(path, import.meta.url).href);
  let module = null;
  for (const path of paths) {
    module = await import(path);
    await pause();
  }
  return module;
}

/** Let the browser fetch a module before its turn to be evaluated comes. */
function announce(href) {
  document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
}

/**
 * @param {{text: string, kind: "program" | "expression" | "view", label: string, hint?: string, marks?: any[],
 *   faults?: any[], isEarly?: boolean, jump?: {span: any} | null, onJumped?: () => void,
 *   onChange?: (text: string, isLive: boolean) => void, onRun?: () => void, onPlace?: (place: any) => void}} props
 *   `isEarly`: the first picture is still on its way
 */
export function Editor({ isEarly = false, ...props }) {
  const [isHere, setHere] = useState(library.module !== null);
  const field = useRef(null);
  const caret = useRef(null);
  useEffect(() => {
    if (isHere) return undefined;
    const bring = () => Promise.resolve(loadLibrary()).then(() => {
      // Whoever writes already goes on writing where they are.
      if (field.current && field.current === document.activeElement) caret.current = field.current.selectionStart;
      if (library.module) setHere(true);
    });
    // Whoever goes into the field before the first picture need not wait for it.
    const handle = isEarly ? setTimeout(bring, PATIENCE) : void bring();
    const end = onReach(bring);
    return () => {
      clearTimeout(handle);
      end();
    };
  }, [isHere, isEarly]);
  return isHere ? html`<${Mirror} ...${props} caret=${caret.current} />` : html`<${Plain} ...${props} field=${field} />`;
}

/** The plain field. */
function Plain({ text, kind, label, hint = "", onChange, onRun, field }) {
  const onKeyDown = (event) => {
    if (event.key !== "Enter" || kind !== "expression") return;
    event.preventDefault();
    onRun?.();
  };
  return html`<div class=${`editor ${kind} plain`}><textarea ref=${field} class="cm-scroller" rows=${kind === "expression" ? 1 : 12} aria-label=${label} placeholder=${hint} spellcheck=${false} readonly=${kind === "view"}
    value=${text} onInput=${(event) => onChange?.(event.target.value, false)} onKeyDown=${onKeyDown}></textarea></div>`;
}

/** The same text under CodeMirror. */
function Mirror({ text, kind, label, hint = "", marks = [], faults = [], jump = null, caret = null, ...calls }) {
  const host = useRef(null);
  const editor = useRef(null);
  const latest = useRef(calls);
  const words = { label, hint };
  const { createEditor, markSpans, readAsPython, setText, setWords, showSpan, underline } = library.module;
  latest.current = calls;
  useLayoutEffect(() => {
    editor.current = createEditor(host.current, { text, kind, ...words, nonce: pageNonce(), ...callsOf(latest) });
    if (caret !== null) goOn(editor.current.view, caret);
    const made = { isWanted: true };
    readAsPython(editor.current, { pause, isWanted: () => made.isWanted });
    return () => {
      made.isWanted = false;
      editor.current.view.destroy();
    };
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

function goOn(view, caret) {
  view.focus();
  view.dispatch({ selection: { anchor: Math.min(caret, view.state.doc.length) } });
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
