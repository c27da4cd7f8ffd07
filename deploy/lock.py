"""Write the locks that images and services are installed from: `pip install uv && python deploy/lock.py`.

Each package in one version, with the hashes of its files, for Linux and macOS, Python 3.11 and newer. `worker.txt`
is what a worker on a processor needs; `torch-cuda.txt` has PyTorch, and what it needs besides, for one with a card.
Run this again when pyproject.toml or constraints.txt changes, and now and then for security fixes; a test compares.
"""

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
LOCKS: Final = ROOT / "deploy" / "locks"
PACKAGE: Final = re.compile(r"[A-Za-z0-9._-]+")


def resolve(*what: str, given: str = "") -> list[str]:
    """Blocks of a requirements file, one a package: its pin and its hashes."""
    done = subprocess.run(  # noqa: S603
        [  # noqa: S607
            "uv",
            "pip",
            "compile",
            *what,
            "--universal",
            "--python-version",
            "3.11",
            "--generate-hashes",
            "--no-header",
            "--no-annotate",
            "--quiet",
            "--constraints",
            str(ROOT / "constraints.txt"),
        ],
        cwd=ROOT,
        input=given,
        capture_output=True,
        text=True,
        check=True,
    )
    return re.findall(r"^\S(?:.*\\\n)*.*\n", done.stdout, re.MULTILINE)


def write(name: str, blocks: list[str]) -> None:
    """One file, with a line that says where it comes from."""
    text = f"# Written by deploy/lock.py; install with pip's --require-hashes.\n{''.join(blocks)}"
    (LOCKS / name).write_text(text, encoding="utf-8")


def name_of(block: str) -> str:
    """The package that a block pins."""
    found = PACKAGE.match(block)
    assert found  # noqa: S101
    return found.group()


def main() -> None:
    """Resolve and write all of them."""
    more = ("--extra", "video", "--extra", "trace")
    on_processor = {name_of(block) for block in resolve("pyproject.toml", "--extra", "worker-cpu", *more)}
    # One resolution for both files, so that they go together.
    worker = resolve("pyproject.toml", "--extra", "worker", *more)
    write("bot.txt", resolve("pyproject.toml", "--extra", "bot", "--extra", "trace"))
    write("worker.txt", [block for block in worker if name_of(block) in on_processor])
    write("torch-cuda.txt", [block for block in worker if name_of(block) not in on_processor])
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    write("build.txt", resolve("-", given="\n".join(project["build-system"]["requires"])))


if __name__ == "__main__":
    main()
