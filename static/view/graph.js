// The graph: the server's picture on a stage, its numbers at the present frame, and the way around it.

import { translator } from "../i18n.js";
import { sceneAt } from "../scene.js";
import { frameAt, timelineOf } from "../timeline.js";
import { marksAlong } from "../paths.js";
import { kinOf } from "../spans.js";
import { tintsOf } from "../tint.js";
import { marksAround } from "../topology.js";
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact.js";
import { givenOf } from "../givens.js";
import { Icon } from "./icons.js";
import { Lens } from "./lens.js";
import { createPicture, isBox, markParts, noteParts, paint, tintParts, wordParts } from "./picture.js";
import { overlaid, showPills } from "./pills.js";
import { labelParts } from "./spoken.js";
import { Later } from "./later.js";
import { showMotion } from "./motion.js";
import { Steady } from "./steady.js";
import { createStage, destroyStage, follow, lookAgain, neighbourOf, otherEnd, setFollowing, setTabStop, showPart, showPicture, showWhole, zoomBy } from "./stage.js";

const ZOOM_STEP = 1.3;
/** How long a picture must stand still before its parts are named anew for those who hear it, in milliseconds. */
const STILL = 120;

/** @param {{state: any, actions: any}} props */
export function Graph({ state, actions }) {
  const t = translator(state.settings.language);
  const host = useRef(null);
  const stage = useStage(host, state, actions);
  const hovered = state.pointed;
  const setHovered = actions.point;
  const { isTable, isFollowing } = state;
  const scene = sceneOf(state);
  const [edited, setEdited] = useState(null);
  const node = edited === null ? null : nodeOf(scene, edited);
  const edit = (id) => givenOf(state, nodeOf(scene, id)) !== null && (setEdited(id), true);
  const props = { state, actions, scene, stage, setHovered, edit };
  usePicture(props, hovered, t);
  const handlers = handlersOf(props);
  const hasPicture = Boolean(scene?.topology?.graph.svg);
  return html`
    <section class=${`graph-view${state.playing ? " playing" : ""}${state.trail ? " tracing" : ""} ${scene?.frame.kind ?? "idle"}`} aria-label=${t("graph.title")}>
      <div class=${`graph-host${hovered ? " hovering" : ""}`} ref=${host} hidden=${isTable} ...${handlers}></div>
      ${node && !isTable && html`<${Later} key=${edited} load=${loadGiven} props=${{ state, actions, t, node, stage, close: (hasFocus) => leaveGiven(stage, edited, setEdited, hasFocus) }} />`}
      ${isTable && scene?.topology && html`<${Later} key="table" load=${loadTable} props=${{ scene, t, selection: state.selection, select: actions.select }} />`}
      ${!hasPicture && html`<p class="graph-empty">${t(emptyText(state))}</p>`}
      ${hasPicture && !isTable && html`<${Lens} ...${{ state, actions, scene, t, stage }} />`}
      ${hasPicture && !isTable && isLarge(scene.topology.graph) && html`<${Later} key="minimap" load=${loadMinimap} sheet="nets" props=${{ stage, picture: scene.topology.graph.svg, position: state.position, look: lookOf(state), label: t("graph.minimap") }} />`}
      <${Steady} part=${Tools} on=${[state.settings.language, isTable, isFollowing]} props=${{ t, stage, isTable, setTable: actions.showTable, isFollowing }} />
    </section>
  `;
}

const loadGiven = async () => (await import("./given.js")).Given;
const loadTable = async () => (await import("./table.js")).NodeTable;
const loadMinimap = async () => (await import("./minimap.js")).Minimap;

/** Fewer boxes than this are in sight together. */
const MANY = 12;

function isLarge({ nodes, groups = [] }) {
  return nodes.length + groups.length - groups.reduce((sum, { members }) => sum + members.length, 0) >= MANY;
}

/** What the colours of a picture depend on. */
function lookOf({ settings, isDark, tint, selection }) {
  return [settings.theme, isDark, tint, selection].join(" ");
}

/** The scene that a state shows; null before there is a trace. */
function sceneOf({ trace, position }) {
  if (!trace || trace.graphs.length === 0) return null;
  const timeline = timelineOf(trace);
  return sceneAt(timeline, frameAt(timeline, position));
}

function nodeOf(scene, id) {
  return scene?.topology?.graph.nodes[scene.topology.places.get(id)] ?? null;
}

/** Close the field on a node; by keyboard one is then back on the node. */
function leaveGiven(stage, id, setEdited, hasFocus) {
  setEdited(null);
  if (hasFocus) setTabStop(stage.current, id, true);
}

function emptyText({ run, trace }) {
  if (run.status === "running") return "graph.waiting";
  if (trace && trace.graphs.length > 0) return "graph.no-picture";
  return trace ? "graph.nothing" : "graph.empty";
}

function useStage(host, { isFollowing }, { follow: onFollow, see: onSight }) {
  const stage = useRef(null);
  useLayoutEffect(() => {
    stage.current = createStage(host.current, { onFollow, onSight });
    return () => destroyStage(stage.current);
  }, []);
  useLayoutEffect(() => setFollowing(stage.current, isFollowing), [isFollowing]);
  return stage;
}

const MOST_PICTURES = 8;
const pictures = new Map();

/**
 * A picture is parsed once for each structure: a run with other numbers over the same graph goes on in the same
 * picture, and the page can go back and forth between a few.
 */
function pictureOf(graph) {
  const picture = pictures.get(graph.svg) ?? createPicture(graph);
  pictures.delete(graph.svg);
  pictures.set(graph.svg, picture);
  if (pictures.size > MOST_PICTURES) pictures.delete(pictures.keys().next().value);
  picture.graph = graph;
  return picture;
}

function usePicture({ state, scene, stage }, hovered, t) {
  const graph = scene?.topology?.graph ?? null;
  const picture = graph?.svg ? pictureOf(graph) : null;
  useLayoutEffect(() => {
    if (!picture) {
      stage.current.viewport.replaceChildren();
      stage.current.picture = null;
      showMotion(stage.current.motion, null, 0);
      return;
    }
    picture.root.setAttribute("aria-label", t("graph.title"));
    picture.root.setAttribute("role", "group");
    showPicture(stage.current, picture);
    setTabStop(stage.current, state.selection ?? firstNode(picture), false);
  }, [picture]);
  useLayoutEffect(() => {
    if (picture) wordParts(picture, t);
  }, [picture, state.settings.language]);
  useLayoutEffect(() => {
    if (!picture) return;
    paint(picture, scene);
    showMotion(stage.current.motion, picture, state.position);
  }, [picture, scene]);
  useLayoutEffect(() => {
    if (picture && scene.active.size > 0) follow(stage.current, atWork(scene));
  }, [picture, state.position]);
  useLayoutEffect(() => {
    if (picture) markParts(picture, state.trail ? marksAlong(graph, state.trail) : withKin(graph, marksAround(graph, hovered ?? state.selection), hovered ?? state.selection));
  }, [picture, hovered, state.selection, state.trail]);
  useLayoutEffect(() => {
    if (picture) tintParts(picture, tintsOf(scene, state.tint).classes);
  }, [picture, state.tint, state.tint === "none" ? null : scene]);
  useLayoutEffect(() => {
    if (!picture || (Object.keys(state.overlays).length === 0 && !picture.isOverlaid)) return;
    const { pills, notes } = overlaid(state, scene);
    picture.isOverlaid = pills.size > 0 || notes.size > 0;
    noteParts(picture, notes);
    showPills(picture, pills);
  });
  useLayoutEffect(() => {
    if (picture && /^[nm]/.test(state.selection ?? "")) showPart(stage.current, state.selection);
  }, [state.selection]);
  // The last word of what is in sight has the link: what was chosen in it may lie elsewhere.
  useLayoutEffect(() => lookAgain(stage.current, state.inSight), [state.inSight]);
  useEffect(() => {
    if (!picture || state.playing) return undefined;
    const handle = setTimeout(() => labelParts(picture, scene, t), STILL);
    return () => clearTimeout(handle);
  }, [picture, state.playing, state.playing ? null : state.position, scene?.pass, state.pin, state.check, state.settings.language]);
}

/** What one call of the program made in several steps belongs together. */
function withKin(graph, marks, id) {
  const node = graph.nodes.find((one) => one.id === id);
  for (const other of node ? kinOf(graph, node).slice(1) : []) marks.set(other.id, `${marks.get(other.id) ?? "near"} kin`);
  return marks;
}

/** The nodes to follow: what is given comes all at once, and nobody can look at all of it. */
function atWork({ frame, active, topology }) {
  if (frame.kind !== "forward" && frame.kind !== "backward") return [];
  return [...active].slice(0, 1).map((i) => topology.graph.nodes[i].id);
}

function firstNode(picture) {
  return picture.parts.find(isBox)?.id ?? null;
}

function partUnder(event) {
  return event.target.closest?.("g.node, g.group, g.edge, g.cluster") ?? null;
}

function handlersOf({ state, actions, stage, setHovered, edit }) {
  return {
    onClick: (event) => {
      const part = partUnder(event);
      const end = part?.matches("g.edge") ? otherEnd(stage.current, { id: part.id, selection: state.selection, event }) : null;
      actions.select(end ?? part?.id ?? null);
      if (end) setTabStop(stage.current, end, true);
    },
    onDblClick: (event) => {
      const part = partUnder(event);
      if (part?.matches("g.group")) open({ actions, stage: stage.current, id: part.id });
      else if (part?.matches("g.cluster")) close({ actions, stage: stage.current, id: firstIn(stage.current, part.id) });
      else if (part) edit(part.id);
    },
    onPointerOver: (event) => event.pointerType === "mouse" && setHovered(partUnder(event)?.id ?? null),
    onPointerLeave: () => setHovered(null),
    onFocusIn: (event) => {
      const id = partUnder(event)?.id ?? null;
      setTabStop(stage.current, id, false);
      if (event.target.matches(":focus-visible")) setHovered(id);
    },
    onFocusOut: () => setHovered(null),
    onKeyDown: (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !onKey(event, { state, actions, stage: stage.current, edit })) return;
      event.preventDefault();
      event.stopPropagation();
    },
  };
}

/** Keys on the graph: arrows walk, Enter chooses and then edits, plus, minus and zero zoom. */
function onKey(event, { state, actions, stage, edit }) {
  const id = partUnder(event)?.id ?? null;
  const zooms = { "+": () => zoomBy(stage, ZOOM_STEP), "=": () => zoomBy(stage, ZOOM_STEP), "-": () => zoomBy(stage, 1 / ZOOM_STEP), 0: () => showWhole(stage) };
  if (event.key in zooms) return zooms[event.key](), true;
  if (id === null) return false;
  const isGroup = Boolean(stage.picture.byId.get(id)?.group);
  if (isGroup && (event.key === "o" || (event.key === "Enter" && id === state.selection))) return open({ actions, stage, id }), true;
  if (event.key === "c") return close({ actions, stage, id }), true;
  if (event.key === "Enter") return (id === state.selection && edit(id)) || (actions.select(id), true);
  if (event.key === "Escape") return actions.select(null), true;
  if (!event.key.startsWith("Arrow")) return false;
  const next = neighbourOf(stage, id, event.key);
  if (next) setTabStop(stage, next, true);
  return true;
}

/** Open a group, and go on inside it. */
async function open({ actions, stage, id }) {
  const { key } = stage.picture.byId.get(id).group;
  await actions.expand(id);
  requestAnimationFrame(() => {
    const frame = stage.picture.graph.clusters?.find((cluster) => cluster.key === key);
    if (frame) setTabStop(stage, firstIn(stage, frame.id), true);
  });
}

/** Close the innermost frame around a part, and go on at the group that it becomes. */
async function close({ actions, stage, id }) {
  const key = await actions.collapseAround(id);
  requestAnimationFrame(() => {
    const group = stage.picture.graph.groups?.find((one) => one.key === key);
    if (group) setTabStop(stage, group.id, true);
  });
}

/** The last box in a frame: where its backward pass begins. */
function firstIn({ picture }, id) {
  const boxes = picture.byId.get(id)?.cluster.boxes ?? [];
  const first = boxes.find((box) => isBox(picture.byId.get(box)));
  return first ?? (boxes.length > 0 ? firstIn({ picture }, boxes[0]) : null);
}

function Tools({ t, stage, isTable, setTable, isFollowing }) {
  const zooms = [
    ["zoom-in", "plus", () => zoomBy(stage.current, ZOOM_STEP)],
    ["zoom-out", "minus", () => zoomBy(stage.current, 1 / ZOOM_STEP)],
    ["fit", "fit", () => showWhole(stage.current)],
  ];
  return html`
    <div class="graph-tools" role="toolbar" aria-label=${t("graph.tools")}>
      ${zooms.map(([name, icon, act]) => html`<${Tool} key=${name} text=${t(`graph.${name}`)} icon=${icon} act=${act} disabled=${isTable} />`)}
      <${Tool} text=${t("graph.follow")} icon="follow" act=${() => setFollowing(stage.current, !isFollowing)} pressed=${isFollowing} disabled=${isTable} />
      <${Tool} text=${t("graph.table")} icon="table" act=${() => setTable(!isTable)} pressed=${isTable} />
    </div>
  `;
}

function Tool({ text, icon, act, disabled = false, pressed }) {
  const state = pressed === undefined ? {} : { "aria-pressed": String(pressed) };
  return html`<button type="button" class="tool" title=${text} aria-label=${text} disabled=${disabled} onClick=${act} ...${state}><${Icon} name=${icon} /></button>`;
}
