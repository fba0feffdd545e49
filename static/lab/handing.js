// One run of a study as the studio takes it: as a form where the form can hold it, else as a call of the API. Pure.

/** The studio shows this many steps of a run at most. */
const MOST_STEPS = 1000;

/**
 * @param {any} body of the study
 * @param {{name: string, options: any, scheduler?: any, clip_norm?: number | null, clip_value?: number | null, rate: number | null, start?: any, seed?: number}} run
 * @returns {{source?: any, call?: any} | null} null for a run of a program, whose optimizer is the program's own affair
 */
export function openingOf(body, { name, options, scheduler, clip_norm, clip_value, rate, start = {}, seed = body.seed ?? 0 }) {
  if (body.expression === undefined) return null;
  const variables = Object.fromEntries(Object.entries(body.variables).map(([variable, entry]) => [variable, variable in start ? { ...entry, value: start[variable] } : entry]));
  const optimizer = { ...options, ...(rate === null || rate === undefined ? {} : { lr: rate }) };
  const steps = Math.min(MOST_STEPS, body.steps);
  const isPlain = !scheduler && !clip_norm && !clip_value && Object.values(optimizer).every((value) => typeof value === "number");
  if (isPlain) {
    return { source: { mode: "expression", expression: body.expression, variables, optimizer: { name, options: optimizer }, steps, sum: body.sum, seed } };
  }
  const extras = Object.fromEntries(Object.entries({ scheduler, clip_norm, clip_value }).filter(([, value]) => value !== null && value !== undefined));
  return { call: { expression: body.expression, variables, optimizer: { name, ...optimizer }, ...extras, steps, sum: body.sum, seed } };
}
