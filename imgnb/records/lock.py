"""A lock: the file beside a notebook that pins each of its pictures, as JSON that is sorted and diffs well.

`report.ipynb` has `report.imgnb.lock`. A cell has an entry for each generation that it shows, and for each stored picture
that it only shows, in the order of its outputs. Nothing in it depends on the machine or on when it was written.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import LockInvalid
from ..files.whole import whole_file

VERSION = 1
SUFFIX = ".imgnb.lock"
BIGGEST = 64 * 1024**2
"Bytes of a lock file that is read: ten thousand pictures take six million."

_HASH = re.compile(r"[0-9a-f]{64}")
_ID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}")
_OF_A_LOCK, _OF_A_NOTEBOOK = re.compile(rb'"imgnb_lock"\s*:'), re.compile(rb'"nbformat"\s*:')
"A key as it is written; within a text its quotes would have backslashes."
_MOST = 1e15
"What nothing costs: a greater number is no price, and may be no float."

_AGAIN = "write it anew: imgnb lock NOTEBOOK"
_ELSEWHERE = "give another place: imgnb lock NOTEBOOK -o PATH"


@dataclass(frozen=True)
class PinnedAsset:
    """A picture that is pinned, by its hash; pixels, None where they are not known, and bytes."""

    sha256: str
    media_type: str
    byte_count: int
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Pin:
    """What a cell shows: a generation, or without a fingerprint, stored pictures."""

    assets: tuple[PinnedAsset, ...]
    fingerprint: str | None = None
    generation: str | None = None
    "Its id where it was made: another library may have the same pictures from another run."
    take: int | None = None
    operation: str | None = None
    route: str | None = None
    model: str | None = None
    prompt: str = ""
    "The beginning of the prompt, for people."
    inputs: tuple[str, ...] = ()
    "Hashes of the pictures that went in."
    cost: float | None = None
    currency: str | None = None

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hashes of its pictures, in order."""
        return tuple(asset.sha256 for asset in self.assets)


@dataclass(frozen=True)
class LockedCell:
    """A cell that shows pictures: its id, or its place where the notebook gives cells no ids."""

    cell: str
    pins: tuple[Pin, ...]


@dataclass(frozen=True)
class Lock:
    """What a notebook is pinned to."""

    notebook: str
    "The file's name, without its folder."
    cells: tuple[LockedCell, ...] = ()
    imgnb: str = field(default="", compare=False)
    "The version that wrote it."

    def pins(self) -> Iterator[tuple[str, Pin]]:
        """Each pin with its cell, in the notebook's order."""
        for locked in self.cells:
            for pin in locked.pins:
                yield locked.cell, pin

    def pin_of(self, fingerprint: str, *, cell: str | None = None, take: int | None = None) -> Pin | None:
        """What a request is pinned to: in this cell where it is known, else in the first that asks for it."""
        found = [(where, pin) for where, pin in self.pins() if pin.fingerprint == fingerprint]
        if take is not None:
            found = [(where, pin) for where, pin in found if pin.take == take]
        here = [pin for where, pin in found if where == cell]
        return next(iter(here or (pin for _, pin in found)), None)

    def text(self) -> str:
        """The file's text."""
        record = {
            "imgnb_lock": VERSION,
            "imgnb": self.imgnb,
            "notebook": self.notebook,
            "cells": [{"cell": one.cell, "pins": [_record(pin) for pin in one.pins]} for one in self.cells],
        }
        return json.dumps(record, indent=1, ensure_ascii=False, sort_keys=True) + "\n"

    def write(self, path: Path) -> None:
        """Put it into the file's place in one step; one that says the same is left alone.

        Raises LockInvalid where it cannot be written, and where something lies there that is no lock.
        """
        data = self.text().encode()
        try:
            path = path.resolve()  # a link stays one
            if path.exists() and _replaceable(path) == data:
                return
            with whole_file(path) as file:
                file.write_bytes(data)
        except (OSError, RuntimeError, ValueError) as exc:  # links in a circle, a name with a NUL
            reason = exc.strerror if isinstance(exc, OSError) else exc
            raise LockInvalid(f"{path} cannot be written: {reason}", hint=_ELSEWHERE) from exc


def _replaceable(path: Path) -> bytes:
    """What stands in a file that a lock may take the place of. Raises LockInvalid for what is anything else.

    A lock that a merge has broken is one by its name, or by the key that is left in it.
    """
    if not path.is_file():
        raise LockInvalid(f"{path} is no file", hint=_ELSEWHERE)
    with path.open("rb") as file:
        data = file.read(BIGGEST)
    ours = not data.strip() or path.name.endswith(SUFFIX) or _OF_A_LOCK.search(data)
    if not ours or _OF_A_NOTEBOOK.search(data):
        what = "a notebook" if _OF_A_NOTEBOOK.search(data) else "no lock of imgnb"
        raise LockInvalid(f"{path} is {what}, and is not overwritten", hint=f"{_ELSEWHERE}, or delete it first")
    return data


def lock_path(notebook: Path) -> Path:
    """Where the lock of this notebook lies: beside it, `report.imgnb.lock` for `report.ipynb`."""
    return notebook.parent / f"{notebook.stem}{SUFFIX}"  # `with_name` fails for what has none, such as "."


def read_lock(path: Path) -> Lock:
    """The lock in this file. Raises LockInvalid for one that cannot be read, or that a newer imgnb wrote."""
    try:
        if path.stat().st_size > BIGGEST:
            raise LockInvalid(f"{path} has {path.stat().st_size:,} bytes, which no lock has", hint=_AGAIN)
        return parse_lock(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, ValueError) as exc:  # no UTF-8, or a name with a NUL
        reason = exc.strerror if isinstance(exc, OSError) else exc
        raise LockInvalid(f"{path} cannot be read: {reason}", hint=_AGAIN) from exc


def parse_lock(text: str, where: str = "the lock") -> Lock:
    """The lock in this text. Raises LockInvalid, naming the place that is wrong."""
    try:
        record = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise LockInvalid(f"{where} is no JSON: {exc}", hint=f"take it from version control, or {_AGAIN}") from exc
    version = record.get("imgnb_lock") if isinstance(record, dict) else None
    if type(version) is not int or version < 1:
        raise LockInvalid(f"{where} is no lock of imgnb", hint=_AGAIN)
    if version > VERSION:
        raise LockInvalid(
            f"{where} was written by imgnb {record.get('imgnb') or 'of a later version'!s:.40}, as lock version {version}",
            hint="update imgnb: pip install --upgrade imgnb",
        )
    read = _Reader(where)
    cells = [read.cell(one, f"cells[{at}]") for at, one in enumerate(read.list(record.get("cells"), "cells"))]
    for name, count in Counter(one.cell for one in cells).items():
        if count > 1:
            raise LockInvalid(f"{where}: cell {name!r:.80} is there {count} times", hint=_AGAIN)
    return Lock(
        read.text(record.get("notebook"), "notebook"), tuple(cells), read.text(record.get("imgnb", ""), "imgnb")
    )


def is_generation_id(text: str) -> bool:
    """Whether a generation can have this id, in some library: the ULIDs that `library/clock.py` gives."""
    return _ID.fullmatch(text) is not None


def _record(pin: Pin) -> dict[str, Any]:
    record = {
        "assets": [
            {
                "sha256": asset.sha256,
                "media_type": asset.media_type,
                "bytes": asset.byte_count,
                "width": asset.width,
                "height": asset.height,
            }
            for asset in pin.assets
        ],
        **{name: getattr(pin, name) for name in _PLAIN},
        "inputs": list(pin.inputs),
    }
    return {name: value for name, value in record.items() if value not in (None, "", []) or name == "assets"}


_TEXTS = ("fingerprint", "generation", "operation", "route", "model", "prompt", "currency")
_PLAIN = (*_TEXTS, "take", "cost")


class _Reader:
    """Reads what may have been edited by hand, and says where it is wrong."""

    def __init__(self, where: str) -> None:
        self._where = where

    def cell(self, given: Any, at: str) -> LockedCell:
        record = self._table(given, at)
        pins = [self._pin(one, f"{at}.pins[{n}]") for n, one in enumerate(self.list(record.get("pins"), f"{at}.pins"))]
        return LockedCell(self.text(record.get("cell"), f"{at}.cell"), tuple(pins))

    def _pin(self, given: Any, at: str) -> Pin:
        record = self._table(given, at)
        texts = {name: self.text(record[name], f"{at}.{name}") for name in _TEXTS if record.get(name) is not None}
        take, cost = record.get("take"), record.get("cost")
        if take is not None and (type(take) is not int or take < 1):
            raise self._wrong(f"{at}.take", take, "a whole number from 1")
        if cost is not None and (type(cost) not in (int, float) or not 0 <= cost <= _MOST):
            raise self._wrong(f"{at}.cost", cost, "a number from 0")
        assets = self.list(record.get("assets"), f"{at}.assets")
        inputs = self.list(record.get("inputs", []), f"{at}.inputs")
        return Pin(
            tuple(self._asset(one, f"{at}.assets[{n}]") for n, one in enumerate(assets)),
            take=take,
            cost=None if cost is None else float(cost),
            inputs=tuple(self._hash(one, f"{at}.inputs[{n}]") for n, one in enumerate(inputs)),
            **texts,
        )

    def _asset(self, given: Any, at: str) -> PinnedAsset:
        record = self._table(given, at)
        sizes: dict[str, int | None] = {}
        for name in ("bytes", "width", "height"):
            value = sizes[name] = record.get(name)
            if (value is None and name == "bytes") or (value is not None and (type(value) is not int or value < 0)):
                raise self._wrong(f"{at}.{name}", value, "a whole number")
        return PinnedAsset(
            self._hash(record.get("sha256"), f"{at}.sha256"),
            self.text(record.get("media_type"), f"{at}.media_type"),
            sizes["bytes"] or 0,
            sizes["width"],
            sizes["height"],
        )

    def list(self, given: Any, at: str) -> list[Any]:
        if not isinstance(given, list):
            raise self._wrong(at, given, "a list")
        return given

    def text(self, given: Any, at: str) -> str:
        if not isinstance(given, str) or any("\ud800" <= letter <= "\udfff" for letter in given):
            raise self._wrong(at, given, "text")
        return given

    def _table(self, given: Any, at: str) -> Mapping[str, Any]:
        if not isinstance(given, dict):
            raise self._wrong(at, given, "a table")
        return given

    def _hash(self, given: Any, at: str) -> str:
        if not isinstance(given, str) or not _HASH.fullmatch(given):
            raise self._wrong(at, given, "a SHA-256 of 64 hexadecimal digits")
        return given

    def _wrong(self, at: str, given: object, wanted: str) -> LockInvalid:
        return LockInvalid(f"{self._where}: {at} is {given!r:.80}, not {wanted}", hint=_AGAIN)
