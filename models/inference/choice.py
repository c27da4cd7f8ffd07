"""Which device a page is drawn on, and which runtime there."""

import ctypes
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.inference.runtime import Array, Runtime
from models.weights_file import LoadedWeights, WeightsError

if TYPE_CHECKING:
    from models.inference.on_processor import Graphs

DRIVERS: Final = ("libcuda.so.1", "nvcuda.dll")
"""The drivers' libraries of cards that PyTorch calls `cuda`; AMD's have a device file instead."""
AMD: Final = Path("/dev/kfd")


def has_onnx() -> bool:
    """Whether a processor can draw without PyTorch here."""
    return find_spec("onnxruntime") is not None and find_spec("onnx") is not None


def pick_device(wanted: str) -> str:
    """`auto` becomes `cuda` where a GPU answers, else `cpu`. Raises WeightsError if `cuda` is asked in vain."""
    if wanted == "cpu" or (wanted == "auto" and not _may_have_gpu()):
        return "cpu"
    if find_spec("torch") is None:
        if wanted == "cuda":
            raise WeightsError("DEVICE=cuda, but PyTorch is not installed: pip install 'glyphcord[worker-gpu]'")
        return "cpu"
    import torch  # noqa: PLC0415 slow, and of no use without a card

    if torch.cuda.is_available():
        return "cuda"
    if wanted == "cuda":
        raise WeightsError("DEVICE=cuda, but PyTorch found no GPU")
    return "cpu"


def _may_have_gpu() -> bool:
    """Whether PyTorch is worth asking, whose import takes seconds: a build for cards, and a card's driver."""
    try:
        if version("torch").endswith("+cpu"):
            return False
    except PackageNotFoundError:
        return False
    return AMD.exists() or any(map(_loads, DRIVERS))


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def load_runtime(
    weights: LoadedWeights, device: str, pages: Callable[[], Sequence[Array]], threads: int | None = None
) -> Runtime:
    """A network on a device. `pages` are what the ranges of its activations are taken from, each (H, W) tone.

    Raises WeightsError if neither ONNX Runtime nor PyTorch is installed, and OutOfMemory.
    """
    if device == "cpu" and has_onnx():
        from models.inference import kept_graphs  # noqa: PLC0415
        from models.inference.on_processor import OnProcessor  # noqa: PLC0415

        def make() -> "Graphs":
            from models.inference.making import make  # noqa: PLC0415 and with it the library of ONNX, 11 MB

            return make(weights, pages(), threads)

        runtime = OnProcessor(kept_graphs.graphs(weights.sha256, make), weights.atlas, threads)
        runtime.free()
        return runtime
    if find_spec("torch") is None:
        raise WeightsError(
            "neither ONNX Runtime nor PyTorch is installed: pip install 'glyphcord[worker-cpu]', "
            "or with an NVIDIA card 'glyphcord[worker-gpu]'"
        )
    from models.inference.on_torch import OnTorch  # noqa: PLC0415

    return OnTorch(weights, device, threads)
