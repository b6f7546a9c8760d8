"""The prompt in a ComfyUI graph: the text that goes into a sampler as "positive", through however many nodes.

There are two forms: what was run (`prompt`, nodes by id with named inputs) and what was edited (`workflow`, nodes with a
list of links). Graphs are drawn by people and programs of all kinds, so every walk is bounded and may find nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_MOST_STEPS = 20_000
"Inputs that are looked at, of all walks through a graph together."
_LEFT_OUT = ("clip", "vae", "model", "image", "negative")
_TEXTS = ("text", "text_g", "text_l", "t5xxl", "clip_l", "prompt", "positive", "string", "value", "wildcard_text")
_MODELS = ("ckpt_name", "unet_name", "model_name")
_PARAMS = {"seed": "seed", "noise_seed": "seed", "steps": "steps", "cfg": "cfg_scale", "sampler_name": "sampler",
           "scheduler": "scheduler", "denoise": "denoise"}  # fmt: skip

_Found = tuple[str, str | None, dict[str, Any]]
"Prompt, model, parameters."


def from_graph(nodes: Any) -> _Found | None:
    """What the graph that was run says."""
    if not isinstance(nodes, dict):
        return None
    graph = {str(id): _inputs(node) for id, node in nodes.items()}
    walk = _Walk()
    for id in sorted(graph, key=lambda id: (len(id), id)):
        inputs = graph[id]
        into = "positive" if "positive" in inputs else "guider" if "guider" in inputs else None
        if into is None or not _is_link(inputs[into]):
            continue
        if text := _text(graph, inputs[into], walk):
            negative = _text(graph, inputs.get("negative"), _Walk())
            params = _params([inputs, *(node for node in graph.values() if node is not inputs)])
            return text, _model(graph), {**params, **({"negative_prompt": negative} if negative else {})}
    return None


def _inputs(node: Any) -> Mapping[str, Any]:
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else {}


def _is_link(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)


class _Walk:
    """What all walks through one graph may look at together: each alone would be short, and there may be thousands."""

    def __init__(self) -> None:
        self.left = _MOST_STEPS

    def over(self, inputs: Iterable[Any]) -> Iterator[Any]:
        """The inputs, for as long as there are steps left."""
        for one in inputs:
            if self.left <= 0:
                return
            self.left -= 1
            yield one


def _text(graph: Mapping[str, Mapping[str, Any]], link: Any, walk: _Walk) -> str:
    """The texts behind a link, the nearest first, each once."""
    found: list[str] = []
    waiting, seen = deque([link]), set[str]()
    while waiting and walk.left > 0:
        link = waiting.popleft()
        if not _is_link(link) or str(link[0]) in seen:
            continue
        walk.left -= 1
        seen.add(str(link[0]))
        inputs = graph.get(str(link[0]), {})
        found += [text for name in _TEXTS if isinstance(text := inputs.get(name), str) and text.strip()]
        waiting.extend(value for name, value in walk.over(inputs.items()) if _is_link(value) and name not in _LEFT_OUT)
    return "\n".join(dict.fromkeys(found))


def _params(nodes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The parameters of the sampler, and what other nodes hold in its stead."""
    params: dict[str, Any] = {}
    for inputs in nodes:
        for theirs, ours in _PARAMS.items():
            if isinstance(value := inputs.get(theirs), str | int | float):
                params.setdefault(ours, value)
    return params


def _model(graph: Mapping[str, Mapping[str, Any]]) -> str | None:
    names = (inputs.get(name) for inputs in graph.values() for name in _MODELS)
    return next((name for name in names if isinstance(name, str)), None)


def from_workflow(workflow: Any) -> _Found | None:
    """What the graph that was edited says: its nodes keep their values in lists without names."""
    nodes = {node["id"]: node for node in workflow["nodes"] if isinstance(node, dict)}
    sources = {link[0]: link[1] for link in workflow.get("links", ()) if isinstance(link, list) and len(link) > 2}
    walk = _Walk()
    for node in nodes.values():
        for name in ("positive", "guider"):
            if text := _behind(nodes, sources, _source(node, sources, name), walk):
                negative = _behind(nodes, sources, _source(node, sources, "negative"), _Walk())
                return text, _checkpoint(nodes.values()), {"negative_prompt": negative} if negative else {}
    return None


def _source(node: Mapping[str, Any], sources: Mapping[Any, Any], name: str) -> Any:
    entries = node.get("inputs") or ()
    return next((sources.get(entry.get("link")) for entry in entries if entry.get("name") == name), None)


def _behind(nodes: Mapping[Any, Any], sources: Mapping[Any, Any], start: Any, walk: _Walk) -> str:
    waiting, seen = deque([start]), set[Any]()
    while waiting and walk.left > 0:
        id = waiting.popleft()
        node = nodes.get(id)
        if node is None or id in seen:
            continue
        seen.add(id)
        walk.left -= 1
        values = node.get("widgets_values")
        looked_at = walk.over(values if isinstance(values, list) else ())
        texts = [value for value in looked_at if isinstance(value, str) and value.strip()]
        if texts and "text" in str(node.get("type")).lower():
            return str(texts[0])
        inputs = walk.over(node.get("inputs") or ())
        waiting.extend(sources.get(entry.get("link")) for entry in inputs if entry.get("name") not in ("clip", "model", "vae"))  # fmt: skip
    return ""


def _checkpoint(nodes: Iterable[Mapping[str, Any]]) -> str | None:
    for node in nodes:
        values = node.get("widgets_values")
        if "loader" in str(node.get("type")).lower() and isinstance(values, list) and values:
            name = values[0]
            if isinstance(name, str) and name.endswith((".safetensors", ".ckpt", ".gguf")):
                return name
    return None
