export const classHighlighter: any, python: any;
