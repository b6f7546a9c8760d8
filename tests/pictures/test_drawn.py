"""What a notebook holds, as a picture: arrays, figures, and what shows itself."""

from __future__ import annotations

import base64
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from imgnb.errors import RequestInvalid
from imgnb.pictures.drawn import described, drawn

from .sample_pictures import encoded, opened, soft

matplotlib_figure = pytest.importorskip("matplotlib.figure")

PNG = encoded(soft(), "PNG")
RAMP = np.arange(12, dtype=np.uint8).reshape(3, 4)


def pixels(value: object) -> np.ndarray:
    image, _ = drawn(value)
    return np.asarray(image)


def run(code: str, **environment: str) -> str:
    """What a fresh Python prints."""
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=os.environ | environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_nothing_is_imported_to_tell_what_an_object_is():
    """Asking about an object of another kind loads none of the libraries that might have made it."""

    loaded = run(
        "import sys, imgnb.pictures.drawn as d\n"
        "from imgnb.pictures.drawn import drawn, described\n"
        "assert drawn(object()) is None and drawn({}) is None and described(object())\n"
        "print([m for m in ('numpy', 'pandas', 'matplotlib', 'plotly', 'IPython', 'PIL.Image') if m in sys.modules])"
    )

    assert loaded == "[]"


def test_a_pillow_picture_is_itself():
    """Nothing is copied or converted."""

    image = soft("P")

    assert drawn(image) == (image, "PIL image")
    with pytest.raises(RequestInvalid, match="0x10"):
        drawn(Image.new("RGB", (0, 10)))


@pytest.mark.parametrize(
    ("shape", "mode"),
    [((3, 4), "L"), ((3, 4, 1), "L"), ((3, 4, 2), "LA"), ((3, 4, 3), "RGB"), ((3, 4, 4), "RGBA"), ((1, 1), "L")],
    ids=str,
)
def test_the_last_axis_says_the_mode(shape: tuple[int, ...], mode: str):
    """Bytes are the pixels as they are, in any layout of memory, and the record says the shape."""

    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)

    image, word = drawn(array)

    assert (image.mode, image.size) == (mode, (shape[1], shape[0]))
    assert word == f"NumPy array {'x'.join(map(str, shape))}"
    assert np.array_equal(np.asarray(image).reshape(shape), array)
    assert pixels(np.asfortranarray(array)).tobytes() == image.tobytes()
    assert pixels(np.flip(array, 0)[::-1]).tobytes() == image.tobytes()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([[False, True]]), [[0, 255]]),
        (np.array([[0, 257, 65535, 128, 129]], np.uint16), [[0, 1, 255, 0, 1]]),
        (np.array([[0, 257, 65535]], ">u2"), [[0, 1, 255]]),
        (np.array([[0.0, 0.5, 1.0, 0.498]]), [[0, 128, 255, 127]]),
        (np.array([[0.0, 1.0]], np.float16), [[0, 255]]),
        (np.array([[-1e-8, 1 + 1e-7]]), [[0, 255]]),
        (np.array([[0, 255]], np.int64), [[0, 255]]),
        (np.array([[0, 7]], np.int8), [[0, 7]]),
        (np.array([[0, 255]], np.uint32), [[0, 255]]),
    ],
    ids=["bool", "uint16", "big-endian", "float", "half", "noise", "int64", "int8", "uint32"],
)
def test_each_type_has_its_range(values: np.ndarray, expected: list[list[int]]):
    """True is white, 65535 is, 1.0 is, and 255 of any other whole number is."""

    assert expected == pixels(values).tolist()


@pytest.mark.parametrize(
    ("array", "parts"),
    [
        (np.full((2, 2), np.nan), ["(2, 2)", "float64", "NaN", "nan_to_num", "no finite values"]),
        (np.array([[0, np.inf]]), ["infinity", "values 0 to 0"]),
        (np.array([[-1.0, 3.0]]), ["-1 to 3", "0.0 to 1.0", "array.min()"]),
        (np.array([[0.0, 200.0]], np.float32), ["float32", "0 to 200", "array / 255"]),
        (np.array([[0, 256]]), ["int64", "0 to 256", "0 to 255", "astype"]),
        (np.array([[-1, 2]], np.int8), ["int8", "-1 to 2"]),
        (np.zeros((0, 4)), ["(0, 4)", "empty"]),
        (np.zeros((4, 0, 3)), ["(4, 0, 3)", "empty"]),
        (np.zeros((3, 20, 30)), ["(3, 20, 30)", "transpose(1, 2, 0)", "permute"]),
        (np.zeros((2, 20, 30, 3)), ["(2, 20, 30, 3)", "array[0]"]),
        (np.zeros((20, 30, 7)), ["(20, 30, 7)", "[..., :3]"]),
        (np.zeros(12), ["(12,)", "reshape"]),
        (np.float64(1), ["()"]),
        (np.array([[None, 1]]), ["object", "astype"]),
        (np.array([["a"]]), ["<U1"]),
        (np.ma.masked_array(np.zeros((2, 2)), [[True, False]] * 2), ["masked", "filled(0)"]),
        (np.array([[1j]]), ["complex128"]),
        (np.broadcast_to(np.uint8(0), (100_000, 2000)), ["(100000, 2000)", "pixels"]),
    ],
    ids=lambda value: value[0] if type(value) is list else "",
)
def test_what_is_no_picture_is_refused_with_what_it_is(array: np.ndarray, parts: list[str]):
    """The message has shape, type, range and the way out."""

    with pytest.raises(RequestInvalid) as caught:
        drawn(array)

    assert caught.value.param == "image"
    assert caught.value.hint
    assert [part for part in parts if part not in str(caught.value)] == []


class Tensor:
    """As PyTorch's: it lies elsewhere, and turns into an array only once it is fetched."""

    shape = (3, 4)

    def __init__(self, steps: tuple[str, ...] = ()) -> None:
        self.steps = steps

    def detach(self) -> Tensor:
        return Tensor((*self.steps, "detach"))

    def cpu(self) -> Tensor:
        return Tensor((*self.steps, "cpu"))

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        if self.steps != ("detach", "cpu"):
            raise TypeError("can't convert cuda:0 device type tensor to numpy")
        return RAMP


class Viewed:
    """Memory that says it is an array, and is none of NumPy's."""

    shape = (3, 4)
    __array_interface__ = RAMP.__array_interface__


class Remote:
    """An array that refuses to become NumPy's, as CuPy's do."""

    shape = (3, 4)

    def __array__(self, dtype: object = None, copy: object = None) -> np.ndarray:
        raise TypeError("Implicit conversion to a NumPy array is not allowed. Please use `.get()`")


@pytest.mark.parametrize("value", [Tensor(), Viewed()], ids=["tensor", "interface"])
def test_whatever_turns_into_an_array_is_one(value: object):
    """Tensors are fetched first; the record says whose array it was."""

    image, word = drawn(value)

    assert np.array_equal(np.asarray(image), RAMP)
    assert word.endswith("3x4")
    assert type(value).__name__ in word


def test_an_array_that_cannot_be_fetched_says_why():
    """The library's own words are in the message."""

    with pytest.raises(RequestInvalid, match=r"Remote.*use `\.get\(\)`"):
        drawn(Remote())


def figure(**options: object) -> object:
    made = matplotlib_figure.Figure(figsize=(3, 2), dpi=80, **options)
    made.subplots().plot([1, 3, 2])
    return made


def test_a_figure_is_drawn_in_its_own_size_and_colour():
    """Inches times dots per inch, on its own ground, whatever a user's defaults for saved files are."""

    import matplotlib

    with matplotlib.rc_context({"savefig.bbox": "tight", "savefig.dpi": 300, "savefig.transparent": True}):
        data, word = drawn(figure(facecolor="yellow"))

    image = opened(data).convert("RGBA")
    assert (image.size, word) == ((240, 160), "matplotlib figure")
    assert image.getpixel((1, 1)) == (255, 255, 0, 255)


def test_the_same_figure_gives_the_same_bytes_and_stays_as_it_is():
    """Drawing leaves no trace in the figure, and none of time or version in the file."""

    made, twin = figure(), figure()
    before = (made.dpi, tuple(made.get_size_inches()), made.get_facecolor(), made.canvas, made.axes[0].get_position())

    first, second = drawn(made)[0], drawn(made)[0]

    after = (made.dpi, tuple(made.get_size_inches()), made.get_facecolor(), made.canvas, made.axes[0].get_position())
    assert first == second == drawn(twin)[0]
    assert b"Software" not in first
    assert str(before) == str(after)


def test_a_figure_needs_no_pyplot():
    """Nor does one without anything in it fail."""

    out = run(
        "import sys\nfrom matplotlib.figure import Figure\nfrom imgnb.pictures.drawn import drawn\n"
        "data, word = drawn(Figure())\nprint(word, data[:4] == b'\\x89PNG', 'matplotlib.pyplot' in sys.modules)"
    )

    assert out == "matplotlib figure True False"


@pytest.mark.parametrize(
    "of",
    [
        lambda made: made.axes[0],
        lambda made: made.axes[0].lines[0],
        lambda made: SimpleNamespace(figure=made),
        lambda made: SimpleNamespace(fig=made),
        lambda made: np.array([[made.axes[0]]]),
    ],
    ids=["axes", "line", "grid", "old grid", "subplots"],
)
def test_what_stands_on_a_figure_is_its_figure(of: Callable[[object], object]):
    """Axes, lines, seaborn's grids and arrays of axes."""

    made = figure()

    assert drawn(of(made)) == drawn(made)


def test_axes_of_a_subfigure_are_the_whole_figure():
    """A part is not cut out."""

    made = matplotlib_figure.Figure(figsize=(3, 2))
    left, _ = made.subfigures(1, 2)

    assert drawn(left.subplots()) == drawn(left) == drawn(made)


def test_a_figure_that_cannot_be_drawn_says_why():
    """What is wrong in a figure comes out only when it is drawn."""

    broken, huge = figure(), matplotlib_figure.Figure(figsize=(1000, 1000))
    broken.axes[0].set_title(r"$\nosuch{$")

    with pytest.raises(RequestInvalid, match="matplotlib figure cannot be drawn") as caught:
        drawn(broken)
    assert "savefig" in caught.value.hint
    with pytest.raises(RequestInvalid, match="100000x100000"):
        drawn(huge)


PLOTLY = (
    "import sys\n{before}\n"
    "import plotly.graph_objects as go\nfrom imgnb.errors import RequestInvalid\nfrom imgnb.pictures.drawn import drawn\n"
    "figure = go.Figure(go.Scatter(y=[1, 3, 2]), layout=dict(width=300, height=200))\n"
    "try: data, word = drawn(figure)\n"
    "except RequestInvalid as exc: print('refused', exc.param, exc)\n"
    "else: print(word, data[:4] == b'\\x89PNG', int.from_bytes(data[16:20]))"
)


def test_a_plotly_figure_is_drawn_by_kaleido():
    """Two pixels for each of its own; skipped where there is no Chrome that kaleido finds."""

    pytest.importorskip("plotly")
    pytest.importorskip("kaleido")

    out = run(PLOTLY.format(before=""))

    if out.startswith("refused") and "Chrome" in out:
        pytest.skip("kaleido finds no Chrome here")
    assert out == "Plotly figure True 600"


def test_a_plotly_figure_without_kaleido_says_the_way_out():
    """The package that draws it is named."""

    pytest.importorskip("plotly")

    out = run(PLOTLY.format(before="sys.modules['kaleido'] = None"))

    assert out.startswith("refused image the Plotly figure cannot be drawn")
    assert "pip install kaleido" in out


def test_a_plotly_figure_without_chrome_says_the_way_out(tmp_path: Path):
    """kaleido alone draws nothing."""

    pytest.importorskip("plotly")
    pytest.importorskip("kaleido")

    out = run(PLOTLY.format(before=""), BROWSER_PATH=str(tmp_path / "no-chrome"))

    assert out.startswith("refused image the Plotly figure cannot be drawn")
    assert "install Chrome or Chromium" in out


class Shows:
    """Shows itself as whatever it is made with."""

    def __init__(self, bundle: object = None, png: object = None) -> None:
        self.bundle, self.png = bundle, png

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> object:
        return self.bundle

    def _repr_png_(self) -> object:
        return self.png


@pytest.mark.parametrize(
    "value",
    [
        Shows(png=PNG),
        Shows(png=(PNG, {"width": 3})),
        Shows(png=base64.encodebytes(PNG).decode()),
        Shows({"image/png": base64.b64encode(PNG).decode(), "text/plain": "x"}),
        Shows(({"image/png": PNG}, {})),
        Shows({"image/svg+xml": "<svg/>", "image/png": PNG}),
    ],
    ids=["bytes", "with metadata", "base64", "bundle", "bundle with metadata", "svg and png"],
)
def test_what_shows_itself_as_a_picture_is_that_picture(value: object):
    """The bytes as they are, however Jupyter is given them."""

    assert drawn(value) == (PNG, "tests Shows")


@pytest.mark.parametrize("value", [Shows(), Shows({"text/html": "<b>"}), Shows(png=None)], ids=["none", "html", "no"])
def test_what_shows_no_picture_is_none(value: object):
    """HTML and words are no picture."""

    assert drawn(value) is None


def test_what_shows_itself_badly_is_refused():
    """A method that fails, text that is no base64, and a drawing without pixels."""

    class Fails:
        def _repr_png_(self) -> bytes:
            raise ValueError("no data yet")

    with pytest.raises(RequestInvalid, match="no data yet"):
        drawn(Fails())
    with pytest.raises(RequestInvalid, match="a str of 8 characters, not base64"):
        drawn(Shows(png="no ~~ b6"))
    with pytest.raises(RequestInvalid, match="SVG only"):
        drawn(Shows({"image/svg+xml": "<svg/>"}))


def test_ipythons_images_are_their_bytes():
    """PNG, JPEG and WebP alike; a mere link is refused with the way out."""

    from IPython.display import SVG
    from IPython.display import Image as Shown

    webp = encoded(soft(), "WEBP")
    jpeg = encoded(soft(), "JPEG")

    assert drawn(Shown(data=PNG)) == (PNG, "IPython image")
    assert drawn(Shown(data=jpeg)) == (jpeg, "IPython image")
    assert drawn(Shown(data=webp, format="webp")) == (webp, "IPython image")
    with pytest.raises(RequestInvalid, match="link") as caught:
        drawn(Shown(url="https://example.com/a.png"))
    assert "embed=True" in caught.value.hint
    with pytest.raises(RequestInvalid, match="SVG only"):
        drawn(SVG("<svg xmlns='http://www.w3.org/2000/svg'/>"))


class Proxy:
    """Answers to every name, as stand-ins for remote objects do."""

    def __getattr__(self, name: str) -> object:
        return self

    def __call__(self, *_: object, **__: object) -> object:
        return self


class Hostile(dict):
    """Raises whatever it is asked."""

    def __getattribute__(self, name: str) -> object:
        raise RuntimeError(name)

    def __len__(self) -> int:
        raise RuntimeError("len")

    def __repr__(self) -> str:
        raise RuntimeError("repr")


@pytest.mark.parametrize(
    "value",
    [None, 1, "text", b"bytes", [RAMP], {"a": RAMP}, Proxy(), np.ndarray, Image.Image, np, len, object()],
    ids=lambda value: type(value).__name__,
)
def test_other_objects_are_none(value: object):
    """Also classes, modules, and objects that answer to every name or to none."""

    assert drawn(value) is None
    assert described(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"a": 1, "b": 2, "c": 3}, "a dict with 3 keys"),
        ({"a": 1}, "a dict with 1 key"),
        ("x" * 12, "a str of 12 characters"),
        (b"x", "a bytes of 1 byte"),
        ([1, 2, 3, 4], "a list of 4"),
        ((), "a tuple of 0"),
        (10**10000, "a number"),
        (None, "None"),
        (lambda: 0, "a function"),
        (len, "a function"),
        (np, "the module numpy"),
        (Image.Image, "the class Image"),
        (SimpleNamespace(), "a types SimpleNamespace"),
        (object(), "an object"),
        (type("X" * 500, (), {"__module__": "builtins"})(), "a " + "X" * 59 + "…"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_an_object_is_described_in_a_few_words(value: object, words: str):
    """For a message: no repr, which may be huge or raise, is asked for."""

    assert words == described(value)


def test_a_hostile_object_is_described_too():
    """Not one of its own methods is called."""

    assert drawn(Hostile(a=1)) is None
    assert described(Hostile(a=1)) == "a dict with 1 key"
