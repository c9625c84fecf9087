"""A proxy that loses replies: the server has done its work, and nobody hears of it."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator


class LossyProxy:
    """Forward to a port of this machine, and drop every n-th reply with its connection."""

    def __init__(self, target: int, *, every: int) -> None:
        """Listen; ``lost`` counts the dropped replies."""
        self._target = target
        self._every = every
        self._replies = itertools.count(1)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.lost = 0
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    def close(self) -> None:
        """Take no more connections."""
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                for work in (self._questions, self._answers):
                    threading.Thread(target=work, args=(near, far), daemon=True).start()

    def _questions(self, near: socket.socket, far: socket.socket) -> None:
        with _closing(near, far):
            while data := near.recv(65_536):
                far.sendall(data)

    def _answers(self, near: socket.socket, far: socket.socket) -> None:
        with _closing(near, far):
            while data := far.recv(65_536):
                if next(self._replies) % self._every == 0:
                    self.lost += 1
                    return
                near.sendall(data)


@contextlib.contextmanager
def _closing(*sockets: socket.socket) -> Iterator[None]:
    try:
        with contextlib.suppress(OSError):
            yield
    finally:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
