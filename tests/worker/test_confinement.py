"""What a decoder that was taken over could do: each deed is tried, outside of its confinement and in it."""

import errno
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from models.problems import PictureProblem
from models.rendering.still import decode
from tests.models.files.test_sizes import ENCODINGS
from tests.models.pictures import damaged_fax, encoded
from tests.models.pictures import photo as picture
from tests.worker.processes import REPOSITORY
from tests.worker.samples import photo
from tests.worker.test_decoder import pid_of, python
from worker.render.confinement import missing
from worker.render.decoder import Decoder

KERNEL: Final = missing() if sys.platform == "linux" else ["landlock", "seccomp"]
needs_both = pytest.mark.skipif(bool(KERNEL), reason=f"this kernel lacks {', '.join(KERNEL)}")

# What a decoder is taken over to do. The numbers are of calls that Python has no function for.
CHILD: Final = """
import ctypes, errno, json, os, platform, resource, signal, socket, subprocess, sys, threading
import models
from worker.render import confinement
from worker.render.decoder_process import PACKAGES

how, settings, port, box = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
parent = os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
arm = platform.machine() == "aarch64"

def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *(ctypes.c_long(one) for one in arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "")
    return result

def read(path):
    with open(path, "rb") as file:
        file.read(1)

def write(path):
    with open(path, "ab") as file:
        file.write(b"x")

def connect(family, kind, address):
    with socket.socket(family, kind) as one:
        one.connect(address)

def fork():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

def memory():
    there, here = ctypes.create_string_buffer(1), ctypes.create_string_buffer(1)
    iov = (ctypes.c_size_t * 2)(ctypes.addressof(here), 1)
    of = (ctypes.c_size_t * 2)(ctypes.addressof(there), 1)
    call(270 if arm else 310, os.getpid(), ctypes.addressof(iov), 1, ctypes.addressof(of), 1, 0)

deeds = {
    "the parent's environment": lambda: read(f"/proc/{parent}/environ"),
    "the parent's memory": lambda: read(f"/proc/{parent}/maps"),
    "its own environment": lambda: read("/proc/self/environ"),
    "the list of processes": lambda: os.listdir("/proc"),
    "settings": lambda: read(settings),
    "the repository": lambda: read(os.path.join(os.path.dirname(models.__path__[0]), "pyproject.toml")),
    "users": lambda: read("/etc/passwd"),
    "a file's writing": lambda: write(settings),
    "a folder": lambda: os.mkdir(settings + ".d"),
    "a link": lambda: os.symlink("/", settings + ".l"),
    "tcp": lambda: connect(socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", port)),
    "udp": lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 9)),
    "unix": lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, box),
    "pair": lambda: socket.socketpair(),
    "fork": fork,
    "exec": lambda: subprocess.run(["/bin/true"], check=True),
    "spawn": lambda: os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0),
    "a signal": lambda: os.kill(parent, 0),
    "a signal to all": lambda: os.kill(-os.getpgid(0), 0),
    "a process's handle": lambda: os.close(call(434, parent, 0)),
    "a process's limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
    "memory of processes": memory,
    "memory as a file": lambda: os.close(os.memfd_create("x")),
    "shared memory": lambda: call(194 if arm else 29, 0, 4096, 0o600),
    "io_uring": lambda: call(425, 0, 0),
    "namespaces": lambda: call(97 if arm else 272, 0x20000),
    "another abi": lambda: call(0x40000000 + 39),
}
if how == "confined":
    assert confinement.confine(PACKAGES) == [], "not confined"
elif how == "without landlock":
    confinement._restrict_files = lambda packages: False
    assert confinement.confine(PACKAGES) == ["landlock"]
done = {}
for name, deed in deeds.items():
    try:
        deed()
        done[name] = 0
    except OSError as error:
        done[name] = error.errno
    except subprocess.SubprocessError:
        done[name] = errno.EPERM
# And what it does need.
threads = [threading.Thread(target=len, args=("",)) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
import numpy, PIL.Image, models.rendering.decoding
print(json.dumps(done), flush=True)
os.abort()
"""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, int]]:
    """The error of each deed by name, 0 where it was done: confined, partly, and not."""
    folder = tmp_path_factory.mktemp("tried")
    settings, box = folder / ".env", folder / "socket"
    settings.write_text("DISCORD_TOKEN=x")
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    found = {}
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(str(box))
        unix.listen()
        port = server.getsockname()[1]
        for how in ("confined", "without landlock", "free"):
            command = [*python(CHILD), how, str(settings), str(port), str(box)]
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            # It may signal itself: this is how the C library ends a process that it finds broken.
            assert done.returncode == -6, done.stderr
            found[how] = json.loads(done.stdout)
            for made in (".env.d", ".env.l"):
                path = folder / made
                path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    return found


OF_LANDLOCK: Final = frozenset(
    {
        *("the parent's environment", "the parent's memory", "its own environment", "the list of processes"),
        *("settings", "the repository", "users", "a file's writing", "a folder", "a link"),
    }
)
# Of these a machine's own rules may refuse some even where nothing is confined.
HARMLESS: Final = OF_LANDLOCK | {"tcp", "udp", "unix", "pair", "fork", "exec", "spawn", "a signal"}


@needs_both
def test_nothing_of_it_can_be_done(tried: dict[str, dict[str, int]]) -> None:
    assert {name: code for name, code in tried["free"].items() if code and name in HARMLESS} == {}
    refused = (errno.EPERM, errno.EACCES)
    assert {name: code for name, code in tried["confined"].items() if code not in refused} == {}


@needs_both
def test_a_kernel_without_landlock_still_keeps_it_from_network_and_processes(
    tried: dict[str, dict[str, int]],
) -> None:
    # A file that would grow is EFBIG: that limit holds everywhere.
    refused = (errno.EPERM, errno.EACCES, errno.EFBIG)
    allowed = {name for name, code in tried["without landlock"].items() if code not in refused}
    assert allowed <= OF_LANDLOCK - {"a file's writing"}


@needs_both
def test_the_decoder_is_confined(caplog: pytest.LogCaptureFixture) -> None:
    with Decoder() as decoder, caplog.at_level("INFO"):
        decoder.still(photo())
        status = Path(f"/proc/{pid_of(decoder)}/status").read_text(encoding="utf-8")
    assert "NoNewPrivs:\t1\n" in status and "Seccomp:\t2\n" in status
    assert [record.getMessage() for record in caplog.records] == ["decoder confined by=landlock,seccomp"]


def test_less_than_all_of_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    code = "from worker.render import decoder_process as d; d.confine = lambda _: ['landlock']; d.main()"
    with Decoder(python(code)) as decoder:
        for _ in range(2):
            decoder.still(photo())
    (record,) = caplog.records
    assert record.levelname == "WARNING" and "missing=landlock" in record.getMessage()


@pytest.fixture(scope="module")
def decoder() -> Iterator[Decoder]:
    with Decoder(limit_s=60) as warm:
        yield warm


@pytest.mark.parametrize(("form", "options"), ENCODINGS, ids=str)
def test_each_format_is_decoded_all_the_same(decoder: Decoder, form: str, options: dict[str, object]) -> None:
    """Videos are in test_video."""
    options = {name: value for name, value in options.items() if name != "alpha"}
    if options.get("save_all"):
        options |= {"append_images": [picture(83, 61, seed=1)]}
    data = encoded(picture(83, 61), form, **options)
    assert np.array_equal(decoder.still(data).pixels, decode(data))
    moving = options.get("save_all") and form not in ("TIFF", "HEIF")
    assert len(decoder.frames(data, 40).pixels) == (2 if moving else 1)


def test_what_libraries_write_is_one_record(
    decoder: Decoder, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """libtiff writes a line for each damaged row of a fax."""
    decoder.still(photo())
    caplog.clear()
    for _ in range(2):
        decoder.still(damaged_fax())
        (record,) = caplog.records
        words = record.getMessage()
        assert words.startswith("decoder wrote lines=") and "\n" not in words and len(words) < 700
        assert int(words.split("lines=")[1].split()[0]) > 100
        caplog.clear()
    assert capfd.readouterr().err == ""


def test_last_words_of_one_that_dies_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    code = "import os, sys; sys.stdin.buffer.readline(); os.write(2, b'a last word'); os.kill(os.getpid(), 11)"
    with Decoder(python(code)) as decoder, pytest.raises(PictureProblem):
        decoder.still(photo())
    assert sum("a last word" in record.getMessage() for record in caplog.records) == 2


# --- the worker's side --------------------------------------------------------------------------------------------

UNDUMPABLE: Final = """
import ctypes, os
from jobs.undumpable import make_undumpable

def seen():
    parent = os.getpid()
    child = os.fork()
    if not child:
        try:
            with open(f"/proc/{parent}/environ", "rb") as file:
                file.read()
        except PermissionError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)  # which a change of user has cleared
before = seen()
make_undumpable()
print(before, seen())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux shows processes as files")
def test_an_environment_is_closed_to_others_of_the_same_user() -> None:
    done = subprocess.run(python(UNDUMPABLE), cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
