"""Previews and widgets in Chromium against JupyterLab: from the bytes in the kernel to what stands on the screen."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path

from .canned_server import serving
from .pictures import pictures
from .places import BUILD
from .replaying import big_library
from .rivals import PAUSE
from .table import Line, Table
from .watching import FRAMES, WINDOW, Watched, watching

SMALL, LARGE = "1024x1024", "3840x2160"
ON_SCREEN = {SMALL: 250.0, LARGE: 600.0}
CPU = {SMALL: 60.0, LARGE: None}
RATE = 1.0
"MB/s: Jupyter's own limit, which it counts for printed text alone."

LOADS = """%load_ext imgnb
import os, time
import imgnb, imgnb.events
os.environ["OPENAI_BASE_URL"] = {url!r}
made, begin = [], imgnb.events.Partial.__init__
def note(self, *given, **named):
    begin(self, *given, **named)
    made.append(time.time() * 1000)
imgnb.events.Partial.__init__ = note"""
"The first cell: where requests go, and when each partial was made of what had arrived."

SHOWN_ALONE = """from pathlib import Path
from imgnb.display.cell_output import CellOutput
from imgnb.events import Partial, Started
data = Path({path!r}).read_bytes()
for _ in range({rounds}):
    output = CellOutput(imgnb.workspace.current().request("a fox", size={size!r}), live=True)
    output.tick()
    before = time.process_time()
    output.show(Partial(image=0, index=0, data=data))
    output.tick()
    print((time.process_time() - before) * 1000)"""

WARMED = "%load_ext imgnb\nimport imgnb\nget_ipython().imgnb_warming.join()"
"What the extension warms while the first cell is read is warm."

FITS_MANY = ".imgnb-frame { max-width: none !important; zoom: 0.4 } .imgnb-grid { height: 2300px !important }"

ALL_LOADED = "[...cell.node.querySelectorAll('.imgnb-tile img')].filter(image => image.dataset.loaded === 'yes').length >= {count}"


def widgets(quick: bool) -> Table:
    """One JupyterLab, a kernel for each thing that is measured."""
    rounds = 3 if quick else 9
    lines: list[Line] = []
    with watching() as lab, serving() as server:
        for size in ON_SCREEN:
            lines += _magic(lab, server.url(PAUSE), size, rounds)
        for size in ON_SCREEN:
            lines += _studio_preview(lab, server.url(PAUSE), size, rounds)
        lines += _first_paint(lab, rounds)
        lines += _gallery(lab, rounds)
        lines.append(_scrolling(lab, 10_000 if quick else 100_000))
        lines += _brush(lab, rounds)
        lines.append(_saved(lab))
    notes = (
        "On the screen: from the event in the kernel until the second frame after the picture was decoded.",
        "Chromium draws without a graphics card here; a desktop is faster.",
    )
    return Table("widgets: from the kernel to the screen", lines, notes)


def _magic(lab: Watched, url: str, size: str, rounds: int) -> list[Line]:
    cells = [f"%%imagegen --route openai --mode live --partial-images 2 --size {size}\na fox"] * rounds
    alone = SHOWN_ALONE.format(path=str(pictures() / f"{size}-partial0.png"), rounds=rounds, size=size)
    lab.show(f"magic-{size}", LOADS.format(url=url), *cells, "print(made)", alone)
    lab.run(0)
    painted = []
    for number in range(1, rounds + 1):
        lab.sees(number, ".jp-RenderedImage img")
        lab.run(number)
        lab.until("() => window.pictures.some(one => one.stage === 'final')")
        painted.append(next(one["at"] for one in lab.pictures() if one["stage"] == "partial"))
    lab.run(rounds + 1)
    lab.run(rounds + 2)
    made = json.loads(lab.said(rounds + 1))[::2]
    cpu = [float(text) for text in lab.said(rounds + 2).split()]
    lines = [
        Line(f"{size}, preview on the screen, magic", _after(painted, made), "ms", ON_SCREEN[size]),
        Line(f"{size}, kernel CPU for showing one", cpu, "ms", CPU[size]),
        *_rates(lab, f"{size}, magic"),
    ]
    lab.close()
    return lines


def _studio_preview(lab: Watched, url: str, size: str, rounds: int) -> list[Line]:
    studio = f"studio = imgnb.studio('a fox', route='openai', size={size!r}, partial_images=2)\nstudio"
    runs = ["made.clear()\nstudio.generate(again=True)\nstudio.wait(60)"] * rounds
    lab.show(f"studio-{size}", LOADS.format(url=url), studio, *runs, "print(made)")
    lab.run(0)
    lab.run(1)
    lab.until("() => cells[1].node.querySelector('.imgnb-studio')")
    samples = []
    for number in range(2, rounds + 2):
        lab.sees(1, "img.imgnb-picture")
        lab.run(number)
        lab.until("() => window.pictures.length >= 1")
        first = lab.pictures()[0]["at"]
        lab.run(rounds + 2)
        samples.append(first - json.loads(lab.said(rounds + 2))[0])
    rates = _rates(lab, f"{size}, studio")
    lab.close()
    return [Line(f"{size}, preview on the screen, studio", samples, "ms", ON_SCREEN[size]), *rates]


def _after(painted: list[float], made: list[float]) -> list[float]:
    return [at - then for at, then in zip(painted, made, strict=True)]


def _rates(lab: Watched, what: str) -> list[Line]:
    peaks = lab.peaks()
    many = Line(f"{what}, messages a second at most", [peaks.pop("all")], "/s", 1000.0)
    return [Line(f"{what}, {kind} at most", [peak], "MB/s", RATE) for kind, peak in peaks.items()] + [many]


def _first_paint(lab: Watched, rounds: int) -> list[Line]:
    first, again, cold = [], [], []
    shown = "cell.node.querySelector('.imgnb-studio textarea')"
    for number in range(rounds):
        lab.show(f"first-{number}", WARMED, "imgnb.studio()", "imgnb.studio()", settings='route = "local"')
        lab.run(0)
        first.append(lab.until_painted(1, shown))
        again.append(lab.until_painted(2, shown))
        lab.close()
        lab.show(f"cold-{number}", "import imgnb\nimgnb.studio()", settings='route = "local"')
        cold.append(lab.until_painted(0, shown))
        lab.close()
    return [
        Line("studio's first paint, in the first cell after %load_ext", first, "ms", 700.0),
        Line("studio's first paint, of a second one", again, "ms", 700.0),
        Line("studio's first paint, imported in the same cell", cold, "ms", 700.0),
    ]


def _gallery(lab: Watched, rounds: int) -> list[Line]:
    warm, cold = [], []
    library = drawn_library(200)
    for number in range(rounds):
        own = BUILD / "drawn-cold"
        shutil.rmtree(own, ignore_errors=True)
        shutil.copytree(library, own)
        shutil.rmtree(own / "thumbs", ignore_errors=True)
        cold.append(_thumbs(lab, f"gallery-{number}-cold", own))
        warm.append(_thumbs(lab, f"gallery-{number}-warm", own))
    return [
        Line("200 thumbnails on the screen, warm", warm, "ms", 500.0),
        Line("200 thumbnails on the screen, none made before", cold, "ms"),
        *_gallery_sends(lab, library),
    ]


def _gallery_sends(lab: Watched, library: Path) -> list[Line]:
    lab.show("gallery-sends", _opens(library), "imgnb.gallery()")
    lab.page.add_style_tag(content=FITS_MANY)
    lab.page.set_viewport_size({"width": WINDOW[0], "height": WINDOW[1]})
    lab.run(0)
    lab.until_painted(1, ALL_LOADED.format(count=200))
    rates = _rates(lab, "a gallery of 200")
    lab.page.set_viewport_size({"width": 1200, "height": 900})
    lab.close()
    lab.load()
    return rates


def _thumbs(lab: Watched, name: str, library: Path) -> float:
    lab.show(name, _opens(library), "imgnb.gallery()")
    # Two hundred are seen at once where tiles are small: a screen as large as they are wide would be painted for seconds.
    lab.page.add_style_tag(content=FITS_MANY)
    lab.page.set_viewport_size({"width": WINDOW[0], "height": WINDOW[1]})
    lab.run(0)
    took = lab.until_painted_alone(1, ALL_LOADED.format(count=200))
    lab.close()
    lab.load()
    return took


def _scrolling(lab: Watched, many: int) -> Line:
    library = big_library(many)
    _fill_thumbs(library)
    lab.show("scrolling", _opens(library), "gallery = imgnb.gallery()\ngallery")
    lab.run(0)
    lab.run(1)
    lab.until("() => cells[1].node.querySelectorAll('.imgnb-tile img[data-loaded=yes]').length > 5")
    lab.page.evaluate("() => { window.long.length = 0; }")
    box = lab.page.locator(".imgnb-grid").bounding_box()
    lab.page.mouse.move(box["x"] + 50, box["y"] + 50)
    for step in range(120):
        lab.page.mouse.wheel(0, 300 if step % 10 else 200_000)
        lab.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    lab.until("() => cells[1].node.querySelectorAll('.imgnb-tile img[data-loaded=yes]').length > 5")
    assert lab.page.locator(".imgnb-grid").evaluate("grid => grid.scrollTop / grid.scrollHeight") > 0.1
    tasks = list(lab.page.evaluate("() => window.long")) or [0.0]
    lab.close()
    return Line(f"longest task while scrolling through {many:,} pictures", [max(tasks)], "ms", 100.0)


def _fill_thumbs(library: Path) -> None:
    """Give every picture a thumbnail in the cache, one of two hundred: what is scrolled past is to be decoded."""
    from imgnb.library import Library
    from imgnb.widgets.thumbs import thumbs

    if (library / "thumbs").is_dir():
        return
    with Library(drawn_library(200), read_only=True) as drawn:
        thumbs(drawn, [asset.sha256 for made in drawn.walk() for asset in made.assets])
    sources = sorted((drawn_library(200) / "thumbs").rglob("*-256.jpg"))
    unfinished = library / "thumbs.tmp"
    shutil.rmtree(unfinished, ignore_errors=True)
    with Library(library, read_only=True) as here:
        for number, row in enumerate(here.sql("SELECT sha256 FROM asset", frame=False)):
            place = unfinished / row["sha256"][:2] / f"{row['sha256']}-256.jpg"
            place.parent.mkdir(parents=True, exist_ok=True)
            place.hardlink_to(sources[number % len(sources)])
    unfinished.rename(library / "thumbs")


def _brush(lab: Watched, rounds: int) -> list[Line]:
    picture = str(pictures() / f"{LARGE}.png")
    painter = f"painter = imgnb.mask_painter({picture!r})\npainter"
    lab.show("brush", "%load_ext imgnb\nimport imgnb", painter, "print(painter.coverage)")
    lab.run(0)
    lab.run(1)
    stage = lab.page.locator(".imgnb-stage[data-ready]")
    stage.wait_for()
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    samples = [_stroke(lab, box, number) for number in range(rounds)]
    for _ in range(50):
        lab.run(2)
        if float(lab.said(2)) > 0.01:
            break
    else:
        raise AssertionError("nothing was painted")
    rates = _rates(lab, "brush strokes on 4K")
    lab.close()
    return [Line("a frame of a brush stroke on 4K, nineteen of twenty", samples, "ms", 1000 / 30), *rates]


def _stroke(lab: Watched, box: dict[str, float], number: int) -> float:
    """Milliseconds within which 95 of 100 frames followed the one before while the mouse painted."""
    mouse, top = lab.page.mouse, box["y"] + box["height"] * (0.1 + 0.8 * (number % 8) / 8)
    mouse.move(box["x"] + 0.1 * box["width"], top)
    mouse.down()
    lab.page.evaluate(FRAMES)
    mouse.move(box["x"] + 0.9 * box["width"], top + 20, steps=90)
    frames = list(lab.page.evaluate("() => { window.frames_on = false; return window.frames_seen; }"))
    mouse.up()
    apart = sorted(later - sooner for sooner, later in pairwise(frames))
    return float(apart[int(0.95 * (len(apart) - 1))])


def _saved(lab: Watched) -> Line:
    draws = "for number in range(50):\n    imgnb.generate(f'fox {number}', size='1024x640', show=False)"
    notebook = lab.show("saved", "%load_ext imgnb\nimport imgnb", draws, "imgnb.studio()", settings='route = "local"')
    lab.run(0)
    lab.run(1)
    before = len(json.dumps(lab.saved(notebook)))
    lab.run(2)
    lab.until("() => cells[2].node.querySelectorAll('.imgnb-item').length >= 50")
    lab.until(
        "() => cells[2].model.outputs.length === 2 && cells[2].model.outputs.get(1).metadata.imgnb.assets.length > 9"
    )
    added = len(json.dumps(lab.saved(notebook))) - before
    lab.close()
    return Line("a saved notebook grows by an open studio of 50 pictures", [added / 1e6], "MB", 1.0)


def _opens(library: Path) -> str:
    return f"import os\nos.environ['IMGNB_LIBRARY'] = {str(library)!r}\n{WARMED}"


def drawn_library(count: int) -> Path:
    """A library of so many pictures of the embedded engine, made at the first time."""
    from imgnb.config import Settings
    from imgnb.workspace import Workspace

    folder = BUILD / f"drawn-{count}"
    if not folder.exists():
        unfinished = folder.with_suffix(".tmp")
        shutil.rmtree(unfinished, ignore_errors=True)
        routes = {"local": {"base_url": "local://engine/v1"}}
        with Workspace(Settings(library=unfinished, route="local", routes=routes)) as here:
            for number in range(count):
                list(here.run(here.order(here.request(f"picture {number}", size=SMALL))))
        unfinished.rename(folder)
    return folder
