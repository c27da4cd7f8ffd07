"""What a worker draws with: weights, and a graphics card where there is one."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from glyphcord.doctor.finding import Finding, broken, note, ok
from glyphcord.nearest import did_you_mean
from models.weights_file import SHIPPED, WeightsError, find_weights, load_weights
from worker.render.confinement import missing
from worker.settings import WorkerSettings


def weights(settings: WorkerSettings) -> Finding:
    """Whether the model that MODEL_WEIGHTS names is here and can be loaded."""
    name, folder = settings.model_weights, settings.weights_dir
    try:
        path = find_weights(name, folder)
    except WeightsError:
        places = [place for place in (folder, SHIPPED) if place]
        there = sorted(path.stem for place in places for path in place.glob("*.safetensors"))
        return broken(
            "weights",
            f"MODEL_WEIGHTS is {name!r}, and there is no {name}.safetensors here.{did_you_mean(name, there)}",
            f"name one that is here ({', '.join(there)}), or put the file into WEIGHTS_DIR; a model of the "
            "registry alone is set by `glyphcord worker weights default NAME`",
        )
    try:
        loaded = load_weights(path)
    except WeightsError as error:
        return broken("weights", str(error), f"replace {path}; `glyphcord weights verify FILE` tries a file")
    return ok("weights", f"{loaded.name}, version {loaded.version}, from {path.parent}")


def decoder() -> Finding:
    """How well this machine lets the process that decodes strangers' files be shut in."""
    lacking = missing()
    if not lacking:
        return ok("decoder", "without a network, and with no files but its code (Landlock, seccomp)")
    return note(
        "decoder",
        f"a picture that takes it over could do more than it should: this machine lacks {' and '.join(lacking)}",
        "use Linux 5.13 or later on x86-64 or ARM, with Landlock among the `lsm=` of its boot; in a container, a "
        "seccomp profile that allows both",
    )


def gpu(device: str) -> Finding:
    """What the worker draws on."""
    if find_spec("torch") is None:
        return _without_pytorch(device)
    import torch  # noqa: PLC0415 only where it is

    if torch.cuda.is_available():
        name, memory = torch.cuda.get_device_name(), torch.cuda.get_device_properties(0).total_memory / 2**30
        if device == "cpu":
            return note("GPU", f"{name} is there, but DEVICE=cpu", "leave DEVICE out, or set it to auto or cuda")
        return ok("GPU", f"{name}, {memory:.0f} GB, PyTorch {torch.__version__}")
    built, card = torch.version.cuda, _has_card()
    why = (
        "this PyTorch is built for the processor alone"
        if built is None
        else "PyTorch finds no card that it can use"
    )
    todo = (
        "install PyTorch's CUDA build (pytorch.org, Start Locally)"
        if built is None
        else "check `nvidia-smi`, the driver, and in Docker the NVIDIA container toolkit"
    )
    if device == "cuda":
        return broken("GPU", f"DEVICE=cuda, but {why} (PyTorch {torch.__version__})", f"{todo}; or set DEVICE=auto")
    if card and device == "auto":
        return note("GPU", f"there is an NVIDIA card, but {why}", todo)
    by, library = ("ONNX Runtime", "onnxruntime") if find_spec("onnxruntime") else ("PyTorch", "torch")
    return ok("GPU", f"none; it draws on the processor ({by} {version(library)})")


def _without_pytorch(device: str) -> Finding:
    todo = "pip install 'glyphcord[worker-gpu]'"
    if device == "cuda":
        return broken("GPU", "DEVICE=cuda, but PyTorch is not installed", f"{todo}; or set DEVICE=auto")
    if _has_card() and device == "auto":
        return note("GPU", "there is an NVIDIA card, but PyTorch, which draws on it, is not installed", todo)
    if find_spec("onnxruntime") is None:
        return broken("GPU", "there is nothing to draw with", "pip install 'glyphcord[worker-cpu]'")
    return ok("GPU", f"none; it draws on the processor (ONNX Runtime {version('onnxruntime')})")


def _has_card() -> bool:
    return any(Path(path).exists() for path in ("/dev/nvidia0", "/proc/driver/nvidia/version"))
