"""A picture whose document is not at its end yet: where its bytes go while nobody can say what they will be."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from tempfile import TemporaryFile

from ..events import Sink, Spooled

BLOCK = 256 * 1024


class Waiting:
    """A picture whose document is not at its end yet; this one is passed over."""

    def write(self, data: bytes) -> None:
        """Take the next bytes of the picture."""

    def preview(self) -> bytes:
        """The bytes, of what turned out to be a partial."""
        return b""

    def finish(self) -> Spooled | None:
        """The bytes, durable, of what turned out to be a picture; None where there are none."""
        return None

    def discard(self) -> None:
        """Forget what is not finished."""


class Nowhere(Waiting):
    """A partial that nobody looks at."""


class InMemory(Waiting):
    """A partial."""

    def __init__(self) -> None:
        self._data = BytesIO()  # unlike a bytearray it gives its bytes without a copy

    def write(self, data: bytes) -> None:
        self._data.write(data)

    def preview(self) -> bytes:
        return self._data.getvalue()


class InSink(Waiting):
    """A picture. Its sink is opened by its first byte: some gateways send `b64_json: ""` beside a URL."""

    def __init__(self, opener: Callable[[], Sink]) -> None:
        self._opener = opener
        self._sink: Sink | None = None

    def write(self, data: bytes) -> None:
        if self._sink is None:
            self._sink = self._opener()
        self._sink.write(data)

    def finish(self) -> Spooled | None:
        return None if self._sink is None else self._sink.finish()

    def discard(self) -> None:
        if self._sink is not None:
            self._sink.discard()


class Undecided(InSink):
    """Either of the two. It lies in a file without a name, so that a partial can never be taken for a picture."""

    def __init__(self, opener: Callable[[], Sink]) -> None:
        super().__init__(opener)
        self._file = TemporaryFile()  # noqa: SIM115 - discard closes it

    def write(self, data: bytes) -> None:
        self._file.write(data)

    def preview(self) -> bytes:
        self._file.seek(0)
        return self._file.read()

    def finish(self) -> Spooled | None:
        self._file.seek(0)
        while block := self._file.read(BLOCK):
            super().write(block)
        return super().finish()

    def discard(self) -> None:
        self._file.close()
        super().discard()
