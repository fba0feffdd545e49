// A program with another optimizer written into it, in the place of its own: what a run of the lab does by standing in. Pure.

/** What the server wrote for an expression over one `x`: the options, and the schedule if there is one. */
export function writtenIn(program) {
  const made = /^optimizer = optim\.\w+\(\[x\](.*)\)$/m.exec(program);
  const schedule = /^scheduler = (optim\.lr_scheduler\..*)$/m.exec(program);
  const clips = [...program.matchAll(/^\s*torch\.nn\.utils\.clip_grad_(norm|value)_\(\[x\], (.*)\)$/gm)].map(([, how, limit]) => ({ how, limit }));
  return { options: made?.[1] ?? "", schedule: schedule?.[1] ?? null, clips };
}

/**
 * The program in which every optimizer is made as another one, with its schedule and clipping as hooks.
 *
 * @param {string} program
 * @param {string} name of the class
 * @param {{options: string, schedule: string | null, clips: {how: string, limit: string}[]}} written
 * @returns {string | null} null where the text does not show where its optimizer is made, or in what it is kept
 */
export function withOptimizer(program, name, { options, schedule, clips }) {
  const calls = callsIn(program);
  if (calls.length === 0 || !/^import torch\s*$/m.test(program)) return null;
  const needsName = schedule !== null || clips.length > 0;
  if (needsName && (calls.some(({ variable }) => variable === null) || schedule?.includes("ReduceLROnPlateau"))) return null;
  let text = program;
  for (const { start, end, given, variable, indent } of calls.reverse()) {
    const parameters = /^\[[^]*\{/.test(given) ? `[p for group in ${given} for p in group["params"]]` : given;
    const hooks = needsName ? hooksOf(variable, { schedule, clips }).map((line) => `\n${indent}${line}`).join("") : "";
    const line = text.indexOf("\n", end);
    const after = line < 0 ? text.length : line;
    text = `${text.slice(0, start)}torch.optim.${name}(${parameters}${options})${text.slice(end, after)}${hooks}${text.slice(after)}`;
  }
  return text;
}

function hooksOf(variable, { schedule, clips }) {
  const inner = clips.map(({ how, limit }) => `    torch.nn.utils.clip_grad_${how}_([p for group in optimizer.param_groups for p in group["params"]], ${limit})`);
  const clipping = clips.length > 0 ? ["def clip(optimizer, *_):", ...inner, `${variable}.register_step_pre_hook(clip)`] : [];
  if (schedule === null) return clipping;
  const made = schedule.replaceAll("optim.lr_scheduler.", "torch.optim.lr_scheduler.").replaceAll("(optimizer", `(${variable}`);
  return [...clipping, `schedule = ${made}`, `${variable}.register_step_post_hook(lambda *_, schedule=schedule: schedule.step())`];
}

/** Where optimizers are made: the call, its first argument, and the variable of a plain assignment. */
function callsIn(program) {
  const bare = withoutTexts(program);
  const { modules, classes } = importsOf(bare);
  const owned = modules.map((module) => `${module.replaceAll(".", "\\.")}\\s*\\.\\s*[A-Z]\\w*`);
  const pattern = new RegExp(`(?<![\\w.])(?:${[...owned, ...classes].join("|")})\\s*\\(`, "g");
  return [...bare.matchAll(pattern)].flatMap(({ index, 0: head }) => callAt(program, bare, index, index + head.length) ?? []);
}

function callAt(program, bare, start, inside) {
  let [depth, comma, at] = [1, -1, inside];
  for (; at < bare.length && depth > 0; at += 1) {
    if ("([{".includes(bare[at])) depth += 1;
    else if (")]}".includes(bare[at])) depth -= 1;
    else if (bare[at] === "," && depth === 1 && comma < 0) comma = at;
  }
  if (depth > 0) return null;
  const given = program.slice(inside, comma < 0 ? at - 1 : comma).trim();
  const before = bare.slice(bare.lastIndexOf("\n", start - 1) + 1, start);
  const [, indent = "", variable = null] = /^(\s*)([A-Za-z_][\w.]*)\s*=\s*$/.exec(before) ?? [];
  const isWhole = /^[^\S\n]*(\n|$)/.test(bare.slice(at));
  return { start, end: at, given, variable: isWhole ? variable : null, indent };
}

/** The names under which the program has `torch.optim`, and those of classes that it took out of it. */
function importsOf(bare) {
  const modules = new Set(["torch.optim"]);
  for (const [, alias] of bare.matchAll(/^\s*import torch\.optim as (\w+)/gm)) modules.add(alias);
  const taken = (from) => [...bare.matchAll(new RegExp(`^\\s*from ${from} import \\(?([\\w\\s,]+)`, "gm"))].flatMap(([, list]) => list.split("\n", from === "torch" ? 1 : undefined).join(" ").split(","));
  const named = (entry) => /^\s*(\w+)(?:\s+as\s+(\w+))?/.exec(entry) ?? [];
  for (const [, name, alias] of taken("torch").map(named)) if (name === "optim") modules.add(alias ?? name);
  const classes = taken("torch\\.optim").map(named).flatMap(([, name, alias]) => (/^[A-Z]/.test(name ?? "") ? [alias ?? name] : []));
  return { modules: [...modules], classes };
}

/** The program with the inside of its texts and comments blanked, every place where it was. */
function withoutTexts(program) {
  const blank = (text) => text.replace(/[^\n]/g, " ");
  return program.replace(/#[^\n]*|("""|''')[^]*?\1|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, blank);
}
