"""Where a model's bytes come from: files in WEIGHTS_DIR or shipped with the project, and the registry in Redis.

Files are offered to the registry, so that machines without them can have them; a file that nobody has seen yet
is what `/model reload` looks for. Only names lead to files, never paths.
"""

import hashlib
import logging
from pathlib import Path
from typing import Final

from jobs.registry.weights import SHORT, WeightsStore
from jobs.text.sentences import ServiceProblem
from models.weights_file import SHIPPED, WeightsError, find_weights, read_bytes, read_weights

_log = logging.getLogger(__name__)

_SUFFIX: Final = ".safetensors"


class WeightsSource:
    """The registry and this machine's files, as one worker (`by`) sees them."""

    def __init__(self, store: WeightsStore, folder: Path | None, by: str) -> None:
        self.store = store
        self._folder = folder
        self._by = by
        self._refused: set[tuple[Path, int]] = set()

    def file(self, name: str) -> bytes | None:
        """The bytes of this machine's file of that name; None if it has none. Raises WeightsError."""
        try:
            path = find_weights(name, self._folder)
        except WeightsError:
            return None
        return read_bytes(path)

    def bytes_of(self, name: str, sha256: str) -> bytes:
        """A version's bytes, from a file that has them or from the registry. Raises WeightsError."""
        try:
            data = self.file(name)
        except WeightsError:
            data = None
        if data is None or hashlib.sha256(data).hexdigest() != sha256:
            data = self.store.blob(sha256)
        if data is None:
            raise WeightsError(f"version {sha256[:SHORT]} of {name} is kept neither here nor in the registry")
        return data

    def current(self, name: str) -> bytes:
        """The bytes of the version that is in use, or of this machine's file where the registry has no such model.

        Raises WeightsError, and ServiceProblem `unknown_style` with the names there are.
        """
        model = self.store.model(name)
        if model is not None:
            return self.bytes_of(name, model.active)
        data = self.file(name)
        return self.bytes_of(name, self.store.known(name).active) if data is None else data

    def offer(self, name: str) -> str | None:
        """The version of this machine's file, put into the registry, if nobody has seen it yet; else None.

        Raises WeightsError for a file that cannot be used, ServiceProblem for one that cannot be kept.
        """
        data = self.file(name)
        if data is None:
            return None
        sha256 = hashlib.sha256(data).hexdigest()
        if any(version.sha256 == sha256 for version in self.store.versions(name)):
            return None
        read_weights(data, name)
        self.store.put(data, name, origin="file", by=self._by)
        return sha256

    def publish(self, name: str, data: bytes) -> None:
        """Make a model known under these bytes, unless one of that name is. Raises ServiceProblem."""
        version = self.store.put(data, name, origin="file", by=self._by)
        self.store.announce(name, version.sha256, self._by)

    def publish_files(self) -> None:
        """Make every file of this machine known whose name is not, so that it can be asked for as a style.

        One that cannot be used is told once; where several workers have a file, one of them tries it.
        """
        known = self.store.models()
        for name, path in self._files().items():
            seen = path, _changed_at(path)
            if name in known or seen in self._refused or not self.store.may_try(name, self._by):
                continue
            try:
                data = read_bytes(path)
                read_weights(data, name)
                self.publish(name, data)
                _log.info("model published name=%s version=%s", name, hashlib.sha256(data).hexdigest()[:SHORT])
            except (WeightsError, ServiceProblem) as error:
                self._refused.add(seen)
                _log.warning("model not published name=%s reason=%r", name, _words(error))

    def names(self) -> list[str]:
        """The models that can be named here: this machine's files, and those of the registry."""
        return sorted({*self._files(), *self.store.models()})

    def _files(self) -> dict[str, Path]:
        """This machine's files by the names that they have as models."""
        folders = [SHIPPED, *([self._folder] if self._folder else [])]  # of one name, the last counts
        return {path.stem: path for folder in folders for path in sorted(folder.glob(f"*{_SUFFIX}"))}


def _changed_at(path: Path) -> int:
    """In nanoseconds; 0 for a file that cannot be looked at, as reading it tells why."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _words(error: Exception) -> str:
    return error.detail if isinstance(error, ServiceProblem) else str(error)
