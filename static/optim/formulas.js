// How every optimizer of torch.optim makes its step: the table of formulas, true to torch's own code line by line.
//
// `p` is the parameter, `g` its gradient, `t` the number of the step; a prime marks what was held before the step. A
// line is a target and a formula; `when` says whether torch runs it, `state` under which name the optimizer keeps the
// result. `held` names what the state held before, and what it starts from; `without` lists what can be thought away.

/** @typedef {{to: string, is: string, when?: (o: any, v: any) => boolean, state?: string}} Line */

const line = (to, is, more = {}) => ({ to, is, ...more });

const MAXIMIZE = line("g", "-g", { when: (o) => o.maximize === true });
const DECAY = line("g", "g + weight_decay * p", { when: (o) => o.weight_decay !== 0 });
const isPlain = (o) => o.weight_decay !== 0 && o.decoupled_weight_decay !== true;
const isDecoupled = (o) => o.weight_decay !== 0 && o.decoupled_weight_decay === true;
const COUPLED = line("g", "g + weight_decay * p", { when: isPlain });
const DECOUPLED = line("p", "p * (1 - lr * weight_decay)", { when: isDecoupled });
const FIRST_MOMENT = line("m", "beta1 * m' + (1 - beta1) * g", { state: "exp_avg" });
const SECOND_MOMENT = line("v", "beta2 * v' + (1 - beta2) * g^2", { state: "exp_avg_sq" });
const MOMENTS = { "m'": ["exp_avg", 0], "v'": ["exp_avg_sq", 0] };

const PLAIN = { momentum: { momentum: 0 }, decay: { weight_decay: 0 } };
const ADAPTIVE = { momentum: { beta1: 0 }, decay: { weight_decay: 0 }, bias: { t: Infinity } };

const ADAM = {
  held: { ...MOMENTS, "w'": ["max_exp_avg_sq", 0] },
  without: ADAPTIVE,
  lines: [
    MAXIMIZE,
    DECOUPLED,
    COUPLED,
    FIRST_MOMENT,
    SECOND_MOMENT,
    line("w", "max(w', v)", { when: (o) => o.amsgrad === true, state: "max_exp_avg_sq" }),
    line("m_hat", "m / (1 - beta1^t)"),
    line("v_hat", "v / (1 - beta2^t)", { when: (o) => o.amsgrad !== true }),
    line("v_hat", "w / (1 - beta2^t)", { when: (o) => o.amsgrad === true }),
    line("p_new", "p - lr * m_hat / (sqrt(v_hat) + eps)"),
  ],
};

const SGD = {
  held: { "b'": ["momentum_buffer", null] },
  without: PLAIN,
  lines: [
    MAXIMIZE,
    DECAY,
    line("b", "g", { when: (o, v) => o.momentum !== 0 && !v["b'"], state: "momentum_buffer" }),
    line("b", "momentum * b' + (1 - dampening) * g", { when: (o, v) => o.momentum !== 0 && Boolean(v["b'"]), state: "momentum_buffer" }),
    line("g", "g + momentum * b", { when: (o) => o.momentum !== 0 && o.nesterov === true }),
    line("g", "b", { when: (o) => o.momentum !== 0 && o.nesterov !== true }),
    line("p_new", "p - lr * g"),
  ],
};

const NADAM = {
  held: { ...MOMENTS, "M'": ["mu_product", 1] },
  without: ADAPTIVE,
  lines: [
    MAXIMIZE,
    DECOUPLED,
    COUPLED,
    line("mu", "beta1 * (1 - 0.5 * 0.96^(t * momentum_decay))"),
    line("mu_next", "beta1 * (1 - 0.5 * 0.96^((t + 1) * momentum_decay))"),
    line("M", "M' * mu", { state: "mu_product" }),
    FIRST_MOMENT,
    SECOND_MOMENT,
    line("m_hat", "mu_next * m / (1 - M * mu_next) + (1 - mu) * g / (1 - M)"),
    line("v_hat", "v / (1 - beta2^t)"),
    line("p_new", "p - lr * m_hat / (sqrt(v_hat) + eps)"),
  ],
};

const isRectified = (_, v) => v.rho.data[0] > 5;

const RADAM = {
  held: MOMENTS,
  without: { momentum: { beta1: 0 }, decay: { weight_decay: 0 } },
  lines: [
    MAXIMIZE,
    DECOUPLED,
    COUPLED,
    FIRST_MOMENT,
    SECOND_MOMENT,
    line("m_hat", "m / (1 - beta1^t)"),
    line("rho_inf", "2 / (1 - beta2) - 1"),
    line("rho", "rho_inf - 2 * t * beta2^t / (1 - beta2^t)"),
    line("r", "sqrt((rho - 4) * (rho - 2) * rho_inf / ((rho_inf - 4) * (rho_inf - 2) * rho))", { when: isRectified }),
    line("l", "sqrt(1 - beta2^t) / (sqrt(v) + eps)", { when: isRectified }),
    line("p_new", "p - lr * m_hat * r * l", { when: isRectified }),
    line("p_new", "p - lr * m_hat", { when: (o, v) => !isRectified(o, v) }),
  ],
};

const ADAMAX = {
  held: { "m'": ["exp_avg", 0], "u'": ["exp_inf", 0] },
  without: ADAPTIVE,
  lines: [MAXIMIZE, DECAY, FIRST_MOMENT, line("u", "max(beta2 * u', abs(g) + eps)", { state: "exp_inf" }), line("m_hat", "m / (1 - beta1^t)"), line("p_new", "p - lr * m_hat / u")],
};

const ADAGRAD = {
  held: { "s'": ["sum", "initial_accumulator_value"] },
  without: { decay: { weight_decay: 0 }, "rate-decay": { lr_decay: 0 } },
  lines: [MAXIMIZE, DECAY, line("eta", "lr / (1 + (t - 1) * lr_decay)"), line("s", "s' + g^2", { state: "sum" }), line("p_new", "p - eta * g / (sqrt(s) + eps)")],
};

const ADADELTA = {
  held: { "v'": ["square_avg", 0], "u'": ["acc_delta", 0] },
  without: { decay: { weight_decay: 0 } },
  lines: [
    MAXIMIZE,
    DECAY,
    line("v", "rho * v' + (1 - rho) * g^2", { state: "square_avg" }),
    line("d", "sqrt(u' + eps) / sqrt(v + eps) * g"),
    line("u", "rho * u' + (1 - rho) * d^2", { state: "acc_delta" }),
    line("p_new", "p - lr * d"),
  ],
};

const hasMomentum = (o) => o.momentum > 0;

const RMSPROP = {
  held: { "v'": ["square_avg", 0], "a'": ["grad_avg", 0], "b'": ["momentum_buffer", 0] },
  without: PLAIN,
  lines: [
    MAXIMIZE,
    DECAY,
    line("v", "alpha * v' + (1 - alpha) * g^2", { state: "square_avg" }),
    line("a", "alpha * a' + (1 - alpha) * g", { when: (o) => o.centered === true, state: "grad_avg" }),
    line("v_hat", "v - a^2", { when: (o) => o.centered === true }),
    line("v_hat", "v", { when: (o) => o.centered !== true }),
    line("b", "momentum * b' + g / (sqrt(v_hat) + eps)", { when: hasMomentum, state: "momentum_buffer" }),
    line("p_new", "p - lr * b", { when: hasMomentum }),
    line("p_new", "p - lr * g / (sqrt(v_hat) + eps)", { when: (o) => !hasMomentum(o) }),
  ],
};

const RPROP = {
  held: { "g'": ["prev", 0], "d'": ["step_size", "lr"] },
  without: {},
  lines: [
    MAXIMIZE,
    line("s", "g * g'"),
    line("d", "min(max(d' * choose(s, etaplus, etaminus, 1), step_size_min), step_size_max)", { state: "step_size" }),
    line("g", "choose(s, g, 0, g)", { state: "prev" }),
    line("p_new", "p - sign(g) * d"),
  ],
};

const ASGD = {
  held: { "eta'": ["eta", "lr"], "mu'": ["mu", 1], "a'": ["ax", 0] },
  without: { decay: { weight_decay: 0 } },
  lines: [
    MAXIMIZE,
    DECAY,
    line("p_new", "(1 - lambd * eta') * p - eta' * g"),
    line("a", "a' + mu' * (p_new - a')", { state: "ax" }),
    line("eta", "lr / (1 + lambd * lr * t)^alpha", { state: "eta" }),
    line("mu", "1 / max(1, t - t0)", { state: "mu" }),
  ],
};

const isMatrix = (_, v) => v.g.shape.length > 1;
const isVector = (_, v) => v.g.shape.length <= 1;

const ADAFACTOR = {
  held: { "R'": ["row_var", 0], "C'": ["col_var", 0], "V'": ["variance", 0] },
  without: { decay: { weight_decay: 0 } },
  lines: [
    MAXIMIZE,
    line("beta", "t^beta2_decay"),
    line("a", "max(eps2, rms(p)) * min(lr, 1 / sqrt(t))"),
    line("p", "p * (1 - lr * weight_decay)", { when: (o) => o.weight_decay !== 0 }),
    line("R", "R' + beta * (rowmean(g^2) - R')", { when: isMatrix, state: "row_var" }),
    line("C", "C' + beta * (colmean(g^2) - C')", { when: isMatrix, state: "col_var" }),
    line("v_hat", "(R @ C) / max(mean(R), eps1)", { when: isMatrix }),
    line("V", "V' + beta * (g^2 - V')", { when: isVector, state: "variance" }),
    line("v_hat", "V", { when: isVector }),
    line("u", "g / sqrt(max(v_hat, eps1^2))"),
    line("p_new", "p - a / max(1, rms(u) / d) * u"),
  ],
};

const MUON_RATIO = {
  original: "lr * sqrt(max(1, rows / columns))",
  match_rms_adamw: "lr * 0.2 * sqrt(max(rows, columns))",
};

const MUON = {
  held: { "b'": ["momentum_buffer", 0] },
  without: PLAIN,
  lines: [
    line("b", "momentum * b' + (1 - momentum) * g", { state: "momentum_buffer" }),
    line("u", "(1 - momentum) * g + momentum * b", { when: (o) => o.nesterov === true }),
    line("u", "b", { when: (o) => o.nesterov !== true }),
    line("o", "orthogonal(u, ns_a, ns_b, ns_c, ns_steps, eps)"),
    line("eta", MUON_RATIO.original, { when: (o) => (o.adjust_lr_fn ?? "original") === "original" }),
    line("eta", MUON_RATIO.match_rms_adamw, { when: (o) => o.adjust_lr_fn === "match_rms_adamw" }),
    line("p_new", "p * (1 - lr * weight_decay) - eta * o"),
  ],
};

/** Only elements that the sparse gradient names move. */
const SPARSE_ADAM = {
  held: MOMENTS,
  without: { momentum: { beta1: 0 }, bias: { t: Infinity } },
  isSparse: true,
  lines: [MAXIMIZE, FIRST_MOMENT, SECOND_MOMENT, line("eta", "lr * sqrt(1 - beta2^t) / (1 - beta1^t)"), line("p_new", "p - eta * m / (sqrt(v) + eps)")],
};

/** The direction comes from the pairs of earlier steps, which a trace does not keep: it is given, the step is computed. */
const LBFGS = {
  held: {},
  without: {},
  isFlat: true,
  lines: [
    line("d", "-g_flat", { when: (o, v) => v.iterations.data[0] === 1, state: "d" }),
    line("p_new", "p + tau * d"),
  ],
};

export const FORMULAS = {
  SGD, Adam: ADAM, AdamW: ADAM, NAdam: NADAM, RAdam: RADAM, Adamax: ADAMAX, Adagrad: ADAGRAD, Adadelta: ADADELTA,
  RMSprop: RMSPROP, Rprop: RPROP, ASGD, LBFGS, Adafactor: ADAFACTOR, Muon: MUON, SparseAdam: SPARSE_ADAM,
};
