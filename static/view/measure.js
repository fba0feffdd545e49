// How large this visitor's letters are: what is drawn in pixels follows what is set in rem.

const USUAL = 16;

/** 1 at the browsers' usual size of letters, more where the visitor or the presentation size asks for larger ones. */
export function textScale() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL || 1;
}
