"""What a machine grants its programs: ports and open files."""

import errno
import resource
import socket
from typing import Final
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from glyphcord.doctor.finding import Finding, broken, note, ok

FILES: Final = 1024
"""Open files that a bot in a burst or a worker with its decoder may need, with room to spare."""


def port(name: str, host: str, number: int | None) -> Finding:
    """Whether a program can listen where its setting says, or does so already."""
    if number is None:
        return ok("port", f"{name} is not set: no probes and no metrics")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, number))
    except OSError as error:
        if error.errno == errno.EADDRINUSE and _is_ours(host, number):
            return ok("port", f"{name}: {number} is in use by a program that answers /healthz, as ours do")
        return broken("port", f"{name}: cannot listen on {host}:{number}: {error.strerror}", _todo(name, error))
    return ok("port", f"{name}: {host}:{number} is free")


def _todo(name: str, error: OSError) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return f"stop the program that has it, or choose another {name}"
        case errno.EACCES:
            return f"choose a {name} from 1024"
    return f"HTTP_HOST must be an address of this machine; correct it, or {name}"


def _is_ours(host: str, number: int) -> bool:
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    try:
        with build_opener(ProxyHandler({})).open(f"http://{name}:{number}/healthz", timeout=2):  # past any proxy
            return True
    except HTTPError as answer:
        return answer.code == 503  # alive, but not well
    except (URLError, OSError, ValueError):
        return False


def file_limit() -> Finding:
    """How many files and connections a program may have open."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= FILES:
        return ok("files", f"{'any number' if soft == resource.RLIM_INFINITY else soft} may be open at one time")
    return note(
        "files",
        f"only {soft} may be open at one time; a burst of commands may need {FILES}",
        f"`ulimit -n {FILES}` before the start, or LimitNOFILE={FILES} in systemd's unit"
        + ("" if hard == resource.RLIM_INFINITY or hard >= FILES else f" (as root: at most {hard} are granted)"),
    )
