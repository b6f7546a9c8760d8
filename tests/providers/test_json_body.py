"""JSON bodies with pictures: to the byte what they would be with the data URLs as texts, and never wrong in silence."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from imgnb.errors import BYTES_GONE, AssetNotFound, Cancelled, LibraryError
from imgnb.events import Cancel
from imgnb.providers.json_body import BLOCK, DataURL, JsonBody, in_json
from imgnb.request import Reference

PROMPT = '"data:image/png;base64," DataURL(picture) {"image_url": null} \\ \x00 \u2028 ñ 🦊 </script>'
SIZES = (0, 1, 2, 3, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 2)

MakeReference = Callable[[int], Reference]


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[MakeReference]:
    """Makes references to files of so many bytes."""

    def stored(size: int) -> Reference:
        path = tmp_path / f"{size}.png"
        path.write_bytes(random.Random(size).randbytes(size))
        return Reference(f"{size:064x}", "image/png", path, bytes=size)

    return stored


def spelled(value: Any) -> Any:
    """The document with the data URLs as texts."""
    if isinstance(value, DataURL):
        data = base64.b64encode(value.picture.path.read_bytes()).decode()
        return f"data:{value.picture.media_type};base64,{data}"
    if isinstance(value, dict):
        return {name: spelled(item) for name, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, list) else value


def body(document: dict[str, Any], cancel: Cancel | None = None) -> JsonBody:
    return in_json(document, cancel or Cancel())["content"]


@pytest.mark.parametrize(
    "document",
    [
        lambda pictures: {"image": pictures},
        lambda pictures: {"prompt": PROMPT, "images": [{"image_url": one} for one in pictures], "n": 1},
        lambda pictures: {PROMPT: pictures[0], "empty": [{}, [], "", None, True, 1.5], "more": {"at": pictures[-1:]}},
        lambda pictures: {"first": [PROMPT, pictures[0], PROMPT], "same": pictures[0], "said": {"1": [PROMPT]}},
    ],
    ids=["array", "edit", "names", "among texts"],
)
def test_the_bytes_are_those_of_the_whole_document(
    stored: MakeReference, document: Callable[[list[DataURL]], dict[str, Any]]
) -> None:
    """Whatever the sizes and texts are, what is sent, each time, is what httpx makes of the document spelled out."""
    held = document([DataURL(stored(size)) for size in SIZES])
    whole = httpx.Request("POST", "http://provider.test", json=spelled(held))

    sent = body(held)
    request = httpx.Request("POST", "http://provider.test", **in_json(held, Cancel()))

    assert b"".join(sent) == whole.content
    assert b"".join(sent) == whole.content
    assert sent.length == len(whole.content)
    assert dict(request.headers) == dict(whole.headers)


def test_no_block_is_longer_than_its_share(stored: MakeReference) -> None:
    """A large picture leaves in blocks of a few hundred kB."""
    longest = max(len(block) for block in body({"image": DataURL(stored(5 * BLOCK))}))

    assert longest == BLOCK // 3 * 4


def test_a_document_without_pictures_is_left_as_it_is() -> None:
    """What holds no picture goes out as it always did."""
    document = {"prompt": PROMPT, "images": []}

    assert in_json(document, Cancel()) == {"json": document}


def test_a_picture_that_is_gone_is_missed_before_anything_is_sent(stored: MakeReference) -> None:
    """The error names the picture as the user did, and says how it comes back."""
    reference = stored(10)
    reference.path.unlink()

    with pytest.raises(AssetNotFound, match=f"the bytes of {reference.sha256[:12]} are not in the library") as caught:
        body({"image": DataURL(reference)})

    assert caught.value.hint == BYTES_GONE


@pytest.mark.parametrize("size", [BLOCK - 1, BLOCK, 2 * BLOCK + 1])
@pytest.mark.parametrize("change", [-1, 1, BLOCK, -BLOCK + 1], ids="{:+}".format)
def test_a_picture_that_is_changed_ends_the_body(stored: MakeReference, size: int, change: int) -> None:
    """A file that grew or shrank is noticed before the body is whole, so no server can take it for one."""
    reference = stored(size)
    changed = body({"image": DataURL(reference)})
    reference.path.write_bytes(bytes(size + change))
    sent: list[bytes] = []

    with pytest.raises(LibraryError, match=f"were changed while they were sent: there had been {size:,}"):
        sent.extend(changed)

    assert sum(map(len, sent)) < changed.length


def test_a_picture_that_goes_while_it_is_sent_is_missed(stored: MakeReference) -> None:
    """A file that is removed between two readings is reported as any that is gone."""
    reference = stored(10)
    sent = body({"image": DataURL(reference)})
    assert len(b"".join(sent)) == sent.length
    reference.path.unlink()

    with pytest.raises(AssetNotFound):
        list(sent)


def test_a_cancelled_body_ends_between_its_blocks(stored: MakeReference) -> None:
    """Not one block more is read once the run is to stop."""
    cancel = Cancel()
    blocks = iter(body({"image": DataURL(stored(3 * BLOCK))}, cancel))
    assert json.loads(next(blocks) + b'"}') == {"image": "data:image/png;base64,"}
    next(blocks)
    cancel.cancel()

    with pytest.raises(Cancelled):
        next(blocks)
