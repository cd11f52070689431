"""Corruptions: each against a loop, scipy or a closed form, and all against what they promise together."""

import math

import numpy as np
import pytest
import torch
from scipy import ndimage
from torch import Tensor

from claimbench.corruptions import BadSeverity, get, kinds, names
from claimbench.corruptions._warp import warp
from claimbench.registry import UnknownName

SEVERITIES = range(1, 6)
ALL = [(name, kind) for name in names() for kind in kinds(name)]


def source(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def noise(*shape: int, dtype: torch.dtype = torch.float64) -> Tensor:
    return torch.randn(shape, generator=source(42), dtype=dtype)


def standardised(kind: str, examples: int = 200, side: int = 12) -> Tensor:
    """Smooth signals and images, a table of normal values; mean 0 and deviation 1, float32."""
    shape = {"signals": (examples, 1, 40), "images": (examples, 1, side, side), "table": (examples, 9)}[kind]
    x = noise(*shape).numpy()
    if kind != "table":
        x = ndimage.gaussian_filter(x, [0, 0] + [1.5] * (x.ndim - 2))
    return torch.from_numpy((x - x.mean()) / x.std()).float()


def test_each_kind_of_data_has_enough() -> None:
    assert len(names("signals")) >= 6
    assert len(names("images")) >= 6
    assert set(names("table")) == {"gaussian_noise", "dropout", "scaling"}
    assert set(names()) == {name for kind in ("signals", "images", "table") for name in names(kind)}


@pytest.mark.parametrize(("name", "kind"), ALL)
def test_the_promises(name: str, kind: str) -> None:
    """Same shape and type, the input left alone, the generator's state decides."""
    x = standardised(kind)
    before = x.clone()
    for severity in SEVERITIES:
        first, again = (get(name)(x, severity, source(1)) for _ in range(2))
        assert first.shape == x.shape
        assert first.dtype == x.dtype
        assert first.isfinite().all()
        assert torch.equal(first, again)
        assert torch.equal(x, before)
    deterministic = torch.equal(get(name)(x, 3, source(1)), get(name)(x, 3, source(2)))
    assert deterministic == (name in {"contrast", "gaussian_blur", "pixelate", "smoothing"})


@pytest.mark.parametrize("name", names("images"))
@pytest.mark.parametrize("side", [8, 28])
def test_damage_grows_with_severity_on_images_of_our_sizes(name: str, side: int) -> None:
    x = standardised("images", 100, side)
    damage = [(get(name)(x, severity, source(3)) - x).square().mean().sqrt().item() for severity in SEVERITIES]
    assert damage == sorted(set(damage))


@pytest.mark.parametrize(("name", "kind"), ALL)
def test_damage_grows_with_severity(name: str, kind: str) -> None:
    x = standardised(kind)
    damage = [(get(name)(x, severity, source(3)) - x).square().mean().sqrt().item() for severity in SEVERITIES]
    assert damage[0] > 0.01
    assert damage == sorted(set(damage))


@pytest.mark.parametrize(("name", "kind"), ALL)
def test_an_example_does_not_depend_on_its_batch(name: str, kind: str) -> None:
    x = standardised(kind, 4)
    other = torch.cat([x[:2], 5 * x[2:] + 3])
    torch.testing.assert_close(get(name)(x, 4, source(1))[:2], get(name)(other, 4, source(1))[:2])


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("severity", [0, 6, -1, 2.5])
def test_only_severities_one_to_five(name: str, severity: int) -> None:
    x = standardised(kinds(name)[0], 2)
    with pytest.raises(BadSeverity, match=f"severity: expected 1, 2, 3, 4 or 5, got {severity}"):
        get(name)(x, severity, source())


def test_unknown_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownName, match='"gausian_noise" in corruptions; did you mean "gaussian_noise"'):
        get("gausian_noise")


@pytest.mark.parametrize("severity", SEVERITIES)
def test_gaussian_noise_has_its_deviation_everywhere(severity: int) -> None:
    # ImageNet-C's deviations over that of ImageNet's pixels; 40,000 draws: the deviation is known to 0.35 %.
    sigma = (0.08, 0.12, 0.18, 0.26, 0.38)[severity - 1] / 0.225
    x = noise(10_000, 1, 4)
    added = get("gaussian_noise")(x, severity, source()) - x
    assert added.std().item() == pytest.approx(sigma, rel=0.02)
    assert added.mean().item() == pytest.approx(0, abs=4 * sigma / 200)
    assert torch.corrcoef(added.squeeze(1).T).sub(torch.eye(4)).abs().max() < 0.05
    assert abs(torch.corrcoef(torch.stack([added.flatten(), x.flatten()]))[0, 1]) < 0.02


@pytest.mark.parametrize("severity", SEVERITIES)
def test_impulse_noise_puts_each_examples_extremes_at_its_share_of_places(severity: int) -> None:
    share = (0.03, 0.06, 0.09, 0.17, 0.27)[severity - 1]
    x = noise(500, 1, 10, 10)
    found = get("impulse_noise")(x, severity, source())
    low = high = 0
    for clean, broken in zip(x.flatten(1).tolist(), found.flatten(1).tolist(), strict=True):
        for a, b in zip(clean, broken, strict=True):
            if a != b:
                assert b in (min(clean), max(clean))
                low, high = low + (b == min(clean)), high + (b == max(clean))
    # A 1 in 100 place has the extreme already, and half of its hits change nothing.
    assert (low + high) / 50_000 == pytest.approx(share * 0.99, rel=0.08)
    assert abs(low - high) < 4 * math.sqrt(low + high)


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("shape", [(400, 1, 50), (400, 50)])
def test_dropout_loses_its_share_and_keeps_the_rest_as_it_is(severity: int, shape: tuple[int, ...]) -> None:
    x = noise(*shape)
    found = get("dropout")(x, severity, source())
    lost = found == 0
    assert torch.equal(found[~lost], x[~lost])
    share = severity / 10
    assert abs(lost.double().mean() - share) < 4 * (share * (1 - share) / x.numel()) ** 0.5


@pytest.mark.parametrize("severity", SEVERITIES)
def test_scaling_has_one_factor_for_each_example_and_channel(severity: int) -> None:
    factor = (1.25, 1.5, 2.0, 2.5, 3.0)[severity - 1]
    for x in (noise(2000, 1, 5), noise(500, 4)):
        ratios = (get("scaling")(x, severity, source()) / x).reshape(2000, -1)
        torch.testing.assert_close(ratios, ratios[:, :1].expand_as(ratios))
        larger = ratios[:, 0] > 1
        torch.testing.assert_close(ratios[:, 0], torch.where(larger, factor, 1 / factor).double())
        assert abs(larger.double().mean() - 0.5) < 4 * 0.5 / 2000**0.5


@pytest.mark.parametrize("severity", SEVERITIES)
def test_time_shift_by_hand(severity: int) -> None:
    """40 samples numbered 0 to 39 move by 2, 4, 6, 8, 10; the end's number is repeated."""
    by = 2 * severity
    later = [0] * by + list(range(40 - by))
    earlier = list(range(by, 40)) + [39] * by
    x = torch.arange(40.0).expand(300, 1, 40)
    found = get("time_shift")(x, severity, source()).squeeze(1).int().tolist()
    assert all(row in (later, earlier) for row in found)
    assert abs(found.count(later) - 150) < 4 * (300 / 4) ** 0.5


@pytest.mark.parametrize("severity", SEVERITIES)
def test_smoothing_equals_scipy(severity: int) -> None:
    x = noise(5, 2, 40)
    sigma = (0.5, 1.0, 1.5, 2.0, 3.0)[severity - 1]
    expected = ndimage.gaussian_filter1d(x.numpy(), sigma, mode="nearest")
    np.testing.assert_allclose(get("smoothing")(x, severity, source()), expected, atol=1e-12)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_gaussian_blur_equals_scipy(severity: int) -> None:
    x = noise(4, 3, 8, 11)
    sigma = (0.4, 0.6, 0.7, 0.8, 1.0)[severity - 1]
    expected = ndimage.gaussian_filter(x.numpy(), (0, 0, sigma, sigma), mode="nearest")
    np.testing.assert_allclose(get("gaussian_blur")(x, severity, source()), expected, atol=1e-12)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_baseline_drift_is_one_period_of_a_sine(severity: int) -> None:
    """Of a whole period the mean is 0, the mean square a^2 / 2, and all of it at the frequency 1 / L."""
    amplitude = (0.25, 0.5, 0.75, 1.0, 1.5)[severity - 1]
    x = noise(200, 1, 40)
    spectrum = np.fft.rfft((get("baseline_drift")(x, severity, source()) - x).squeeze(1).numpy()) / 20
    np.testing.assert_allclose(abs(spectrum[:, 1]), amplitude, rtol=1e-6)
    np.testing.assert_allclose(np.delete(spectrum, 1, axis=1), 0, atol=1e-6)
    directions = spectrum[:, 1] / amplitude
    assert abs(directions.mean()) < 4 / math.sqrt(200)  # phases all around: the mean of 200 unit vectors is short


@pytest.mark.parametrize("severity", SEVERITIES)
def test_contrast_by_a_loop(severity: int) -> None:
    x = noise(3, 2, 4, 5)
    found = get("contrast")(x, severity, source())
    for image, result in zip(x.flatten(0, 1), found.flatten(0, 1), strict=True):
        pixels = image.flatten().tolist()
        mean = sum(pixels) / len(pixels)
        left = (0.75, 0.5, 0.4, 0.3, 0.15)[severity - 1]
        assert result.flatten().tolist() == pytest.approx([mean + left * (p - mean) for p in pixels])


def test_warp_equals_scipy() -> None:
    """Rotated, sheared and moved; not square, so that a mistaken aspect ratio would show."""
    x = noise(1, 2, 9, 14)
    matrix = torch.tensor([[[0.9, -0.4], [0.3, 1.1]]], dtype=torch.float64)
    offset = torch.tensor([[1.3, -0.7]], dtype=torch.float64)
    found = warp(x, matrix, offset)[0]
    swapped = matrix[0].flip(0, 1).numpy()  # scipy's axes are (vertical, horizontal)
    centre = np.array([4.0, 6.5])
    shift = centre - swapped @ centre + offset[0].flip(0).numpy()
    for channel in range(2):
        expected = ndimage.affine_transform(x[0, channel].numpy(), swapped, shift, order=1, mode="nearest")
        np.testing.assert_allclose(found[channel], expected, atol=1e-10)


@pytest.mark.parametrize("severity", SEVERITIES)
def test_rotate_equals_scipy(severity: int) -> None:
    x = noise(20, 1, 10, 13)
    found = get("rotate")(x, severity, source())
    sides = []
    for image, result in zip(x[:, 0].numpy(), found[:, 0].numpy(), strict=True):
        turned = [
            ndimage.rotate(image, side * 10 * severity, reshape=False, order=1, mode="nearest") for side in (1, -1)
        ]
        errors = [abs(result - expected).max() for expected in turned]
        assert min(errors) < 1e-6
        sides.append(errors[0] < errors[1])
    assert 3 <= sum(sides) <= 17  # both sides; 20 tosses of a coin are outside in 1 of 2,500


@pytest.mark.parametrize("severity", SEVERITIES)
def test_translate_moves_by_its_distance_in_all_directions(severity: int) -> None:
    """A plane h + w moves exactly under linear interpolation: its value at an inner pixel says how far."""
    rows, columns = torch.meshgrid(torch.arange(24.0), torch.arange(30.0), indexing="ij")
    x = torch.stack([columns, rows]).expand(400, 2, 24, 30).double()
    moved = get("translate")(x, severity, source())[:, :, 12, 15] - torch.tensor([15.0, 12.0])
    distance = 0.04 * severity * 30
    np.testing.assert_allclose(moved.norm(dim=1), distance, rtol=1e-5)
    assert (moved.mean(0).abs() < 4 * distance / 800**0.5).all()  # a coordinate of a direction has variance 1/2
    quadrants = ((moved > 0).long() @ torch.tensor([1, 2])).bincount(minlength=4)
    assert (quadrants > 60).all()  # of 400; each expects 100 with deviation 8.7


def test_translate_repeats_the_border() -> None:
    x = noise(50, 1, 8, 8)
    found = get("translate")(x, 5, source())
    assert (found.amax((1, 2, 3)) <= x.amax((1, 2, 3)) + 1e-9).all()
    assert torch.equal(get("translate")(torch.ones(5, 1, 8, 8), 5, source()).round(decimals=5), torch.ones(5, 1, 8, 8))


def resized(lines: np.ndarray, size: int) -> np.ndarray:
    """The last axis with `size` pixels: cut each into `size` parts, join as many parts as there were pixels."""
    parts = np.repeat(lines, size, axis=-1)
    return parts.reshape(*lines.shape[:-1], size, lines.shape[-1]).mean(-1)


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize(("height", "width"), [(8, 8), (28, 28), (12, 9)])
def test_pixelate_on_a_finer_grid(severity: int, height: int, width: int) -> None:
    x = noise(3, 2, height, width)
    share = (0.75, 0.625, 0.5, 0.375, 0.25)[severity - 1]
    rows = resized(resized(x.numpy(), round(share * width)), width)
    expected = resized(resized(rows.swapaxes(2, 3), round(share * height)), height).swapaxes(2, 3)
    np.testing.assert_allclose(get("pixelate")(x, severity, source()), expected, atol=1e-12)


def test_pixelate_by_hand() -> None:
    # 8 pixels to 2: the means of 0 1 2 3 and 4 5 6 7.
    x = torch.arange(8.0).expand(1, 1, 8, 8)
    assert get("pixelate")(x, 5, source())[0, 0, 3].tolist() == [1.5] * 4 + [5.5] * 4


@pytest.mark.parametrize("severity", SEVERITIES)
def test_occlusion_blanks_one_patch_anywhere(severity: int) -> None:
    x = torch.ones(3000, 2, 8, 16)
    found = get("occlusion")(x, severity, source())
    height, width = severity + 1, 2 * (severity + 1)  # in eighths of 8 and 16
    corners = []
    for image in found:
        blank = (image == 0).nonzero()
        top, left = blank[:, 1].min().item(), blank[:, 2].min().item()
        expected = torch.ones(2, 8, 16)
        expected[:, top : top + height, left : left + width] = 0
        assert torch.equal(image, expected)
        corners.append((top, left))
    places = (8 - height + 1) * (16 - width + 1)
    counts = np.unique(np.array(corners) @ [100, 1], return_counts=True)[1]
    assert len(counts) == places
    assert abs(counts - 3000 / places).max() < 5 * math.sqrt(3000 / places)


def test_occlusion_keeps_what_it_does_not_cover() -> None:
    x = noise(20, 1, 9, 9)
    found = get("occlusion")(x, 2, source())
    kept = found != 0
    assert torch.equal(found[kept], x[kept])
