"""The house's arrows, and how long its files may be.

`bot -> jobs <- worker -> models`; `playground` and `models` stand alone; `devstack` starts the others as
processes and imports the playground's controls alone. `glyphcord` is the command in front of all of them, and
imports each by its name when asked for it. What all command lines share are its leaves, which import nothing.

Read from the source, so that an import inside a function counts as well.
"""

import ast
import functools
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {"bot", "jobs", "worker", "models", "playground", "devstack", "glyphcord"}
MAY_IMPORT = {
    "bot": {"bot", "jobs"},
    "jobs": {"jobs", "models"},
    "worker": {"worker", "jobs", "models"},
    "models": {"models"},
    "playground": {"playground"},
    "devstack": {"devstack", "playground"},
    "glyphcord": ROOMS,
}
# What everybody may take from glyphcord: Python's own library is all that these need.
COMMON = {"arguments", "commands", "escaping", "exit_codes", "nearest"}
# What jobs may take from models: the leaves that need no torch.
LEAVES = {
    "colour_names",
    "containers",
    "formats",
    "limits",
    "options",
    "palettes",
    "problems",
    "sentences",
    "sniff",
}


MOST_LINES = 300


def lines_of(file: Path) -> int:
    return len(file.read_text(encoding="utf-8").splitlines())


@functools.cache
def imported(file: Path) -> frozenset[str]:
    """Dotted names of all that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: import by the full name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def is_private(name: str) -> bool:
    return name.split(".")[1] not in COMMON


def test_what_all_command_lines_share_imports_nothing() -> None:
    for leaf in COMMON:
        for name in imported(ROOT / "glyphcord" / f"{leaf}.py"):
            first, *rest = name.split(".")
            assert first in sys.stdlib_module_names or (first == "glyphcord" and rest[0] in COMMON), (
                f"{leaf}: {name}"
            )


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_imports_run_one_way(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py"))
    assert files
    for file in files:
        names = {name for name in imported(file) if name.split(".")[:1] != ["glyphcord"] or is_private(name)}
        rooms = {name.split(".")[0] for name in names} & ROOMS
        assert rooms <= MAY_IMPORT[room], f"{file.relative_to(ROOT)} imports {sorted(rooms - MAY_IMPORT[room])}"


def arrows_of(room: str) -> dict[str, set[str]]:
    """Each module of a program with those of the same program that it imports."""
    modules = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file
        for file in (ROOT / room).rglob("*.py")
    }
    return {
        module: {name if name in modules else name.rpartition(".")[0] for name in imported(file)} & modules.keys()
        for module, file in modules.items()
    }


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_modules_import_each_other_in_a_circle(room: str) -> None:
    arrows = arrows_of(room)
    assert any(arrows.values())
    graphlib.TopologicalSorter(arrows).prepare()  # a CycleError names the modules of a circle


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_packages_import_each_other_in_a_circle(room: str) -> None:
    """Packages, and the modules beside them, have an order as well: each uses those below it alone."""

    def part(module: str) -> str:
        return ".".join(module.split(".")[:2])

    arrows: dict[str, set[str]] = {}
    for module, others in arrows_of(room).items():
        if module != room:
            arrows.setdefault(part(module), set()).update({part(other) for other in others} - {part(module), room})
    assert any(arrows.values())
    graphlib.TopologicalSorter(arrows).prepare()  # a CycleError names the packages of a circle


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_no_file_is_long(room: str) -> None:
    long = [str(file.relative_to(ROOT)) for file in (ROOT / room).rglob("*.py") if lines_of(file) >= MOST_LINES]
    assert not long, "divide these by idea"


def test_jobs_takes_only_leaves_of_models() -> None:
    for file in sorted((ROOT / "jobs").rglob("*.py")):
        for name in imported(file):
            if name.startswith("models."):
                assert name.split(".")[1] in LEAVES, f"{file.name} imports {name}"


def test_only_the_adapter_knows_rq() -> None:
    adapter = ROOT / "jobs" / "rq_adapter"
    for room in sorted(ROOMS):
        for file in (ROOT / room).rglob("*.py"):
            names = {name for name in imported(file) if name.split(".")[0] == "rq"}
            assert not names or file.is_relative_to(adapter), f"{file.relative_to(ROOT)} imports {sorted(names)}"


def test_the_queues_side_of_the_adapter_needs_no_worker() -> None:
    """The bot's image has RQ, but not what takes jobs."""
    names = imported(ROOT / "jobs" / "rq_adapter" / "queue.py")
    assert not {
        name for name in names if name.startswith(("jobs.rq_adapter.worker", "jobs.rq_adapter.job", "rq.worker"))
    }


def test_the_bot_runs_without_torch_and_parses_no_picture_by_a_library() -> None:
    """Beside its token nothing reads strangers' bytes but `models.files`."""
    code = (
        "import sys\n"
        "for name in ('torch', 'PIL', 'pillow_heif', 'av'): sys.modules[name] = None\n"
        "import bot.program, bot.client\n"
        "from jobs.picture_check import sniff\n"
        "print(sniff(b'BM' + bytes(12) + b'\\x0c\\0\\0\\0\\x10\\0\\x20\\0').width)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "16\n"), done.stderr


def test_a_worker_draws_on_a_processor_without_torch() -> None:
    code = "import sys; sys.modules['torch'] = None; import worker.program, worker.weights.verification"
    code += "; import models.inference.on_processor, models.quality.self_test"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_worker_starts_without_what_few_of_its_jobs_need() -> None:
    """Each of these libraries takes megabytes, and a part of the time until the worker is ready."""
    spare = "{'aiohttp', 'docx', 'lxml', 'onnx', 'av'}"
    code = f"import sys, worker.program, models.inference.on_processor; print(*{spare} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_the_models_command_line_loads_torch_only_when_it_works() -> None:
    code = "import sys; sys.modules['torch'] = None; import models.__main__"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)
