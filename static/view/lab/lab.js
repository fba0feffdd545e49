// The lab: many runs of one program or expression, and one answer. A race, a sweep, a check, each on its bench.

import { ProblemError, loadOptimizers } from "../../api.js";
import { BENCHES, labFrom } from "../../lab/bench.js";
import { createStudies } from "../../lab/studies.js";
import { html, useEffect, useMemo, useRef, useState } from "../../vendor/preact.js";
import { withWords } from "../words.js";
import { CheckBench } from "./check.js";
import { RaceBench } from "./race.js";
import { Subject } from "./subject.js";
import { SweepBench } from "./sweep.js";

const PARTS = { race: RaceBench, sweep: SweepBench, check: CheckBench };
const catalogs = new Map();

/** @param {{state: any, actions: any, language: string, t?: any}} props */
export const Lab = withWords("lab", ({ state, actions, language, t }) => {
  const studies = actions.studiesBy(createStudies);
  const lab = useMemo(() => labFrom(state.lab), [state.lab]);
  const { catalog, problem } = useCatalog(language);
  const title = useRef(null);
  useEffect(() => title.current?.focus(), []);
  const set = (bench, fields) => actions.setLab({ [bench]: { ...lab[bench], ...fields } });
  const parts = { state, actions, studies, lab, catalog, language, t, set };
  const Bench = PARTS[lab.bench];
  return html`
    <main class="lab" aria-labelledby="lab-title">
      <header class="lab-head">
        <button type="button" class="button small" onClick=${actions.leaveLab}>← ${t("lab.studio")}</button>
        <h2 id="lab-title" ref=${title} tabindex="-1">${t("lab.title")}</h2>
        <${Tabs} ...${{ lab, actions, t }} />
        <p class="lab-about">${t(`lab.about-${lab.bench}`)}</p>
      </header>
      ${problem && html`<p class="fault" role="alert">${problem.title ?? problem.code}</p>`}
      <div class=${`bench ${lab.bench}`} role="tabpanel" id="lab-bench" tabindex="-1" aria-labelledby=${`lab-tab-${lab.bench}`}>
        <${Bench} key=${lab.bench} ...${parts} subject=${html`<${Subject} ...${parts} />`} />
      </div>
    </main>
  `;
});

/** The optimizers of this torch, asked for once. */
function useCatalog(language) {
  const [answer, setAnswer] = useState({ catalog: catalogs.get("all") ?? null, problem: null });
  useEffect(() => {
    if (answer.catalog) return;
    loadOptimizers(language).then(
      (catalog) => {
        catalogs.set("all", catalog);
        setAnswer({ catalog, problem: null });
      },
      (error) => {
        if (!(error instanceof ProblemError)) throw error;
        setAnswer({ catalog: null, problem: error.problem });
      },
    );
  }, []);
  return answer;
}

/** Tabs as the pattern has them: arrows move, one tab stop. */
function Tabs({ lab, actions, t }) {
  const host = useRef(null);
  const go = (name) => {
    actions.setLab({ ...lab, bench: name });
    host.current.querySelector(`#lab-tab-${name}`).focus();
  };
  const onKeyDown = (event) => {
    const at = BENCHES.indexOf(lab.bench);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: BENCHES.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(BENCHES[(to + BENCHES.length) % BENCHES.length]);
  };
  return html`<div class="choice lab-tabs" role="tablist" aria-label=${t("lab.benches")} ref=${host} onKeyDown=${onKeyDown}>
    ${BENCHES.map((name) => html`<button type="button" key=${name} id=${`lab-tab-${name}`} role="tab" aria-controls="lab-bench" aria-selected=${String(name === lab.bench)}
      tabindex=${name === lab.bench ? 0 : -1} onClick=${() => go(name)}>${t(`lab.${name}`)}</button>`)}
  </div>`;
}
