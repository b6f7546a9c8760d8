"""Tab completion of the magics' options, values and pictures: a pure function, and its two ways into IPython.

IPython 8 and newer ask matchers; 7 (Colab) has the `complete_command` hook only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from ..commands.labels import ACTS
from ..config import CHOICES
from ..request.options import BY_NAME, OPTIONS
from .imagelib import VIEWS
from .locks import LOCKING

Values = Callable[[str, str | None], Sequence[str]]
"""Gives the values of a parameter, for the model that the line names; and "@" (what the library has), "$" (variables that
are pictures), "tag" and "search"."""

DRAWING = ("imagegen", "imageedit", "imagechat")
"The magics that ask for pictures."

_LINE = re.compile(rf"\s*(?:[\w.,\s]+=\s*)?%{{1,2}}({'|'.join((*DRAWING, 'imagelib'))})\s+(.*)$", re.DOTALL)
_TAGGING = ("tag", "untag")


def complete(before: str, values: Values) -> tuple[str, list[str]] | None:
    """For a line up to the cursor: the fragment that is being typed and what it may become; None for other lines."""
    match = _LINE.match(before)
    if not match:
        return None
    rest = match[2]
    words = rest.split()
    fragment = words.pop() if words and not rest[-1].isspace() else ""
    if match[1] == "imagelib":
        if words and words[0] in ("find", "rank") and not fragment.startswith("--"):
            return _of_query(fragment, values)
        return fragment, [word for word in _of_library(words, values) if word.startswith(fragment)]
    if match[1] == "imagegen" and "%%" not in match[0] and (known := _of_kernel(words)):
        return fragment, [word for word in known if word.startswith(fragment)]
    name, sign, begun = fragment.partition("=")
    if sign and name.startswith("--"):
        return begun, _values(name, begun, words, values)
    if words and words[-1] in BY_NAME and BY_NAME[words[-1]].kind not in ("flag", "off"):
        return fragment, _values(words[-1], fragment, words, values)
    if fragment.startswith(("@", "$")):
        return fragment, [word for word in values(fragment[0], None) if word.startswith(fragment)]
    if fragment and not fragment.startswith("-"):
        return None
    used = {BY_NAME[word.partition("=")[0]] for word in words if word.partition("=")[0] in BY_NAME}
    return fragment, [o.long for o in OPTIONS if o.long.startswith(fragment) and (o not in used or o.kind == "pair")]


def _of_library(words: list[str], values: Values) -> Sequence[str]:
    """What may follow in a line of %imagelib: a verb, a picture, an option, or a tag."""
    if not words:
        return [*VIEWS, *ACTS]
    verb, *rest = words
    if verb in _TAGGING and rest:
        return values("tag", None)
    options = re.findall(r"--[a-z-]+", VIEWS.get(verb, ""))
    return [*(() if verb in ("ls", "find", "rank", "costs") else values("@", None)), *options]


def _of_kernel(words: list[str]) -> Sequence[str]:
    """What may follow in a line that is about this kernel: a mode, or what is to become of its lock."""
    return {"mode": CHOICES["mode"], "lock": LOCKING}.get(words[0], ()) if len(words) == 1 else ()


def _of_query(fragment: str, values: Values) -> tuple[str, list[str]]:
    """What a word of a query may become: a field, or a value of the field that it names."""
    from ..library.fields import FIELDS, HAVING, SORTS, STATES, STATUSES

    word = fragment.removeprefix("-")
    name, sign, begun = word.partition(":")
    if not sign:
        return word, [f"{field}:" for field in FIELDS if word and field.startswith(word)]
    begun = begun.rpartition(",")[2]
    if name in ("ref", "from", "name"):
        known = [one.removeprefix("@") if name == "name" else one for one in values("@", None)]
    else:
        choices = {"status": STATUSES, "is": STATES, "has": HAVING, "sort": SORTS}
        asked = name if name in ("tag", "search", "route", "model") else ""
        known = list(choices[name]) if name in choices else list(values(asked, None)) if asked else []
    return begun, [value for value in known if value.startswith(begun)]


def _values(name: str, begun: str, words: list[str], values: Values) -> list[str]:
    option = BY_NAME.get(name)
    if option is None:
        return []
    if begun.startswith(("@", "$")):
        return [value for value in values(begun[0], None) if value.startswith(begun)]
    found = option.values or values(option.sets, _model(words))
    return [value for value in found if value.startswith(begun)]


def _model(words: list[str]) -> str | None:
    for word, following in zip(words, [*words[1:], ""], strict=False):
        if word in ("-m", "--model"):
            return following
        if word.startswith("--model="):
            return word.partition("=")[2]
    return None


def install(shell: Any, values: Values) -> Callable[[], None]:
    """Let this shell complete the magics; returns a function that takes it back."""
    try:
        from IPython.core.completer import SimpleCompletion, context_matcher
    except ImportError:  # 7 has `custom_matchers` too, but calls them otherwise
        return _install_hook(shell, values)
    matchers = shell.Completer.custom_matchers

    @context_matcher()  # type: ignore[untyped-decorator]
    def imgnb_matcher(context: Any) -> dict[str, Any]:
        lines = context.full_text.split("\n")
        line = lines[context.cursor_line] if context.cursor_line < len(lines) else ""
        found = complete(line[: _column(context)], values)
        if found is None:
            return {"completions": []}
        fragment, texts = found
        completions = [SimpleCompletion(text=text, type="option") for text in texts]
        return {"completions": completions, "matched_fragment": fragment, "suppress": bool(texts), "ordered": True}

    matchers.append(imgnb_matcher)
    return lambda: matchers.remove(imgnb_matcher) if imgnb_matcher in matchers else None


def _column(context: Any) -> int:
    """The cursor's column in its line; `cursor_position` counts from the beginning of the text in some versions."""
    lines = context.full_text.split("\n")
    before = sum(len(line) + 1 for line in lines[: context.cursor_line])
    line = lines[context.cursor_line] if context.cursor_line < len(lines) else ""
    position = int(context.cursor_position)
    return position - before if position > len(line) else position


def _install_hook(shell: Any, values: Values) -> Callable[[], None]:
    def hook(_shell: Any, event: Any) -> list[str]:
        found = complete(event.line[: len(event.text_until_cursor)], values)
        if found is None:
            return []
        fragment, texts = found
        if fragment.endswith(event.symbol):  # this IPython takes @ and $ for the end of what comes before
            return [text[len(fragment) - len(event.symbol) :] for text in texts]
        head = event.symbol[: len(event.symbol) - len(fragment)] if event.symbol.endswith(fragment) else ""
        return [head + text for text in texts]

    for name in (*DRAWING, "imagelib"):
        shell.set_hook("complete_command", hook, str_key=f"%{name}")
        shell.set_hook("complete_command", hook, str_key=f"%%{name}")

    def remove() -> None:
        for name in (*DRAWING, "imagelib"):
            for key in (f"%{name}", f"%%{name}"):
                shell.strdispatchers["complete_command"].strs.pop(key, None)

    return remove
