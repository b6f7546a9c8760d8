"""An SVG from a stranger, with nothing left in it but what draws.

An allow-list of elements and attributes over the standard library's expat: what is not known to be harmless is left out
with all that is in it. A document type may name its kind, no more: there are no entities to expand, no files to fetch.
There are libraries that do this (`py-svg-hush`, `nh3`), compiled for each Python; this is one wall of several, as what is served
is also sandboxed, and too little to ask a wheel for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ..errors import ProtocolBroken

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
DEEPEST = 200
"Elements in each other; deeper ones are nothing that was drawn, and cost a browser dearly."

MOST_USES = 2000
"Copies of other parts. Copies of copies are left out: thirty lines of them are a billion shapes."

_ELEMENTS = (
    "svg g defs symbol use title desc path rect circle ellipse line polyline polygon text tspan textPath marker pattern "
    "clipPath mask linearGradient radialGradient stop filter feBlend feColorMatrix feComponentTransfer feComposite "
    "feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG "
    "feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile "
    "feTurbulence switch"
)

_ATTRIBUTES = (
    "id class x y x1 y1 x2 y2 cx cy r rx ry fx fy fr dx dy d points width height viewBox preserveAspectRatio transform "
    "rotate textLength lengthAdjust startOffset method spacing version fill fill-opacity fill-rule stroke stroke-width "
    "stroke-linecap stroke-linejoin stroke-miterlimit stroke-dasharray stroke-dashoffset stroke-opacity opacity color "
    "color-interpolation color-interpolation-filters clip-path clip-rule mask filter marker-start marker-mid marker-end "
    "markerWidth markerHeight markerUnits refX refY orient display visibility overflow font-family font-size font-style "
    "font-weight font-variant font-stretch text-anchor dominant-baseline alignment-baseline baseline-shift letter-spacing "
    "word-spacing text-decoration writing-mode direction unicode-bidi offset stop-color stop-opacity gradientUnits "
    "gradientTransform spreadMethod patternUnits patternContentUnits patternTransform clipPathUnits maskUnits "
    "maskContentUnits filterUnits primitiveUnits in in2 result mode type values tableValues slope intercept amplitude "
    "exponent operator k1 k2 k3 k4 order kernelMatrix divisor bias targetX targetY edgeMode preserveAlpha "
    "surfaceScale diffuseConstant specularConstant specularExponent limitingConeAngle azimuth elevation z pointsAtX "
    "pointsAtY pointsAtZ scale xChannelSelector yChannelSelector stdDeviation flood-color flood-opacity lighting-color "
    "radius baseFrequency numOctaves seed stitchTiles paint-order vector-effect shape-rendering text-rendering "
    "image-rendering mix-blend-mode isolation style href"
)
ELEMENTS, ATTRIBUTES = frozenset(_ELEMENTS.split()), frozenset(_ATTRIBUTES.split())

_LOCAL = re.compile(r"#[\w.:-]{1,200}")
_POINTERS = re.compile(r"url\s*\(\s*(?!['\"]?#)", re.IGNORECASE)
_FORBIDDEN = re.compile(
    r"\\|@|/\*|expression|javascript|image-set|image\s*\(|src\s*\(|-moz-binding|behavior", re.IGNORECASE
)


def clean(data: bytes) -> bytes:
    """The drawing in the bytes and nothing else. Raises ProtocolBroken for what is not well-formed or declares entities."""
    used: set[str] = set()
    cleaner = _Cleaner(used)
    try:
        _parser(start=lambda name, attributes: used.update(_copied(name, attributes))).Parse(data, True)
        cleaner.parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ProtocolBroken(f"the SVG cannot be read: {error}") from error
    if not cleaner.written:
        raise ProtocolBroken("there is no drawing in the SVG")
    return "".join(cleaner.written).encode("utf-8", "replace")


class _Cleaner:
    """What expat calls; `written` is the result."""

    def __init__(self, used: set[str]) -> None:
        self.written: list[str] = []
        self._used = used
        self._open: list[bool] = []
        # For each open element, whether it is copied elsewhere, by itself or with what it is in.
        self._left_out = self._uses = 0
        self.parser = _parser(start=self._start)
        self.parser.buffer_text = True
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind, within = _local(name, SVG), bool(self._open and self._open[-1])
        self._open.append(within or attributes.get("id") in self._used)
        if len(self._open) > DEEPEST:
            raise ProtocolBroken(f"the SVG has more than {DEEPEST} elements in each other")
        self._uses += kind == "use"
        copies = kind == "use" and (self._open[-1] or self._uses > MOST_USES)
        if self._left_out or kind not in ELEMENTS or copies:
            self._left_out += 1
            return
        space = f' xmlns="{SVG}"' if len(self._open) == 1 else ""
        self.written.append(f"<{kind}{space}{''.join(_kept(attributes))}>")

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._left_out:
            self._left_out -= 1
        else:
            self.written.append(f"</{_local(name, SVG)}>")

    def _text(self, text: str) -> None:
        if not self._left_out:
            self.written.append(escape(text))


def _parser(start: Any) -> Any:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = _doctype
    parser.StartElementHandler = start
    return parser


def _doctype(name: str, system: str | None, public: str | None, declares: bool) -> None:
    if declares:
        raise ProtocolBroken(
            "the SVG declares entities or the like, which may be anything", hint="save it without them"
        )


def _copied(name: str, attributes: dict[str, str]) -> list[str]:
    """The ids of what the element copies."""
    if _local(name, SVG) != "use":
        return []
    return [value.removeprefix("#") for key, value in attributes.items() if key.rpartition(" ")[2] == "href"]


def _local(name: str, namespace: str) -> str:
    """The name without its namespace; "" where it is of another one. SVGs without any are taken for SVG."""
    space, _, local = name.rpartition(" ")
    return local if space in ("", namespace) else ""


def _kept(attributes: dict[str, str]) -> Iterator[str]:
    for name, value in attributes.items():
        space, _, local = name.rpartition(" ")
        if space not in ("", XLINK) or local not in ATTRIBUTES:
            continue
        if (local == "href" or space) and not (local == "href" and _LOCAL.fullmatch(value)):
            continue
        if local != "href" and (_POINTERS.search(value) or _FORBIDDEN.search(value)):
            continue
        yield f" {local}={quoteattr(value)}"
