// CodeMirror as the page uses it: Python, marks on the chosen node and on problems, one look for every editor.

import {
  Annotation,
  Compartment,
  Decoration,
  EditorState,
  EditorView,
  StateEffect,
  StateField,
  bracketMatching,
  closeBrackets,
  closeBracketsKeymap,
  defaultKeymap,
  diagnosticCount,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  history,
  historyKeymap,
  indentOnInput,
  indentUnit,
  indentWithTab,
  keymap,
  lineNumbers,
  placeholder,
  searchKeymap,
  setDiagnostics,
  syntaxHighlighting,
} from "../vendor/codemirror.js";
import { classHighlighter, python } from "../vendor/codemirror-python.js";
import { byHandle, numberHandles } from "./handles.js";

/** Marks a change that the page made, so that it is not told about it. */
const fromPage = Annotation.define();
const setMarks = StateEffect.define();
const setFaultLines = StateEffect.define();

/** Decorations that stay as an effect set them, and move with the text. */
function decorationsOf(kind) {
  return StateField.define({
    create: () => Decoration.none,
    update: (decorations, transaction) => {
      const effect = transaction.effects.find((one) => one.is(kind));
      return effect ? effect.value : decorations.map(transaction.changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

const marks = decorationsOf(setMarks);
const faultLines = decorationsOf(setFaultLines);

/**
 * Make an editor inside an element; `readAsPython` does the rest.
 *
 * @param {HTMLElement} parent
 * @param {{text: string, kind: "program" | "expression" | "view", label: string, hint: string, nonce: string,
 *   onChange: (text: string, isLive: boolean) => void, onRun: () => void, onPlace: (place: any) => void}} options
 */
export function createEditor(parent, options) {
  const words = new Compartment();
  const view = new EditorView({
    parent,
    state: EditorState.create({ doc: options.text, extensions: [EditorView.cspNonce.of(options.nonce), ...extensionsOf(options), words.of(wordsOf(options))] }),
  });
  return { view, words, said: options };
}

/** What makes a text Python: the parser, then the colours. Each is work enough for a slow processor. */
const PYTHON = [() => python(), () => [syntaxHighlighting(classHighlighter), bracketMatching()]];

/**
 * Read the text as Python, step by step.
 *
 * @param {{view: any}} editor
 * @param {{pause: () => Promise<void>, isWanted: () => boolean}} options
 */
export async function readAsPython({ view }, { pause, isWanted }) {
  for (const make of PYTHON) {
    await pause();
    if (!isWanted()) return;
    view.dispatch({ effects: StateEffect.appendConfig.of(make()), annotations: fromPage.of(true) });
  }
}

/** Say the editor's name and hint in another language. */
export function setWords(editor, options) {
  const { view, words, said } = editor;
  if (said.label === options.label && said.hint === options.hint) return;
  editor.said = options;
  view.dispatch({ effects: words.reconfigure(wordsOf(options)) });
}

function wordsOf({ label, hint }) {
  return [EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0", spellcheck: "false", autocorrect: "off", autocapitalize: "off" }), hint ? placeholder(hint) : []];
}

function extensionsOf({ kind, onChange, onRun, onPlace }) {
  const runs = [
    { key: "Mod-Enter", run: () => (onRun(), true) },
    ...(kind === "expression" ? [{ key: "Enter", run: () => (onRun(), true) }] : []),
  ];
  const common = [typingOver, marks, faultLines, EditorView.lineWrapping, listener(onChange, onPlace)];
  if (kind === "view") return [...common, lineNumbers(), EditorState.readOnly.of(true)];
  const writing = [numberHandles(), history(), drawSelection(), closeBrackets(), keymap.of([...runs, ...closeBracketsKeymap, ...defaultKeymap, ...historyKeymap])];
  if (kind === "expression") return [...common, ...writing];
  return [...common, ...writing, lineNumbers(), highlightActiveLine(), highlightActiveLineGutter(), indentOnInput(), indentUnit.of("    "), keymap.of([...searchKeymap, indentWithTab])];
}

/**
 * Typing over a selection, done by hand: the browser would give the new letters the former ones' colour by a style
 * attribute, which the page's policy forbids.
 */
const typingOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    if (event.inputType !== "insertText" || event.data === null || view.composing || view.state.readOnly) return false;
    takeSelection(view, view.root.getSelection());
    const { from, to, empty } = view.state.selection.main;
    if (empty) return false;
    event.preventDefault();
    const insert = () => view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
    const isTaken = view.state.facet(EditorView.inputHandler).some((handle) => handle(view, from, to, event.data, insert));
    if (!isTaken) view.dispatch(insert());
    return true;
  },
});

/** What is typed over may have been selected a moment ago only: CodeMirror hears of a selection later than of a key. */
function takeSelection(view, selection) {
  if (!selection?.rangeCount) return;
  const { startContainer, startOffset, endContainer, endOffset } = selection.getRangeAt(0);
  if (!view.contentDOM.contains(startContainer) || !view.contentDOM.contains(endContainer)) return;
  const [anchor, head] = [view.posAtDOM(startContainer, startOffset), view.posAtDOM(endContainer, endOffset)];
  const { from, to } = view.state.selection.main;
  if (anchor < head && (anchor !== from || head !== to)) view.dispatch({ selection: { anchor, head }, annotations: fromPage.of(true) });
}

/** Tell of what the visitor changed, and of the place that was chosen by hand. */
function listener(onChange, onPlace) {
  return EditorView.updateListener.of((update) => {
    const isOurs = update.transactions.some((transaction) => transaction.annotation(fromPage));
    if (isOurs) return;
    const isLive = update.transactions.some((transaction) => transaction.annotation(byHandle));
    if (update.docChanged) onChange(update.state.doc.toString(), isLive);
    else if (update.transactions.some((transaction) => transaction.isUserEvent("select"))) onPlace(placeOf(update.state));
  });
}

function placeOf(state) {
  const { head, empty } = state.selection.main;
  const line = state.doc.lineAt(head);
  const column = [...line.text.slice(0, head - line.from)].length + 1;
  return empty ? { line: line.number, column } : null;
}

/** Replace the text, unless it is the same. */
export function setText({ view }, text) {
  if (view.state.doc.toString() === text) return;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: fromPage.of(true) });
}

/**
 * Mark spans of the text; those that do not fit it are left out.
 *
 * @param {{view: any}} editor
 * @param {{span: any, name: string}[]} spans
 */
export function markSpans({ view }, spans) {
  const ranges = spans.flatMap(({ span, name }) => {
    const range = rangeOf(view.state.doc, span);
    return range && range.to > range.from ? [Decoration.mark({ class: name }).range(range.from, range.to)] : [];
  });
  if (ranges.length === 0 && view.state.field(marks).size === 0) return;
  view.dispatch({ effects: setMarks.of(Decoration.set(ranges, true)), annotations: fromPage.of(true) });
}

/**
 * Underline what is wrong, with its sentence on hover.
 *
 * @param {{view: any}} editor
 * @param {{span: any, severity: string, message: string}[]} faults
 */
export function underline({ view }, faults) {
  const found = faults.flatMap(({ span, severity, message }) => {
    const range = rangeOf(view.state.doc, span);
    return range ? [{ from: range.from, to: range.to, severity, message }] : [];
  });
  if (found.length === 0 && diagnosticCount(view.state) === 0) return;
  view.dispatch(setDiagnostics(view.state, found.sort((a, b) => a.from - b.from)));
  view.dispatch({ effects: setFaultLines.of(linesOf(view.state.doc, found)), annotations: fromPage.of(true) });
}

/** A bar beside each line with a fault, in the colour of the gravest. */
function linesOf(doc, found) {
  const gravest = new Map();
  for (const severity of ["info", "warning", "error"]) {
    for (const fault of found) if (fault.severity === severity) gravest.set(doc.lineAt(fault.from).from, severity);
  }
  const bars = [...gravest].map(([from, severity]) => Decoration.line({ class: `fault-${severity}` }).range(from));
  return Decoration.set(bars, true);
}

/** Bring a span into sight and put the caret at its start. */
export function showSpan({ view }, span, hasFocus) {
  const range = rangeOf(view.state.doc, span);
  if (!range) return;
  view.dispatch({ selection: { anchor: range.from }, effects: EditorView.scrollIntoView(range.from, { y: "center" }), annotations: fromPage.of(true) });
  if (hasFocus) view.focus();
}

/** Offsets of a span; a span without an end takes the word, or the rest of the line, that begins there. */
function rangeOf(doc, span) {
  if (!span || span.line < 1 || span.line > doc.lines) return null;
  const from = offsetOf(doc, span.line, span.column ?? 1);
  if (span.end_line !== undefined) return { from, to: Math.max(from, offsetOf(doc, span.end_line, span.end_column)) };
  const line = doc.line(span.line);
  const rest = line.text.slice(from - line.from);
  const word = rest.match(/^[\p{L}\p{N}_]+|^\S/u)?.[0].length ?? 0;
  if (word > 0) return { from, to: from + word };
  return { from: Math.max(line.from, from - 1), to: from };
}

/** Columns count characters, offsets count halves of surrogate pairs. */
function offsetOf(doc, number, column) {
  const line = doc.line(Math.min(number, doc.lines));
  let offset = 0;
  for (const character of line.text) {
    if (column <= 1) break;
    column -= 1;
    offset += character.length;
  }
  return line.from + offset;
}
