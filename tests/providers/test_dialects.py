"""Each provider's own way to speak, as `imgnb serve-local` speaks it under that provider's name."""

from __future__ import annotations

import base64
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from openai.types import ImageGenCompletedEvent, ImageGenPartialImageEvent, ImagesResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from imgnb.pictures import probe
from imgnb.providers.local_api.dialects import DIALECTS
from imgnb.providers.local_api.serve import LocalTransport

from .sdk import encoded, faulty, picture_file, size_of, strictly

SMALL: dict[str, Any] = {"model": "gpt-image-2", "size": "1024x640", "quality": "low", "prompt": "a red fox"}
EnvelopeCall = Callable[..., httpx.Response]


@pytest.fixture
def clients(serve_local: str, clean_environment: pytest.MonkeyPatch) -> Iterator[Callable[[str], openai.OpenAI]]:
    """Clients by dialect, all of one server."""
    opened: list[openai.OpenAI] = []

    def client(dialect: str) -> openai.OpenAI:
        base_url = serve_local.replace("/v1", f"/{dialect}/v1")
        opened.append(openai.OpenAI(base_url=base_url, api_key="sk-of-nobody", max_retries=0))
        return opened[-1]

    yield client
    for each in opened:
        each.close()


@pytest.fixture
def xinliu(clients: Callable[[str], openai.OpenAI]) -> openai.OpenAI:
    return clients("xinliu")


@pytest.fixture
def laozhang(clients: Callable[[str], openai.OpenAI]) -> openai.OpenAI:
    return clients("laozhang")


@pytest.fixture
def envelope(serve_local: str) -> EnvelopeCall:
    """Asks gptimageapi's endpoint."""
    url = serve_local.replace("/v1", "/gptimageapi/v1/images/generate")

    def call(fault: str = "", **given: Any) -> httpx.Response:
        document = {"prompt": "a red fox", "model": "gpt-image-2", "size": "16:9", "quality": "low", **given}
        return httpx.post(url, json=document, headers=faulty(fault), trust_env=False)

    return call


def fetched(link: str) -> bytes:
    answer = httpx.get(link, trust_env=False)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
    return answer.content


def test_generations_of_xinliu_are_links(xinliu: openai.OpenAI) -> None:
    """xinliu answers a link with an empty b64_json and a revised prompt."""
    answer = strictly(ImagesResponse, xinliu.images.with_raw_response.generate(**SMALL, n=2).http_response.json())

    assert [item.b64_json for item in answer.data] == ["", ""]
    assert all(item.revised_prompt.startswith("a red fox") for item in answer.data)
    assert [probe(fetched(item.url)).width for item in answer.data] == [1024, 1024]


def test_streams_of_xinliu_end_with_a_link(xinliu: openai.OpenAI) -> None:
    """xinliu's partials are base64, and its completed event is a link."""
    partial, completed = xinliu.images.generate(**SMALL, stream=True, partial_images=1)

    strictly(ImageGenPartialImageEvent, partial.to_dict())
    assert isinstance(completed, ImageGenCompletedEvent)
    assert (size_of(partial.b64_json), completed.b64_json) == (("image/png", 1024, 640), "")
    assert probe(fetched(completed.url)).height == 640


@pytest.mark.parametrize("more", [{}, {"partial_images": 0}], ids=["missing", "zero"])
def test_streams_of_xinliu_need_partials(serve_local: str, more: dict[str, int]) -> None:
    """xinliu refuses a stream without partials, in the words of its reference."""
    url = serve_local.replace("/v1", "/xinliu/v1/images/generations")

    answer = httpx.post(url, json={**SMALL, "stream": True, **more}, trust_env=False)

    message = "Streaming must have non-zero partial images"
    assert answer.status_code == 400
    assert answer.json() == {"error": {"message": message, "type": "invalid_request_error", "code": None}}


def test_an_image_array_makes_xinliu_edit(xinliu: openai.OpenAI) -> None:
    """Base64, data URIs and links of this server, mixed, are what a generation of xinliu starts from."""
    first = xinliu.images.generate(**SMALL).data[0].url
    bare = base64.b64encode(picture_file().getvalue()).decode()

    mixed = xinliu.images.generate(**SMALL, extra_body={"image": [first, encoded(picture_file()), bare]})
    other = xinliu.images.generate(**SMALL, extra_body={"image": [bare]})

    assert len({fetched(url) for url in (first, mixed.data[0].url, other.data[0].url)}) == 3


def test_edits_of_xinliu_are_base64(xinliu: openai.OpenAI) -> None:
    """xinliu's edits take forms and a mask, and answer base64."""
    answer = xinliu.images.edit(**SMALL, image=picture_file(), mask=picture_file(alpha=True))

    assert (size_of(answer.data[0].b64_json), answer.data[0].url) == (("image/png", 1024, 640), None)


@pytest.mark.parametrize(
    ("given", "status", "param", "code"),
    [
        ({"size": "1536x512"}, 400, "size", "invalid_value"),
        ({"model": "gpt-image-2.5-flare"}, 404, "model", "model_not_found"),
        ({"background": "transparent"}, 400, "background", "invalid_value"),
        ({"response_format": "url"}, 400, "response_format", "unknown_parameter"),
        ({"extra_body": {"image": ["https://example.com/fox.png"]}}, 400, "image", "invalid_image_url"),
        ({"extra_body": {"image": ["not base64"]}}, 400, "image", "invalid_value"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_xinliu_refuses(xinliu: openai.OpenAI, given: Any, status: int, param: str, code: str) -> None:
    """xinliu refuses shapes of 3:1, other models, transparency of the newer ones, response_format, and foreign links."""
    with pytest.raises(openai.APIStatusError) as caught:
        xinliu.images.generate(**{**SMALL, **given})

    assert (caught.value.status_code, caught.value.param, caught.value.code) == (status, param, code)


@pytest.mark.parametrize("model", ["gpt-image-2-pro", "gpt-image-2-2026-04-21"])
def test_xinliu_has_models_of_its_own(xinliu: openai.OpenAI, model: str) -> None:
    """The models of xinliu's list are drawn, and listed."""
    assert xinliu.images.generate(**{**SMALL, "model": model}).data[0].url
    assert model in [listed.id for listed in xinliu.models.list()]


def test_the_older_model_of_xinliu_is_transparent(xinliu: openai.OpenAI) -> None:
    """xinliu has transparent backgrounds with gpt-image-1.5."""
    given = {**SMALL, "model": "gpt-image-1.5", "size": "1024x1024", "background": "transparent"}

    assert probe(fetched(xinliu.images.generate(**given).data[0].url)).has_alpha


@pytest.mark.parametrize("dialect", ["openai", "xinliu"])
def test_response_format_is_refused_where_the_contract_says_so(
    clients: Callable[[str], openai.OpenAI], dialect: str
) -> None:
    """OpenAI and xinliu do not know response_format for GPT Image models, in forms and in JSON."""
    for ask in (
        lambda images: images.generate(**SMALL, response_format="b64_json"),
        lambda images: images.edit(**SMALL, image=picture_file(), response_format="b64_json"),
    ):
        with pytest.raises(openai.BadRequestError) as caught:
            ask(clients(dialect).images)
        assert (caught.value.param, caught.value.code) == ("response_format", "unknown_parameter")


def test_xairouter_takes_response_format(clients: Callable[[str], openai.OpenAI]) -> None:
    """xairouter advises to send response_format, and answers base64."""
    answer = clients("xairouter").images.generate(**SMALL, response_format="b64_json")

    assert size_of(answer.data[0].b64_json) == ("image/png", 1024, 640)


@pytest.mark.parametrize("model", ["gpt-image-2", "gpt-image-2-vip"])
def test_laozhang_answers_as_asked(laozhang: openai.OpenAI, model: str) -> None:
    """laozhang answers base64, or a link where response_format says so; -vip names draw the same picture."""
    plain = laozhang.images.generate(**{**SMALL, "model": model})
    linked = laozhang.images.generate(**{**SMALL, "model": model}, response_format="url")

    assert fetched(linked.data[0].url) == base64.b64decode(plain.data[0].b64_json)
    assert linked.data[0].b64_json == ""


def test_both_names_of_laozhang_are_listed(laozhang: openai.OpenAI) -> None:
    """laozhang's models have two names each, one of them for its price per call."""
    assert {"gpt-image-2", "gpt-image-2-vip"} <= {model.id for model in laozhang.models.list()}


def test_streams_of_laozhang_are_as_openais(laozhang: openai.OpenAI) -> None:
    """laozhang streams partials and a picture, all in base64."""
    for event in laozhang.images.generate(**SMALL, stream=True, partial_images=1):
        strictly(type(event), event.to_dict())
        assert size_of(event.b64_json) == ("image/png", 1024, 640)


CHAT: dict[str, Any] = {"model": "gpt-image-2-vip", "messages": [{"role": "user", "content": "a red fox"}]}


def shown(content: str) -> bytes:
    """The picture behind a Markdown image that is all of a message."""
    found = re.fullmatch(r"!\[image\]\((http://[^)]+)\)", content)
    assert found
    return fetched(found[1])


def test_chats_answer_with_a_markdown_link(laozhang: openai.OpenAI) -> None:
    """A chat completion is the SDK's, and its message is an image in Markdown whose link this server answers."""
    raw = laozhang.chat.completions.with_raw_response.create(**CHAT)

    answer = strictly(ChatCompletion, raw.http_response.json())
    assert probe(shown(answer.choices[0].message.content)).width == 1024
    assert (answer.model, answer.usage.total_tokens > 0) == ("gpt-image-2-vip", True)


def test_chats_stream_the_link_in_pieces(laozhang: openai.OpenAI) -> None:
    """A streamed chat is chunks of the same message, with the usage at the end where it is asked for."""
    whole = laozhang.chat.completions.create(**CHAT).choices[0].message.content
    chunks = list(laozhang.chat.completions.create(**CHAT, stream=True, stream_options={"include_usage": True}))

    for chunk in chunks:
        strictly(ChatCompletionChunk, chunk.to_dict())
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.prompt_tokens > 0


def test_pictures_of_a_chat_are_references(laozhang: openai.OpenAI) -> None:
    """Images in the last message become what is edited."""
    parts = [
        {"type": "text", "text": "a red fox"},
        {"type": "image_url", "image_url": {"url": encoded(picture_file(size=(640, 640)))}},
    ]
    message = {"role": "user", "content": parts}

    answer = laozhang.chat.completions.create(**{**CHAT, "messages": [*CHAT["messages"], message]})

    plain = laozhang.chat.completions.create(**CHAT)
    assert shown(answer.choices[0].message.content) != shown(plain.choices[0].message.content)


@pytest.mark.parametrize(
    "messages",
    [
        [],
        [{"role": "assistant", "content": "hello"}],
        [{"role": "user", "content": [{"type": "input_audio", "input_audio": {"data": "", "format": "wav"}}]}],
        [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://example.com/fox.png"}}]}],
    ],
    ids=["none", "nobody", "audio", "link"],
)
def test_chats_without_a_request_are_refused(laozhang: openai.OpenAI, messages: Any) -> None:
    """A chat with nothing to draw, or with what cannot be read here, is a 400 about its messages."""
    with pytest.raises(openai.BadRequestError) as caught:
        laozhang.chat.completions.create(model="gpt-image-2", messages=messages)

    assert caught.value.param == "messages"


@pytest.mark.parametrize(
    ("size", "pixels"),
    [("1:1", (1024, 1024)), ("16:9", (1360, 768)), ("9:21", (672, 1568)), ("2:1", (1456, 720)), ("4:3", (1184, 880))],
)
def test_gptimageapi_answers_links_in_an_envelope(envelope: EnvelopeCall, size: str, pixels: tuple[int, int]) -> None:
    """A ratio becomes about a million pixels, and the answer is an envelope of links."""
    document = envelope(size=size, n=1).json()

    assert (document["code"], document["message"], list(document["data"])) == (0, "ok", ["images"])
    (image,) = document["data"]["images"]
    picture = probe(fetched(image["url"]))
    assert (picture.width, picture.height) == pixels


def test_gptimageapi_draws_several_and_transparent(envelope: EnvelopeCall) -> None:
    """n and background count as elsewhere."""
    links = [image["url"] for image in envelope(n=2, background="transparent").json()["data"]["images"]]

    assert [probe(fetched(link)).has_alpha for link in links] == [True, True]
    assert links[0] != links[1]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"size": "1024x1024"}, "ratio"),
        ({"size": "16:1"}, "3:1"),
        ({"size": "0:1"}, "ratio"),
        ({"size": 1}, "ratio"),
        ({"quality": "auto"}, "quality"),
        ({"quality": "max"}, "quality"),
        ({"stream": True}, "stream"),
        ({"n": 11}, "n is 11"),
        ({"prompt": ""}, "prompt"),
        ({"model": "dall-e-3"}, "shut down"),
        ({"fault": "moderation"}, "safety"),
    ],
    ids=str,
)
def test_gptimageapi_refuses_in_the_envelope(envelope: EnvelopeCall, given: dict[str, Any], word: str) -> None:
    """What gptimageapi does not take is HTTP 200 with a code other than 0 and a message that says why."""
    answer = envelope(**given)

    document = answer.json()
    assert (answer.status_code, document["data"]) == (200, None)
    assert document["code"] != 0
    assert word in document["message"]


@pytest.mark.parametrize(("fault", "status"), [("unauthorized", 401), ("rate_limit", 429), ("server_error", 500)])
def test_gptimageapi_keeps_the_status_of_what_is_not_the_request(
    envelope: EnvelopeCall, fault: str, status: int
) -> None:
    """A bad key, a limit and a broken server are told by HTTP too."""
    answer = envelope(fault)

    assert (answer.status_code, answer.json()["code"]) == (status, status)


@pytest.mark.parametrize(("fault", "code"), [("code", 1001), ("code=2002", 2002)])
def test_an_envelope_may_hold_any_code(envelope: EnvelopeCall, fault: str, code: int) -> None:
    """The fault `code` is a failure with HTTP 200."""
    answer = envelope(fault)

    assert (answer.status_code, answer.json()["code"], answer.json()["data"]) == (200, code, None)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_links_can_be_bad_in_every_way(serve_local: str, dialect: str) -> None:
    """The faults of links strike every dialect that answers links: forbidden, endless, circular or leading elsewhere."""
    end, given = ("images/generate", {"size": "1:1"}) if dialect == "gptimageapi" else ("images/generations", {})
    url = serve_local.replace("/v1", f"/{dialect}/v1/{end}")

    def link(fault: str) -> str:
        document = httpx.post(url, json={**SMALL, **given}, headers=faulty(fault), trust_env=False).json()
        images = document["data"]
        return str((images["images"] if isinstance(images, dict) else images)[0]["url"])

    assert link("bad_link=ftp://example.com/fox.png") == "ftp://example.com/fox.png"
    assert httpx.get(link("expired_link"), trust_env=False).status_code == 403
    with pytest.raises(httpx.TooManyRedirects):
        httpx.get(link("redirect_loop"), follow_redirects=True, trust_env=False)
    with httpx.stream("GET", link("endless_link"), trust_env=False) as answer:
        assert answer.headers["content-length"] == "5000000000"
        assert next(answer.iter_bytes()).startswith(b"\x89PNG")


def test_a_bad_link_stays_bad(xinliu: openai.OpenAI) -> None:
    """Asking for the same picture again gives a link that works, and does not mend the one before."""
    expired = xinliu.images.generate(**SMALL, extra_headers=faulty("expired_link")).data[0].url
    fresh = xinliu.images.generate(**SMALL).data[0].url

    assert fetched(fresh)
    assert httpx.get(expired, trust_env=False).status_code == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("xinliu/v1/responses", 404),
        ("openai/v1/chat/completions", 404),
        ("laozhang/v1/images/generate", 404),
        ("gptimageapi/v1/images/generations", 404),
        ("v1/unheard-of", 404),
    ],
)
def test_endpoints_of_other_dialects_are_not_found(serve_local: str, path: str, status: int) -> None:
    """A dialect has its provider's endpoints and no others."""
    answer = httpx.post(serve_local.replace("/v1", f"/{path}"), json=SMALL, trust_env=False)

    assert (answer.status_code, answer.json()["error"]["type"]) == (status, "not_found_error")


def test_the_dialect_of_a_server_can_be_chosen() -> None:
    """With --dialect, the plain path speaks as that provider."""
    command = [sys.executable, "-m", "imgnb", "serve-local", "--port", "0", "--dialect", "xinliu"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            linked = httpx.post(f"{url}/images/generations", json=SMALL, trust_env=False).json()
            plain = httpx.post(url.replace("/v1", "/openai/v1/images/generations"), json=SMALL, trust_env=False).json()
        finally:
            process.terminate()

    assert linked["data"][0]["url"].startswith("http://127.0.0.1")
    assert plain["data"][0]["b64_json"]


def test_the_transport_in_this_process_takes_everything() -> None:
    """Without a server, all endpoints are there, response_format is taken, and prefixes choose dialects."""
    with httpx.Client(transport=LocalTransport(), base_url="local://engine") as client:
        plain = client.post("/v1/images/generations", json={**SMALL, "response_format": "b64_json"})
        chat = client.post("/v1/chat/completions", json=CHAT)
        enveloped = client.post("/v1/images/generate", json={"prompt": "a red fox", "quality": "low"})
        linked = client.post("/xinliu/v1/images/generations", json=SMALL)
        behind = client.get(linked.json()["data"][0]["url"])

    assert [answer.status_code for answer in (plain, chat, enveloped, linked, behind)] == [200] * 5
    assert base64.b64decode(plain.json()["data"][0]["b64_json"]) == behind.content
