import torch

x = torch.linspace(0.1, 0.9, 5, requires_grad=True)
names = ["abs", "acos", "acosh", "asin", "atan", "atanh", "ceil", "clone", "cos", "cosh", "deg2rad", "digamma", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "floor", "frac", "lgamma", "log", "log10", "log1p", "log2", "logit", "neg", "positive", "rad2deg", "reciprocal", "relu", "round", "rsqrt", "sigmoid", "sign", "sin", "sinc", "sinh", "sqrt", "square", "tan", "tanh", "trunc", "i0", "nan_to_num"]
for name in names:
    x.grad = None
    argument = x + 1 if name == "acosh" else x
    getattr(torch, name)(argument).sum().backward()
    print(f"{name:12}{x.grad.sum().item():12.4f}")
y = torch.full((5,), 0.5, requires_grad=True)
for name in ["add", "sub", "mul", "div", "pow", "atan2", "hypot", "maximum", "minimum", "fmod", "remainder", "logaddexp", "xlogy", "copysign", "fmax", "lerp"]:
    x.grad = y.grad = None
    extra = (0.3,) if name == "lerp" else ()
    getattr(torch, name)(x, y, *extra).sum().backward()
    print(f"{name:12}{x.grad.sum().item():12.4f}{y.grad.sum().item():12.4f}")
torch.addcmul(x, y, y, value=2).sum().backward()
torch.clamp(x, min=0.2, max=0.8).sum().backward()
print(x.grad)
