"""Acts on stored pictures, as they are said in a shell and in `%imagelib`: name, tag, rate, note, star, throw away.

Each takes what is written and answers with a sentence that says what is now true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import RequestInvalid

if TYPE_CHECKING:  # the command line lists the acts in its help, which is not to wait for SQL or records
    from ..library import Library
    from ..records import Asset, Generation


@dataclass(frozen=True)
class Act:
    """How an act is written, what it does in a line of help, and the function that does it."""

    usage: str
    help: str
    run: Callable[[Library, str, Sequence[str]], str]
    fewest: int = 1
    "Words that it takes at least, after the picture."
    most: int | None = None


def act(library: Library, verb: str, reference: str, words: Sequence[str]) -> str:
    """Do it and return what is now true. Raises RequestInvalid for words that do not fit, AssetNotFound for no picture."""
    known = ACTS[verb]
    if len(words) < known.fewest or (known.most is not None and len(words) > known.most):
        raise RequestInvalid(f"{verb} {' '.join((reference, *words))!r} is not understood", hint=f"write {known.usage}")
    return known.run(library, reference, words)


def _name(library: Library, reference: str, words: Sequence[str]) -> str:
    asset, name = library.asset(reference), words[0].removeprefix("@")
    before = library.name(asset, name)
    moved = f"; it was @{before.sha256[:12]} until now, which is @{name}~1" if before else ""
    return f"@{name} is {_written(reference)}{moved}"


def _unname(library: Library, reference: str, _: Sequence[str]) -> str:
    name = reference.removeprefix("@")
    if not library.unname(name):
        library.asset(f"@{name}")  # which says what may have been meant
        raise RequestInvalid(f"@{name} is no name", hint="a hash or an id stays as it is")
    return f"@{name} is no name any more; @{name}~1 says what it was"


def _tag(library: Library, reference: str, words: Sequence[str]) -> str:
    asset = library.asset(reference)
    library.tag(asset, *words)
    return _tagged(library, asset, reference)


def _untag(library: Library, reference: str, words: Sequence[str]) -> str:
    asset = library.asset(reference)
    library.untag(asset, *words)
    return _tagged(library, asset, reference)


def _tagged(library: Library, asset: Asset, reference: str) -> str:
    tags = library.labels(asset).tags
    return f"{_written(reference)} has {'the tags ' + ', '.join(tags) if tags else 'no tags'}"


def _rate(library: Library, reference: str, words: Sequence[str]) -> str:
    asset = library.asset(reference)
    if words[0] not in ("none", "1", "2", "3", "4", "5"):
        raise RequestInvalid(f"{words[0]!r} is no rating", hint="give 1 to 5, or none to take it away")
    library.rate(asset, None if words[0] == "none" else int(words[0]))
    return f"{_written(reference)} has {'no rating' if words[0] == 'none' else f'{words[0]} of 5 stars'}"


def _note(library: Library, reference: str, words: Sequence[str]) -> str:
    asset = library.asset(reference)
    library.note(asset, " ".join(words))
    count = len(library.labels(asset).notes)
    return f"{_written(reference)} has {count} note{'' if count == 1 else 's'}"


def _star(library: Library, reference: str, _: Sequence[str]) -> str:
    asset = library.asset(reference)
    library.star(asset)
    return f"{_written(reference)} is starred"


def _unstar(library: Library, reference: str, _: Sequence[str]) -> str:
    asset = library.asset(reference)
    library.star(asset, on=False)
    return f"{_written(reference)} is not starred"


def _rm(library: Library, reference: str, words: Sequence[str]) -> str:
    found = [library.get(one) for one in (reference, *words)]
    moved = sum(library.trash(item) for item in found)
    if not moved:
        raise RequestInvalid(
            f"{' '.join((reference, *words))} has no picture that is not in the trash", hint="nothing was thrown away"
        )
    back = " ".join(_address(item) for item in found)
    return f"{_pictures(moved)} in the trash; restore {back} brings back"


def _restore(library: Library, reference: str, words: Sequence[str]) -> str:
    moved = sum(library.restore(_thrown(library, one)) for one in (reference, *words))
    if not moved:
        raise RequestInvalid(
            f"{' '.join((reference, *words))} is not in the trash",
            hint="imgnb ls --trash, or %imagelib ls trash, lists it",
        )
    return f"{_pictures(moved)} brought back from the trash"


def _thrown(library: Library, reference: str) -> Asset | Generation:
    """What is meant in the trash, where @last is what was thrown away last."""
    if reference.removeprefix("@") == "last" and (thrown := library.trashed()):
        return thrown[0]
    return library.get(reference)


def _pictures(count: int) -> str:
    return f"{count} picture{'' if count == 1 else 's'}"


def _written(reference: str) -> str:
    """The address as people write it."""
    return f"@{reference.removeprefix('@')}"


def _address(item: Asset | Generation) -> str:
    from ..records import Generation

    # By its picture: ids differ from run to run, and a notebook is to print the same.
    return f"@{(item.originals[0] if isinstance(item, Generation) else item).sha256[:12]}"


ACTS: Mapping[str, Act] = {
    "name": Act("name @last hero", "give a picture a name; what the name meant before is @hero~1", _name, 1, 1),
    "unname": Act("unname @hero", "take a name away", _unname, 0, 0),
    "tag": Act("tag @hero cover winter", "add tags", _tag),
    "untag": Act("untag @hero winter", "take tags away", _untag),
    "rate": Act("rate @hero 4", "1 to 5 stars; none takes them away", _rate, 1, 1),
    "note": Act("note @hero too dark in print", "add a note", _note),
    "star": Act("star @hero", "mark a favourite: the tag star", _star, 0, 0),
    "unstar": Act("unstar @hero", "it is none any more", _unstar, 0, 0),
    "rm": Act("rm @last", "throw away; it can be restored", _rm, 0),
    "restore": Act("restore @last", "bring back from the trash", _restore, 0),
}
"Every act, by the word for it."
