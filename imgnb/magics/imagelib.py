"""`%imagelib`: looking into the library from a notebook, and putting it in order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ..commands.labels import ACTS, act
from ..display.magic_line import UsageInvalid, split
from ..records import Generation
from .finding import find

VIEWS: Mapping[str, str] = {
    "ls": "ls 12                      the newest generations as a contact sheet; also names, tags and trash",
    "find": "find fox -winter tag:hero  what a query finds (README, Search); --save=NAME, --limit=, --before=, --count, --facets",
    "searches": "searches                   the queries that were saved; --forget=NAME",
    "similar": "similar @hero              the pictures that look most like it, the nearest first",
    "rank": "rank fox                   what was compared, of what a query finds, the best first",
    "show": "show @last                 the picture again (@name, @hash, @id and @last[2] too); --heat-map, --mask",
    "lineage": "lineage @hero              what it came from and what came from it, as one picture; --mermaid, --text",
    "recipe": "recipe @hero               the magic that makes it again; --python",
    "costs": "costs --by model           what was paid, by day, route, model or notebook, and what the budgets leave",
    "browse": "browse words               a link to the library's pages, which are served while the kernel lives",
}
"What gives something back, with a line of help; what changes something stands in `commands/labels.py`."

REFERENCES = "pictures are written @last, @name, @name~1, @hash, @id, and with [2] the second of a generation"


def usage() -> str:
    """The help of %imagelib."""
    lines = [f"%imagelib {line}" for line in VIEWS.values()]
    lines += [f"%imagelib {act.usage:<26} {act.help}" for act in ACTS.values()]
    return "\n".join([*lines, REFERENCES])


def imagelib(shell: Any, line: str) -> Any:
    """Do what the line says; what it finds is the cell's value.

    Raises UsageInvalid for a line that says nothing known, AssetNotFound for unknown pictures.
    """
    from ..workspace import current

    if line.split(None, 1)[:1] == ["find"]:
        return find(current().library, line.split(None, 1)[1] if len(line.split(None, 1)) > 1 else "")
    if line.split(None, 1)[:1] == ["rank"]:  # a query has quotes of its own
        return current().library.rank(line.split(None, 1)[1] if len(line.split(None, 1)) > 1 else "")
    words = split(line)
    if not words or words[0] in ("--help", "-h", "help"):
        print(usage())
        return None
    verb, *rest = words
    if verb in _VIEWS:
        return _VIEWS[verb](shell, rest)
    if verb in ACTS:
        if not rest:
            raise UsageInvalid(f"{verb} needs a picture: %imagelib {ACTS[verb].usage}")
        print(act(current().library, verb, rest[0], rest[1:]))
        return None
    raise UsageInvalid(f"%imagelib {line} is not understood; use\n{usage()}")


def _ls(shell: Any, words: list[str]) -> Any:
    from ..workspace import current

    library = current().library
    if words and words[0] in ("names", "tags"):
        return library.names() if words[0] == "names" else library.tags()
    if words and words[0] == "trash":
        return library.trashed()
    if len(words) > 1 or (words and not (words[0].isascii() and words[0].isdigit())):
        raise UsageInvalid(f"ls {' '.join(words)} is not understood: %imagelib {VIEWS['ls']}")
    return library.find(limit=int(words[0]) if words else 12)


def _similar(shell: Any, words: list[str]) -> Any:
    from ..workspace import current

    if len(words) > 1:
        raise UsageInvalid(f"{' '.join(words)!r} are several pictures; name one")
    return current().library.similar(words[0] if words else "@last", progress=_hashed)


def _hashed(done: int, of: int) -> None:
    """How far the hashing is, in the line that the last one stood in; short libraries need none."""
    if of > SOME:
        print(f"\rhashing pictures: {done} of {of}", end="\n" if done == of else "", flush=True)


SOME = 500
"Pictures that are hashed before anybody asks what takes so long."


def _searches(shell: Any, words: list[str]) -> Any:
    from ..workspace import current

    library = current().library
    if not words:
        return library.saved_searches()
    name = words[-1].removeprefix("--forget=")
    if len(words) > 2 or not words[0].startswith("--forget") or name == "--forget":
        raise UsageInvalid(f"searches {' '.join(words)} is not understood: %imagelib {VIEWS['searches']}")
    print(f"forgot {name}" if library.forget_search(name) else f"no search is saved as {name!r}")
    return None


def _show(shell: Any, words: list[str]) -> Any:
    from ..workspace import current

    flags, named = _sorted(words, "--heat-map", "--mask")
    found = current().library.get(named or "@last")
    if flags:
        generation = found if isinstance(found, Generation) else current().library.generation(named or "@last")
        image = generation.heat_map() if "--heat-map" in flags else generation.mask_over_base()
        _display(image_bundle(image, f"{flags[0].removeprefix('--')} of {generation.prompt}", generation.facts))
        return None
    return _shown(shell, found)


def _lineage(shell: Any, words: list[str]) -> Any:
    from ..workspace import current

    flags, named = _sorted(words, "--mermaid", "--text")
    found = current().library.get(named or "@last").lineage()
    if flags:
        print(found.mermaid() if "--mermaid" in flags else found.text())
        return None
    return found


def _recipe(shell: Any, words: list[str]) -> None:
    from ..workspace import current

    flags, named = _sorted(words, "--python")
    print(current().library.get(named or "@last").recipe("python" if flags else "magic"))


def _costs(shell: Any, words: list[str]) -> None:
    from ..display.cell import place
    from ..display.costs import costs_table
    from ..workspace import current

    by = [word.removeprefix("--by=") for word in words if word != "--by"] or ["day"]
    workspace = current()
    rows = workspace.library.costs(by, frame=False)
    print(costs_table(rows, by, workspace.library.balances(workspace.budgets, place(shell)["notebook"])))


def _browse(shell: Any, words: list[str]) -> None:
    from ..commands.browsing import link
    from ..display.cell import interactive
    from ..workspace import current

    url = link(current().library.path, " ".join(words))
    if not interactive(shell):
        print(url)
        return
    said = "from this machine, while the kernel lives; elsewhere: Image library in the launcher (pip install imgnb[jupyter])"
    anchor = f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">Browse the library</a>'
    _display(({"text/plain": url, "text/html": f"{anchor} ({said})"}, {}))


def _sorted(words: list[str], *known: str) -> tuple[list[str], str]:
    """The flags among the words, and the picture that is named, which may be none."""
    flags = [word for word in words if word.startswith("--")]
    named = [word for word in words if not word.startswith("--")]
    if odd := [flag for flag in flags if flag not in known]:
        raise UsageInvalid(f"there is no option {odd[0]}; there is {', '.join(known)}")
    if len(flags) > 1:
        raise UsageInvalid(f"{' '.join(flags)} do not go together; give one")
    if len(named) > 1:
        raise UsageInvalid(f"{' '.join(named)!r} are several pictures; name one")
    return flags, "".join(named)


def image_bundle(image: Any, alt: str, facts: Mapping[str, Any]) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """A picture that is drawn for the moment, as an output."""
    from ..pictures import bundle_of, preview

    return bundle_of(preview(image), alt=alt, facts=facts)


def _shown(shell: Any, found: Any) -> Any:
    from ..display.cell import shown_here

    data, metadata = found._repr_mimebundle_()
    _display((data, {**metadata, "imgnb": {"stage": "final", **metadata.get("imgnb", {})}}))
    return shown_here(shell, found)


def _display(bundle: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
    from IPython.display import display

    display(dict(bundle[0]), metadata=dict(bundle[1]), raw=True)


_VIEWS: Mapping[str, Callable[[Any, list[str]], Any]] = {
    "ls": _ls,
    "searches": _searches,
    "similar": _similar,
    "show": _show,
    "lineage": _lineage,
    "recipe": _recipe,
    "costs": _costs,
    "browse": _browse,
}
