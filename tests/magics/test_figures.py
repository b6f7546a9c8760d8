"""`--caption`, `--alt` and `--figure` in a real shell."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from imgnb.records.figures import FIGURES

SMALL = "--size 1024x640"


@pytest.fixture(autouse=True)
def counted_anew():
    """Figures are counted from 1."""
    FIGURES.clear()
    yield
    FIGURES.clear()


@pytest.fixture
def shown(shown, monkeypatch):
    """What the shell displayed."""
    monkeypatch.setattr("imgnb.display.cell.has_kernel", lambda shell: True)
    return shown


def printed_by(capsys):
    """What was printed: on stdout without the prompt of a plain shell, and on stderr."""
    printed = capsys.readouterr()
    return re.sub(r"Out\[\d+\]: ", "", printed.out), printed.err


def run(shell, cell):
    result = shell.run_cell(cell, store_history=True)
    assert result.success, result.error_in_exec
    return result


def test_a_caption_makes_a_figure(shell, shown, capsys):
    """Below the picture stands one line; the metadata has what it is made of."""
    run(shell, f'%%imagegen {SMALL} --figure hero --caption "The coast" --alt "A lighthouse"\na lighthouse')

    assert printed_by(capsys)[0] == "Figure 1: The coast\n"
    (output,) = shown
    facts = output["metadata"]["imgnb"]
    assert (facts["caption"], facts["alt"], facts["figure"]) == ("The coast", "A lighthouse", "hero")
    assert output["data"]["text/plain"] == output["metadata"]["image/jpeg"]["alt"] == "A lighthouse"


def test_captions_refer_to_figures(shell, shown, capsys):
    """A reference becomes the number; an unknown one is said, with what there is."""
    run(shell, f"%%imagegen {SMALL} --figure hero\na lighthouse")
    run(shell, f"%%imagegen {SMALL} --caption \"After {{{{ ref('hero') }}}} and {{{{ ref('map') }}}}\"\na boat")

    out, err = printed_by(capsys)
    assert out == "Figure 1\nFigure 2: After Figure 1 and [no figure map]\n"
    assert err.endswith("imgnb: no figure is named 'map'; there is hero so far\n")


def test_how_it_is_shown_is_not_what_is_asked(shell, workspace, shown):
    """With another caption the same request is answered by the same picture."""
    run(shell, f"%%imagegen {SMALL} -o one\na lighthouse")
    run(shell, f'%%imagegen {SMALL} -o two --caption "The coast" --alt "Light" --figure hero\na lighthouse')

    assert shell.user_ns["two"].replayed
    assert shell.user_ns["one"].fingerprint == shell.user_ns["two"].fingerprint


def test_functions_take_the_same(shell, shown, capsys):
    """`imgnb.generate` shows captions as the magic does."""
    shell.kernel = object()
    try:
        run(
            shell,
            f"import imgnb\nx = imgnb.generate('a boat', size='{SMALL[7:]}', caption='A\\x1b[31m boat', alt='Boat')",
        )
    finally:
        del shell.kernel

    assert capsys.readouterr().out == "Figure 1: A [31m boat\n"
    assert shown[-1]["data"]["text/plain"] == "Boat"


def test_a_run_that_brought_no_picture_is_no_figure(shell, shown, capsys):
    """Numbers are not spent on failures."""
    shell.run_cell(f'%%imagegen {SMALL} --mode replay --caption "Never"\nwhat nobody has drawn', store_history=True)

    assert "Figure" not in capsys.readouterr().out
    assert not list(FIGURES)


def test_a_figure_that_is_shown_again_keeps_its_alt_text(shell, shown):
    """In a later cell, and as marimo asks for it; it is no second figure there."""
    run(shell, f'%%imagegen {SMALL} --figure hero --alt "Light & <sea>" -o one\na lighthouse')

    data, metadata = shell.user_ns["one"]._repr_mimebundle_()

    assert data["text/plain"] == metadata["image/jpeg"]["alt"] == metadata["imgnb"]["alt"] == "Light & <sea>"
    assert "figure" not in metadata["imgnb"]
    assert 'alt="Light &amp; &lt;sea&gt;"' in shell.user_ns["one"]._mime_()[1]


@pytest.mark.parametrize("kernel", [True, False], ids=["notebook", "elsewhere"])
def test_a_generation_keeps_its_alt_text(shell, shown, monkeypatch, kernel):
    """Without a caption, too, and where nothing was shown when it came: marimo asks later."""
    if kernel:
        shell.kernel = object()
    try:
        run(shell, f"import imgnb\nx = imgnb.generate('a boat', size='{SMALL[7:]}', alt='A boat', show={kernel})")
    finally:
        if kernel:
            del shell.kernel

    assert 'alt="A boat"' in shell.user_ns["x"]._mime_()[1]
    assert "alt" not in shell.user_ns["x"].to_dict()


def test_a_caption_goes_with_what_no_cell_has_shown(workspace, capsys):
    """In a script or in marimo: the generation carries it to where it is shown, below the picture, and nowhere else."""
    import imgnb

    def draw(prompt, **shown):
        # On a thread, where no shell runs.
        return thread.submit(imgnb.generate, prompt, size=SMALL[7:], **shown).result()

    with ThreadPoolExecutor(1) as thread:
        boat = draw("a boat", caption="A <b>boat</b>\n& a {{ ref('bridge') }}", figure="boat")
        bridge = draw("a bridge", caption="After {{ ref('boat') }}")
        again = draw("a boat", caption="Again", figure="boat")
        plain = draw("a boat")
        hidden = draw("a ship", caption="Never", show=False)

    said = [generation._mime_()[1].partition("<figcaption")[2] for generation in (boat, bridge, again, plain, hidden)]

    assert said[0] == (
        ' class="mathjax_ignore">Figure 1: A &lt;b&gt;boat&lt;/b&gt; &amp; a [no figure bridge]</figcaption></figure>'
    )
    assert [one.partition(">")[2].partition("<")[0] for one in said[1:]] == [
        "Figure 2: After Figure 1",
        "Figure 1: Again",
        "",
        "",
    ]
    assert "no figure is named 'bridge'" in capsys.readouterr().err
    assert "caption" not in boat.to_dict()
    assert boat == plain


def test_a_cell_of_marimo_keeps_its_numbers(workspace):
    """When it runs again, though it asks for something else by then: its first figure, and its second."""
    marimo = pytest.importorskip("marimo")
    app = marimo.App()

    @app.cell
    def _():
        import imgnb

        # Each run asks for something that nobody has asked for yet.
        prompt = f"boat {len(imgnb.library())}"
        first = imgnb.generate(prompt, size="1024x640", caption="First")
        second = imgnb.generate(f"{prompt} in a storm", size="1024x640", caption="Second")
        return (first, second)

    with ThreadPoolExecutor(1) as thread:  # where no shell runs
        ran = [thread.submit(app.run).result()[1] for _ in range(2)]

    lines = [[shown["first"].caption, shown["second"].caption] for shown in ran]
    assert lines == [["Figure 1: First", "Figure 2: Second"]] * 2
