"""Labels for the subject branch: a map of each training photo's subject, drawn once by a salient-object network.

`glyphcord labels PHOTOS -o DIR --network u2net.onnx` makes them. Only training needs them, and only making
them needs the network: U²-Net (Qin et al. 2020, "U²-Net: Going Deeper with Nested U-Structure for Salient Object
Detection"), in the ONNX form in which it is published, and onnxruntime. A label is named by its photo's pixels, so
that photos can be moved and renamed.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from models.file_sentences import reason
from models.problems import PictureProblem, Refused
from models.rendering.still import decode

MAX_SIDE: Final = 1024
"""px to which photos are made smaller before anything else, so that they have the same hash everywhere."""
SIDE: Final = 320
"""px of the network's input and of a label, whatever the photo's shape."""
_MEAN: Final = np.array([0.485, 0.456, 0.406], np.float32)
_SPREAD: Final = np.array([0.229, 0.224, 0.225], np.float32)

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]
"""(1, 3, SIDE, SIDE) to probabilities, (SIDE, SIDE)."""


def label_path(folder: Path, digest: bytes) -> Path:
    """Where the label of a photo lies; `digest` is the sha256 of its decoded pixels."""
    return folder / f"{digest.hex()[:32]}.png"


def read_label(folder: Path, digest: bytes) -> NDArray[np.uint8] | None:
    """A photo's label, (SIDE, SIDE), 255 where its subject is; None where there is none."""
    path = label_path(folder, digest)
    if not path.is_file():
        return None
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), np.uint8)


def load_network(path: Path) -> Network:
    """The salient-object network of an ONNX file, tried once.

    Raises Refused where onnxruntime or the file is missing, or the network is of another kind.
    """
    try:
        import onnxruntime  # noqa: PLC0415  # for this command alone
    except ImportError:
        raise Refused("labels need onnxruntime: pip install onnxruntime") from None
    if not path.is_file():
        raise Refused(f"there is no network {path}")
    try:
        session: Any = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        name = session.get_inputs()[0].name
        shape = session.run(None, {name: np.zeros((1, 3, SIDE, SIDE), np.float32)})[0].shape
    except Exception as error:  # onnxruntime has classes of its own for what is wrong with a file
        reason = " ".join(str(error).split())[:200]
        raise Refused(f"{path} is no ONNX network that can be used: {reason}") from None
    if shape != (1, 1, SIDE, SIDE):
        raise Refused(f"{path} answers with {shape} values; labels need a map of {(1, 1, SIDE, SIDE)}, as U²-Net's")

    def find(picture: NDArray[np.float32]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = session.run(None, {name: picture})[0][0, 0]
        return found

    return find


def label(rgb: NDArray[np.uint8], network: Network) -> NDArray[np.uint8]:
    """The map of a photo's subject, (SIDE, SIDE), of (H, W, 3) sRGB bytes."""
    small = np.asarray(Image.fromarray(rgb).resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float32)
    small = (small / max(float(small.max()), 1e-6) - _MEAN) / _SPREAD
    found = network(np.ascontiguousarray(small.transpose(2, 0, 1)[None]))
    return np.rint(np.clip(found, 0, 1) * 255).astype(np.uint8)


def make_labels(photos: list[Path], out: Path, network: Network) -> Iterator[tuple[Path, str | None]]:
    """Label each photo that has no label yet; yields it, and why it could not be labelled."""
    out.mkdir(parents=True, exist_ok=True)
    for path in photos:
        try:
            rgb = decode(path.read_bytes(), MAX_SIDE)
            target = label_path(out, hashlib.sha256(rgb.tobytes()).digest())
            if not target.exists():
                unfinished = target.with_suffix(".unfinished")
                Image.fromarray(label(rgb, network)).save(unfinished, "PNG")
                unfinished.replace(target)
            yield path, None
        except (OSError, PictureProblem) as problem:
            yield path, reason(problem)
