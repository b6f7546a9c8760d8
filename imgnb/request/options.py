"""How a person says what is wanted, as a table: the options of the magics and of the command line.

They are the SDK's parameter names with dashes, and imgnb's own. Parsing is the affair of whoever reads the line.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """An option: its long name, what it sets, how its value is read, and a line of help."""

    long: str
    sets: str
    help: str
    short: str | None = None
    kind: str = "text"
    '"text", "number", "flag" (no value), "pair" (key=value, repeatable), "many" (repeatable) or "name" (an identifier).'
    values: tuple[str, ...] = ()
    "Values to complete; those of request parameters come from the capability tables."

    @property
    def closed(self) -> bool:
        """True where no other values than these will do."""
        return bool(self.values) and self.kind == "text" and self.sets != "continues"

    @property
    def asked(self) -> bool:
        """True for a parameter of the request, False for how it is to be met."""
        return self.sets in _ASKED


_ASKED = frozenset(
    ("model", "size", "quality", "background", "output_format", "output_compression", "moderation", "n", "partial_images",
     "complexity", "frame_count", "frame_duration_ms", "svg", "input_fidelity", "safety_identifier", "user", "stream",
     "mask", "mask_fit", "mask_invert", "force", "cutout", "markup", "action", "main_model", "continues")
)  # fmt: skip

OPTIONS = (
    Option("--model", "model", "image model", "-m"),
    Option("--size", "size", "auto or WIDTHxHEIGHT in pixels", "-s"),
    Option("--quality", "quality", "how much work goes into it", "-q"),
    Option("--n", "n", "how many pictures, 1 to 10", "-n", "number", ("1", "2", "3", "4")),
    Option("--background", "background", "auto, opaque or transparent"),
    Option("--output-format", "output_format", "png, jpeg, webp, gif or svg"),
    Option("--output-compression", "output_compression", "0 to 100, for jpeg and webp", kind="number"),
    Option("--moderation", "moderation", "auto or low"),
    Option(
        "--partial-images", "partial_images", "previews while it is drawn, 0 to 3", None, "number", ("0", "1", "2", "3")
    ),
    Option("--complexity", "complexity", "how much planning goes into it, for newer models"),
    Option("--input-fidelity", "input_fidelity", "how closely an edit keeps to its images"),
    Option("--frame-count", "frame_count", "frames of a gif, 2 to 16", kind="number"),
    Option("--frame-duration-ms", "frame_duration_ms", "delay per frame of a gif", kind="number"),
    Option("--svg", "svg", "settings for svg as JSON", kind="json"),
    Option("--safety-identifier", "safety_identifier", "a hash that stands for your end user"),
    Option("--user", "user", "older name of --safety-identifier"),
    Option(
        "--mask", "mask", "what may be edited: a picture (transparent or white parts), box:, ellipse:, polygon:, alpha"
    ),
    Option("--mask-fit", "mask_fit", "scale the mask to the picture where it has another size", kind="flag"),
    Option("--mask-invert", "mask_invert", "edit what the mask protects, and protect the rest", kind="flag"),
    Option("--force", "force", "take a mask that leaves nothing, or everything, to be edited", kind="flag"),
    Option("--composite", "composite", "put the pixels that the mask protects back into the answer", kind="flag"),
    Option("--cutout", "cutout", "transparent where the model cannot: draw on a flat colour, remove it", kind="flag"),
    Option("--markup", "markup", "picture laid over the first one as a guide"),
    Option("--no-stream", "stream", "ask for one answer in one piece", kind="off"),
    Option("-p", "extras", "send key=value as it is; repeatable", "-p", "pair"),
    Option("--out", "out", "Python variable that gets the result", "-o", "name"),
    Option("--name", "name", "name of the picture in the library"),
    Option("--take", "take", "which answer to the same request, from 1", None, "number", ("1", "2", "3")),
    Option(
        "--mode",
        "mode",
        "auto (replay, else ask), live (always ask) or replay (never ask)",
        values=("auto", "live", "replay"),
    ),
    Option("--route", "route", "where the request goes"),
    Option("--fallback", "fallback", "routes to try in turn where that one fails, with commas between them"),
    Option("--via", "via", "the protocol: images, responses or chat", values=("images", "responses", "chat")),
    Option("--main-model", "main_model", "the model that leads, over the Responses API"),
    Option(
        "--action",
        "action",
        "whether its tool draws anew or edits: auto, generate or edit",
        values=("auto", "generate", "edit"),
    ),
    Option("--continue", "continues", "go on from an earlier answer: last, @name or @id", values=("last",)),
    Option(
        "--image-input",
        "image_input",
        "how a conversation's pictures are sent: data, url (your links) or file (sent once)",
        values=("data", "url", "file"),
    ),
    Option("--caption", "caption", "what stands below the picture, after its number; {{ ref('name') }} names a figure"),
    Option("--alt", "alt", "what to say of the picture where it cannot be seen; by default the prompt"),
    Option("--figure", "figure", "name of the figure, for {{ ref('name') }}"),
    Option("--embed", "embed", "what stays in the notebook: preview, full or none", values=("preview", "full", "none")),
    Option("--dry-run", "dry_run", "say what would be sent and what it would cost, and send nothing", None, "flag"),
    Option("--help", "help", "this text", "-h", "flag"),
)
BY_NAME: Mapping[str, Option] = {name: option for option in OPTIONS for name in (option.long, option.short) if name}


def literal(text: str) -> Any:
    """What the value of `-p key=value` means: a number, truth value or JSON where the text is one, else the text."""
    try:
        return json.loads(text)
    except ValueError:
        return text
