"""What can be asked of a generation, by name: one line for each field, with the expression that holds it.

The grammar (`query.py`) knows a field by its kind, which says how a value is read; `conditions.py` knows what is to be
true of its expression. Every column of the library is here under one name; `param.X`, `effective.X`, `usage.X`,
`variable.X` and `said.X` reach what is in the JSON columns.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "word", "known", "number", "bytes", "size", "ratio", "day", "words", "flag", "status", "address", "label", "id",
    "state", "having", "order", "search", "type",
]  # fmt: skip

Of = Literal["generation", "picture", "attempt", "input"]


@dataclass(frozen=True)
class Field:
    """A field: how its values are read, and where they stand."""

    name: str
    kind: Kind
    sql: str
    says: str
    of: Of = "generation"


def _given(name: str) -> str:
    """A parameter as it came, or as it was given where nobody said how it came."""
    return f"coalesce(json_extract(generation.effective_json, '$.{name}'), json_extract(generation.params_json, '$.{name}'))"


_TABLE = (
    # What it looks like, and what it was asked for with
    Field("prompt", "words", "prompt", "words of the prompt"),
    Field("revised", "words", "revised_prompt", "words of the prompt as the provider rewrote it"),
    Field("text", "words", "text", "words that came with the picture"),
    Field("note", "label", "note.text", "words of a note on a picture"),
    Field("tag", "label", "tag.tag", "a tag of a picture"),
    Field("name", "label", "name.name", "a name of a picture"),
    Field("rating", "label", "rating.stars", "stars of a picture, 1 to 5"),
    Field("ref", "address", "reference", "a picture that went in: @hero, or any other address"),
    Field("from", "address", "ancestor", "a picture that it goes back to, however far"),
    Field("role", "word", "input.role", "what a picture went in as: image, mask", "input"),
    Field("given", "word", "input.source", "what a picture that went in was named as", "input"),
    Field("sent", "word", "input.sent", "the hash of a conversion that went in instead", "input"),
    Field("template", "words", "template", "words of the prompt's template"),
    Field("variables", "words", "variables_json", "words of the values that filled the template"),
    Field("size", "size", "", "pixels of the longest edge, or 1024x1536"),
    Field("width", "number", "asset.width", "pixels", "picture"),
    Field("height", "number", "asset.height", "pixels", "picture"),
    Field("ratio", "ratio", "1.0 * asset.width / asset.height", "width to height: 16:9, or 1.5", "picture"),
    Field("bytes", "bytes", "asset.bytes", "bytes of a picture: 800kB, 2MB", "picture"),
    Field("type", "type", "asset.media_type", "png, jpeg, webp, gif, svg", "picture"),
    Field("alpha", "flag", "asset.has_alpha", "whether a picture has transparency: yes, no", "picture"),
    Field("frames", "number", "asset.frames", "frames of an animation", "picture"),
    Field("changed", "number", "output.changed", "share of pixels that an edit changed, 0 to 1", "picture"),
    Field("drift", "number", "output.drift", "share of protected pixels that an edit changed, 0 to 1", "picture"),
    Field("source", "word", "asset.source", "what a stand-in was made of", "picture"),
    Field("meta", "words", "output.meta_json", "words that the provider said of a picture", "picture"),
    Field("hash", "id", "asset.sha256", "the beginning of a picture's hash", "picture"),
    Field("phash", "word", "asset.phash", "a picture's perceptual hash", "picture"),
    Field("quality", "word", _given("quality"), "low, medium, high, auto"),
    Field("background", "word", _given("background"), "transparent, opaque, auto"),
    Field("format", "word", _given("output_format"), "the format that was asked for"),
    Field("n", "number", _given("n"), "how many pictures were asked for"),
    Field("params", "words", "params_json", "words of the parameters that were given"),
    Field("effective", "words", "effective_json", "words of the parameters as they came"),
    # Who made it
    Field("model", "known", "model", "the model that was asked, or answered; gpt-image-* too"),
    Field("answered", "word", "generation.model_answered", "the model that answered"),
    Field("main", "word", "generation.main_model", "the model that led the conversation"),
    Field("route", "known", "route", "the route"),
    Field("owner", "word", "generation.route_owner", "who is behind the route"),
    Field("url", "word", "generation.base_url", "the route's base URL"),
    Field("endpoint", "word", "generation.endpoint", "images/generations, images/edits, responses"),
    Field("dialect", "word", "generation.dialect", "images, responses, chat"),
    Field("operation", "known", "operation", "generate, edit, converse"),
    Field("streamed", "flag", "generation.streamed", "whether it was streamed: yes, no"),
    # How it went
    Field("status", "status", "generation.status", "succeeded, failed, cancelled, interrupted, running, trashed, any"),
    Field("error", "words", "error", "an error's kind, or words of its message"),
    Field("code", "word", "generation.error_code", "the provider's code of the error"),
    Field("blames", "word", "generation.error_param", "the parameter that the error is about"),
    Field("details", "words", "error_details_json", "words of what else was said of the error"),
    Field("http_status", "number", "generation.http_status", "the HTTP status"),
    Field("request", "word", "generation.request_id", "the provider's id of the request"),
    Field("response", "word", "generation.response_id", "the provider's id of the response"),
    Field("mismatch", "words", "mismatches_json", "words of what came otherwise than asked"),
    Field("done", "words", "notes_json", "words of what was done otherwise than asked"),
    Field("cost", "number", "generation.cost", "what it cost, in its currency"),
    Field("estimate", "number", "generation.cost_estimate", "what it was expected to cost"),
    Field("currency", "word", "generation.currency", "USD, credits"),
    Field("basis", "word", "generation.cost_basis", "what the cost is known by: usage, call, picture, estimate, free"),
    Field("billing", "words", "billing_note", "words on what may have been billed without a picture"),
    Field("tokens", "number", "json_extract(generation.usage_json, '$.total_tokens')", "tokens in all"),
    Field("usage", "words", "usage_json", "words of the usage"),
    Field("seconds", "number", "generation.seconds", "how long it took"),
    Field("first_byte", "number", "generation.seconds_to_first_byte", "seconds until the first byte"),
    Field("first_partial", "number", "generation.seconds_to_first_partial", "seconds until the first partial"),
    Field("partials", "number", "generation.partials_received", "partials that came"),
    Field("partials_asked", "number", "generation.partials_asked", "partials that were asked for"),
    Field("unknown", "number", "generation.unknown_events", "events of the stream that imgnb does not know"),
    Field(
        "attempts", "number", "(SELECT count(*) FROM attempt WHERE attempt.generation = generation.id)", "HTTP calls"
    ),
    Field("retry", "word", "attempt.retry_reason", "why a call was made again", "attempt"),
    Field("attempt", "words", "attempt.error_message", "words of an error of one of its calls", "attempt"),
    Field(
        "pictures", "number", "(SELECT count(*) FROM output WHERE output.generation = generation.id)", "pictures made"
    ),
    Field(
        "refs", "number", "(SELECT count(*) FROM input WHERE input.generation = generation.id)", "pictures that went in"
    ),
    # Where and when
    Field("id", "id", "generation.id", "the beginning of its id"),
    Field("fingerprint", "id", "generation.fingerprint", "the beginning of its request's fingerprint"),
    Field("sha", "id", "generation.prompt_sha256", "the beginning of the hash of its prompt"),
    Field("take", "number", "generation.take", "the number of the take"),
    Field("take_wanted", "number", "generation.take_wanted", "the number of the take that was asked for"),
    Field("notebook", "known", "notebook", "the notebook, by its name or the end of its path"),
    Field("cell", "word", "generation.cell_id", "the cell's id"),
    Field("made", "words", "provenance_json", "words of where it was made: front end, commit, versions"),
    Field("kernel", "word", "generation.kernel", "the kernel"),
    Field("session", "word", "generation.session", "the run of a kernel"),
    Field("version", "word", "generation.imgnb_version", "the version of imgnb"),
    Field("continues", "id", "generation.continues", "the id of the turn that it goes on from"),
    Field("continued_by", "word", "generation.continued_by", "how the server was reminded of that turn"),
    Field("day", "day", "generation.created_at", "2026-11-01, 2026-11, 2026, today, yesterday, 7d (UTC)"),
    Field("before", "day", "generation.created_at", "before that day begins"),
    Field("after", "day", "generation.created_at", "from the beginning of that day on"),
    Field("finished", "day", "generation.finished_at", "the day on which it ended"),
    Field("is", "state", "", "trashed, starred, edit, mismatched, replaced, continued"),
    Field("has", "having", "", "name, tag, note, rating, reference, mask, text, cost, drift"),
    Field("search", "search", "", "a search that was saved under that name"),
    Field("sort", "order", "", "newest, oldest, relevance, cost, seconds, rating, size; -cost turns it round"),
)

FIELDS: Mapping[str, Field] = {field.name: field for field in _TABLE} | {
    "date": Field("date", "day", "generation.created_at", "as day:")
}

STATUSES = ("succeeded", "failed", "cancelled", "interrupted", "running", "trashed", "any")

STATES: Mapping[str, str] = {
    "trashed": "generation.trashed",
    "starred": """EXISTS (SELECT 1 FROM output JOIN tag ON tag.asset IN (output.asset, output.derived)
        WHERE output.generation = generation.id AND tag.tag = 'star')""",
    "edit": "generation.operation = 'edit'",
    "mismatched": "generation.mismatches_json != '[]'",
    "replaced": "EXISTS (SELECT 1 FROM output WHERE output.generation = generation.id AND output.derived IS NOT NULL)",
    "continued": "EXISTS (SELECT 1 FROM generation AS later WHERE later.continues = generation.id)",
}

_LABELLED = """EXISTS (SELECT 1 FROM output JOIN {0} ON {0}.asset IN (output.asset, output.derived)
    WHERE output.generation = generation.id)"""

HAVING: Mapping[str, str] = {
    **{label: _LABELLED.format(label) for label in ("name", "tag", "note", "rating")},
    "reference": "EXISTS (SELECT 1 FROM input WHERE input.generation = generation.id)",
    "mask": "EXISTS (SELECT 1 FROM input WHERE input.generation = generation.id AND input.role = 'mask')",
    "text": "coalesce(generation.text, '') != ''",
    "cost": "generation.cost IS NOT NULL",
    "drift": "EXISTS (SELECT 1 FROM output WHERE output.generation = generation.id AND output.drift > 0)",
}

LONGEST = "max(asset.width, asset.height)"

SORTS: Mapping[str, str] = {
    "newest": "generation.number",
    "oldest": "-generation.number",
    "relevance": "",
    "cost": "generation.cost",
    "seconds": "generation.seconds",
    "rating": """(SELECT max(rating.stars) FROM output JOIN rating ON rating.asset IN (output.asset, output.derived)
        WHERE output.generation = generation.id)""",
    "size": """(SELECT max(asset.width * asset.height) FROM output JOIN asset
        ON asset.sha256 = coalesce(output.derived, output.asset) WHERE output.generation = generation.id)""",
}

_JSON = {
    "param": "generation.params_json",
    "effective": "generation.effective_json",
    "usage": "generation.usage_json",
    "variable": "generation.variables_json",
    "said": "output.meta_json",
}
_DOTTED = re.compile(r"(param|effective|usage|variable|said)\.([A-Za-z_][A-Za-z0-9_]{0,63})", re.ASCII)


def field_named(name: str) -> Field | None:
    """The field of this name, in whatever letters."""
    if match := _DOTTED.fullmatch(name):
        column, key = _JSON[match[1]], match[2]
        sql = f"json_extract({column}, '$.{key}')"
        return Field(name, "word", sql, "", "picture" if match[1] == "said" else "generation")
    return FIELDS.get(name.lower())
