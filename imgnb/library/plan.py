"""From a query to what SQLite is to be asked: one full text expression, and clauses.

Terms that the full text can find are put together into a single expression, quoted, so that FTS5 walks their lists side
by side, the newest first. What it cannot see (Chinese, Japanese, emoji, signs) is looked for as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection

from ..errors import AssetNotFound, QueryInvalid
from .clauses import COUNTED, Clause, contains, where
from .conditions import FULL_TEXT, by_dialect, clause, named, tagged
from .fields import FIELDS
from .query import Condition, Query, Word, parse
from .saved import expanded

SIGNS = 100
"Different signs, or words in Chinese and the like, in a query: each is looked for in every text."

VALUES = 300
"Values of conditions in a query: each is a term of one statement, in which SQLite takes a thousand."

LONGEST = 5_000
"Characters of a text that is looked for as it stands: SQLite takes 50,000 bytes, with the signs that escape them."

_TEXT = " || char(10) || ".join(
    f"coalesce(generation.{column}, '')" for column in ("prompt", "revised_prompt", "text", "label_text")
)


@dataclass(frozen=True)
class Filters:
    """What is asked beside the query, and what holds where the query says nothing of it."""

    model: str | None = None
    route: str | None = None
    status: str | None = "succeeded"
    name: str | None = None
    dialect: str | None = None
    tag: str | None = None
    trashed: bool | None = False


@dataclass
class Plan:
    """What is to be true of what is found."""

    query: Query
    wanted: list[str] = field(default_factory=list)
    "Full text expressions, all of which must match."
    unwanted: list[str] = field(default_factory=list)
    clauses: list[Clause] = field(default_factory=list)
    usual: list[Clause] = field(default_factory=list)
    "What nearly all that there is fulfils: succeeded, not in the trash."
    looks_through: bool = False
    "Whether texts must be looked through for what no index knows."

    @property
    def match(self) -> str:
        """One full text expression for all that must be there."""
        return " AND ".join(f"({one})" for one in self.wanted)

    @property
    def mismatch(self) -> str:
        """One full text expression for all that must not be there."""
        return " OR ".join(f"({one})" for one in self.unwanted)


def plan(connection: Connection, text: str, filters: Filters = Filters()) -> Plan:
    """What the query and the filters ask for. Raises QueryInvalid, which says where, for what is not understood."""
    now = datetime.now(UTC)
    query = expanded(connection, parse(text, now), now)
    _check_values(query)
    made = Plan(query)
    for word in query.words:
        _add_word(made, word)
    for condition in query.conditions:
        _add_condition(connection, made, condition)
    _add_filters(connection, made, filters)
    if sum(1 for word in query.words if not _is_seen(word.text)) > SIGNS:
        raise QueryInvalid(text, len(text), f"more than {SIGNS} signs cannot be looked for", hint="ask for fewer")
    return made


def _check_values(query: Query) -> None:
    """Raise QueryInvalid, at the first one too many, for more values than one statement takes."""
    count = 0
    for condition in query.conditions:
        count += sum(_pieces(condition, value) for value in condition.values)
        if count > VALUES:
            problem = f"there are more than {VALUES} values"
            raise QueryInvalid(query.text, condition.position, problem, hint="ask for fewer, a part at a time")


def _pieces(condition: Condition, value: object) -> int:
    """For how many texts a value stands: of several words each is looked for, unless the full text does it."""
    if not isinstance(value, str) or (condition.field.sql in FULL_TEXT and _is_seen(value)):
        return 1
    return len(value.split()) if condition.field.kind == "words" or condition.field.name == "note" else 1


def quoted(text: str) -> str:
    """A text as a string of an FTS5 expression: nothing in it is an operator."""
    return '"' + text.replace('"', '""') + '"'


def _is_seen(text: str) -> bool:
    """Whether the tokenizer sees this as words: a run of Chinese is one word to it, emoji and signs are none."""
    return any(character.isalnum() for character in text) and not any(ord(character) >= 0x2E80 for character in text)


def _add_word(plan: Plan, word: Word) -> None:
    if _is_seen(word.text):
        found = quoted(word.text) + (" *" if word.prefix else "")
        (plan.unwanted if word.negated else plan.wanted).append(found)
        return
    _check_length(plan.query, word.text, max(plan.query.text.find(word.text), 0))
    inside = contains(f"({_TEXT})", [word.text])
    plan.looks_through = True
    plan.clauses.append(inside.turned() if word.negated else inside)


def _add_condition(connection: Connection, plan: Plan, condition: Condition) -> None:
    if condition.field.sql in FULL_TEXT and _all_seen(condition.values):
        found = " OR ".join(f"{{{condition.field.sql}}} : {_phrase(value)}" for value in condition.values)
        (plan.unwanted if condition.negated else plan.wanted).append(found)
        return
    for value in condition.values:
        _check_length(plan.query, value, condition.position)
    try:
        asked = clause(connection, condition)
        plan.clauses.append(asked)
        by_tag = condition.field.name == "tag" or condition.values == ("starred",)
        if by_tag and (asked.hits or 0) > COUNTED and _all_seen(asked.values):
            # Tags are in the full text: where a tag is on many, it walks them in order, and the clause looks twice.
            plan.wanted.append(f"{{label_text}} : ({' OR '.join(map(quoted, asked.values))})")
    except AssetNotFound as error:
        raise QueryInvalid(plan.query.text, condition.position, error.message, hint=error.hint) from error


def _check_length(query: Query, text: object, position: int) -> None:
    if isinstance(text, str) and len(text) > LONGEST:
        problem = f"{len(text)} characters are more than can be looked for as they stand"
        raise QueryInvalid(query.text, position, problem, hint=f"give {LONGEST} at most")


def _phrase(value: str) -> str:
    starts = value.endswith("*") and len(value) > 1
    return quoted(value.rstrip("*") if starts else value) + (" *" if starts else "")


def _all_seen(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) and _is_seen(value) for value in values)


def _add_filters(connection: Connection, plan: Plan, filters: Filters) -> None:
    query = plan.query
    if filters.status is not None and not _asks_for_status(query) and not _asks_for_trash(query):
        plan.usual.append(where("generation.status", "= ?", (filters.status,)))
    if filters.trashed is False and not _asks_for_trash(query):
        plan.usual.append(Clause("NOT generation.trashed"))
    if filters.trashed:
        plan.clauses += parsed(connection, "is:trashed")
    for name, value in (("model", filters.model), ("route", filters.route)):
        if value is not None:
            plan.clauses.append(clause(connection, Condition(FIELDS[name], "=", (value,), False, 0)))
    if filters.dialect is not None:
        plan.clauses.append(by_dialect(filters.dialect))
    if filters.name is not None:
        plan.clauses.append(named(connection, "=", filters.name))
    if filters.tag is not None:
        plan.clauses.append(tagged(connection, "=", filters.tag))


def parsed(connection: Connection, text: str) -> list[Clause]:
    """The clauses of a query of ours."""
    return [clause(connection, condition) for condition in parse(text, datetime.now(UTC)).conditions]


def _asks_for_trash(query: Query) -> bool:
    """Whether the trash is asked for: then it is taken at its word."""
    return any(
        condition.field.name in ("is", "status") and "trashed" in condition.values and not condition.negated
        for condition in query.conditions
    )


def _asks_for_status(query: Query) -> bool:
    """Whether something is said of how it ended; that it is not in the trash says nothing of it."""
    return any(
        condition.field.name == "status" and not (condition.negated and condition.values == ("trashed",))
        for condition in query.conditions
    )
