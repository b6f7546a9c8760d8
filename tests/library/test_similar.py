"""What looks like a picture, and when hashes are computed."""

from __future__ import annotations

from io import BytesIO

import pytest

from imgnb.errors import AssetNotFound, ProtocolBroken, RequestInvalid
from imgnb.library import Library, tables
from imgnb.request import ImageRequest
from tests.pictures.test_perceptual import jpeg, scene

from .conftest import draw


def png_of(image) -> bytes:
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def hashes(library: Library) -> list[str | None]:
    with library._store.database.reading() as connection:
        return list(connection.scalars(tables.asset.select().with_only_columns(tables.asset.c.phash)))


def test_the_nearest_come_first(library: Library) -> None:
    """A small copy and a JPEG of the picture before all others; itself and the trash are left out."""
    hero = draw(library, ImageRequest("one"), png_of(scene(0)))
    copy = draw(library, ImageRequest("two"), png_of(scene(0).resize((90, 90))))
    encoded = library.add(jpeg(scene(0)), source="x")
    others = [draw(library, ImageRequest(f"other {n}"), png_of(scene(n))).asset for n in (1, 2, 3)]
    library.name(hero.asset, "hero")

    found = library.similar("@hero")
    assert {asset.sha256 for asset in found[:2]} == {copy.asset.sha256, encoded.sha256}
    assert {asset.sha256 for asset in found[2:]} == {asset.sha256 for asset in others}
    assert list(found.distances) == sorted(found.distances)
    assert found.distances[1] <= 10 < found.distances[2]
    assert found[1:3].distances == found.distances[1:3]
    assert library.similar(hero.asset, limit=1) == library.similar(hero, limit=1) == found[:1]
    assert " · " not in str(library.find()._repr_mimebundle_()[1])
    library.trash(copy.asset)
    assert copy.asset not in library.similar("@hero")


def test_hashes_are_computed_once_and_an_interruption_loses_nothing(
    library: Library, reopen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was hashed when somebody pressed Ctrl-C is kept, the rest comes next time; then there is nothing to do."""
    from imgnb.library import similar

    made = [draw(library, ImageRequest(f"picture {n}"), png_of(scene(n, 32))) for n in range(5)]

    def interrupt(done: int, of: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(similar, "BATCH", 2)
    with pytest.raises(KeyboardInterrupt):
        library.similar(made[0], progress=interrupt)
    assert hashes(library).count(None) == 2
    told: list[tuple[int, int]] = []
    assert len(reopen().similar(made[0], progress=lambda *seen: told.append(seen))) == 4
    assert told == [(2, 2)]
    reopen().similar(made[0], progress=interrupt)


def test_broken_pictures_are_passed_over(library: Library) -> None:
    """Bytes that are gone and bytes that are no picture do not stop it; asked for themselves they say so."""
    whole, gone = draw(library, ImageRequest("a"), png_of(scene(1))), draw(library, ImageRequest("b"), png_of(scene(2)))
    broken = draw(library, ImageRequest("c"), b"no picture at all")
    gone.asset.path.unlink()

    assert library.similar(whole) == []
    assert sorted(hashes(library), key=str) == sorted([None, "", library._hashes.of(whole.asset)], key=str)
    with pytest.raises(ProtocolBroken):
        library.similar(broken)
    with pytest.raises(AssetNotFound, match="bytes"):
        library.similar(gone)
    with pytest.raises(RequestInvalid, match="limit"):
        library.similar(whole, limit=0)


def test_a_library_that_can_only_be_read_knows_likeness(library: Library) -> None:
    """Hashes are computed and held, not written."""
    made = [draw(library, ImageRequest(f"picture {n}"), png_of(scene(0, 64 + n))) for n in range(3)]
    with Library(library.path, read_only=True) as reading:
        assert len(reading.similar(made[0])) == 2
        assert len(reading.similar(made[1])) == 2

    assert hashes(library) == [None] * 3
