// What a visitor wrote: a program or an expression with its form, as a plain object; and the request it makes.

import { namesIn, valueOf } from "./names.js";

/** The optimizers on offer, with the options that the form shows and what they start at. */
export const OPTIMIZERS = {
  SGD: { lr: 0.1, momentum: 0 },
  Adam: { lr: 0.1 },
  AdamW: { lr: 0.1, weight_decay: 0.01 },
  RMSprop: { lr: 0.01, momentum: 0 },
  Adagrad: { lr: 0.5 },
  Adadelta: { lr: 1 },
  NAdam: { lr: 0.1 },
  Rprop: { lr: 0.1 },
};

/** Expressions to start from; each is a whole form. */
export const STARTERS = [
  { expression: "a*x**2 + b*x + c", variables: { a: leaf(1), x: fixed(4), b: leaf(2), c: leaf(3) } },
  { expression: "sin(x)*y", variables: { x: leaf(0.5), y: leaf(2) } },
  { expression: "(x - 2)**2 + 3*(y + 1)**2", variables: { x: leaf(-3), y: leaf(4) }, steps: 40 },
  { expression: "relu(W @ x + b).sum()", variables: { W: leaf("randn(3, 2)"), x: fixed([1, -2]), b: leaf([0.1, 0.2, 0.3]) } },
  { expression: "x * x", variables: { x: leaf(3) } },
];

function leaf(value) {
  return { value, requires_grad: true };
}

function fixed(value) {
  return { value, requires_grad: false };
}

/** What a first visit shows. */
export function firstSource() {
  return {
    mode: "expression",
    program: "",
    ...STARTERS[0],
    optimizer: { name: "SGD", options: { ...OPTIMIZERS.SGD } },
    steps: 0,
    sum: false,
    seed: 0,
  };
}

/** How a line of a program begins that no line of an expression does. */
const STATEMENT = /^(?:(?:import|from|def|class|with|while|print)\b|[A-Za-z_][\w.]*(?:, *[A-Za-z_][\w.]*)* *(?:\*\*|[-+*/@])?=(?!=))/m;

/** Whether a text is a program: whoever pastes one into the box for an expression means it as one. */
export function isProgram(text) {
  return text.trim().includes("\n") && STATEMENT.test(text);
}

/** The form's entry of each name in the expression; a name without one is followed, and its value left open. */
export function variablesOf(source) {
  return namesIn(source.expression).map((name) => ({
    name,
    value: "",
    requires_grad: true,
    ...source.variables[name],
  }));
}

/** The body of `POST /api/trace`. */
export function bodyOf(source) {
  if (source.mode === "program") return { program: source.program, seed: source.seed };
  const entries = variablesOf(source).map(({ name, value, requires_grad }) => [name, { value: valueOf(value), requires_grad }]);
  return {
    expression: source.expression,
    variables: Object.fromEntries(entries),
    optimizer: { name: source.optimizer.name, ...optionsOf(source.optimizer) },
    steps: source.steps,
    sum: source.sum,
    seed: source.seed,
  };
}

/** An optimizer's options without those that would change nothing. */
function optionsOf({ options }) {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => name === "lr" || value !== 0));
}

/** A source with some of an example's or a link's fields; what they leave out is as on a first visit. */
export function sourceFrom(fields) {
  const first = { ...firstSource(), expression: "", variables: {} };
  return { ...first, ...fields, optimizer: fields.optimizer ?? first.optimizer };
}
