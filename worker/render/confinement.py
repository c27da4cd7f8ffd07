"""What a process may still do once it has shut itself in: read Python's own files, and compute.

Landlock, where the kernel has it, takes the file system away but for the folders of code, and with it other
processes' /proc; also TCP, signals and abstract sockets to outside. A seccomp filter refuses the system calls for a
network, for other programs and for other processes, also where Landlock is missing. Both are by ctypes: the Python
packages for them want compiled libraries of their own, for what are four system calls and a table.

Only for a process of one thread: Landlock binds the thread that asks, and those that come after.
"""

import ctypes
import errno
import os
import platform
import resource
import site
import struct
import sys
import sysconfig
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Final

from worker.render.system_calls import ARCHITECTURES, REFUSED, Architecture

PROTECTIONS: Final = ("landlock", "seccomp")
"""What `missing` and `confine` may name."""
MOST_FILES: Final = 64
"""Files open at one time; an import needs three."""

_NO_NEW_PRIVILEGES: Final = 38
_READ_FILE, _READ_FOLDER = 1 << 2, 1 << 3
# So many rights to files, each one bit, has each version of Landlock; then of network, and of scopes.
_RIGHTS: Final = (13, 14, 15, 15, 16)
_TCP, _TCP_SINCE = 0b11, 4
_SCOPES, _SCOPES_SINCE = 0b11, 6
_CREATE, _ADD, _RESTRICT = 444, 445, 446
_ASK_VERSION, _BENEATH = 1, 1
_FILTER, _ALL_THREADS = 1, 1
# BPF, of which seccomp knows these. The fields of its data are the call's number, the architecture, and arguments.
_LOAD, _IS, _AT_LEAST, _HAS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
_OTHER_ABI: Final = 0x40000000
"""x86-64 has a second numbering of its calls from here on."""
_THREAD: Final = 0x00010000
_TYPE_AHEAD: Final = 0x5412
"""The ioctl that types into a terminal for its user."""

_FOLDERS: Final = (
    *("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache"),
    "/sys/devices/system/cpu",  # how many cores there are
)


def missing() -> list[str]:
    """What this kernel does not offer of `confine`, by PROTECTIONS; empty where all of it is there."""
    if sys.platform != "linux" or _architecture() is None:
        return list(PROTECTIONS)
    lacking = [] if _landlock_version() else ["landlock"]
    # Whether it knows the answer by which a filter refuses a call.
    if _call(_seccomp(), 2, 0, ctypes.byref(ctypes.c_uint32(_REFUSE))) != 0:
        lacking.append("seccomp")
    return lacking


def confine(packages: Iterable[ModuleType]) -> list[str]:
    """Shut this process in, for good; what of it failed, as `missing` names it.

    Of the project's files the `packages` stay readable: the folder around them may hold settings.
    """
    for limit, most in (
        (resource.RLIMIT_NOFILE, MOST_FILES),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    here = _architecture()
    if sys.platform != "linux" or here is None:
        return missing()
    failed = []
    if ctypes.CDLL(None, use_errno=True).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0 or not _restrict_files(
        packages
    ):
        failed.append("landlock")
    program = _program(here)
    instructions = ctypes.create_string_buffer(program)
    filter_ = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    )
    if _call(_seccomp(), _FILTER, _ALL_THREADS, filter_) != 0:
        failed.append("seccomp")
    return failed


# --- Landlock -----------------------------------------------------------------------------------------------------


def _restrict_files(packages: Iterable[ModuleType]) -> bool:
    version = _landlock_version()
    if version <= 0:
        return False
    handled = [(1 << _RIGHTS[min(version, len(_RIGHTS)) - 1]) - 1]
    handled += [_TCP] if version >= _TCP_SINCE else []
    handled += [_SCOPES] if version >= _SCOPES_SINCE else []
    attributes = struct.pack(f"{len(handled)}Q", *handled)
    rules = _call(_CREATE, ctypes.create_string_buffer(attributes, len(attributes)), len(attributes), 0)
    if rules < 0:
        return False
    try:
        for path in sorted(_readable(packages)):
            _allow_reading(rules, path)
        return _call(_RESTRICT, rules, 0) == 0
    finally:
        os.close(rules)


def _readable(packages: Iterable[ModuleType]) -> set[str]:
    """Where code is, ours and Python's: what is imported late, FFmpeg with the first video, must be found."""
    ours = (folder for package in packages for folder in package.__path__)
    pythons = (sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    libraries = (f"{sys.base_prefix}/lib", *os.environ.get("LD_LIBRARY_PATH", "").split(":"))
    users = [site.getusersitepackages()] if site.ENABLE_USER_SITE else []
    return {str(Path(path).resolve()) for path in (*ours, *pythons, *users, *libraries, *_FOLDERS) if path}


def _allow_reading(rules: int, path: str) -> None:
    """A path that is not there needs no rule."""
    try:
        file = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        rights = _READ_FILE | _READ_FOLDER if Path(path).is_dir() else _READ_FILE
        beneath = struct.pack("=Qi", rights, file)
        _call(_ADD, rules, _BENEATH, ctypes.create_string_buffer(beneath, len(beneath)), 0)
    finally:
        os.close(file)


def _landlock_version() -> int:
    """The kernel's; 0 or less where it has none, or a filter refuses to say."""
    return _call(_CREATE, None, 0, _ASK_VERSION)


# --- seccomp ------------------------------------------------------------------------------------------------------


def _program(here: Architecture) -> bytes:
    """The filter: the calls of REFUSED fail with EPERM, some only where they reach beyond this process."""
    refuse = [(_RETURN, 0, 0, _REFUSE | errno.EPERM)]
    allow = [(_RETURN, 0, 0, _ALLOW)]
    lines = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_IS, 1, 0, here.audit),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _OTHER_ABI),
        *refuse,
    ]
    # C libraries take the older call where this one is unknown, and that one tells threads from processes.
    cases = {here.clone3: [(_RETURN, 0, 0, _REFUSE | errno.ENOSYS)]}
    cases[here.clone] = [(_LOAD, 0, 0, _ARGUMENTS), (_HAS, 1, 0, _THREAD), *refuse, *allow]
    for number in here.of_a_process:
        # Its own process may signal itself: that is how it aborts.
        cases[number] = [(_LOAD, 0, 0, _ARGUMENTS), (_IS, 1, 0, os.getpid()), *refuse, *allow]
    cases[here.prlimit] = [(_LOAD, 0, 0, _ARGUMENTS), (_IS, 1, 0, 0), *refuse, *allow]
    cases[here.ioctl] = [(_LOAD, 0, 0, _ARGUMENTS + 8), (_IS, 0, 1, _TYPE_AHEAD), *refuse, *allow]
    for numbers in REFUSED.values():
        if (one := numbers[here.column]) is not None:
            cases[one] = refuse
    for number, answer in cases.items():
        lines += [(_IS, 0, len(answer), number), *answer]
    return b"".join(struct.pack("HBBI", *line) for line in lines + allow)


def _architecture() -> Architecture | None:
    return ARCHITECTURES.get(platform.machine()) if sys.byteorder == "little" and sys.maxsize > 2**32 else None


def _seccomp() -> int:
    here = _architecture()
    return here.seccomp if here is not None else -1


def _call(number: int, *arguments: object) -> int:
    """A system call's result, -1 for an error."""
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    # Not all of these are ints by themselves: a pointer may be wider than one.
    return int(function(ctypes.c_long(number), *(_argument(one) for one in arguments)))


def _argument(value: object) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value
