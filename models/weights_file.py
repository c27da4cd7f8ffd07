"""A weights file explains itself: safetensors with the network in half precision, the atlas, and metadata.

Metadata keys (all strings): `format` (glyphcord-2), `architecture` (JSON of GeneratorConfig), `head` (glyphs or
pixels), `charset`, `cell` (8x16), `teacher`, `proof_sweeps` (of refinement, see models.baselines.local_search; 0
where missing), `least_strength` (see models.rendering.renderer; 1 where missing), `step`, `metrics` (JSON). Nothing
else is needed to draw. The same contents are the same bytes, so a file's sha256 is its version.
"""

import hashlib
import json
import math
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from glyphcord.escaping import printable
from glyphcord.nearest import did_you_mean
from models.atlas import CELL_HEIGHT, CELL_WIDTH, Atlas, check_charset
from models.limits import MAX_PROOF_SWEEPS, MAX_WEIGHTS_BYTES, MIN_STRENGTH
from models.nn.architecture import HEADS, GeneratorConfig, shapes_of
from models.options import MODEL_NAME
from models.problems import Refused

if TYPE_CHECKING:
    from models.nn.generator import Generator

FORMAT: Final = "glyphcord-2"
SHIPPED: Final = Path(__file__).with_name("weights")
_NETWORK, _ATLAS = "generator.", "atlas"


class WeightsError(Refused):
    """A weights file that cannot be used; `str()` is the reason, for operators."""


@dataclass(frozen=True)
class LoadedWeights:
    """What stands in a weights file, checked: the network's config and tensors, and what the file says of itself.

    `version` is the start of `sha256`, the hash of the file's bytes.
    """

    name: str
    sha256: str
    config: GeneratorConfig
    tensors: dict[str, NDArray[np.floating[Any]]]
    atlas: Atlas
    proof_sweeps: int
    least_strength: float
    metadata: dict[str, str]

    @property
    def version(self) -> str:
        return self.sha256[:12]

    @cached_property
    def generator(self) -> "Generator":
        """The network for PyTorch, on the processor in single precision, ready for inference."""
        from models.nn.generator import generator_of  # noqa: PLC0415 most who read weights need no PyTorch

        return generator_of(self.config, self.tensors)


def find_weights(name: str, folder: Path | None) -> Path:
    """The file of that name in `folder`, else among the shipped ones.

    A name is letters, digits, `-` and `_`: never a path. Raises WeightsError when there is no such file.
    """
    if not re.fullmatch(MODEL_NAME, name):
        raise WeightsError(f"{name!r} is not a weights name (letters, digits, - and _ only)")
    folders = ([folder] if folder else []) + [SHIPPED]
    for place in folders:
        if (path := place / f"{name}.safetensors").is_file():
            return path
    raise WeightsError(f"no file {name}.safetensors in {' or '.join(map(str, folders))}")


def chosen_weights(name: str) -> Path:
    """What somebody names on a command line: a `.safetensors` file by its path, or a shipped style by its name.

    Raises WeightsError when there is no such style; whether a file is there, its reading tells.
    """
    if name.endswith(".safetensors"):
        return Path(name)
    try:
        return find_weights(name, None)
    except WeightsError as error:
        meant = did_you_mean(name, (path.stem for path in SHIPPED.glob("*.safetensors")))
        raise WeightsError(f"{error}; `glyphcord weights list` shows the styles there are.{meant}") from None


def save_weights(
    path: Path,
    generator: "Generator",
    atlas: Atlas,
    *,
    teacher: str,
    step: int,
    metrics: dict[str, float],
    proof_sweeps: int = 0,
    least_strength: float = 1.0,
) -> None:
    """Write atomically, so that a reader never meets half a file."""
    tensors: dict[str, NDArray[np.generic]] = {
        _NETWORK + k: v.detach().cpu().half().contiguous().numpy() for k, v in generator.state_dict().items()
    }
    tensors[_ATLAS] = np.rint(atlas.ink * 255).astype(np.uint8)
    metadata = {
        "format": FORMAT,
        "architecture": json.dumps(generator.config.as_dict()),
        "head": generator.config.head,
        "charset": atlas.charset,
        "cell": f"{CELL_WIDTH}x{CELL_HEIGHT}",
        "teacher": teacher,
        "proof_sweeps": str(proof_sweeps),
        "least_strength": str(least_strength),
        "step": str(step),
        "metrics": json.dumps(metrics),
    }
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(_with_sorted_metadata(save(tensors, metadata)))
    unfinished.chmod(0o644)  # services read it as others than who wrote it
    unfinished.replace(path)


def load_weights(path: Path) -> LoadedWeights:
    """Read and check a file. Raises WeightsError with the reason; never runs anything from the file."""
    return read_weights(read_bytes(path), path.stem)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file that is small enough. Raises WeightsError."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_WEIGHTS_BYTES + 1)
    except OSError as error:
        raise WeightsError(f"{path.name} cannot be read: {error.strerror or error}") from None
    if len(data) > MAX_WEIGHTS_BYTES:
        raise WeightsError(f"{path.name} has more than the {MAX_WEIGHTS_BYTES:,} bytes that are taken")
    return data


def read_weights(data: bytes, name: str) -> LoadedWeights:
    """Check a file's bytes, whose hash and contents are then of one piece. Raises WeightsError with the reason."""
    if len(data) > MAX_WEIGHTS_BYTES:
        raise WeightsError(f"{name} has {len(data):,} bytes; at most {MAX_WEIGHTS_BYTES:,} are taken")
    try:
        tensors = load(data)
        metadata: dict[str, str] = _header(data).get("__metadata__") or {}
    except (SafetensorError, ValueError, KeyError) as error:  # KeyError: a type of number that NumPy lacks
        raise WeightsError(f"{name} is not a whole safetensors file: {error}") from None
    atlas, config = _check(name, metadata, tensors)
    network = {key.removeprefix(_NETWORK): values for key, values in tensors.items()}
    sha256 = hashlib.sha256(data).hexdigest()
    sweeps, strength = _proof_sweeps(name, metadata), _least_strength(name, metadata)
    return LoadedWeights(name, sha256, config, network, atlas, sweeps, strength, metadata)


def _proof_sweeps(name: str, metadata: dict[str, str]) -> int:
    said = metadata.get("proof_sweeps", "0")
    if said not in map(str, range(MAX_PROOF_SWEEPS + 1)):
        raise WeightsError(f"{name} says proof_sweeps {said!r}, which is no number from 0 to {MAX_PROOF_SWEEPS}")
    return int(said)


def _least_strength(name: str, metadata: dict[str, str]) -> float:
    said = metadata.get("least_strength", "1")
    try:
        strength = float(said)
    except ValueError:
        strength = math.nan
    if not MIN_STRENGTH <= strength <= 1:
        raise WeightsError(f"{name} says least_strength {said!r}, which is no number from {MIN_STRENGTH:g} to 1")
    return strength


def _check(name: str, metadata: dict[str, str], tensors: dict[str, NDArray[Any]]) -> tuple[Atlas, GeneratorConfig]:
    if metadata.get("format") != FORMAT:
        raise WeightsError(
            f"{name} says format {metadata.get('format')!r}; this version reads {FORMAT!r}: train it anew"
        )
    if metadata.get("head") not in HEADS or metadata.get("cell") != f"{CELL_WIDTH}x{CELL_HEIGHT}":
        raise WeightsError(f"{name} has head {metadata.get('head')!r} and cells {metadata.get('cell')!r}")
    try:
        charset = check_charset(metadata.get("charset", ""))
    except ValueError as error:
        raise WeightsError(f"{name}: {error}") from None
    sheet = tensors.pop(_ATLAS, None)
    if sheet is None or sheet.dtype != np.uint8 or tuple(sheet.shape) != (len(charset), CELL_HEIGHT, CELL_WIDTH):
        raise WeightsError(f"{name} has no atlas that fits its charset of {len(charset)} characters")
    try:
        config = GeneratorConfig.from_dict(json.loads(metadata["architecture"]))
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(f"{name} does not describe its architecture: {error}") from None
    if config.head != metadata["head"]:
        raise WeightsError(f"{name} has head {metadata['head']!r}, but an architecture with {config.head!r}")
    if config.glyphs != len(charset):
        raise WeightsError(f"{name} has {config.glyphs} outputs for {len(charset)} characters")
    # Compared before any network is made: what a file merely claims to be must not be able to fill the memory.
    wanted = {_NETWORK + key: shape for key, shape in shapes_of(config).items()}
    for key in sorted(wanted.keys() | tensors.keys()):
        if key not in tensors or key not in wanted or tensors[key].shape != wanted[key]:
            has = f"is {tuple(tensors[key].shape)}" if key in tensors else "is missing"
            needs = f"must be {tuple(wanted[key])}" if key in wanted else "belongs to none"
            raise WeightsError(f"{name} does not fit its own architecture: {printable(key, 80)} {has}, {needs}")
        if not np.issubdtype(tensors[key].dtype, np.floating) or not np.isfinite(tensors[key]).all():
            raise WeightsError(f"{name} has values in {printable(key, 80)} that are not numbers")
    return Atlas(charset, sheet.astype(np.float32) / np.float32(255)), config


def _header(data: bytes) -> dict[str, Any]:
    """A safetensors file begins with eight bytes of length, little-endian, and so much JSON."""
    header: dict[str, Any] = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return header


def _with_sorted_metadata(data: bytes) -> bytes:
    """The same safetensors file with its metadata in order; the library writes it in a new one each time."""
    header = _header(data)
    sorted_first = {"__metadata__": dict(sorted(header.pop("__metadata__").items())), **header}
    text = json.dumps(sorted_first, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)  # the numbers after it stay aligned
    return len(text).to_bytes(8, "little") + text + data[8 + int.from_bytes(data[:8], "little") :]
