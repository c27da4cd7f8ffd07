"""The project's measure, on cases whose answer is known beforehand."""

import math

import pytest
import torch
from torch.nn import functional as F

from models.blur import blur, slopes
from models.similarity import affine_fit, effective_glyphs, fidelity, similarity, ssim_map
from tests.models.pictures import scene


def tone(seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(scene(128, 128, seed))[None, None]


def test_identical_is_one() -> None:
    assert fidelity(tone(), tone()).item() == pytest.approx(1.0, abs=1e-5)


def test_weaker_ink_is_not_punished() -> None:
    assert fidelity(0.3 * tone() + 0.1, tone()).item() == pytest.approx(1.0, abs=1e-4)


def test_similarity_takes_ink_as_it_is() -> None:
    """Fidelity does not mind weak or heavy ink; this does, and a shifted tone, too."""
    both = torch.cat((tone(0), tone(1)))
    assert similarity(both, both, 8.0).tolist() == pytest.approx([1, 1], abs=1e-5)
    weak = 0.5 * tone()
    assert similarity(weak, tone(), 8.0).item() < 0.9
    assert similarity(weak, tone(), 8.0).item() < fidelity(weak, tone(), 8.0).item() - 0.1
    assert similarity(tone().roll(16, 3), tone(), 8.0).item() < 0.9
    # With no variance at all, SSIM is what is left of the two levels.
    flat = similarity(torch.full((1, 1, 32, 32), 0.2), torch.full((1, 1, 32, 32), 0.6), 4.0).item()
    assert flat == pytest.approx((2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4), abs=1e-3)


def test_a_blank_page_scores_low_and_a_shifted_one_lower_than_the_right_one() -> None:
    right, blank = fidelity(tone(), tone()).item(), fidelity(torch.zeros(1, 1, 128, 128), tone()).item()
    shifted = fidelity(tone().roll(16, 3), tone()).item()
    assert blank < shifted < right
    assert blank < 0.5


def test_detail_finer_than_the_blur_does_not_count() -> None:
    checks = (torch.arange(128)[:, None] + torch.arange(128)) % 2
    checkered = (tone() * 0.8 + 0.1 + 0.1 * (checks * 2.0 - 1.0)).float()
    assert fidelity(checkered, tone(), 4.0).item() > 0.99
    assert fidelity(checkered, tone(), 0.0, 1.5).item() < 0.9


def test_each_picture_of_a_batch_is_fitted_by_itself() -> None:
    both = fidelity(torch.cat((0.5 * tone(0), tone(1) * 0.2 + 0.3)), torch.cat((tone(0), tone(1))))
    assert both.tolist() == pytest.approx([1.0, 1.0], abs=1e-3)


def test_blur_keeps_flat_pictures_and_the_sum_of_a_point() -> None:
    assert blur(torch.full((1, 1, 40, 40), 0.7), 5.0).sub(0.7).abs().max() < 1e-6
    point = torch.zeros(1, 1, 81, 81)
    point[0, 0, 40, 40] = 1.0
    seen = blur(point, 4.0)
    assert seen.sum().item() == pytest.approx(1.0, abs=1e-5)
    assert seen[0, 0, 40, 40].item() == pytest.approx(1 / (2 * math.pi * 16), rel=0.01)
    assert seen[0, 0, 40, 44].item() / seen[0, 0, 40, 40].item() == pytest.approx(math.exp(-0.5), rel=1e-4)


def test_ssim_of_two_flat_pictures_is_the_luminance_term() -> None:
    """With no variance SSIM is (2ab + C1) / (a² + b² + C1)."""
    a, b = torch.full((1, 1, 32, 32), 0.2), torch.full((1, 1, 32, 32), 0.6)
    expected = (2 * 0.12 + 1e-4) / (0.04 + 0.36 + 1e-4)
    assert ssim_map(a, b, 1.5).mean().item() == pytest.approx(expected, abs=1e-3)


def test_affine_fit_is_the_least_squares_line() -> None:
    page = torch.tensor([0.0, 1.0, 2.0, 3.0]).view(1, 1, 2, 2)
    wanted = torch.tensor([1.0, 3.0, 2.0, 5.0]).view(1, 1, 2, 2)  # slope 1.1, mean 2.75
    assert affine_fit(page, wanted).flatten().tolist() == pytest.approx([1.1, 2.2, 3.3, 4.4])


def test_the_kernel_serves_training_after_inference() -> None:
    with torch.inference_mode():
        blur(torch.rand(1, 1, 32, 32), 2.34)
    image = torch.rand(1, 1, 32, 32, requires_grad=True)
    blur(image, 2.34).sum().backward()  # type: ignore[no-untyped-call]
    assert image.grad is not None


def test_effective_glyphs() -> None:
    assert effective_glyphs(torch.tensor([[1, 2], [3, 4]])) == pytest.approx((4.0, 0.25))
    assert effective_glyphs(torch.tensor([[0, 0, 0, 7, 7]])) == pytest.approx((1.0, 1.0))
    assert effective_glyphs(torch.zeros(3, 3, dtype=torch.int64)) == (0.0, 0.0)
    # Half of one, a quarter each of two others: entropy 1.5 bits.
    assert effective_glyphs(torch.tensor([5, 5, 6, 9, 0, 0])) == pytest.approx((2**1.5, 0.5))


@pytest.mark.parametrize("size", [(128, 96), (7, 3), (1, 40), (300, 17)])
@pytest.mark.parametrize("sigma", [0.5, 2.0, 8.0])
def test_a_blur_in_bands_is_the_convolution(size: tuple[int, int], sigma: float) -> None:
    image, weights = torch.rand(2, 3, *size, requires_grad=True), torch.rand(2, 3, *size)
    reach = math.ceil(3.5 * sigma)
    line = torch.exp(-(torch.arange(-reach, reach + 1.0) ** 2) / (2 * sigma**2))
    kernel = (line[:, None] * line / line.sum() ** 2).expand(3, 1, -1, -1)
    expected = F.conv2d(F.pad(image, (reach,) * 4, mode="replicate"), kernel, groups=3)
    torch.testing.assert_close(blur(image, sigma), expected, atol=1e-5, rtol=1e-4)
    (wanted,) = torch.autograd.grad((expected * weights).sum(), image)
    (found,) = torch.autograd.grad((blur(image, sigma) * weights).sum(), image)
    torch.testing.assert_close(found, wanted, atol=2e-5, rtol=1e-4)


def test_slopes_are_those_of_a_plane_and_end_at_the_edges() -> None:
    plane = (0.01 * torch.arange(40.0) + 0.002 * torch.arange(30.0)[:, None])[None, None]
    across, down = slopes(plane, 1.5)
    assert across.shape == down.shape == plane.shape
    torch.testing.assert_close(across[..., 8:-8, 8:-8], torch.full((1, 1, 14, 24), 0.01))
    torch.testing.assert_close(down[..., 8:-8, 8:-8], torch.full((1, 1, 14, 24), 0.002), atol=1e-6, rtol=0)
