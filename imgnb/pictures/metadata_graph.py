"""The prompt in a ComfyUI graph: the text that goes into a sampler as "positive", through however many nodes.

There are two forms: what was run (`prompt`, nodes by id with named inputs) and what was edited (`workflow`, nodes with a
list of links). Graphs are drawn by people and programs of all kinds, so every walk is bounded and may find nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

_MOST_STEPS = 500
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
    for id in sorted(graph, key=lambda id: (len(id), id)):
        inputs = graph[id]
        into = "positive" if "positive" in inputs else "guider" if "guider" in inputs else None
        if into is None or not _is_link(inputs[into]):
            continue
        if text := _text(graph, inputs[into]):
            negative = _text(graph, inputs.get("negative"))
            params = _params([inputs, *(node for node in graph.values() if node is not inputs)])
            return text, _model(graph), {**params, **({"negative_prompt": negative} if negative else {})}
    return None


def _inputs(node: Any) -> Mapping[str, Any]:
    inputs = node.get("inputs") if isinstance(node, dict) else None
    return inputs if isinstance(inputs, dict) else {}


def _is_link(value: object) -> bool:
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)


def _text(graph: Mapping[str, Mapping[str, Any]], link: Any) -> str:
    """The texts behind a link, the nearest first, each once."""
    found: list[str] = []
    waiting, seen = [link], set[str]()
    while waiting and len(seen) < _MOST_STEPS:
        link = waiting.pop(0)
        if not _is_link(link) or str(link[0]) in seen:
            continue
        seen.add(str(link[0]))
        inputs = graph.get(str(link[0]), {})
        found += [text for name in _TEXTS if isinstance(text := inputs.get(name), str) and text.strip()]
        waiting += [value for name, value in inputs.items() if _is_link(value) and name not in ("clip", "vae", "model", "image", "negative")]  # fmt: skip
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
    for node in nodes.values():
        for name in ("positive", "guider"):
            if text := _behind(nodes, sources, _source(node, sources, name)):
                negative = _behind(nodes, sources, _source(node, sources, "negative"))
                return text, _checkpoint(nodes.values()), {"negative_prompt": negative} if negative else {}
    return None


def _source(node: Mapping[str, Any], sources: Mapping[Any, Any], name: str) -> Any:
    entries = node.get("inputs") or ()
    return next((sources.get(entry.get("link")) for entry in entries if entry.get("name") == name), None)


def _behind(nodes: Mapping[Any, Any], sources: Mapping[Any, Any], start: Any) -> str:
    waiting, seen = [start], set[Any]()
    while waiting and len(seen) < _MOST_STEPS:
        id = waiting.pop(0)
        node = nodes.get(id)
        if node is None or id in seen:
            continue
        seen.add(id)
        values = node.get("widgets_values")
        texts = [v for v in (values if isinstance(values, list) else ()) if isinstance(v, str) and v.strip()]
        if texts and "text" in str(node.get("type")).lower():
            return str(texts[0])
        waiting += [sources.get(entry.get("link")) for entry in node.get("inputs") or () if entry.get("name") not in ("clip", "model", "vae")]  # fmt: skip
    return ""


def _checkpoint(nodes: Iterable[Mapping[str, Any]]) -> str | None:
    for node in nodes:
        values = node.get("widgets_values")
        if "loader" in str(node.get("type")).lower() and isinstance(values, list) and values:
            name = values[0]
            if isinstance(name, str) and name.endswith((".safetensors", ".ckpt", ".gguf")):
                return name
    return None
