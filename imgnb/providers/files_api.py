"""The OpenAI Files API, as far as pictures need it: each is sent to a server once, and named by its id from then on.

Contract: OpenAI API reference "Files"; `purpose` is "vision".
"""

from __future__ import annotations

import json
from typing import Any

from ..errors import ConfigInvalid, ProtocolBroken, ProviderError
from ..request import Reference
from .http import Wire
from .picture_file import PictureFile
from .provider import Call
from .said import fit, one_line

ENDPOINT = "/files"

ANSWER_BYTES = 65_536
"More than any answer to an upload has."


class FilesAPI:
    """Sends pictures over a wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def id_of(self, call: Call, picture: Reference) -> str:
        """The id under which the server has the picture, which is sent if it has it not, or no longer."""
        if not call.route.files:
            raise ConfigInvalid(
                f"route {call.route.name!r} has no Files API", hint="leave --image-input out, or set files = true"
            )
        if call.uploads is None:
            return self._sent(call, picture)
        if not call.files_again and (known := call.uploads.upload(picture.sha256, call.route.name, call.base_url)):
            return known
        id = self._sent(call, picture)
        call.uploads.record_upload(picture.sha256, call.route.name, call.base_url, id)
        return id

    def _sent(self, call: Call, picture: Reference) -> str:
        try:
            return self._posted(call, picture)
        except ProviderError as exc:
            exc.endpoint = ENDPOINT
            raise

    def _posted(self, call: Call, picture: Reference) -> str:
        from .speaker import common

        name = f"{picture.sha256[:12]}.{picture.media_type.rpartition('/')[2].partition('+')[0]}"
        with PictureFile(picture, call.cancel) as file:
            arguments: dict[str, Any] = {**common(call), "data": {"purpose": "vision"}}
            arguments["files"] = {"file": (name, file, picture.media_type)}
            url = call.base_url + ENDPOINT
            with self._wire.send("POST", url, cancel=call.cancel, deadline=call.deadline, **arguments) as response:
                body = bytearray()
                for chunk in self._wire.chunks(response, call.cancel, call.deadline):
                    body += chunk
                    if len(body) > ANSWER_BYTES:
                        break
        return _id(bytes(body), call)


def _id(body: bytes, call: Call) -> str:
    try:
        id = json.loads(body)["id"]
    except (ValueError, KeyError, TypeError, RecursionError):
        id = None
    # An id is kept and sent as it is, so it must be one that may be.
    if not isinstance(id, str) or not id or len(id) > 200 or fit(one_line(id), call.key) != id:
        raise ProtocolBroken(
            f"route {call.route.name!r} took a file and did not say its id", hint="use --image-input data"
        )
    return id
