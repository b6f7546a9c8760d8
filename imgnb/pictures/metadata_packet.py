"""What a copy says of itself, as XMP: the IPTC's words for everybody, and ours, which `metadata.py` reads back.

`imgnb:record` is the whole record as JSON; the prompt and the model stand beside it for readers of XMP that know us not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import escape
from typing import Any

SOURCE_TYPES = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "xmpNote": "http://ns.adobe.com/xmp/note/",
    "Iptc4xmpExt": "http://iptc.org/std/Iptc4xmpExt/2008-02-29/",
    "imgnb": "urn:imgnb:1",
}
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ATTRIBUTE = {ord("\t"): "&#9;", ord("\n"): "&#10;", ord("\r"): "&#13;"}
_MARK = "\ufeff"


def record_json(record: Mapping[str, Any]) -> str:
    """The record as it stands in a file: ASCII, so that no reader's idea of an encoding matters."""
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def packet(record: Mapping[str, Any]) -> str:
    """Everything, as one packet of XMP."""
    return _packet({**_short(record), **_long(record)}, str(record["prompt"]))


def two_packets(record: Mapping[str, Any], name: str) -> str:
    """The first of two packets: what is short, and the name of the other, which is `second_packet`."""
    return _packet({**_short(record), "xmpNote:HasExtendedXMP": name})


def second_packet(record: Mapping[str, Any]) -> str:
    """The second of two packets, without a wrapper, as its standard has it."""
    return _meta(_long(record), str(record["prompt"]))


def _short(record: Mapping[str, Any]) -> dict[str, str]:
    source, model, system = (record.get(name) for name in ("digital_source_type", "model", "system"))
    return {
        **({"Iptc4xmpExt:DigitalSourceType": str(source)} if source else {}),
        **({"Iptc4xmpExt:AISystemUsed": str(system)[:1000]} if system else {}),
        **({"imgnb:model": str(model)[:1000]} if model else {}),
        "xmp:CreatorTool": f"imgnb {record['imgnb']}",
    }


def _long(record: Mapping[str, Any]) -> dict[str, str]:
    prompt = str(record["prompt"])
    return {"Iptc4xmpExt:AIPromptInformation": prompt, "imgnb:prompt": prompt, "imgnb:record": record_json(record)}


def _packet(attributes: Mapping[str, str], description: str = "") -> str:
    # The mark says the encoding; the numbers are what the standard asks for.
    head = f'<?xpacket begin="{_MARK}" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    return f'{head}\n{_meta(attributes, description)}\n<?xpacket end="r"?>'


def _meta(attributes: Mapping[str, str], description: str) -> str:
    used = {"rdf", "dc", *(name.partition(":")[0] for name in attributes)}
    spaces = " ".join(f'xmlns:{name}="{_SPACES[name]}"' for name in sorted(used - {"rdf"}))
    said = "\n  ".join(f'{name}="{_attribute(value)}"' for name, value in attributes.items())
    words = f'<rdf:Alt><rdf:li xml:lang="x-default">{_text(description)}</rdf:li></rdf:Alt>'
    inside = f"\n  <dc:description>{words}</dc:description>\n " if description else ""
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_SPACES["rdf"]}">\n'
        f' <rdf:Description rdf:about="" {spaces}\n  {said}>{inside}</rdf:Description>\n</rdf:RDF></x:xmpmeta>'
    )


def _text(text: str) -> str:
    return escape(_NO_XML.sub("\ufffd", text), quote=True)


def _attribute(text: str) -> str:
    return _text(text).translate(_ATTRIBUTE)
