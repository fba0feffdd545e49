import torch
from torch import nn

torch.manual_seed(5)
layers = {
    "Conv1d": (nn.Conv1d(2, 3, 3, stride=2), (2, 2, 9)),
    "Conv3d": (nn.Conv3d(1, 2, 2), (1, 1, 4, 4, 4)),
    "depthwise": (nn.Conv2d(4, 4, 3, groups=4, bias=False), (1, 4, 6, 6)),
    "dilated": (nn.Conv2d(1, 2, 3, dilation=2), (1, 1, 8, 8)),
    "transposed": (nn.ConvTranspose2d(2, 1, 3, stride=2), (1, 2, 4, 4)),
    "unfold": (nn.Unfold(2), (1, 1, 4, 4)),
    "adaptive": (nn.AdaptiveAvgPool2d(2), (1, 2, 5, 5)),
    "upsample": (nn.Upsample(scale_factor=2, mode="bilinear"), (1, 1, 3, 3)),
    "shuffle": (nn.PixelShuffle(2), (1, 4, 2, 2)),
    "reflect": (nn.ReflectionPad2d(1), (1, 1, 3, 3)),
}
for name, (layer, shape) in layers.items():
    x = torch.randn(shape, requires_grad=True)
    out = layer(x)
    out.sum().backward()
    print(name, tuple(out.shape), f"{x.grad.sum().item():.3f}")
