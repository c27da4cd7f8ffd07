"""TIFFs of kinds of numbers that Pillow does not know, or takes for others: drawn, or called by their kind."""

import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from models.files.png_colour import from_gamma
from models.files.tiff import MOST_BYTES, read
from models.problems import PictureProblem
from models.rendering.still import decode

WIDTH, HEIGHT = 96, 64
GREY = np.tile(np.linspace(0, 1, WIDTH), (HEIGHT, 1))[..., None]
COLOUR = np.concatenate(
    [GREY, GREY[:, ::-1], np.linspace(0, 1, HEIGHT).repeat(WIDTH).reshape(HEIGHT, WIDTH, 1)], -1
)
RGB, GREY_TYPE, ALPHA = 2, 1, 2
FORMATS = {"u": 1, "i": 2, "f": 3}
Numbers = NDArray[np.generic]
Order = Literal["<", ">"]


def tiff(
    numbers: Numbers,
    *,
    order: Order = "<",
    planes: bool = False,
    tile: int = 0,
    packed: int = 0,
    tags: Mapping[int, int | bytes] = MappingProxyType({}),
) -> bytes:
    """A TIFF of (H, W, samples), in strips of 16 rows or in tiles, its bytes deflated if `packed`.

    `packed` is the predictor: 1 for none, 3 for the one for floating point. `tags` are further ones, or others.
    """
    height, width, samples = numbers.shape
    kind = numbers.dtype.newbyteorder(order)
    wide, high = (tile, tile) if tile else (width, 16)
    parts = []
    for plane in np.split(numbers, samples, -1) if planes else [numbers]:
        for top, left in product(range(0, height, high), range(0, width, wide)):
            part = plane[top : top + high, left : left + wide]
            if tile:
                part = np.pad(part, [(0, high - part.shape[0]), (0, wide - part.shape[1]), (0, 0)])
            parts.append(_packed(part, kind, packed))
    fields: dict[int, list[int] | bytes] = {
        256: [width],
        257: [height],
        258: [8 * kind.itemsize] * samples,
        259: [8 if packed else 1],
        262: [RGB if samples >= 3 else GREY_TYPE],
        277: [samples],
        284: [2 if planes else 1],
        317: [packed or 1],
        339: [FORMATS[kind.kind]] * samples,
    }
    if samples in (2, 4):
        fields[338] = [ALPHA]
    offsets = [8 + sum(map(len, parts[:index])) for index in range(len(parts))]
    lengths = [len(part) for part in parts]
    fields |= (
        {322: [tile], 323: [tile], 324: offsets, 325: lengths}
        if tile
        else {273: offsets, 278: [high], 279: lengths}
    )
    fields |= {tag: value if isinstance(value, bytes) else [value] for tag, value in tags.items()}
    body = b"".join(parts)
    start = 8 + len(body)
    directory, arrays = struct.pack(f"{order}H", len(fields)), b""
    for tag, values in sorted(fields.items()):
        kinds = 7 if isinstance(values, bytes) else 4
        array = values if isinstance(values, bytes) else struct.pack(f"{order}{len(values)}I", *values)
        if len(array) > 4:
            place = start + 2 + 12 * len(fields) + 4 + len(arrays)
            arrays, array = arrays + array, struct.pack(f"{order}I", place)
        directory += struct.pack(f"{order}HHI", tag, kinds, len(values)) + array
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}I", start)
    return head + body + directory + bytes(4) + arrays


def _packed(part: Numbers, kind: np.dtype[Any], packed: int) -> bytes:
    if packed != 3:
        stored = np.ascontiguousarray(part).astype(kind).tobytes()
        return zlib.compress(stored) if packed else stored
    # TIFF Technical Note 3: the highest bytes of a row come first, then each is taken less the one a sample before.
    rows, samples = len(part), part.shape[-1]
    bytewise = part.astype(part.dtype.newbyteorder(">")).reshape(rows, -1, 1).view(np.uint8)
    spread = bytewise.transpose(0, 2, 1).reshape(rows, -1)
    less = spread.copy()
    less[:, samples:] -= spread[:, :-samples]
    return zlib.compress(less.tobytes())


def shown(data: bytes) -> NDArray[np.int16]:
    return decode(data).astype(np.int16)


def near(data: bytes, wanted: NDArray[np.float64]) -> bool:
    levels = np.rint(wanted * 255)
    return bool(np.abs(shown(data) - levels).max() <= 2)


@pytest.mark.parametrize("kind", ["f2", "f4", "f8"])
@pytest.mark.parametrize("values", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(
    "how", [{}, {"tile": 32}, {"packed": 1}, {"packed": 3}, {"packed": 3, "tile": 32}], ids=str
)
def test_floating_point(kind: str, values: NDArray[np.float64], order: Order, how: dict[str, Any]) -> None:
    assert near(tiff(values.astype(kind), order=order, **how), values)


@pytest.mark.parametrize("how", [{"packed": 3}, {"packed": 1}, {}, {"planes": True}], ids=str)
def test_the_last_tiles_may_reach_beyond_the_picture(how: dict[str, Any]) -> None:
    assert near(tiff(COLOUR[:50, :80].astype("f4"), tile=32, **how), COLOUR[:50, :80])


@pytest.mark.parametrize(
    ("kind", "white"), [("u2", 65535), ("u4", 65535), ("i1", 127), ("i2", 32767), ("i4", 65535)]
)
@pytest.mark.parametrize("values", [GREY, COLOUR], ids=["grey", "colour"])
@pytest.mark.parametrize("how", [{}, {"packed": 1}, {"planes": True}, {"tile": 32, "order": ">"}], ids=str)
def test_integers(kind: str, white: int, values: NDArray[np.float64], how: dict[str, Any]) -> None:
    assert near(tiff(np.rint(values * white).astype(kind), **how), values)


def test_samples_in_planes_of_their_own() -> None:
    assert near(tiff(COLOUR.astype("f4"), planes=True, packed=3), COLOUR)
    assert near(tiff(COLOUR.astype("f4"), planes=True, tile=32), COLOUR)


@pytest.mark.parametrize("values", [GREY, COLOUR], ids=["grey", "colour"])
def test_transparency_of_floating_point(values: NDArray[np.float64]) -> None:
    alpha = np.repeat([0.0, 1.0], WIDTH // 2)
    with_alpha = np.concatenate([values, np.broadcast_to(alpha[:, None], (HEIGHT, WIDTH, 1))], -1)
    assert near(tiff(with_alpha.astype("f2")), np.where(alpha[:, None] > 0, values, 1.0))


@pytest.mark.parametrize("compression", ["tiff_lzw", "packbits", "tiff_adobe_deflate", "zstd", "lzma"])
def test_every_compression_without_loss(compression: str) -> None:
    """Pillow writes rows of half-precision numbers as rows of bytes; the tags are then told what they are."""
    rows = Image.fromarray(np.ascontiguousarray(GREY[..., 0]).astype("<f2").view(np.uint8))
    stream = io.BytesIO()
    rows.save(stream, "TIFF", compression=compression, tiffinfo={339: 1})
    data = bytearray(stream.getvalue())
    (at,) = struct.unpack_from("<I", data, 4)
    for place in range(at + 2, at + 2 + 12 * struct.unpack_from("<H", data, at)[0], 12):
        match struct.unpack_from("<H", data, place):
            case (256,):
                struct.pack_into("<HII", data, place + 2, 4, 1, WIDTH)
            case (258,):
                struct.pack_into("<HIHH", data, place + 2, 3, 1, 16, 0)
            case (339,):
                struct.pack_into("<HIHH", data, place + 2, 3, 1, 3, 0)
    assert near(bytes(data), GREY)


def test_orientation_and_profile_are_kept() -> None:
    assert shown(tiff(GREY.astype("f2"), tags={274: 6})).shape == (WIDTH, HEIGHT, 3)
    linear = from_gamma(100_000, None)
    middle = shown(tiff(np.full((HEIGHT, WIDTH, 3), 0.5, "f2"), tags={34675: linear}))
    assert np.abs(middle - 188).max() <= 2  # half the light, in sRGB


def test_numbers_that_are_none_are_black() -> None:
    values = np.full((HEIGHT, WIDTH, 1), np.nan, "f2")
    values[:, 48:] = np.inf
    assert not shown(tiff(values)).any()


@pytest.mark.parametrize("tags", [{258: 24}, {259: 34892}, {262: 32844}, {339: 5}])
def test_a_kind_that_is_not_read_is_named(tags: dict[int, int]) -> None:
    data = tiff(GREY.astype("f8"), tags=tags)
    with pytest.raises(PictureProblem) as problem:
        decode(data)
    assert problem.value.code == "unknown_tiff" and "-bit" in str(problem.value)


def test_damage_is_called_so() -> None:
    whole = tiff(COLOUR.astype("f8"), packed=3)
    for data in (whole[:200], whole[:-60], whole.replace(zlib.compress(b"")[:2], b"\0\0")):
        with pytest.raises(PictureProblem) as problem:
            decode(data)
        assert problem.value.code == "broken"


@pytest.mark.parametrize("tags", [{278: 0}, {256: 0}, {257: 0}], ids=str)
def test_parts_without_a_size_are_damage(tags: dict[int, int]) -> None:
    with pytest.raises(PictureProblem) as problem:
        decode(tiff(GREY.astype("f2"), tags=tags))
    assert problem.value.code in ("broken", "too_small")


def test_parts_that_repeat_the_file_are_not_put_together() -> None:
    data = tiff(GREY.astype("f2"), packed=1)
    file = replace(read(data), parts=((0, len(data)),) * (MOST_BYTES // len(data) + 1))
    with pytest.raises(PictureProblem) as problem:
        file.pages(data)
    assert problem.value.code == "too_heavy"


def test_too_many_numbers_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    data = tiff(COLOUR.astype("f8"), packed=1)
    monkeypatch.setattr("models.files.tiff.MOST_BYTES", COLOUR.size * 8 - 1)
    with pytest.raises(PictureProblem) as problem:
        decode(data)
    assert problem.value.code == "too_heavy"
