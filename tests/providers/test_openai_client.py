"""The official SDK as a client of `imgnb serve-local`: it judges whether the local engine speaks the protocol."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import (
    ImageEditCompletedEvent,
    ImageEditPartialImageEvent,
    ImageGenCompletedEvent,
    ImageGenPartialImageEvent,
    ImagesResponse,
    Model,
)

from imgnb.pictures import probe

from .sdk import faulty, picture_file, size_of, strictly

SMALL: dict[str, Any] = {"model": "gpt-image-2", "size": "1024x640", "quality": "low"}


@pytest.fixture
def client(serve_local: str, clean_environment: pytest.MonkeyPatch) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=serve_local, api_key="sk-of-nobody", max_retries=0) as client:
        yield client


@pytest.mark.parametrize("more", [{}, {"n": 2}, {"user": "u-1"}, {"safety_identifier": "s-1"}], ids=str)
def test_a_json_answer_is_an_images_response(client: openai.OpenAI, more: dict[str, Any]) -> None:
    """What generate answers is the SDK's ImagesResponse, with n pictures of the size asked for, and a request id."""
    raw = client.images.with_raw_response.generate(prompt="a red fox", **SMALL, **more)

    answer = strictly(ImagesResponse, raw.http_response.json())
    assert [size_of(item.b64_json) for item in answer.data] == [("image/png", 1024, 640)] * more.get("n", 1)
    assert answer.size == "1024x640"
    assert answer.usage.total_tokens == answer.usage.input_tokens + answer.usage.output_tokens
    assert answer.safety_identifier == (more.get("user") or more.get("safety_identifier"))
    assert raw.headers["x-request-id"].startswith("req_")


def test_pictures_can_be_answered_as_links(client: openai.OpenAI) -> None:
    """With the fault `url` the answer holds a link, and the picture is behind it."""
    answer = client.images.generate(prompt="a red fox", **SMALL, extra_headers=faulty("url"))

    picture = httpx.get(answer.data[0].url, trust_env=False)
    assert (picture.headers["content-type"], probe(picture.content).width) == ("image/png", 1024)


@pytest.mark.parametrize(
    ("output_format", "more"),
    [
        ("png", {"background": "transparent"}),
        ("jpeg", {"output_compression": 40}),
        ("webp", {}),
        ("gif", {"model": "gpt-image-2.6-flare", "frame_count": 2}),
        ("svg", {"model": "gpt-image-2.6-flare", "svg": {"model": "gpt-5.5", "reasoning": {"effort": "low"}}}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_format_is_answered(client: openai.OpenAI, output_format: str, more: dict[str, Any]) -> None:
    """Each output format comes as what it says, and the answer names it."""
    raw = client.images.with_raw_response.generate(prompt="a fox", **{**SMALL, "output_format": output_format, **more})

    answer = strictly(ImagesResponse, raw.http_response.json())
    assert answer.output_format == output_format
    assert size_of(answer.data[0].b64_json)[0].startswith(f"image/{output_format}")


@pytest.mark.parametrize("partials", [0, 1, 3])
@pytest.mark.parametrize("n", [1, 2])
def test_a_stream_is_partials_and_one_completed_each(client: openai.OpenAI, partials: int, n: int) -> None:
    """A stream holds, for each picture, the partials asked for and then its completed event, exactly as typed."""
    events = list(client.images.generate(prompt="a fox", **SMALL, n=n, stream=True, partial_images=partials))

    for event in events:
        strictly(type(event), event.to_dict())
        assert size_of(event.b64_json) == ("image/png", 1024, 640)
    kinds = [ImageGenPartialImageEvent] * partials + [ImageGenCompletedEvent]
    assert [type(event) for event in events] == kinds * n
    assert [e.partial_image_index for e in events[:partials]] == list(range(partials))


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
@pytest.mark.parametrize(
    "files",
    [
        {"image": picture_file},
        {"image": lambda: [picture_file(), picture_file(kind="JPEG"), picture_file(kind="WEBP")]},
        {"image": picture_file, "mask": lambda: picture_file(alpha=True)},
        {"image": picture_file, "markup": lambda: picture_file(alpha=True)},
    ],
    ids=["one", "several", "mask", "markup"],
)
def test_edits_take_multipart(client: openai.OpenAI, stream: bool, files: dict[str, Any]) -> None:
    """Edits take one image or several, a mask or markup, as forms; they answer as generations do, under their own names."""
    given = {**SMALL, "prompt": "in winter", **{name: make() for name, make in files.items()}}
    if "markup" in files:
        given["model"] = "gpt-image-2.5-flare"
    if stream:
        partial, done = client.images.edit(**given, stream=True, partial_images=1)
        strictly(ImageEditPartialImageEvent, partial.to_dict())
        answer = strictly(ImageEditCompletedEvent, done.to_dict())
        pictures = [answer.b64_json]
    else:
        answer = strictly(ImagesResponse, client.images.with_raw_response.edit(**given).http_response.json())
        pictures = [item.b64_json for item in answer.data]
    assert [size_of(b64) for b64 in pictures] == [("image/png", 1024, 640)]
    assert answer.usage.input_tokens_details.image_tokens > 0


REFUSALS = {
    "moderation": (openai.BadRequestError, "moderation_blocked", None, "image_generation_user_error"),
    "unauthorized": (openai.AuthenticationError, "invalid_api_key", None, "invalid_request_error"),
    "rate_limit": (openai.RateLimitError, "rate_limit_exceeded", None, "requests"),
    "server_error": (openai.InternalServerError, None, None, "server_error"),
    "not_found": (openai.NotFoundError, "model_not_found", "model", "invalid_request_error"),
    "payment": (openai.APIStatusError, "insufficient_quota", None, "invalid_request_error"),
}


@pytest.mark.parametrize("fault", REFUSALS)
def test_refusals_are_the_clients_own_errors(client: openai.OpenAI, fault: str) -> None:
    """A refusal becomes the SDK's class for it, with code, param, type and request id filled."""
    kind, *fields = REFUSALS[fault]

    with pytest.raises(kind) as caught:
        client.images.generate(prompt="a fox", **SMALL, extra_headers=faulty(fault))

    assert [caught.value.code, caught.value.param, caught.value.type] == fields
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("given", "kind", "param"),
    [
        ({"size": "4096x4096"}, openai.BadRequestError, "size"),
        ({"size": "x"}, openai.BadRequestError, "size"),
        ({"model": "unheard-of", "size": "90000x90000"}, openai.BadRequestError, "size"),
        ({"n": 11}, openai.BadRequestError, "n"),
        ({"n": "two"}, openai.BadRequestError, "n"),
        ({"quality": ["low"]}, openai.BadRequestError, "quality"),
        ({"output_compression": 50}, openai.BadRequestError, "output_compression"),
        ({"prompt": " "}, openai.BadRequestError, "prompt"),
        ({"model": "dall-e-3"}, openai.NotFoundError, "model"),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, dict) else "",
)
def test_illegal_parameters_are_refused_by_name(client: openai.OpenAI, given: Any, kind: Any, param: str) -> None:
    """What the model does not take is a 400 that names the parameter; a model that is shut down is a 404."""
    with pytest.raises(kind) as caught:
        client.images.generate(**{"prompt": "a fox", **SMALL, **given})

    assert caught.value.param == param
    assert caught.value.code


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_an_image_that_is_none_is_refused(client: openai.OpenAI, stream: bool) -> None:
    """A reference that cannot be read is a 400 before anything is answered, not a broken body."""
    bad = io.BytesIO(picture_file().getvalue()[:60])
    bad.name = "cut.png"

    with pytest.raises(openai.BadRequestError) as caught:
        client.images.edit(image=bad, prompt="in winter", **SMALL, stream=stream)

    assert caught.value.param == "image"


@pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])
def test_a_dropped_connection_is_a_connection_error(client: openai.OpenAI, stream: bool) -> None:
    """The fault `drop` breaks the connection itself, so that clients see what they would see in life."""
    with pytest.raises(openai.APIConnectionError):
        list(client.images.generate(prompt="a fox", **SMALL, stream=stream, extra_headers=faulty("drop")))


def test_an_error_in_mid_stream_is_an_api_error(client: openai.OpenAI) -> None:
    """An error event ends the stream as the SDK's APIError with the event's fields."""
    stream = client.images.generate(
        prompt="a fox", **SMALL, stream=True, partial_images=1, extra_headers=faulty("error_event")
    )

    assert isinstance(next(stream), ImageGenPartialImageEvent)
    with pytest.raises(openai.APIError, match="told to fail") as caught:
        next(stream)
    assert (caught.value.code, caught.value.type, caught.value.param) == ("server_error", "server_error", None)


@pytest.mark.parametrize("fault", ["heartbeats", "crlf", "done", "no_event_names", "type_last", "silent=0.01"])
def test_legal_oddities_do_not_disturb_the_client(client: openai.OpenAI, fault: str) -> None:
    """Streams that are odd in ways the protocol allows are read like any other."""
    events = list(
        client.images.generate(prompt="a fox", **SMALL, stream=True, partial_images=1, extra_headers=faulty(fault))
    )

    assert [type(event) for event in events] == [ImageGenPartialImageEvent, ImageGenCompletedEvent]


def test_an_unknown_fault_is_refused(client: openai.OpenAI) -> None:
    """A fault that does not exist is a 400 that names the one that was meant."""
    with pytest.raises(openai.BadRequestError, match="did you mean 'drop'"):
        client.images.generate(prompt="a fox", **SMALL, extra_headers=faulty("dorp"))


def test_models_are_listed(client: openai.OpenAI) -> None:
    """The models that imgnb knows can be listed and looked up."""
    names = [model.id for model in client.models.list()]

    assert "gpt-image-2" in names
    raw = client.models.with_raw_response.retrieve("gpt-image-2")
    assert strictly(Model, raw.http_response.json()).id == "gpt-image-2"
    with pytest.raises(openai.NotFoundError):
        client.models.retrieve("unheard-of")
