// Pills on the nodes of a picture, and notes beside their state: what a comparison or a check says about each.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = { letter: 6.4, height: 15, padding: 6, over: 9 };

/** What several overlays say together; the last word on a note wins. */
export function overlaid(state, scene) {
  const shown = { pills: new Map(), notes: new Map() };
  for (const [name, overlay] of Object.entries(state.overlays)) {
    const { pills, notes } = overlay(state, scene);
    for (const [id, pill] of pills) shown.pills.set(id, [...(shown.pills.get(id) ?? []), { ...pill, name }]);
    for (const [id, note] of notes) shown.notes.set(id, [shown.notes.get(id), note].filter(Boolean).join(" "));
  }
  return shown;
}

/**
 * Put pills on the boxes of a picture; those that are there already are left alone.
 *
 * @param {any} picture as `createPicture` made it
 * @param {Map<string, {text: string, kind: string, name: string}[]>} pills by id of the node
 */
export function showPills(picture, pills) {
  for (const part of picture.parts) {
    const wanted = pills.get(part.id) ?? [];
    const key = JSON.stringify(wanted);
    if ((part.pills ?? "[]") === key) continue;
    part.pills = key;
    for (const old of part.element.querySelectorAll("g.pill")) old.remove();
    for (const pill of wanted) part.element.append(drawn(pill, part.element.querySelector(".shape").getBBox()));
  }
}

/** A comparison stands at the upper corner, a check at the lower one. */
function drawn({ text, kind, name }, box) {
  const width = [...text].length * SIZE.letter + 2 * SIZE.padding;
  const x = box.x + box.width - width + SIZE.over;
  const y = name === "compare" ? box.y - SIZE.over : box.y + box.height - SIZE.height + SIZE.over;
  const group = element("g", { class: `pill ${name} ${kind}` });
  group.append(
    element("rect", { x, y, width, height: SIZE.height, rx: SIZE.height / 2 }),
    Object.assign(element("text", { x: x + width / 2, y: y + SIZE.height - 4.2, "text-anchor": "middle" }), { textContent: text }),
  );
  return group;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
