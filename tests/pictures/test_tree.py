from __future__ import annotations

import itertools
import random
import time

import pytest
from PIL import Image, ImageChops

from imgnb.pictures.bundle import alt_text
from imgnb.pictures.tree import Link, TreeNode, tree_alt, tree_picture
from imgnb.pictures.tree_layers import forward, layers
from imgnb.pictures.tree_layout import arranged
from imgnb.pictures.tree_plan import Layout, Wording

from .sample_pictures import encoded, noise, opened, soft

PROMPT = "a lighthouse at dusk, long exposure, the sea as calm as glass, gulls in the distance"
ROLES = ["image", "mask", "turn"]


def nodes(count: int, text: str = PROMPT) -> list[TreeNode]:
    return [TreeNode(f"k{n}", Image.new("RGB", (256, 256), colour(n)), f"@name{n}  3f2a9c", text) for n in range(count)]


def colour(number: int) -> tuple[int, int, int]:
    """Sixty bright colours, none of which is near another, the ground, a card or a word."""
    steps = [
        (r, g, b) for r, g, b in itertools.product((10, 90, 170, 250), repeat=3) if max(r, g, b) - min(r, g, b) >= 80
    ]
    return steps[number % len(steps)]


def chain(count: int) -> list[Link]:
    return [(f"k{n}", f"k{n + 1}", "turn") for n in range(count - 1)]


def fan(count: int) -> list[Link]:
    return [("k0", f"k{n}", "image") for n in range(1, count)]


def joined(count: int) -> list[Link]:
    return [("k0", "k2", "image"), ("k1", "k2", "mask"), ("k2", "k3", "turn"), ("k0", "k3", "image")][:count]


def tangled(count: int) -> list[Link]:
    dice = random.Random(3)
    return [
        (f"k{dice.randrange(max(0, n - 12), n)}", f"k{n}", dice.choice(ROLES))
        for n in range(4, count)
        for _ in range(2)
    ]


TREES = {
    "one": (1, []),
    "apart": (5, []),
    "chain of 3": (3, chain(3)),
    "chain of 30": (30, chain(30)),
    "two roots": (4, joined(4)),
    "fan": (13, fan(13)),
    "many into one": (13, [(f"k{n}", "k12", "image") for n in range(12)]),
    "tangled": (16, tangled(16)),
    "sixty": (60, tangled(60)),
}
trees = pytest.mark.parametrize(("count", "links"), TREES.values(), ids=TREES)


@trees
def test_a_tree_keeps_to_its_size(count: int, links: list[Link]):
    """Any family fits across a page and into what one picture may add to a notebook."""

    made = tree_picture(nodes(count), links)

    assert made.media_type == "image/jpeg"
    assert made.width <= 1024
    assert made.height <= 1600
    assert len(made.data) <= 150_000


@trees
def test_every_picture_is_seen(count: int, links: list[Link]):
    """Each picture's colour covers a square of at least forty pixels, however many there are."""

    tree = opened(tree_picture(nodes(count), links).data).convert("RGB")

    for number in range(min(count, 50)):
        assert pixels_like(tree, colour(number)) >= 40 * 40, number


def pixels_like(image: Image.Image, wanted: tuple[int, int, int]) -> int:
    """How many pixels differ by less than 16 in every channel."""
    channels = zip(image.split(), wanted, strict=True)
    near = [channel.point([255 * (abs(v - value) < 16) for v in range(256)]) for channel, value in channels]
    return ImageChops.darker(ImageChops.darker(near[0], near[1]), near[2]).histogram()[255]


@trees
def test_no_card_lies_on_another_and_no_link_on_a_card(count: int, links: list[Link]):
    """Cards are apart and on the picture; on a grid, links pass between them."""

    layout = laid_out(count, links)

    (across, down), corners = layout.shape.size, list(layout.corners.values())
    assert len(corners) == count
    for (x, y), (other_x, other_y) in itertools.combinations(corners, 2):
        assert abs(x - other_x) >= across or abs(y - other_y) >= down
    for x, y in corners:
        assert 0 <= x <= layout.size[0] - across
        assert 0 <= y <= layout.size[1] - down
    for points in layout.ways.values():
        assert all(0 <= x <= layout.size[0] and 0 <= y <= layout.size[1] for x, y in points)
        if not layout.curved:
            assert not any(x < px < x + across and y < py < y + down for x, y in corners for px, py in points)


@pytest.mark.parametrize("count", [20, 60])
def test_links_of_different_parents_do_not_run_on_each_other(count: int):
    """In no street do two parents share a lane at the same place, so that every line can be followed."""

    layout = laid_out(count, tangled(count))

    runs: dict[float, list[tuple[float, float, str]]] = {}
    for (parent, _), points in layout.ways.items():
        for (x, y), (to_x, to_y) in itertools.pairwise(points):
            if y == to_y and x != to_x:
                runs.setdefault(y, []).append((min(x, to_x), max(x, to_x), parent))
    for level in runs.values():
        for (low, high, one), (other_low, other_high, two) in itertools.combinations(level, 2):
            assert one == two or high <= other_low or other_high <= low


def laid_out(count: int, links: list[Link]) -> Layout:
    keys = [f"k{n}" for n in range(count)]
    pairs = forward(keys, [(parent, child) for parent, child, _ in links])
    return arranged(layers(keys, pairs), pairs, Wording(20 if count <= 25 else 14, 2, 50, 1.0))


def test_the_same_family_gives_the_same_bytes():
    """Nothing in a tree depends on chance or on the order of a set."""

    assert tree_picture(nodes(20), tangled(20)) == tree_picture(nodes(20), tangled(20))


def test_the_marked_picture_stands_out():
    """An outline that no other card has."""

    plain = tree_picture(nodes(3), chain(3))
    marked = tree_picture(nodes(3), chain(3), marked="k2")

    outline = (125, 211, 252)
    assert (plain.width, plain.height) == (marked.width, marked.height)
    assert pixels_like(opened(marked.data), outline) > pixels_like(opened(plain.data), outline) + 1000
    assert tree_picture(nodes(3), chain(3), marked="nobody") == plain


@pytest.mark.parametrize(
    "links",
    [
        [("k0", "k0", "image")],
        [("k0", "k1", "image"), ("k1", "k0", "turn")],
        [*chain(4), ("k3", "k0", "turn"), ("k2", "k1", "mask")],
        [("k0", "gone", "image"), ("gone", "k1", "mask"), ("", "", "")],
        [("k0", "k1", "image"), ("k0", "k1", "mask"), ("k0", "k1", "image")],
    ],
    ids=["itself", "two", "circles", "unknown", "twice"],
)
def test_circles_and_unknown_keys_do_no_harm(links: list[Link]):
    """What leads back or nowhere is left out; the rest is shown."""

    assert tree_picture(nodes(4), links).data
    assert tree_alt(nodes(4), links)


def test_everything_linked_with_everything_ends():
    """Three thousand links in circles are a picture as well."""

    links = [(f"k{a}", f"k{b}", "image") for a in range(60) for b in range(60)]

    assert len(tree_picture(nodes(60), links).data) <= 150_000


def test_a_family_beyond_all_measure_ends():
    """Of thousands the first are shown, however deep they go."""

    assert tree_picture(nodes(3000), chain(3000)).width <= 1024


HOSTILE = ["", "\0\x1b[31m", "\ud800", "日本語の絵", "🦊" * 500, "<script>$x$</script>", "a" * 9000, "a\n\nb\r\n" * 99]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_no_harm(text: str):
    """Whatever titles, prompts, roles and keys hold, there is a tree, and a sentence that a notebook can hold."""

    family = [TreeNode(text, soft(), text, text), TreeNode("b", None, text, text)]

    assert tree_picture(family, [(text, "b", text)], marked=text).data
    alt_text(tree_alt(family, [(text, "b", text)])).encode("utf-8")


def test_bad_pictures_leave_a_card():
    """What is missing, broken or clear has a card like the others."""

    pictures = [None, b"junk", b"", encoded(soft("RGBA"), "PNG"), soft("L"), noise(size=(2000, 100))]
    family = [TreeNode(f"k{n}", picture, "@name", "") for n, picture in enumerate(pictures)]

    assert tree_picture(family, chain(6)).data
    assert tree_picture([], []).data


def test_what_is_said_can_be_seen():
    """Another title, text or role is another picture."""

    made = [
        tree_picture(nodes(2, text), [("k0", "k1", role)]).data
        for text in ("a cat", "a dog")
        for role in ("image", "mask", "")
    ]

    assert len(set(made)) == len(made)


@pytest.mark.parametrize(
    ("count", "links", "marked", "said"),
    [
        (1, [], None, "Lineage of @name0 3f2a9c: 1 picture"),
        (3, [], None, "Lineage of 3 pictures"),
        (4, joined(4), None, "Lineage of @name3 3f2a9c: 4 pictures, from @name0 3f2a9c and @name1 3f2a9c by 2 edits"),
        (3, fan(3), None, "Lineage: 3 pictures, from @name0 3f2a9c by 2 edits"),
        (3, fan(3), "k1", "Lineage of @name1 3f2a9c: 3 pictures, from @name0 3f2a9c by 2 edits"),
        (0, [], None, "Lineage of 0 pictures"),
    ],
    ids=["one", "apart", "two roots", "fan", "marked", "none"],
)
def test_the_sentence_says_what_came_from_what(count: int, links: list[Link], marked: str | None, said: str):
    """Whose lineage it is, how many pictures, from which, by how many edits."""

    assert tree_alt(nodes(count), links, marked=marked) == said


def test_many_roots_are_counted():
    """A sentence names three of many and says how many more there are."""

    said = tree_alt(nodes(8), [(f"k{n}", "k7", "image") for n in range(7)])

    assert said.endswith("@name2 3f2a9c and 4 more by 1 edit")


def test_sixty_pictures_are_drawn_at_once():
    """A tree is not what a cell waits for; the bound is wide, as test machines are busy."""

    family, links = nodes(60), tangled(60)
    started = time.perf_counter()

    tree_picture(family, links)

    assert time.perf_counter() - started < 5
