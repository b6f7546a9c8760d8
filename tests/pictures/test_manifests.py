"""C2PA manifests in pictures that were signed here: read, told from broken ones, and never asked for elsewhere."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from imgnb.pictures.manifests import carries_one, manifest
from imgnb.pictures.metadata_writing import with_record, without_metadata

from .sample_pictures import encoded, soft
from .signing import TRAINED, signed

KINDS = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
FORMATS = tuple(KINDS)


@pytest.fixture
def sealed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A signed picture of the format that the test is about."""
    path = tmp_path / "sealed"
    path.write_bytes(signed(encoded(soft(), request.param), KINDS[request.param]))
    return path


@pytest.mark.parametrize(("sealed", "kind"), list(KINDS.items()), indirect=["sealed"], ids=FORMATS)
def test_a_manifest_is_read(sealed: Path, kind: str) -> None:
    """Who made it, what was done, where it comes from, and that nothing was changed since."""
    found = manifest(sealed, kind)

    assert found is not None
    assert (found.state, found.failures, found.issuer) == ("Valid", (), "tests of imgnb")
    assert found.generator == "a provider 1"
    assert found.actions == ("c2pa.created",)
    assert found.source_types == (TRAINED,)


@pytest.mark.parametrize(("sealed", "kind"), list(KINDS.items()), indirect=["sealed"], ids=FORMATS)
def test_a_changed_picture_does_not_hold(sealed: Path, kind: str) -> None:
    """One byte of a pixel is enough, and it is said which promise is broken."""
    data = bytearray(sealed.read_bytes())
    place = data.rfind({"image/png": b"IDAT", "image/jpeg": b"\xff\xda", "image/webp": b"VP8 "}[kind]) + 40
    data[place] ^= 1
    sealed.write_bytes(data)

    found = manifest(sealed, kind)

    assert found is not None
    assert found.state == "Invalid"
    assert "assertion.dataHash.mismatch" in found.failures


@pytest.mark.parametrize("format", FORMATS)
def test_a_picture_without_one_has_none(format: str, tmp_path: Path) -> None:
    """No error, and nothing said."""
    (tmp_path / "plain").write_bytes(encoded(soft(), format))

    assert manifest(tmp_path / "plain", KINDS[format]) is None
    assert not carries_one(tmp_path / "plain")


@pytest.mark.parametrize(("sealed", "kind"), list(KINDS.items()), indirect=["sealed"], ids=FORMATS)
def test_copies_that_were_changed_carry_none(sealed: Path, kind: str) -> None:
    """A broken seal would say that somebody tampered with the picture."""
    data = sealed.read_bytes()
    for changed in (with_record(data, {"imgnb": "1", "prompt": "a fox"}), without_metadata(data)):
        sealed.write_bytes(changed)

        assert manifest(sealed, kind) is None


@pytest.mark.parametrize(("sealed", "kind"), list(KINDS.items()), indirect=["sealed"], ids=FORMATS)
def test_without_the_extra_it_is_said_that_there_is_one(sealed: Path, kind: str) -> None:
    """Its blocks are seen without c2pa-python, and what to install is said."""
    code = (
        "import sys; sys.modules['c2pa'] = None\n"
        "from pathlib import Path; from imgnb.pictures.manifests import manifest\n"
        f"print(manifest(Path({str(sealed)!r}), {kind!r}).note)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)

    assert "imgnb[provenance]" in done.stdout


def test_a_manifest_that_lies_elsewhere_is_not_asked_for(tmp_path: Path) -> None:
    """Nobody who sends a picture is to learn who looks at it, and when."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/manifest.c2pa"
        (tmp_path / "remote.jpg").write_bytes(signed(encoded(soft(), "JPEG"), "image/jpeg", remote=url))

        found = manifest(tmp_path / "remote.jpg", "image/jpeg")

        assert found is not None
        assert found.state == "unread"
        assert "not asked" in found.note
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize(("sealed", "kind"), list(KINDS.items()), indirect=["sealed"], ids=FORMATS)
def test_a_damaged_manifest_is_no_error(sealed: Path, kind: str) -> None:
    """Wherever it is cut or overwritten, something is said or nothing, and it is plain JSON."""
    data = sealed.read_bytes()
    for place in range(60, len(data), len(data) // 30):
        for damaged in (data[:place], data[:place] + bytes(8) + data[place + 8 :]):
            sealed.write_bytes(damaged)
            found = manifest(sealed, kind)
            json.dumps(None if found is None else dict(found.store))
