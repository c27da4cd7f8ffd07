"""A TCP proxy that is started, stopped, stalled and pointed elsewhere: Redis behind a name, and what networks do to
it.
"""

import contextlib
import socket
import threading
from typing import Self

from devstack.valkey import free_port


class Proxy:
    """Forwards one local port to `target`. `port` stays the same for the proxy's life."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.losing: bytes | None = None
        """The answer to a request that contains these bytes is lost, and the connection with it."""
        self.lost = 0
        self.turned_away = 0
        """Connections for which nobody listened behind this."""
        self._flows = threading.Event()
        self._flows.set()
        self._open: set[socket.socket] = set()
        self._listener: socket.socket | None = None
        self.port = free_port()

    def start(self) -> None:
        """Take connections."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self._listener = listener
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def stop(self) -> None:
        """Refuse connections, and cut those there are."""
        if self._listener is not None:
            # Closing alone does not wake the thread that waits in accept().
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        self.cut()
        self.resume()  # so that no thread waits for ever

    def cut(self) -> None:
        """Cut the connections there are."""
        for end in list(self._open):
            _close(end)

    def stall(self) -> None:
        """Forward nothing until `resume`, and close nothing: what is sent meanwhile arrives then."""
        self._flows.clear()

    def resume(self) -> None:
        """Forward again."""
        self._flows.set()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._join, args=(client,), daemon=True).start()

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            self.turned_away += 1
            _close(client)
            return
        server.settimeout(None)
        self._open |= {client, server}
        deaf = threading.Event()
        threading.Thread(target=self._forward, args=(client, server, deaf, True), daemon=True).start()
        self._forward(server, client, deaf, False)

    def _forward(self, source: socket.socket, sink: socket.socket, deaf: threading.Event, asking: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                if asking and self.losing is not None and self.losing in data:
                    deaf.set()
                if not asking and deaf.is_set():
                    self.lost += 1
                    break
                self._flows.wait()
                sink.sendall(data)
        for end in (source, sink):
            _close(end)
            self._open.discard(end)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
