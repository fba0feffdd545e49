"""What the OpenAPI document says about the optimizer lab, with examples that work."""

from __future__ import annotations

from app.web.study_pages import Document, described

SWEEP_BODY = {
    "expression": "(1 - x)**2 + 100*(y - x**2)**2",
    "configurations": [{"name": "SGD", "momentum": 0.9}, {"name": "Adam"}],
    "rates": {"start": 0.0001, "stop": 1, "count": 9},
    "starts": {"x": {"start": -2, "stop": 2, "count": 3}, "y": {"start": -1, "stop": 3, "count": 3}},
    "steps": 50,
    "target": 0.1,
}
RACE_BODY = {
    "expression": "(1 - x)**2 + 100*(y - x**2)**2",
    "variables": {"x": -1, "y": 2},
    "racers": [{"name": "SGD"}, {"name": "SGD", "momentum": 0.9}, {"name": "Adam"}],
    "tuning": {"start": 0.0001, "stop": 1, "count": 9},
    "steps": 60,
    "target": 0.1,
}
EXPLAIN_BODY = {
    "optimizer": "Adam",
    "options": {"lr": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.01},
    "before": [1.0, 2.0],
    "gradient": [0.5, -1.0],
}

OPTIMIZERS: Document = {
    "summary": "Every optimizer and scheduler of torch, with the options of its signature",
    "description": "`execution` marks options that change how a step is computed, never what it is. Runs of an "
    "optimizer that is `batched` are stacked in a sweep; one with `closure` evaluates the loss again within a step.",
    "tags": ["lab"],
    "responses": {
        "200": {
            "description": "All there are.",
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Catalogue"}}},
        }
    },
}
SWEEP = described(
    "Configurations × learning rates × starts × seeds: a short run each",
    "Cells are numbered with the seed fastest, then the start, the rate and the configuration. With "
    "`Accept: application/x-ndjson` the lines are `plan`, `cells` and `failures` as they come, `curvature`, `summary`, "
    "and `end` or `problem`; hanging up ends the sweep. A run that fails is a cell with its reason. `diverged` is the "
    "first step whose loss is no finite number or 10⁶ times above the first.",
    ("SweepCall", "SweepAnswer"),
    {"sweep": {"summary": "Two optimizers in Rosenbrock's valley", "value": SWEEP_BODY}},
)
RACE = described(
    "Two to eight configurations from one start and one seed, step by step",
    "`rates` of the plan states how learning rates were chosen: `given` (each as it was written: not a fair "
    "comparison), or `tuned` (for each the one of the same rates whose best loss was lowest). With "
    "`Accept: application/x-ndjson` the lines are `plan`, `tuned`, `racer`, `projection`, `surface`, and `end` or "
    "`problem`. With more than two parameters `surface` asks for the loss over a plane: that of the paths' two main "
    'directions (`"directions": "pca"`), or around the end of the best racer, along two random ones in which each '
    'filter is as long as in its weights (`"random"`, Li et al. 2018); `hidden` says what such a slice does not show.',
    ("RaceCall", "RaceAnswer"),
    {"race": {"summary": "Three optimizers, each tuned", "value": RACE_BODY}},
)
EXPLAIN = described(
    "One update taken apart: gradient, state, step; and the step without momentum, decay or clipping",
    "The numbers are those of an `update` of a trace: `options`, and a parameter's `before` and `gradient`; `state` is "
    "its state in the update before, empty at the first; `unclipped` its `.grad` before it was clipped. torch takes "
    "the step again on copies, for `without` with one option off. `terms` are in the order of the computation, symbols "
    "and formulas in LaTeX.",
    ("ExplainCall", "ExplainEvent"),
    {"adam": {"summary": "Adam's first step", "value": EXPLAIN_BODY}},
)
for _entry in (SWEEP, RACE, EXPLAIN):
    _entry["tags"] = ["lab"]
