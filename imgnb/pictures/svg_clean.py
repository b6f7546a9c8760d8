"""An SVG from a stranger, with nothing left in it but what draws.

An allow-list of elements and attributes over the standard library's expat: what is not known to be harmless is left out
with all that is in it. A document type may name its kind, no more: there are no entities to expand, no files to fetch.
There are libraries that do this (`py-svg-hush`, `nh3`), compiled for each Python; this is one wall of several, as what is served
is also sandboxed, and too little to ask a wheel for.
"""

from __future__ import annotations

import re
from functools import cache, cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from ..errors import ProtocolBroken
from .svg_survey import DRAWN_AGAIN, SVG, Survey, declarations, local, pointers

XLINK = "http://www.w3.org/1999/xlink"
MOST_USES = 2000
"Copies of other parts. Copies of copies are left out: thirty lines of them are a billion shapes."

MOST_DRAWN = 16 * 1024 * 1024
"Letters of drawing that copies, patterns, masks and the like may repeat in all."

MOST_INLINED = 2 * 1024 * 1024
"Letters of style sheets that elements get for their classes in all."

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
_FORBIDDEN = re.compile(
    r"\\|@|/\*|expression|javascript|image-set|image\s*\(|src\s*\(|-moz-binding|behavior"
    r"|(?:var|attr|env)\s*\(|context-|inherit",
    re.IGNORECASE,
)
"What fetches, runs, or takes a value from elsewhere, so that nobody can say what it points at."


def clean(data: bytes) -> bytes:
    """The drawing in the bytes and nothing else. Raises ProtocolBroken for what is not well-formed or declares entities."""
    survey = Survey()
    cleaner = _Cleaner(survey)
    try:
        _parser(survey.start, survey.end, survey.text).Parse(data, True)
        survey.finish()
        _parser(cleaner.start, cleaner.end, cleaner.text).Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise ProtocolBroken(f"the SVG cannot be read: {error}") from error
    if not cleaner.written:
        raise ProtocolBroken("there is no drawing in the SVG")
    return "".join(cleaner.written).encode("utf-8", "replace")


@cache
def version() -> str:
    """Changes with the cleaner, so that nothing is kept that an earlier one has let through."""
    here = Path(__file__)
    return sha256(here.read_bytes() + here.with_name("svg_survey.py").read_bytes()).hexdigest()[:8]


class _Cleaner:
    """What expat calls; `written` is the result."""

    def __init__(self, survey: Survey) -> None:
        self.written: list[str] = []
        self._survey = survey
        self._open: list[bool] = []
        # For each open element, whether it is copied elsewhere, by itself or with what it is in.
        self._left_out = self._uses = 0
        self._number = -1
        self._left, self._inlined = MOST_DRAWN, 0

    @cached_property
    def _order(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self._survey.classes)}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._number += 1
        kind, within = local(name, SVG), bool(self._open and self._open[-1])
        self._open.append(within or attributes.get("id") in self._survey.copied)
        if self._left_out or kind not in ELEMENTS:
            self._left_out += 1
            return
        kept = self._kept(attributes)
        if kind in DRAWN_AGAIN and self._open[-1]:
            kept.pop("href", None)  # it would be what a third one is, which nobody has counted
        if kind == "use" and not self._may_copy(kept.get("href", "")):
            self._left_out += 1
            return
        space = f' xmlns="{SVG}"' if len(self._open) == 1 else ""
        self.written.append(f"<{kind}{space}{''.join(f' {key}={quoteattr(value)}' for key, value in kept.items())}>")

    def end(self, name: str) -> None:
        self._open.pop()
        if self._left_out:
            self._left_out -= 1
        else:
            self.written.append(f"</{local(name, SVG)}>")

    def text(self, text: str) -> None:
        if not self._left_out:
            self.written.append(escape(text))

    def _may_copy(self, href: str) -> bool:
        self._uses += 1
        if self._open[-1] or self._uses > MOST_USES:
            return False
        return self._pays(self._survey.cost_of_use(href.removeprefix("#")))

    def _pays(self, cost: int) -> bool:
        if cost > self._left:
            return False
        self._left -= cost
        return True

    def _kept(self, attributes: dict[str, str]) -> dict[str, str]:
        kept = {}
        for name, value in attributes.items():
            space, _, key = name.rpartition(" ")
            if key == "href" and space in ("", XLINK):
                if _LOCAL.fullmatch(value):
                    kept[key] = value
            elif not space and key in ATTRIBUTES and key != "style" and self._draws(key, value):
                kept[key] = value
        style = self._of_classes(attributes.get("class", "")) + attributes.get("style", "")
        if said := self._style(style):
            kept["style"] = said
        return kept

    def _of_classes(self, names: str) -> str:
        """What the style sheets say of these classes, which is the element's own from now on."""
        if not names or not self._survey.classes:
            return ""
        # In the order of the sheet, not of the names: the later rule wins.
        wanted = sorted(self._survey.classes.keys() & names.split(), key=self._order.__getitem__)
        said = "".join(self._survey.classes[name] for name in wanted)
        self._inlined += len(said)
        return said if self._inlined <= MOST_INLINED else ""

    def _style(self, style: str) -> str:
        # A comment or an escape may hide where a declaration ends.
        if not style or "\\" in style or "/*" in style:
            return ""
        return ";".join(f"{name}:{value}" for name, value in declarations(style) if self._draws(name, value))

    def _draws(self, name: str, value: str) -> bool:
        if _FORBIDDEN.search(name) or _FORBIDDEN.search(value):
            return False
        targets = pointers(value)
        if targets is None:
            return False
        may = all(self._survey.may_point(self._number, target) for target in targets)
        return may and self._pays(sum(self._survey.cost_of_pointer(self._number, name, each) for each in targets))


def _parser(start: Any, end: Any, text: Any) -> Any:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    return parser


def _doctype(name: str, system: str | None, public: str | None, declares: bool) -> None:
    if declares:
        raise ProtocolBroken(
            "the SVG declares entities or the like, which may be anything", hint="save it without them"
        )
