import torch
from torch import nn

torch.manual_seed(0)
z = torch.randn(4, 3, requires_grad=True)
classes = torch.tensor([0, 2, 1, 1])
real = torch.rand(4, 3)
signs = torch.tensor([1.0, -1.0, 1.0, 1.0])
losses = {
    "CrossEntropy": lambda: nn.CrossEntropyLoss()(z, classes),
    "smoothed": lambda: nn.CrossEntropyLoss(label_smoothing=0.1, weight=torch.tensor([1.0, 2.0, 0.5]))(z, classes),
    "NLL": lambda: nn.NLLLoss()(z.log_softmax(1), classes),
    "MSE": lambda: nn.MSELoss()(z, real),
    "L1": lambda: nn.L1Loss(reduction="sum")(z, real),
    "SmoothL1": lambda: nn.SmoothL1Loss()(z, real),
    "Huber": lambda: nn.HuberLoss(delta=0.5)(z, real),
    "BCE": lambda: nn.BCELoss()(z.sigmoid(), real),
    "BCEWithLogits": lambda: nn.BCEWithLogitsLoss(pos_weight=torch.tensor(2.0))(z, real),
    "KLDiv": lambda: nn.KLDivLoss(reduction="batchmean")(z.log_softmax(1), real),
    "PoissonNLL": lambda: nn.PoissonNLLLoss()(z, real),
    "GaussianNLL": lambda: nn.GaussianNLLLoss()(z, real, torch.ones(4, 3)),
    "Hinge": lambda: nn.HingeEmbeddingLoss()(z, torch.sign(real - 0.5)),
    "Margin": lambda: nn.MarginRankingLoss(margin=0.1)(z[:, 0], z[:, 1], signs),
    "MultiMargin": lambda: nn.MultiMarginLoss()(z, classes),
    "SoftMargin": lambda: nn.SoftMarginLoss()(z, torch.sign(real - 0.5)),
    "MultiLabelSoftMargin": lambda: nn.MultiLabelSoftMarginLoss()(z, real.round()),
    "Triplet": lambda: nn.TripletMarginLoss()(z, real, real.flip(0)),
    "CosineEmbedding": lambda: nn.CosineEmbeddingLoss(margin=0.2)(z, real, signs),
    "CTC": lambda: nn.CTCLoss()(
        z.log_softmax(1).unsqueeze(1), torch.tensor([[1, 2]]), torch.tensor([4]), torch.tensor([2])
    ),
}
for name, make in losses.items():
    z.grad = None
    loss = make()
    loss.backward()
    print(f"{name:22}{loss.item():9.4f}{z.grad.norm().item():9.4f}")
