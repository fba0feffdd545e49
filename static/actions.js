// Everything a visitor can do, by name; views call these and change nothing themselves.

import { bringProblems, bringTable } from "./api.js";
import { withGiven } from "./givens.js";
import { TABLES, hasTable } from "./i18n.js";
import { createPace } from "./pace.js";
import { createReasoning } from "./reasoning.js";
import { redraw } from "./redraw.js";
import { packState } from "./share.js";
import { bodyOf, sourceFrom } from "./source.js";

/** How long typing must rest before an expression runs, in milliseconds. */
const REST = 350;

/**
 * The actions over a store.
 *
 * @param {{store: any, runner: any, settings: {save: (settings: any) => void}}} parts
 */
export function createActions({ store, runner, settings }) {
  const playing = playActions(store);
  const writing = writeActions({ store, runner });
  const looking = lookActions({ store, settings });
  return { ...playing, ...writing, ...looking, ...createReasoning({ store, redraw }) };
}

function playActions(store) {
  return {
    setPosition: (position) => store.set({ position }),
    play: () => store.set({ playing: true }),
    pause: () => store.set({ playing: false }),
    setSpeed: (speed) => store.set({ speed }),
    setGrain: (grain) => store.set({ grain }),
    select: (selection) => store.set({ selection }),
    point: (pointed) => store.set({ pointed }),
    /** Go to a span of the program that was traced, in whichever editor it stands. */
    goToSpan: (span) => store.set(({ source, traceMode }) => ({ jump: { span, isOwn: false }, isProgramShown: true, source: { ...source, mode: traceMode ?? source.mode } })),
    /** Go to a span of what the visitor is writing. */
    goToSource: (span) => store.set({ jump: { span, isOwn: true } }),
    jumped: () => store.set({ jump: null }),
  };
}

function writeActions({ store, runner }) {
  const timer = { handle: null };
  const pace = createPace({ run: () => runner.run(bodyOf(store.get().source), { isLive: true }) });
  const isWritten = ({ mode, program, expression }) => (mode === "program" ? program : expression).trim() !== "";

  function run(options) {
    forget();
    const { source } = store.get();
    return runner.run(bodyOf(source), options);
  }

  /** Whatever was going to run does not. */
  function forget() {
    clearTimeout(timer.handle);
    pace.stop();
  }

  /** Run when typing rests; each further change puts it off. */
  function runSoon(rest = REST) {
    forget();
    if (isWritten(store.get().source)) timer.handle = setTimeout(run, rest);
    else runner.stop();
  }

  /** Run while a hand moves a number: the picture follows. */
  function runSteadily() {
    clearTimeout(timer.handle);
    pace.ask();
  }

  function setSource(fields, isLive = false) {
    store.set(({ source }) => ({ source: { ...source, ...fields } }));
    if (isLive) return runSteadily();
    const { source, traceMode } = store.get();
    const isNew = !("mode" in fields) || traceMode !== "expression";
    if (source.mode === "expression" && isNew) runSoon();
  }

  function setVariable(name, fields, isDragged = false) {
    const { source } = store.get();
    const entry = { value: "", requires_grad: true, ...source.variables[name], ...fields };
    store.set({ source: { ...source, variables: { ...source.variables, [name]: entry } } });
    if (isDragged) runSteadily();
    else runSoon();
  }

  /** Give a leaf or a constant another number, where it was written. */
  function setGiven(node, text, isLive) {
    setSource(withGiven(store.get().source, node, text), isLive);
  }

  function open(fields, options) {
    store.set({ source: { ...sourceFrom(fields), program: fields.program ?? store.get().source.program }, selection: null, dialog: null });
    return run(options);
  }

  function loadExample({ program, expression }) {
    if (program !== undefined) return open({ mode: "program", program, seed: 0 });
    return open({ mode: "expression", ...formOf(expression) });
  }

  return {
    run,
    stop: () => {
      forget();
      runner.stop();
    },
    setSource,
    setVariable,
    setGiven,
    open,
    loadExample,
    openAsProgram: (program) => {
      const ended = open({ ...store.get().source, mode: "program", program });
      store.set({ jump: { span: { line: 1, column: 1 }, isOwn: true } });
      return ended;
    },
    moveToProgram: () => open({ mode: "program", program: store.get().trace.program, seed: store.get().source.seed }, { position: store.get().position }),
  };
}

/**
 * The form's fields of an expression call.
 *
 * @param {any} call
 */
function formOf({ expression, variables = {}, optimizer = {}, steps = 0, sum = false, seed = 0 }) {
  const { name = "SGD", ...options } = optimizer;
  const entries = Object.entries(variables).map(([variable, given]) => [variable, isEntry(given) ? given : { value: given, requires_grad: true }]);
  return { expression, variables: Object.fromEntries(entries), optimizer: { name, options: { lr: 0.1, ...options } }, steps, sum, seed };
}

function isEntry(given) {
  return given !== null && typeof given === "object" && !Array.isArray(given);
}

function lookActions({ store, settings }) {
  async function setSettings(fields) {
    const chosen = { ...store.get().settings, ...fields };
    const former = store.get().settings.language;
    await loadLanguage(chosen.language);
    if (hasTable(former, "problems")) await bringProblems(chosen.language);
    store.set({ settings: chosen });
    settings.save(chosen);
  }

  async function share() {
    const packed = await packState(store.get());
    const link = new URL(`#${packed}`, location.href).href;
    history.replaceState(null, "", link);
    await navigator.clipboard?.writeText(link).catch(() => {});
    store.set(({ shared }) => ({ shared: { link, count: (shared?.count ?? 0) + 1 } }));
  }

  return {
    setSettings,
    share,
    show: (dialog) => store.set({ dialog }),
    setPanel: (panel) => store.set({ panel }),
    showProgram: (isProgramShown) => store.set({ isProgramShown }),
    closeProblem: () => store.set({ problem: null, isStale: false }),
  };
}

/** Bring a language's dictionaries. */
export async function loadLanguage(language) {
  await Promise.all(TABLES.map((table) => bringTable(language, table)));
}
