"""What a picture says of how it was made, as Stable Diffusion's programs and imgnb write it into files, or beside them.

`told` asks the file, `told_beside` the text that lies beside it. Where nothing is understood there is no prompt, and that
is no error: most pictures of the world have none. How ComfyUI's graphs are read stands in `metadata_graph.py`.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, TypeAlias

from .metadata_graph import from_graph, from_workflow
from .metadata_texts import texts

Value: TypeAlias = "str | int | float"

LONGEST_PROMPT = 100_000
_LONGEST_LINE = 20_000
_LONGEST_NAME = 100
_MOST_PARAMS = 200

_PAIR = re.compile(r'(\w[\w \-/]{0,60}):\s*("(?:\\.|[^\\"])*"|[^,]*)(?:,|$)')
_XMP_NAME = re.compile(r'imgnb:(prompt|model|record)(="|>)')
_XMP_END = {'="': '"', ">": "<"}
_DREAM = re.compile(r'"(?P<prompt>.*)"(?P<rest>[^"]*)', re.DOTALL)
_DREAM_NAMES = {"s": "steps", "S": "seed", "C": "cfg_scale", "A": "sampler", "W": "width", "H": "height"}
_NAMES = {"cfg scale": "cfg_scale", "sampler": "sampler", "steps": "steps", "seed": "seed", "size": "size",
          "schedule type": "scheduler", "denoising strength": "denoise", "clip skip": "clip_skip"}  # fmt: skip


@dataclass(frozen=True)
class Told:
    """How a picture was made, in the words of the program that made it."""

    tool: str
    "a1111, comfyui, invokeai, imgnb or unknown."
    prompt: str
    model: str | None = None
    params: Mapping[str, Value] = field(default_factory=dict)


def told(path: Path) -> Told | None:
    """What the file itself says; None where it says nothing that is understood."""
    return told_by(texts(path))


def told_by(found: Mapping[str, str]) -> Told | None:
    """What these texts of a file say."""
    for keyword, read in _READERS:
        if keyword in found and (answer := _tried(read, found[keyword])) is not None:
            return answer
    return None


def original(found: Mapping[str, str]) -> str | None:
    """The hash of the picture that this file is a copy of, as its `imgnb` record says; None where none does."""
    record = found.get("imgnb") or _record(found.get("xmp", ""))
    try:
        sha256 = json.loads(record)["sha256"] if record else None
    except (ValueError, TypeError, LookupError, RecursionError):
        return None
    return sha256 if isinstance(sha256, str) and re.fullmatch(r"[0-9a-f]{64}", sha256) else None


def told_beside(text: str, suffix: str) -> Told | None:
    """What a text beside a picture says: JSON of imgnb, InvokeAI or anybody who writes "prompt", else plain words."""
    if suffix == ".json":
        return _tried(_any_json, text)
    return _tried(_a1111, text) or (_said("unknown", text) if text.strip() else None)


def _tried(read: Callable[[str], Told | None], text: str) -> Told | None:
    try:
        answer = read(text)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None  # somebody else's idea of that keyword
    return answer if answer is not None and answer.prompt.strip() else None


def _said(tool: str, prompt: object, model: object = None, params: Mapping[str, Any] | None = None) -> Told:
    """What was said, as plain values and of bearable length."""
    if not isinstance(prompt, str):
        raise TypeError("the prompt is no text")
    kept = ((name, value) for name, value in (params or {}).items() if _is_name(name) and _is_plain(value))
    plain = dict(islice(kept, _MOST_PARAMS))
    return Told(tool, _sound(prompt.strip())[:LONGEST_PROMPT], _sound(model)[:200] if model and isinstance(model, str) else None, plain)  # fmt: skip


def _is_name(name: object) -> bool:
    """Whether a parameter can be called so. Half a surrogate pair is not printable, either."""
    return isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isprintable()


def _is_plain(value: object) -> bool:
    if isinstance(value, str):
        return len(value) <= LONGEST_PROMPT and _sound(value) == value
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 2**63


def _sound(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _a1111(text: str) -> Told | None:
    """Prompt, "Negative prompt: ..." and a last line "Steps: 20, Sampler: ..., Model: ..."."""
    body, _, last = text.strip().rpartition("\n")
    if "Steps:" not in last[:_LONGEST_LINE]:
        return None
    pairs = {name.strip().lower(): _number(value.strip()) for name, value in _PAIR.findall(last[:_LONGEST_LINE])}
    prompt, _, negative = body.partition("Negative prompt:")
    params: dict[str, Any] = {ours: pairs[theirs] for theirs, ours in _NAMES.items() if pairs.get(theirs) not in (None, "")}  # fmt: skip
    if negative.strip():
        params["negative_prompt"] = negative.strip()
    model = pairs.get("model")
    return _said("a1111", prompt, str(model) if model else None, params)


def _comfyui(text: str) -> Told | None:
    return _graphed(from_graph(json.loads(_after_label(text))))


def _comfyui_workflow(text: str) -> Told | None:
    return _graphed(from_workflow(json.loads(_after_label(text))))


def _graphed(found: tuple[str, str | None, dict[str, Any]] | None) -> Told | None:
    return None if found is None else _said("comfyui", *found)


def _after_label(text: str) -> str:
    """In WebP, ComfyUI writes `Prompt:{...}` into fields that are meant for cameras."""
    return re.sub(r"^\s*(?:prompt|workflow):", "", text, count=1, flags=re.IGNORECASE)


def _invokeai(text: str) -> Told | None:
    given = json.loads(text)
    model = given.get("model") or {}
    name = model.get("name") or model.get("model_name") if isinstance(model, dict) else model
    params = {
        "negative_prompt": given.get("negative_prompt") or None,
        "steps": given.get("steps"),
        "sampler": given.get("scheduler"),
        "cfg_scale": given.get("cfg_scale"),
        "seed": given.get("seed"),
        "size": _size(given.get("width"), given.get("height")),
    }
    return _said("invokeai", given["positive_prompt"], name, params)


def _sd_metadata(text: str) -> Told | None:
    given = json.loads(text)
    image = given["image"]
    prompt = image["prompt"]
    if isinstance(prompt, list):
        prompt = " ".join(str(part["prompt"]) for part in prompt[:100])
    params = {name: image.get(name) for name in ("steps", "sampler", "cfg_scale", "seed")}
    return _said(
        "invokeai",
        prompt,
        given.get("model_weights"),
        {**params, "size": _size(image.get("width"), image.get("height"))},
    )


def _dream(text: str) -> Told | None:
    """`"a fox" -s 50 -S 7 -W 512 -H 512 -C 7.5 -A k_lms`."""
    found = _DREAM.search(text[: LONGEST_PROMPT + _LONGEST_LINE])
    if found is None:
        return None
    given = {
        _DREAM_NAMES[flag]: _number(value)
        for flag, value in re.findall(r"-([A-Za-z])\s*(\S+)", found["rest"])
        if flag in _DREAM_NAMES
    }
    size = _size(given.pop("width", None), given.pop("height", None))
    return _said("invokeai", found["prompt"], None, {**given, "size": size})


def _imgnb(text: str) -> Told | None:
    """Our own: `{"prompt": ..., "model": ..., "params": {...}}`."""
    given = json.loads(text)
    params = given.get("params") or {}
    return _said("imgnb", given["prompt"], given.get("model"), params if isinstance(params, dict) else {})


def _xmp(text: str) -> Told | None:
    """Our own in XMP: `imgnb:record`, or `imgnb:prompt` and `imgnb:model`, as attributes or elements. No XML is parsed: it may be a bomb."""
    found = {name: html.unescape(value) for name, value in _xmp_values(text)}
    if "record" in found and (answer := _tried(_imgnb, found["record"])) is not None:
        return answer
    return _said("imgnb", found["prompt"], found.get("model")) if "prompt" in found else None


def _record(xmp: str) -> str | None:
    return next((html.unescape(value) for name, value in _xmp_values(xmp) if name == "record"), None)


def _xmp_values(text: str) -> Iterator[tuple[str, str]]:
    """The first prompt, model and record. An end that is not found once is not looked for again: a file may be all beginnings."""
    found, endless = set[str](), set[str]()
    for match in _XMP_NAME.finditer(text):
        name, opening = match.groups()
        if name in found or opening in endless:
            continue
        if (end := text.find(_XMP_END[opening], match.end())) < 0:
            endless.add(opening)
            continue
        found.add(name)
        # An entity takes a few letters for one.
        yield name, text[match.end() : min(end, match.end() + 10 * LONGEST_PROMPT)]


def _any_json(text: str) -> Told | None:
    given = json.loads(text)
    if isinstance(given, dict) and "imgnb" in given:
        return _imgnb(text)
    if isinstance(given, dict) and "positive_prompt" in given:
        return _invokeai(text)
    params = {name: given.get(name) for name in ("negative_prompt", "steps", "sampler", "cfg_scale", "seed", "size")}
    return _said("unknown", given["prompt"], given.get("model"), params)


def _number(text: str) -> Value:
    for kind in (int, float):
        if len(text) < 30 and re.fullmatch(r"-?\d+(\.\d+)?", text):
            try:
                return kind(text)
            except ValueError:
                continue
    return text.strip('"')


def _size(width: object, height: object) -> str | None:
    return f"{width}x{height}" if type(width) is int and type(height) is int else None


_READERS: tuple[tuple[str, Callable[[str], Told | None]], ...] = (
    ("imgnb", _imgnb),
    ("invokeai_metadata", _invokeai),
    ("sd-metadata", _sd_metadata),
    ("Dream", _dream),
    ("parameters", _a1111),
    ("prompt", _comfyui),
    ("workflow", _comfyui_workflow),
    ("exif", _a1111),
    ("camera", _comfyui),
    ("make", _comfyui_workflow),
    ("description", _comfyui_workflow),
    ("xmp", _xmp),
    ("comment", _a1111),
)
