import assert from "node:assert/strict";
import test from "node:test";
import { sliceWords } from "../lab/hidden.js";
import { withOptimizer, writtenIn } from "../lab/written.js";

test("what a slice hides is said, and what is not known is said to be so", () => {
  const t = (key, given) => (given ? `${key} ${JSON.stringify(given)}` : key);
  const hidden = { dimensions: 33, shown: 2, explained: 0.931, gradient_inside: 0.4, unmoved: 8 };
  assert.deepEqual(sliceWords(t, hidden), [
    'slice.dimensions {"dimensions":33,"shown":2,"unmoved":8}', 'slice.explained {"explained":"93.1 %"}', 'slice.gradient {"inside":"40 %"}', "slice.beside", "slice.pass",
  ]);
  assert.deepEqual(sliceWords(t, { ...hidden, explained: null, gradient_inside: "NaN" }).slice(1, 3), ["slice.unmoved-run", "slice.no-gradient"]);
  assert.deepEqual(sliceWords(t, { ...hidden, dimensions: 2, unmoved: 0 }), ['slice.whole {"dimensions":2}', "slice.pass"]);
});

test("another optimizer is written into a program, in the place of every one of its own", () => {
  const plain = { options: ", lr=0.01, betas=(0.8, 0.9)", schedule: null, clips: [] };
  const program = `import torch
import torch.optim as optim
from torch import optim as tools
from torch.optim import SGD, RMSprop as Root
# optim.SGD(nothing) is a comment
text = "optim.SGD(nothing)"
a = optim.SGD(net.parameters(), lr=f(1, 2), momentum=0.9)  # fast
b = Root(
    [{"params": u, "lr": 3}, {"params": v}],
    lr=1,
)
c = tools.Adam(params=[w])
assert isinstance(a, torch.optim.Optimizer) and mySGD(1)
d = torch.optim.lr_scheduler.StepLR(a, 3)
`;
  assert.equal(withOptimizer(program, "Adam", plain), program
    .replace('optim.SGD(net.parameters(), lr=f(1, 2), momentum=0.9)', "torch.optim.Adam(net.parameters(), lr=0.01, betas=(0.8, 0.9))")
    .replace(/Root\(\n[^]*?\n\)/, 'torch.optim.Adam([p for group in [{"params": u, "lr": 3}, {"params": v}] for p in group["params"]], lr=0.01, betas=(0.8, 0.9))')
    .replace("tools.Adam(params=[w])", "torch.optim.Adam(params=[w], lr=0.01, betas=(0.8, 0.9))"));
  assert.equal(withOptimizer("import torch\nw = 1\n", "Adam", plain), null);
  const made = { options: ", lr=1", schedule: "optim.lr_scheduler.StepLR(optimizer, step_size=3)", clips: [{ how: "norm", limit: "0.5" }] };
  const held = "import torch\ndef train():\n    self.opt = torch.optim.SGD([w])  # mine\n    return 1\n";
  assert.equal(withOptimizer(held, "Adam", made).split("\n").slice(2, 8).join("\n"), `    self.opt = torch.optim.Adam([w], lr=1)  # mine
    def clip(optimizer, *_):
        torch.nn.utils.clip_grad_norm_([p for group in optimizer.param_groups for p in group["params"]], 0.5)
    self.opt.register_step_pre_hook(clip)
    schedule = torch.optim.lr_scheduler.StepLR(self.opt, step_size=3)
    self.opt.register_step_post_hook(lambda *_, schedule=schedule: schedule.step())`);
  assert.equal(withOptimizer("import torch\ntrain(torch.optim.SGD([w]))\n", "Adam", made), null);
});

test("options are taken as the server writes them", () => {
  const program = `import torch
optimizer = optim.Adam([x], lr=0.1, betas=(0.8, 0.9))
scheduler = optim.lr_scheduler.StepLR(optimizer, step_size=3)
    torch.nn.utils.clip_grad_norm_([x], 1.0)
`;
  assert.deepEqual(writtenIn(program), { options: ", lr=0.1, betas=(0.8, 0.9)", schedule: "optim.lr_scheduler.StepLR(optimizer, step_size=3)", clips: [{ how: "norm", limit: "1.0" }] });
});
