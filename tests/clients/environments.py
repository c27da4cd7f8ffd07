"""The environment of each client: made once, kept in .clients/ and used again while its pins stay.

`python -m tests.clients.environments` makes all of them; tests make what is missing. An environment holds one
client alone, for discord.py and py-cord both are the package `discord`.
"""

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
KEPT_IN = ROOT / ".clients"
BOTS = Path(__file__).parent / "bots"
LIMIT_S = 200
"""Within which each is installed: twice that, for one who waits for another's try, is less than a test may take."""
NODE_PACKAGES = ("discord.js@14.28.1", "oceanic.js@1.15.0", "eris@0.18.0")


class Unavailable(Exception):
    """The environment cannot be made on this machine; the text says why."""


@dataclass(frozen=True)
class Client:
    """A library, what to install for it, and our bot on it."""

    name: str
    bot: str
    requirements: tuple[str, ...]

    @property
    def on_node(self) -> bool:
        return self.bot.endswith(".cjs")


CLIENTS = (
    Client("discord.py", "discord_py_bot.py", ("discord.py==2.7.1",)),
    Client("hikari", "hikari_bot.py", ("hikari==2.7.0",)),
    Client("disnake", "disnake_bot.py", ("disnake==2.12.2",)),
    Client("nextcord", "nextcord_bot.py", ("nextcord==2.6.0", "setuptools<81")),
    Client("py-cord", "py_cord_bot.py", ("py-cord==2.8.1",)),
    Client("interactions.py", "interactions_py_bot.py", ("discord-py-interactions==5.16.0",)),
    Client("discord.js", "discord_js_bot.cjs", NODE_PACKAGES),
    Client("oceanic.js", "oceanic_js_bot.cjs", NODE_PACKAGES),
    Client("eris", "eris_bot.cjs", NODE_PACKAGES),
)


def command(client: Client) -> tuple[list[str], dict[str, str]]:
    """What starts the client's bot: the program with its arguments, and variables of the environment that it needs.

    Makes the environment if it is not there. Raises Unavailable."""
    kept = _made(client.requirements)
    if client.on_node:
        return [_node("node"), str(BOTS / client.bot)], {"NODE_PATH": str(kept / "node_modules")}
    return [str(kept / "bin" / "python"), str(BOTS / client.bot)], {}


def _made(requirements: tuple[str, ...]) -> Path:
    """The environment with these alone, by whichever process comes first; the others wait for it."""
    pins = hashlib.sha256(" ".join((sys.version, *requirements)).encode()).hexdigest()[:8]
    kept = KEPT_IN / f"{requirements[0].partition('==')[0].partition('@')[0]}-{pins}"
    KEPT_IN.mkdir(exist_ok=True)
    with Path(f"{kept}.lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (kept / ".ready").exists():
            shutil.rmtree(kept, ignore_errors=True)
            (_make_node if "@" in requirements[0] else _make_python)(kept, requirements)
            (kept / ".ready").touch()
    return kept


def _make_python(kept: Path, requirements: tuple[str, ...]) -> None:
    uv = Path(sys.executable).with_name("uv")
    _run([str(uv), "venv", "--quiet", "--python", sys.executable, str(kept)])
    _run([str(uv), "pip", "install", "--quiet", "--python", str(kept / "bin" / "python"), *requirements])


def _make_node(kept: Path, requirements: tuple[str, ...]) -> None:
    npm = _node("npm")
    kept.mkdir()
    quiet = ["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", "--loglevel=error"]
    soon = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000"]
    _run([npm, "install", *quiet, *soon, "--prefix", str(kept), *requirements])


def _node(program: str) -> str:
    found = shutil.which(program, path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if found is None:
        raise Unavailable(f"there is no {program} on this machine")
    return found


def _run(arguments: list[str]) -> None:
    try:
        done = subprocess.run(arguments, check=False, capture_output=True, text=True, timeout=LIMIT_S)
    except subprocess.TimeoutExpired as error:  # a network that answers nothing
        raise Unavailable(f"{Path(arguments[0]).name} installed nothing within {LIMIT_S} s") from error
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise Unavailable(f"{Path(arguments[0]).name} cannot install {arguments[-1]}: {' '.join(last)[:200]}")


@functools.cache
def why_not(requirements: tuple[str, ...]) -> str | None:
    """Why the environment cannot be had, or None; asked once a process."""
    try:
        _made(requirements)
    except Unavailable as reason:
        return str(reason)
    return None


def main() -> None:
    """Make what is missing, two at a time, and say how long it took."""
    os.nice(10)  # in the background of something else
    began = time.monotonic()
    with ThreadPoolExecutor(2) as makers:
        problems = list(makers.map(why_not, dict.fromkeys(client.requirements for client in CLIENTS)))
    for problem in filter(None, problems):
        print(f"clients: {problem}")
    print(f"clients: environments are there after {time.monotonic() - began:.1f} s")


if __name__ == "__main__":
    main()
