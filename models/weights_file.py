"""A weights file explains itself: safetensors with the network in half precision, the atlas, and metadata.

Metadata keys (all strings): `format` (glyphcord-1), `architecture` (JSON of GeneratorConfig), `head`
(glyphs or pixels), `charset`, `cell` (8x16), `teacher`, `variety` (see models.choose), `step`, `metrics`
(JSON). Nothing else is needed to draw.
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas
from models.generator import HEADS, Generator, GeneratorConfig

FORMAT: Final = "glyphcord-1"
MAX_FILE_BYTES: Final = 16 * 2**20
SHIPPED: Final = Path(__file__).with_name("weights")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NETWORK, _ATLAS = "generator.", "atlas"


class WeightsError(Exception):
    """A weights file that cannot be used; `str()` is the reason, for operators."""


@dataclass(frozen=True)
class LoadedWeights:
    """A network ready for inference, on the CPU in single precision, with what its file says of itself."""

    name: str
    version: str
    generator: Generator
    atlas: Atlas
    variety: float
    metadata: dict[str, str]


def find_weights(name: str, folder: Path | None) -> Path:
    """The file of that name in `folder`, else among the shipped ones.

    A name is letters, digits, `-` and `_`: never a path. Raises WeightsError when there is no such file.
    """
    if not _NAME.fullmatch(name):
        raise WeightsError(f"{name!r} is not a weights name (letters, digits, - and _ only)")
    folders = ([folder] if folder else []) + [SHIPPED]
    for place in folders:
        if (path := place / f"{name}.safetensors").is_file():
            return path
    raise WeightsError(f"no file {name}.safetensors in {' or '.join(map(str, folders))}")


def save_weights(
    path: Path,
    generator: Generator,
    atlas: Atlas,
    *,
    teacher: str,
    step: int,
    metrics: dict[str, float],
    variety: float = 0.0,
) -> None:
    """Write atomically, so that a reader never meets half a file."""
    tensors = {_NETWORK + k: v.detach().cpu().half().contiguous() for k, v in generator.state_dict().items()}
    tensors[_ATLAS] = torch.from_numpy(np.rint(atlas.ink * 255).astype(np.uint8))
    metadata = {
        "format": FORMAT,
        "architecture": json.dumps(generator.config.as_dict()),
        "head": generator.config.head,
        "charset": atlas.charset,
        "cell": f"{CELL_WIDTH}x{CELL_HEIGHT}",
        "teacher": teacher,
        "variety": str(variety),
        "step": str(step),
        "metrics": json.dumps(metrics),
    }
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata=metadata)
    unfinished.chmod(0o644)  # safetensors makes it the owner's alone, but services read it as others
    unfinished.replace(path)


def load_weights(path: Path) -> LoadedWeights:
    """Read and check a file. Raises WeightsError with the reason; never runs anything from the file."""
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise WeightsError(f"{path.name} has {size:,} bytes; at most {MAX_FILE_BYTES:,} are taken")
        version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        with safe_open(path, framework="pt") as file:
            metadata = dict(file.metadata() or {})
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 (not a dict)
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror or error}") from None
    except SafetensorError as error:
        raise WeightsError(f"{path.name} is not a whole safetensors file: {error}") from None
    atlas, generator = _check(path.name, metadata, tensors)
    try:
        variety = float(metadata.get("variety", "0"))
    except ValueError:
        variety = math.nan
    if not 0 <= variety <= 100:
        raise WeightsError(f"{path.name} says variety {metadata['variety']!r}, which is no number from 0 to 100")
    return LoadedWeights(path.stem, version, generator, atlas, variety, metadata)


def _check(name: str, metadata: dict[str, str], tensors: dict[str, torch.Tensor]) -> tuple[Atlas, Generator]:
    if metadata.get("format") != FORMAT:
        raise WeightsError(f"{name} says format {metadata.get('format')!r}; this version reads {FORMAT!r}")
    if metadata.get("head") not in HEADS or metadata.get("cell") != f"{CELL_WIDTH}x{CELL_HEIGHT}":
        raise WeightsError(f"{name} has head {metadata.get('head')!r} and cells {metadata.get('cell')!r}")
    charset = metadata.get("charset", "")
    sheet = tensors.pop(_ATLAS, None)
    if sheet is None or sheet.dtype != torch.uint8 or tuple(sheet.shape) != (len(charset), CELL_HEIGHT, CELL_WIDTH):
        raise WeightsError(f"{name} has no atlas that fits its charset of {len(charset)} characters")
    try:
        config = GeneratorConfig.from_dict(json.loads(metadata["architecture"]))
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{name} does not describe its architecture: {error}") from None
    if config.glyphs != len(charset):
        raise WeightsError(f"{name} has {config.glyphs} outputs for {len(charset)} characters")
    for key, tensor in tensors.items():
        if not torch.isfinite(tensor).all():
            raise WeightsError(f"{name} has values in {key} that are not numbers")
    generator = Generator(config)
    try:
        generator.load_state_dict({k.removeprefix(_NETWORK): v.float() for k, v in tensors.items()})
    except RuntimeError as error:
        raise WeightsError(
            f"{name} does not fit its own architecture: {str(error).splitlines()[-1].strip()}"
        ) from None
    return Atlas(charset, (sheet.float() / 255).numpy()), generator.eval()
