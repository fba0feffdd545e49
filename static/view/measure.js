// What drawing in pixels has to ask the page: how large this visitor's letters are, which colour a name stands for.

const USUAL = 16;

/** 1 at the browsers' usual size of letters, more where the visitor or the presentation size asks for larger ones. */
export function textScale() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize) / USUAL || 1;
}

/** A canvas knows no custom properties: an element has to work the colour out. */
export function colourOf(host, name) {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  host.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}
