"""Every table of the library, as SQLModel classes, in a registry of their own.

The classes say what a row is; `migrations.py` says how an old file becomes one that has them, and a test holds the two
together. Statements elsewhere are Core selects on the tables at the end of this module: SQLModel objects cost ten times
as much. Numbers are bytes, seconds and pixels; cost is in `currency`; times are UTC in ISO 8601. No picture is ever in
a row. The registry is ours alone, so that a user's own SQLModel tables never meet these.
"""

from __future__ import annotations

from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel


class Stored(SQLModel, registry=registry()):
    """Base of the library's tables."""


class AssetRow(Stored, table=True):
    """A stored picture. Content: written once."""

    __tablename__ = "asset"
    sha256: str = Field(primary_key=True)
    media_type: str
    bytes: int
    width: int | None = None
    height: int | None = None
    has_alpha: bool | None = None
    frames: int | None = None
    phash: str | None = None
    source: str | None = None
    created_at: str


class GenerationRow(Stored, table=True):
    """A request's life. `id` is the name.

    `number` ties the full text to the row: the milliseconds of the id, or the next that are free, so that its order is that
    of the ids. `label_text` (tags and notes of its pictures) and `trashed` (all its pictures are in the trash) are kept by
    triggers. `provenance_json` is what was known of its surroundings (front end, execution count, git, packages): one column,
    as it is read as a whole and what front ends tell will change.
    """

    __tablename__ = "generation"
    number: int | None = Field(default=None, primary_key=True)
    id: str = Field(unique=True)
    fingerprint: str
    take: int | None = None
    take_wanted: int | None = None
    status: str
    session: str
    operation: str
    prompt: str
    prompt_sha256: str
    template: str | None = None
    variables_json: str = "{}"
    params_json: str = "{}"
    effective_json: str = "{}"
    mismatches_json: str = "[]"
    notes_json: str = "[]"
    usage_json: str | None = None
    route: str
    route_owner: str
    base_url: str
    endpoint: str
    dialect: str
    model: str
    model_answered: str | None = None
    revised_prompt: str | None = None
    text: str | None = None
    partials_asked: int = 0
    partials_received: int = 0
    streamed: bool | None = None
    http_status: int | None = None
    request_id: str | None = None
    cost: float | None = None
    cost_basis: str | None = None
    cost_estimate: float | None = None
    currency: str = "USD"
    billing_note: str | None = None
    seconds: float | None = None
    seconds_to_first_byte: float | None = None
    seconds_to_first_partial: float | None = None
    error_kind: str | None = None
    error_code: str | None = None
    error_param: str | None = None
    error_message: str | None = None
    notebook: str | None = None
    cell_id: str | None = None
    kernel: str | None = None
    imgnb_version: str = ""
    created_at: str
    finished_at: str | None = None
    main_model: str | None = None
    continues: str | None = Field(default=None, foreign_key="generation.id")
    continued_by: str | None = None
    response_id: str | None = None
    unknown_events: int = 0
    error_details_json: str | None = None
    label_text: str = ""
    trashed: bool = False
    provenance_json: str | None = None


class OutputRow(Stored, table=True):
    """A picture that a generation made. `meta_json` is what the provider said about it.

    `derived` is what was made of it and stands for it: its composite, or its cutout. `changed` and `drift` are shares
    (0 to 1) of the pixels that differ from an edit's base: of all, and of those that its mask protected.
    """

    __tablename__ = "output"
    generation: str = Field(primary_key=True, foreign_key="generation.id")
    position: int = Field(primary_key=True)
    asset: str = Field(foreign_key="asset.sha256")
    meta_json: str = "{}"
    derived: str | None = Field(default=None, foreign_key="asset.sha256")
    changed: float | None = None
    drift: float | None = None


class InputRow(Stored, table=True):
    """A picture that went into a generation. `sent` is its conversion, where the route got that in its stead."""

    __tablename__ = "input"
    generation: str = Field(primary_key=True, foreign_key="generation.id")
    position: int = Field(primary_key=True)
    role: str
    asset: str = Field(foreign_key="asset.sha256")
    source: str = ""
    sent: str | None = Field(default=None, foreign_key="asset.sha256")


class DerivationRow(Stored, table=True):
    """An asset that was made here of another one. Content: written once.

    `kind` is "conversion", "mask", "composite" or "cutout"; `recipe_json` says how, so that it is not made twice; `said` is
    what whoever asks for it is to be told.
    """

    __tablename__ = "derivation"
    parent: str = Field(primary_key=True, foreign_key="asset.sha256")
    kind: str = Field(primary_key=True)
    recipe_json: str = Field(primary_key=True)
    asset: str = Field(foreign_key="asset.sha256")
    said: str = ""
    created_at: str


class AttemptRow(Stored, table=True):
    """One HTTP call of a generation."""

    __tablename__ = "attempt"
    generation: str = Field(primary_key=True, foreign_key="generation.id")
    number: int = Field(primary_key=True)
    route: str
    endpoint: str
    started_at: str
    seconds: float | None = None
    status: int | None = None
    error_kind: str | None = None
    error_message: str | None = None
    retry_reason: str | None = None
    wait: float = 0.0
    request_id: str | None = None
    streamed: bool | None = None
    base_url: str = ""


class UploadRow(Stored, table=True):
    """A file that a server keeps for us, so that a picture is sent once."""

    __tablename__ = "upload"
    asset: str = Field(primary_key=True, foreign_key="asset.sha256")
    route: str = Field(primary_key=True)
    base_url: str = Field(primary_key=True)
    file_id: str
    created_at: str


class NameRow(Stored, table=True):
    """A movable label: it points at one asset at a time."""

    __tablename__ = "name"
    name: str = Field(primary_key=True)
    asset: str = Field(foreign_key="asset.sha256")
    created_at: str


class NameHistoryRow(Stored, table=True):
    """Where a name pointed before it was moved."""

    __tablename__ = "name_history"
    id: int | None = Field(default=None, primary_key=True)
    name: str
    asset: str = Field(foreign_key="asset.sha256")
    created_at: str
    moved_at: str


class TagRow(Stored, table=True):
    """A word that many assets may carry."""

    __tablename__ = "tag"
    asset: str = Field(primary_key=True, foreign_key="asset.sha256")
    tag: str = Field(primary_key=True)
    created_at: str


class RatingRow(Stored, table=True):
    """How much an asset is liked, 1 to 5."""

    __tablename__ = "rating"
    asset: str = Field(primary_key=True, foreign_key="asset.sha256")
    stars: int
    created_at: str


class NoteRow(Stored, table=True):
    """A remark on an asset."""

    __tablename__ = "note"
    id: int | None = Field(default=None, primary_key=True)
    asset: str = Field(foreign_key="asset.sha256")
    text: str
    created_at: str


class ChoiceRow(Stored, table=True):
    """Of two assets, the one that was liked better; or a tie. `asked_by` is the query that brought them together."""

    __tablename__ = "choice"
    id: int | None = Field(default=None, primary_key=True)
    better: str = Field(foreign_key="asset.sha256")
    worse: str = Field(foreign_key="asset.sha256")
    tie: bool
    asked_by: str = ""
    created_at: str


class TrashRow(Stored, table=True):
    """An asset that was thrown away and can be brought back, until `emptied_at` its bytes were deleted; its row stays."""

    __tablename__ = "trash"
    asset: str = Field(primary_key=True, foreign_key="asset.sha256")
    created_at: str
    emptied_at: str | None = None


class SavedSearchRow(Stored, table=True):
    """A search that was given a name."""

    __tablename__ = "saved_search"
    name: str = Field(primary_key=True)
    query: str
    created_at: str


class TallyRow(Stored, table=True):
    """How many there are, kept by triggers: counting a million rows takes half a second.

    Generations that have ended by "status", "operation", "model" (that was asked for), "answered" (the model that did),
    "route", "notebook" and "day" (UTC), each by its status, which is "trashed" where all its pictures are in the trash;
    assets by "tag" and "rating", their status being "".
    """

    __tablename__ = "tally"
    facet: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    value: str = Field(primary_key=True)
    count: int


class SchemaVersionRow(Stored, table=True):
    """A migration that was applied to this file."""

    __tablename__ = "schema_version"
    version: int = Field(primary_key=True)
    name: str
    imgnb_version: str
    applied_at: str


metadata = Stored.metadata

asset = metadata.tables["asset"]
generation = metadata.tables["generation"]
output = metadata.tables["output"]
input_ = metadata.tables["input"]
derivation = metadata.tables["derivation"]
attempt = metadata.tables["attempt"]
upload = metadata.tables["upload"]
name = metadata.tables["name"]
name_history = metadata.tables["name_history"]
tag = metadata.tables["tag"]
rating = metadata.tables["rating"]
note = metadata.tables["note"]
choice = metadata.tables["choice"]
trash = metadata.tables["trash"]
saved_search = metadata.tables["saved_search"]
tally = metadata.tables["tally"]
schema_version = metadata.tables["schema_version"]
