"""GET /models: what can be asked for here."""

from __future__ import annotations

from .call import Call
from .replies import Refused, Reply, json_reply


def models(call: Call) -> Reply:
    """GET /models and /models/{name}"""
    drawing = call.dialect.models or call.capabilities.models
    names = (*drawing, *(name + call.dialect.model_suffix for name in drawing), *call.dialect.main_models)
    listed = [{"id": name, "object": "model", "created": 0, "owned_by": "imgnb"} for name in dict.fromkeys(names)]
    if not call.name:
        return json_reply(200, {"object": "list", "data": listed})
    if found := [model for model in listed if model["id"] == call.name]:
        return json_reply(200, found[0])
    raise Refused(404, f"there is no model {call.name!r}", "model", "model_not_found")
