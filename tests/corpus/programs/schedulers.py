import torch
from torch import optim
from torch.optim import lr_scheduler as schedule

makers = [
    lambda o: schedule.StepLR(o, step_size=2, gamma=0.5),
    lambda o: schedule.MultiStepLR(o, milestones=[1, 3]),
    lambda o: schedule.ExponentialLR(o, gamma=0.9),
    lambda o: schedule.CosineAnnealingLR(o, T_max=5),
    lambda o: schedule.LambdaLR(o, lambda epoch: 1 / (1 + epoch)),
    lambda o: schedule.LinearLR(o, total_iters=4),
    lambda o: schedule.PolynomialLR(o, total_iters=4),
    lambda o: schedule.CyclicLR(o, 0.01, 0.1, step_size_up=2),
    lambda o: schedule.OneCycleLR(o, max_lr=0.2, total_steps=6),
    lambda o: schedule.CosineAnnealingWarmRestarts(o, 2),
    lambda o: schedule.SequentialLR(o, [schedule.ConstantLR(o, 0.5, 2), schedule.ExponentialLR(o, 0.5)], [2]),
    lambda o: schedule.ReduceLROnPlateau(o, patience=1),
]
for make in makers:
    w = torch.tensor(1.0, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    scheduler = make(optimizer)
    rates = []
    for epoch in range(5):
        loss = w**2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if isinstance(scheduler, schedule.ReduceLROnPlateau):
            scheduler.step(1.0)
        else:
            scheduler.step()
        rates.append(round(optimizer.param_groups[0]["lr"], 4))
    print(type(scheduler).__name__, rates)
