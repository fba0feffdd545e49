// What stands beside the picture: what is chosen in it at the present frame, or else what its shapes and colours mean.

import { translator } from "../i18n.js";
import { sceneAt } from "../scene.js";
import { frameAt, timelineOf } from "../timeline.js";
import { html } from "../vendor/preact.js";
import { Later } from "./later.js";
import { Legend } from "./legend.js";

/** @param {{state: any, actions: any}} props */
export function Inspector({ state, actions }) {
  const t = translator(state.settings.language);
  return html`<section class="inspector" aria-label=${t("inspector.title")}>${contentOf(state, actions, t)}</section>`;
}

function contentOf(state, actions, t) {
  const { trace, selection } = state;
  if (!trace || trace.graphs.length === 0) return html`<${Legend} t=${t} language=${state.settings.language} hasTrace=${false} />`;
  const timeline = timelineOf(trace);
  const scene = sceneAt(timeline, frameAt(timeline, state.position));
  const { places, edgePlaces, graph } = scene.topology;
  const props = { scene, actions, t, program: trace.program, language: state.settings.language };
  if (places.has(selection)) return html`<${Later} key="node" load=${loadNode} props=${{ ...props, i: places.get(selection) }} />`;
  if (edgePlaces.has(selection)) return html`<${Later} key="edge" load=${loadEdge} props=${{ ...props, j: edgePlaces.get(selection) }} />`;
  const group = [...(graph.groups ?? []), ...(graph.clusters ?? [])].find(({ id }) => id === selection);
  return group ? html`<${Later} key="group" load=${loadGroup} props=${{ scene, actions, group, language: state.settings.language }} />` : html`<${Legend} t=${t} language=${state.settings.language} hasTrace=${true} />`;
}

const loadNode = async () => (await import("./chosen.js")).NodeCard;
const loadEdge = async () => (await import("./chosen.js")).EdgeCard;
const loadGroup = async () => (await import("./group.js")).GroupCard;
