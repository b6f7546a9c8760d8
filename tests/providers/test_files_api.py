"""The official SDK as a client of the Files API of `imgnb serve-local`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import FileDeleted, FileObject

from .sdk import encoded, faulty, picture_file, strictly

SMALL: dict[str, Any] = {"model": "gpt-image-2", "size": "1024x640", "quality": "low", "prompt": "in winter"}


@pytest.fixture
def client(serve_local: str, clean_environment: pytest.MonkeyPatch) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=serve_local, api_key="sk-of-nobody", max_retries=0) as client:
        yield client


def edited(client: openai.OpenAI, fault: str = "", **given: Any) -> str:
    """The base64 of an edit that was asked for in JSON."""
    headers = faulty(fault) if fault else {}
    answer = httpx.post(f"{client.base_url}images/edits", json={**SMALL, **given}, headers=headers, trust_env=False)
    document = answer.json()
    return str(document["data"][0]["b64_json"] if answer.status_code == 200 else document["error"]["code"])


def test_a_file_is_kept_until_it_is_deleted(client: openai.OpenAI) -> None:
    """An upload is a file object, gives its bytes back, and is gone once it is deleted."""
    raw = client.files.with_raw_response.create(file=picture_file(), purpose="vision")

    file = strictly(FileObject, raw.http_response.json())
    assert (file.filename, file.bytes, file.purpose) == ("picture.png", len(picture_file().getvalue()), "vision")
    assert client.files.retrieve(file.id) == file
    assert client.files.content(file.id).read() == picture_file().getvalue()
    deleted = client.files.with_raw_response.delete(file.id).http_response.json()
    assert strictly(FileDeleted, deleted).deleted
    for again in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(openai.NotFoundError):
            again(file.id)


def test_edits_in_json_take_files(client: openai.OpenAI) -> None:
    """An edit may name its images and its mask by their ids, to the same picture as with data URLs."""
    image = client.files.create(file=picture_file(), purpose="vision")
    mask = client.files.create(file=picture_file(alpha=True), purpose="vision")

    by_id = edited(client, images=[{"file_id": image.id}], mask={"file_id": mask.id})

    by_url = {
        "images": [{"image_url": encoded(picture_file())}],
        "mask": {"image_url": encoded(picture_file(alpha=True))},
    }
    assert by_id == edited(client, **by_url)
    assert edited(client, "forgotten_files", images=[{"file_id": image.id}]) == "image_file_not_found"
    assert edited(client, images=[{"file_id": "file-unheard-of"}]) == "image_file_not_found"


def test_links_and_files_are_kept_apart(client: openai.OpenAI, serve_local: str) -> None:
    """A link's address is no file id, and a file is not behind a link."""
    link = client.images.generate(prompt="a fox", model="gpt-image-2", extra_headers=faulty("url")).data[0].url
    file = client.files.create(file=picture_file(), purpose="vision")

    assert httpx.get(link, trust_env=False).headers["content-type"] == "image/png"
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(link.rpartition("/")[2])
    assert httpx.get(f"{serve_local}/files/{file.id}", trust_env=False).json()["id"] == file.id


@pytest.mark.parametrize(
    ("given", "param"),
    [
        ({"data": {"purpose": "vision"}, "files": {"other": b"x"}}, "file"),
        ({"data": {"purpose": "fun"}, "files": {"file": b"x"}}, "purpose"),
        ({"data": {"purpose": "vision"}, "files": {"file": b""}}, "file"),
        ({"json": {"purpose": "vision"}}, "file"),
    ],
    ids=["no file", "purpose", "empty", "json"],
)
def test_what_is_no_upload_is_refused(serve_local: str, given: dict[str, Any], param: str) -> None:
    """An upload without file, purpose or bytes is a 400 that names what is missing."""
    answer = httpx.post(f"{serve_local}/files", **given, trust_env=False)

    assert (answer.status_code, answer.json()["error"]["param"]) == (400, param)
