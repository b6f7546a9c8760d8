"""`imgnb inspect`: what picture files say of themselves, and whether the library has them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from ..errors import AssetNotFound, ImgnbError, LibraryError
from ..pictures.inspecting import EXIF, Inspected, inspected
from ..pictures.manifests import Manifest
from ..records import Asset
from ..records.wording import one_line
from ..workspace import Workspace, current
from .printing import plain, print_json

LONGEST = 200
"Characters of a text that are shown; --json has all."
IPTC = "iptc"
"How the keywords of the IPTC's records begin."


def inspect(arguments: argparse.Namespace) -> int:
    """Print what each file says; 1 where one could not be read, after all others."""
    documents: list[dict[str, Any]] = []
    for path in arguments.files:
        try:
            found = inspected(path)
            here = _stored(current(), found)
        except ImgnbError as exc:
            documents.append({"path": str(path), "error": {"kind": exc.kind, "message": exc.message, "hint": exc.hint}})
            if not arguments.json:
                print(plain(f"imgnb: {path}: {exc.message}\n  -> {exc.hint}"), file=sys.stderr)
            continue
        documents.append({**found.to_dict(), "library": here})
        if not arguments.json:
            _show(found, here, first=len(documents) == 1)
    if arguments.json:
        print_json(documents)
    return int(any("error" in document for document in documents))


def _stored(workspace: Workspace, found: Inspected) -> dict[str, Any]:
    """What the library has of it: itself, or what it says it is a copy of. None is made for the question."""
    nothing: dict[str, Any] = {"asset": None, "original": None, "names": [], "generation": None}
    if not (workspace.settings.library / "library.db").is_file():
        return nothing
    try:
        asset, original = (_asset(workspace, sha256) for sha256 in (found.sha256, found.original))
        if (stored := asset or original) is None:
            return nothing
        return {
            "asset": asset and asset.sha256,
            "original": original and original.sha256,
            "names": list(stored.labels.names),
            "generation": _maker(workspace, stored),
        }
    except LibraryError as exc:  # the file can be read all the same
        return {**nothing, "unknown": exc.message}


def _asset(workspace: Workspace, sha256: str | None) -> Asset | None:
    try:
        return workspace.library.asset(f"@{sha256}") if sha256 else None
    except AssetNotFound:
        return None


def _maker(workspace: Workspace, asset: Asset) -> str | None:
    try:
        return workspace.library.generation(f"@{asset.sha256}").id
    except AssetNotFound:
        return None


def _show(found: Inspected, here: dict[str, Any], *, first: bool) -> None:
    if not first:
        print()
    print(plain(str(found.path)))
    for name, text in _lines(found, here):
        print(f"  {name:<12} {plain(one_line(text, LONGEST))}")


def _lines(found: Inspected, here: dict[str, Any]) -> Iterator[tuple[str, str]]:
    picture = found.picture
    frames = f", {picture.frames} frames" if picture.frames > 1 else ""
    cut = "" if picture.whole else ", cut"
    yield "picture", f"{picture.media_type}, {picture.width}x{picture.height}, {found.byte_count:,} bytes{frames}{cut}"
    yield "sha256", found.sha256
    yield "library", _where(here, found.original)
    if told := found.told:
        yield "made by", told.tool + (f", {told.model}" if told.model else "")
        yield "prompt", told.prompt
        if told.params:
            yield "parameters", ", ".join(f"{name}={value}" for name, value in told.params.items())
    if found.source_type:
        yield "source type", found.source_type.rpartition("/")[2] + " (IPTC, in XMP)"
    yield from _c2pa(found.manifest)
    yield from (("exif", f"{name}: {found.texts[name]}") for name in EXIF if name in found.texts)
    yield from _iptc(found)
    if others := [name for name in found.texts if name not in EXIF and not name.startswith(IPTC)]:
        yield "texts", ", ".join(others)


def _iptc(found: Inspected) -> Iterator[tuple[str, str]]:
    """The IPTC's old records, which agencies and Photoshop write."""
    told = {name.removeprefix(IPTC).strip(): text for name, text in found.texts.items() if name.startswith(IPTC)}
    if told:
        yield from (("iptc", f"{name}: {text}") for name, text in told.items() if name)
        if not any(told):
            yield "iptc", "there are records, without a caption or source"


def _where(here: dict[str, Any], original: str | None) -> str:
    if "unknown" in here:
        return f"cannot be asked: {here['unknown']}"
    names = "".join(f" @{name}" for name in here.get("names", ()))
    if here["asset"]:
        by = f", generation {here['generation']}" if here["generation"] else ""
        return f"stored as @{here['asset'][:12]}{names}{by}"
    if here["original"]:
        return f"a copy of @{here['original'][:12]}{names}, which is stored"
    return f"not stored; it says that it is a copy of {original[:12]}" if original else "not stored"


def _c2pa(manifest: Manifest | None) -> Iterator[tuple[str, str]]:
    if manifest is None:
        return
    if manifest.state == "unread":
        yield "C2PA", manifest.note
        return
    holds = "the signature holds" if not manifest.failures else f"it does NOT hold: {', '.join(manifest.failures)}"
    yield (
        "C2PA",
        f"{manifest.state}: {holds}; signed by {manifest.issuer or 'nobody named'} (nobody was asked to vouch for that)",
    )
    yield "C2PA says", ", ".join(filter(None, (manifest.generator, *manifest.actions, *(kind.rpartition("/")[2] for kind in manifest.source_types))))  # fmt: skip
