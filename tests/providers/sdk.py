"""The official SDK as a judge of answers, and what its tests send."""

from __future__ import annotations

import base64
import io
from typing import TypeVar

from PIL import Image
from pydantic import BaseModel

from imgnb.pictures import probe

Kind = TypeVar("Kind", bound=BaseModel)


def faulty(name: str) -> dict[str, str]:
    return {"x-imgnb-fault": name}


def strictly(kind: type[Kind], document: object) -> Kind:
    """The document as this type, to the letter: nothing is converted and nothing is left over."""
    value = kind.model_validate(document, strict=True)
    assert not left_over(value)
    return value


def left_over(value: object) -> list[str]:
    """The names of fields that the types do not have, at any depth."""
    if isinstance(value, BaseModel):
        below = [name for item in value.__dict__.values() for name in left_over(item)]
        return [*(value.model_extra or {}), *below]
    return [name for item in value for name in left_over(item)] if isinstance(value, list) else []


def size_of(b64: str | None) -> tuple[str, int, int]:
    picture = probe(base64.b64decode(b64 or ""))
    return picture.media_type, picture.width, picture.height


def picture_file(alpha: bool = False, size: tuple[int, int] = (96, 64), kind: str = "PNG") -> io.BytesIO:
    buffer = io.BytesIO()
    Image.new("RGBA" if alpha else "RGB", size, (200, 30, 60, 0)[: 4 if alpha else 3]).save(buffer, kind)
    buffer.seek(0)
    buffer.name = f"picture.{kind.lower()}"
    return buffer


def encoded(file: io.BytesIO) -> str:
    """A file as a data URL."""
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
