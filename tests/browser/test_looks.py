"""How pictures stand on other pages: dark, narrow, several at once."""

from __future__ import annotations

SIZE = "--size 1024x1024"


def test_transparency_shows_the_page(dark):
    """A transparent picture stays a PNG with alpha, and the dark page is seen through it."""
    dark.open(
        dark.write(
            "dark",
            "%load_ext imgnb",
            f"%%imagegen --route local --background transparent {SIZE}\na red flower with two leaves",
        )
    )
    dark.run()
    dark.until_stage(1, "final")
    dark.screenshot("transparent-dark")

    (output,) = dark.outputs(1)
    assert set(output["data"]) == {"image/png", "text/plain"}


def test_several_pictures_are_one_sheet(lab):
    """Four pictures are one image that fits into a narrow window."""
    lab.open(
        lab.write("sheet", "%load_ext imgnb", f"%%imagegen --route local -n 4 {SIZE}\nan owl on a branch, big moon")
    )
    lab.run()
    lab.until_stage(1, "final")
    lab.screenshot("sheet")
    lab.page.set_viewport_size({"width": 480, "height": 800})
    lab.until("() => cells[1].node.querySelector('img').getBoundingClientRect().right <= 480")
    lab.screenshot("sheet-narrow")

    (output,) = lab.outputs(1)
    assert len(output["metadata"]["imgnb"]["assets"]) == 4
