"""Every shipped route, run over HTTP against a server that speaks its contract: what was sent, and what was recorded."""

from __future__ import annotations

import base64
import io
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from imgnb.errors import NotFound, ProtocolBroken, RequestInvalid, RequestRefused, SizeUnsupported
from imgnb.events import Partial
from imgnb.providers.routes import load_routes
from imgnb.records import Generation

from ..generation.runs import SMALL, done, failed, run
from ..servers import Received, Watched
from .conftest import KEY, SHIPPED, OpenRoute, base_url


def picture(alpha: bool = False, shade: int = 0, size: tuple[int, int] = (96, 64)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA" if alpha else "RGB", size, (200, shade, 60, 0)[: 4 if alpha else 3]).save(buffer, "PNG")
    return buffer.getvalue()


def mask_picture(size: tuple[int, int] = (96, 64)) -> bytes:
    """A finished mask: transparent in its left half."""
    image = Image.new("RGBA", size, (0, 0, 0, 255))
    image.paste((0, 0, 0, 0), (0, 0, size[0] // 2, size[1]))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def posted(watched: Watched) -> list[Received]:
    return [request for request in watched.requests if request.method == "POST"]


def body(watched: Watched) -> dict[str, Any]:
    (request,) = posted(watched)
    document: dict[str, Any] = json.loads(request.body)
    return document


def check_record(generation: Generation, watched: Watched, name: str) -> None:
    """Everything that contracts ask of a record."""
    record = generation.to_dict()
    asset = record["assets"][0]
    expected = {
        "route": name,
        "route_owner": load_routes({}, {})[name].owner,
        "base_url": base_url(watched, name),
        "prompt_sha256": sha256(generation.prompt.encode()).hexdigest(),
        "status": "succeeded",
    }
    assert {key: record[key] for key in expected} == expected
    assert record["endpoint"] in posted(watched)[-1].path
    assert record["dialect"] in ("images", "responses", "chat")
    assert {"quality", "size", "output_format", "n"} <= record["effective"].keys() | {"quality"}
    assert record["model"]
    assert record["request_id"].startswith("req_")
    assert record["imgnb_version"]
    assert 0 < record["seconds_to_first_byte"] <= record["seconds"]
    assert [(a["route"], a["status"], a["base_url"]) for a in record["attempts"]] == [(name, 200, expected["base_url"])]
    assert (asset["sha256"], asset["bytes"]) == (
        sha256(generation.asset.bytes).hexdigest(),
        len(generation.asset.bytes),
    )
    assert asset["media_type"].startswith("image/")
    assert asset["width"] > 0
    assert Path(asset["path"]).is_file()
    assert KEY not in json.dumps(record)


@pytest.mark.parametrize("name", [route.name for route in SHIPPED])
def test_every_route_draws_and_records(open_route: OpenRoute, watched: Watched, name: str) -> None:
    """A picture comes over every shipped route, with its key as it wants it, and the whole record."""
    generation = done(run(open_route(name), size="1024x1024"))

    assert {request.headers["authorization"] for request in posted(watched)} == {f"Bearer {KEY}"}
    check_record(generation, watched, name)


@pytest.mark.parametrize("name", [route.name for route in SHIPPED if route.streaming])
def test_every_route_that_streams_shows_partials(open_route: OpenRoute, watched: Watched, name: str) -> None:
    """Partials that were asked for are shown, counted and recorded."""
    events = run(open_route(name), stream=True, partial_images=2, previews=True)
    generation = done(events)

    assert [event.index for event in events if isinstance(event, Partial)] == [0, 1]
    assert (generation.partials_asked, generation.partials_received, generation.streamed) == (2, 2, True)
    assert generation.seconds_to_first_partial is not None


def test_xairouter_is_told_the_form_of_its_answers(open_route: OpenRoute, watched: Watched) -> None:
    """xairouter advises `response_format: b64_json`, in generations and edits alike."""
    workspace = open_route("xairouter")

    done(run(workspace, "one"))
    done(run(workspace, "two", images=[picture()]))

    generated, edited = posted(watched)
    sent = {"model": "gpt-image-2", "prompt": "one", **SMALL, "response_format": "b64_json"}
    assert json.loads(generated.body) == sent
    assert edited.path.endswith("/images/edits")
    assert "response_format" in edited.field_names


def test_xinliu_answers_links_that_are_fetched_at_once(open_route: OpenRoute, watched: Watched) -> None:
    """xinliu's `b64_json` is empty; the picture behind its link is in the library, and the link in the record."""
    generation = done(run(open_route("xinliu")))

    assert body(watched) == {"model": "gpt-image-2", "prompt": "a red fox", **SMALL}
    assert generation.asset.url
    assert [request.method for request in watched.requests] == ["POST", "GET"]
    assert "authorization" not in watched.requests[1].headers
    assert generation.cost is None


def test_xinliu_takes_pictures_as_an_array(open_route: OpenRoute, watched: Watched) -> None:
    """Without a mask pictures go as data URIs in `image` to generations; with one, as a form to edits."""
    workspace = open_route("xinliu")
    first, second, mask = picture(), picture(shade=9), mask_picture()

    done(run(workspace, "by night", images=[first, second]))
    done(run(workspace, "here only", images=[first], mask=mask))

    together, masked = posted(watched)
    sent = json.loads(together.body)
    assert together.path.endswith("/images/generations")
    assert [base64.b64decode(link.removeprefix("data:image/png;base64,")) for link in sent.pop("image")] == [
        first,
        second,
    ]
    assert sent == {"model": "gpt-image-2", "prompt": "by night", **SMALL}
    assert masked.path.endswith("/images/edits")
    assert [name for name in masked.field_names if name in ("image", "mask")] == ["image", "mask"]


def test_xinliu_streams_with_at_least_one_partial(open_route: OpenRoute, watched: Watched) -> None:
    """A stream without partials is not asked for: xinliu refuses it."""
    done(run(open_route("xinliu"), stream=True))

    assert (body(watched)["stream"], body(watched)["partial_images"]) == (True, 1)


@pytest.mark.parametrize(
    ("asked", "kind", "said"),
    [
        ({"size": "3840x1280"}, SizeUnsupported, "3:1"),
        ({"background": "transparent"}, RequestInvalid, "gpt-image-1.5"),
    ],
    ids=["ratio", "transparent"],
)
def test_what_xinliu_refuses_is_not_sent(
    open_route: OpenRoute, watched: Watched, asked: dict[str, Any], kind: type[RequestInvalid], said: str
) -> None:
    """Its own limits are known before anything is spent."""
    error, generation = failed(run(open_route("xinliu"), **asked))

    assert type(error) is kind
    assert said in f"{error.message} {error.hint}"
    assert generation.status == "failed"
    assert watched.requests == []


def test_laozhang_costs_so_much_a_call(open_route: OpenRoute, watched: Watched) -> None:
    """Without a model its per-call name is asked for, at 0.03 USD whatever the size; others by token."""
    workspace = open_route("laozhang")

    call = done(run(workspace, size="2048x2048"))
    token = done(run(workspace, model="gpt-image-2"))

    assert [json.loads(request.body)["model"] for request in posted(watched)] == ["gpt-image-2-vip", "gpt-image-2"]
    assert (call.cost, call.cost_basis, call.cost_estimate, call.currency) == (0.03, "call", 0.03, "USD")
    assert token.cost_basis == "usage"
    assert token.cost == pytest.approx((token.usage["input_tokens"] * 5 + token.usage["output_tokens"] * 30) / 1e6)


def test_laozhang_chats(open_route: OpenRoute, watched: Watched) -> None:
    """Over chat completions the prompt is a message, pictures are data URLs in it, and the answer is a Markdown link."""
    workspace = open_route("laozhang")
    request = workspace.request("a fox", images=[picture()])

    generation = done(list(workspace.run(workspace.order(request, via="chat"))))

    assert posted(watched)[0].path.endswith("/chat/completions")
    ((message,),) = (body(watched)["messages"],)
    text, image = message["content"]
    assert (message["role"], text) == ("user", {"type": "text", "text": "a fox"})
    assert base64.b64decode(image["image_url"]["url"].partition(",")[2]) == picture()
    assert (generation.dialect, generation.endpoint, generation.cost) == ("chat", "/chat/completions", 0.03)
    assert generation.asset.url
    assert generation.response_id.startswith("chatcmpl-")


def test_what_chat_has_no_word_for_is_not_sent(open_route: OpenRoute, watched: Watched) -> None:
    """Chat completions know a prompt and pictures; a size would be lost without a word."""
    workspace = open_route("laozhang")
    order = workspace.order(workspace.request("a fox", size="1024x1024"), via="chat")

    error, _ = failed(list(workspace.run(order)))

    assert "does not take size" in error.message
    assert watched.requests == []


def test_gptimageapi_takes_ratios_and_credits(open_route: OpenRoute, watched: Watched) -> None:
    """A size in pixels goes out as the nearest ratio, which is said; the cost is in credits per picture."""
    workspace = open_route("gptimageapi")

    generation = done(run(workspace, size="1920x1088", quality="high", n=2, background="transparent"))

    (request,) = posted(watched)
    assert request.path == "/gptimageapi/v1/images/generate"
    sent = {"model": "gpt-image-2", "prompt": "a red fox", "n": 2, "size": "16:9", "quality": "high"}
    assert json.loads(request.body) == {**sent, "background": "transparent"}
    assert "size 1920x1088 is sent as 16:9: the route takes ratios only" in generation.notes
    assert (generation.cost, generation.currency, generation.cost_basis) == (24.0, "credits", "picture")
    assert len(generation.assets) == 2
    assert all(asset.url for asset in generation.assets)
    assert not generation.streamed


def test_gptimageapi_takes_a_ratio_as_it_is(open_route: OpenRoute, watched: Watched) -> None:
    """A ratio is a size there; one that it does not have is refused with the nearest."""
    workspace = open_route("gptimageapi")

    generation = done(run(workspace, size="2:1"))
    error, _ = failed(run(workspace, size="5:4"))

    assert body(watched)["size"] == "2:1"
    assert generation.notes == ()
    assert generation.mismatches == ()
    assert "4:3" in error.hint


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"output_format": "webp"}, "output_format"), ({"images": [picture()]}, "no pictures"), ({"moderation": "low"}, "moderation")],
    ids=["format", "edit", "moderation"],
)  # fmt: skip
def test_what_gptimageapi_does_not_take_is_not_sent(
    open_route: OpenRoute, watched: Watched, asked: dict[str, Any], said: str
) -> None:
    """Parameters that its contract does not have are refused before they are lost."""
    error, _ = failed(run(open_route("gptimageapi"), **asked))

    assert isinstance(error, RequestInvalid)
    assert said in error.message
    assert watched.requests == []


@pytest.mark.parametrize(("code", "kind"), [("1001", RequestRefused), ("404", NotFound)], ids=["own", "like a status"])
def test_a_code_in_a_good_answer_is_a_failure(
    open_route: OpenRoute, watched: Watched, code: str, kind: type[RequestRefused]
) -> None:
    """An envelope whose code is not 0 fails, HTTP 200 or not, with the code in the record, and is not sent again."""
    error, generation = failed(run(open_route("gptimageapi", fault=f"code={code}")))

    assert type(error) is kind
    assert (generation.error_code, generation.http_status, len(generation.attempts)) == (code, 200, 1)
    assert generation.error_message
    assert generation.cost is None


def test_an_expired_link_fails_with_the_link_and_the_reason(open_route: OpenRoute, watched: Watched) -> None:
    """The picture was drawn: the failed generation says where it was to be had, why not, and that it may be billed."""
    error, generation = failed(run(open_route("xinliu", fault="expired_link")))

    assert isinstance(error, ProtocolBroken)
    assert "403" in generation.error_message
    assert "http://127.0.0.1" in generation.error_message
    assert generation.status == "failed"
    assert generation.billing_note


@pytest.mark.parametrize(
    "link", ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd", "ftp://127.0.0.1/a.png", "gopher://x"]
)
def test_a_link_that_leads_astray_is_not_followed(open_route: OpenRoute, watched: Watched, link: str) -> None:
    """Neither other protocols nor the inside of a network."""
    error, generation = failed(run(open_route("xinliu", fault=f"bad_link={link}")))

    assert isinstance(error, ProtocolBroken)
    assert link in generation.error_message
    assert len(watched.requests) == 1


def test_links_that_lead_in_circles_end(open_route: OpenRoute, watched: Watched) -> None:
    """A redirect to itself is followed a few times only."""
    error, _ = failed(run(open_route("xinliu", fault="redirect_loop")))

    assert "redirects more than 3 times" in error.message


def test_a_body_of_gigabytes_is_not_read(open_route: OpenRoute, watched: Watched) -> None:
    """What its length says is enough to leave it."""
    error, generation = failed(run(open_route("xinliu", fault="endless_link")))

    assert "more than" in error.message
    assert generation.assets == ()


def test_one_lost_link_does_not_cost_the_others(open_route: OpenRoute, watched: Watched) -> None:
    """Of several links, those that can be fetched are kept, whichever fails."""
    watched.lost.add("-0.png")

    error, generation = failed(run(open_route("xinliu"), n=3))

    assert isinstance(error, ProtocolBroken)
    assert len(generation.assets) == 2


def test_a_second_address_answers_where_the_first_cannot_be_reached(open_route: OpenRoute, watched: Watched) -> None:
    """xinliu's other address gets the same request and key, the record says so, and it is asked first from then on."""
    closed = "http://127.0.0.1:9/v1"
    workspace = open_route("xinliu", base_url=closed, fallback_base_urls=[base_url(watched, "xinliu")])

    first = done(run(workspace, "one"))
    second = done(run(workspace, "two"))

    assert [(item.base_url, item.error_kind) for item in first.attempts] == [
        (closed, "connection"),
        (base_url(watched, "xinliu"), None),
    ]
    assert [item.retry_reason for item in first.attempts] == [None, "address"]
    assert (first.base_url, first.route_owner) == (base_url(watched, "xinliu"), "xinliu")
    assert any("could not be reached" in note for note in first.notes)
    assert [item.base_url for item in second.attempts] == [base_url(watched, "xinliu")]


def test_the_shipped_addresses_are_those_of_the_contracts() -> None:
    """Base URLs and key variables, word for word."""
    routes = load_routes({}, {})

    assert {route.name: (route.base_url, route.key_env) for route in routes.values()} == {
        "local": ("local://engine/v1", None),
        "openai": ("https://api.openai.com/v1", "OPENAI_API_KEY"),
        "xairouter": ("https://api.xairouter.com/v1", "XAI_API_KEY"),
        "xinliu": ("https://cdn.wusag.com/v1", "XINLIU_API_KEY"),
        "laozhang": ("https://api.laozhang.ai/v1", "LAOZHANG_API_KEY"),
        "gptimageapi": ("https://api.gptimageapi.dev/v1", "GPTIMAGEAPI_API_KEY"),
    }
    assert routes["xinliu"].fallback_base_urls == ("https://api.xinliu.one/v1",)
