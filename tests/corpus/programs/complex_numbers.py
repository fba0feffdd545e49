import torch

z = torch.tensor([1 + 2j, -0.5j], requires_grad=True)
loss = (z * z.conj()).real.sum() + z.abs().sum()
loss.backward()
print(loss.item(), z.grad)
x = torch.randn(8, generator=torch.Generator().manual_seed(0), requires_grad=True)
spectrum = torch.fft.rfft(x)
power = spectrum.abs().pow(2)
power[1].backward()
print(spectrum.shape, x.grad.norm().item() > 0, torch.is_complex(spectrum))
w = torch.view_as_complex(torch.tensor([[3.0, 4.0]], requires_grad=True))
print(w, torch.angle(w).item().__round__(4), torch.polar(torch.tensor(1.0), torch.tensor(0.0)))
y = torch.fft.ifft(torch.fft.fft(x)).real
print(torch.allclose(x, y, atol=1e-6))
