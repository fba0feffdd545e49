export { python } from "@codemirror/lang-python";
export { classHighlighter } from "@lezer/highlight";
