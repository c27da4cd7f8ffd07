"""The discriminator: a conditional PatchGAN (Isola et al. 2017) that sees a few cells at a time.

It sees tone and print together and says for each patch of about 6×3 cells (44 px) whether the print is a
target page's. Least-squares loss (Mao et al. 2017) with feature matching (Wang et al. 2018).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Discriminator(nn.Module):
    """(tone, print), each (B, 1, H, W) in [0, 1], to features and patch scores."""

    def __init__(self, width: int = 48) -> None:
        super().__init__()

        def layer(inside: int, outside: int, stride: int) -> nn.Sequential:
            convolution = nn.utils.parametrizations.spectral_norm(nn.Conv2d(inside, outside, 4, stride, 1))
            return nn.Sequential(convolution, nn.LeakyReLU(0.2))

        self.layers = nn.ModuleList(
            (layer(2, width, 2), layer(width, width * 2, 2), layer(width * 2, width * 4, 2))
        )
        self.score = nn.Conv2d(width * 4, 1, 3, padding=1)

    def forward(self, tone: Tensor, page: Tensor) -> tuple[list[Tensor], Tensor]:
        """Features of each layer and scores (B, 1, H/8, W/8): near 1 for a target page, 0 for the generator's."""
        x, features = torch.cat((tone, page), 1) * 2 - 1, []
        for layer in self.layers:
            x = layer(x)
            features.append(x)
        score: Tensor = self.score(x)
        return features, score


def discriminator_loss(net: Discriminator, tone: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    """Least-squares loss of the discriminator; `fake` is taken as it is, without gradient to its maker."""
    _, on_real = net(tone, real)
    _, on_fake = net(tone, fake.detach())
    loss: Tensor = 0.5 * (((on_real - 1) ** 2).mean() + (on_fake**2).mean())
    return loss


def adversarial_loss(net: Discriminator, tone: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    """What the generator minimises: being taken for the target page, and matching its features."""
    with torch.no_grad():
        wanted, _ = net(tone, real)
    features, score = net(tone, fake)
    matching = sum((F.l1_loss(a, b) for a, b in zip(features, wanted, strict=True)), torch.zeros(()))
    loss: Tensor = ((score - 1) ** 2).mean() + matching
    return loss
