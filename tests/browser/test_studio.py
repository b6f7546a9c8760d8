"""The studio from prompt to picture to edit, in a real JupyterLab."""

from __future__ import annotations

import json

from axe_playwright_python.sync_playwright import Axe

from .conftest import loading

OPEN = "import imgnb\nstudio = imgnb.studio('a lighthouse at dusk')\nstudio"
STUDIO = ".imgnb-studio"


def opened(lab, name, *cells, settings='route = "local"'):
    """A notebook whose first cells have been run; the last of them shows the studio."""
    notebook = lab.write(name, *cells, settings=settings)
    lab.open(notebook)
    for index, cell in enumerate(cells):
        if "imgnb" in cell:
            lab.run(index)
    lab.page.wait_for_selector(f"{STUDIO} .imgnb-prompt")
    return notebook


def pictures(lab, count):
    lab.page.wait_for_function(
        "count => document.querySelectorAll('.imgnb-studio .imgnb-item img[data-loaded=yes]').length === count",
        arg=count,
    )


def button(lab, name):
    return lab.page.locator(STUDIO).get_by_role("button", name=name, exact=True)


def test_from_prompt_to_picture_to_edit(lab):
    """A prompt becomes a picture, which as reference goes into the next one; Python sees both."""
    notebook = opened(
        lab, "flow", OPEN, "print(studio.result.operation, len(studio.result.references), len(studio.assets))"
    )
    page = lab.page
    page.wait_for_selector(f"{STUDIO} .imgnb-cost:has-text('Free')")
    lab.screenshot("studio-empty")

    page.locator(f"{STUDIO} .imgnb-prompt").fill("a <b>red</b> fox in the snow")
    page.locator(f"{STUDIO} .imgnb-prompt").press("Control+Enter")
    pictures(lab, 1)
    page.wait_for_function("() => document.querySelector('.imgnb-studio .imgnb-picture').naturalWidth > 300")
    lab.screenshot("studio-picture")
    button(lab, "Use as reference").click()
    page.wait_for_selector(f"{STUDIO} .imgnb-chip")
    page.locator(f"{STUDIO} .imgnb-prompt").fill("the same fox, asleep")
    button(lab, "Edit").click()
    pictures(lab, 2)
    lab.screenshot("studio-edit")
    lab.run(1)

    assert lab.outputs(1)[0]["text"] == "edit 1 2\n"
    assert page.locator(f"{STUDIO} b").count() == 0
    saved = lab.saved(notebook)["cells"][0]["outputs"]
    assert len(saved[-1]["metadata"]["imgnb"]["assets"]) == 2
    assert len(json.dumps(saved)) < 300_000


def test_previews_come_in_order_while_the_kernel_answers(lab, slow):
    """Previews sharpen on the page, a cell runs meanwhile, and what is stopped is stopped."""
    opened(
        lab, "previews", slow, OPEN.replace("dusk'", "dusk', route='openai', partial_images=3"), "6 * 7", settings=""
    )
    page = lab.page
    page.evaluate(
        """() => { window.stages = []; window.sources = new Set();
        new MutationObserver(() => {
            const stage = document.querySelector('.imgnb-studio .imgnb-run .imgnb-stage');
            if (stage && window.stages.at(-1) !== stage.textContent) window.stages.push(stage.textContent);
            const image = document.querySelector('.imgnb-studio .imgnb-picture');
            if (image && image.dataset.run) window.sources.add(image.src);
        }).observe(document.querySelector('.imgnb-studio'), {childList: true, subtree: true, attributes: true}); }"""
    )

    button(lab, "Generate").click()
    page.wait_for_function("() => window.stages.includes('preview 1')")
    lab.screenshot("studio-preview")
    lab.run(2)
    running = page.locator(f"{STUDIO} .imgnb-run-running").count()
    pictures(lab, 1)

    assert lab.outputs(2)[0]["data"]["text/plain"] == "42"
    assert running == 1
    assert [stage for stage in page.evaluate("window.stages") if stage.startswith("preview")] == [
        "preview 1",
        "preview 2",
        "preview 3",
    ]
    assert page.evaluate("window.sources.size") == 3


def test_a_reloaded_page_finds_the_run_and_stops_it(lab, serve):
    """A page that was loaded anew shows the run, its newest preview and what waits; stopped, both may be tried again."""
    notebook = opened(
        lab,
        "reload",
        loading(serve("slow=5").said),
        OPEN.replace("dusk'", "dusk', route='openai', partial_images=3"),
        settings="",
    )
    page = lab.page
    button(lab, "Generate").click()
    page.wait_for_function("() => document.querySelector('.imgnb-studio .imgnb-picture')?.dataset.run")
    page.locator(f"{STUDIO} .imgnb-prompt").fill("another one")
    button(lab, "Generate").click()
    page.wait_for_selector(f"{STUDIO} .imgnb-run-waiting")

    lab.command("docmanager:save")
    lab.load()
    lab.open(notebook)
    page.wait_for_function("() => document.querySelector('.imgnb-studio .imgnb-picture')?.dataset.run")
    assert page.locator(f"{STUDIO} .imgnb-run-running").count() == 1
    button(lab, "Stop now").click()
    page.wait_for_function("() => document.querySelectorAll('.imgnb-studio .imgnb-run-stopped').length === 2")

    lab.screenshot("studio-stopped")
    assert page.locator(f"{STUDIO} .imgnb-item").count() == 0


def test_what_goes_wrong_is_said_in_its_place(lab, serve):
    """A refusal, a missing key and a size that is not legal are said where they belong."""
    server = serve("moderation")
    opened(lab, "wrong", loading(server.said), OPEN.replace("dusk'", "dusk', route='openai'"), settings="attempts = 1")
    page = lab.page
    button(lab, "Generate").click()
    page.wait_for_selector(f"{STUDIO} .imgnb-run-failed .imgnb-error")
    page.locator(STUDIO).get_by_label("width").fill("1000")
    page.locator(STUDIO).get_by_label("height").fill("1000")
    button(lab, "Set").click()
    page.wait_for_selector(f"{STUDIO} .imgnb-notes:has-text('not a multiple of 16: 1008x1008 is used')")
    page.locator(STUDIO).get_by_label("Route").select_option("xinliu")
    page.wait_for_selector(f"{STUDIO} .imgnb-refused:has-text('XINLIU_API_KEY is not set')")
    lab.screenshot("studio-wrong")

    assert button(lab, "Try again: a lighthouse at dusk").is_visible()


def test_a_picture_is_labelled_and_becomes_a_cell(lab):
    """Star, rating and name are the library's; the cell that makes a picture goes below; a change of prompt is undone."""
    opened(
        lab,
        "labels",
        OPEN,
        "list(imgnb.library().names()), studio.assets[0].labels.stars, studio.assets[0].labels.starred",
    )
    page = lab.page
    button(lab, "Generate").click()
    pictures(lab, 1)

    button(lab, "Star").click()
    page.locator(STUDIO).get_by_label("Rating").select_option("4")
    page.locator(STUDIO).get_by_label("Name of the picture").fill("light")
    button(lab, "Name").click()
    page.wait_for_selector(f"{STUDIO} .imgnb-labels:has-text('★ 4/5 @light')")
    lab.run(1)
    button(lab, "Insert cell").click()
    lab.until("() => cells.length === 3")
    page.locator(f"{STUDIO} .imgnb-prompt").fill("something else")
    page.wait_for_function("() => !document.querySelector('.imgnb-studio .imgnb-head button').disabled")
    button(lab, "Use prompt").click()
    page.wait_for_function(
        "() => document.querySelector('.imgnb-studio .imgnb-prompt').value === 'a lighthouse at dusk'"
    )
    button(lab, "Undo the change of the prompt").click()
    page.wait_for_function("() => document.querySelector('.imgnb-studio .imgnb-prompt').value === 'something else'")

    assert lab.outputs(2)[0]["data"]["text/plain"] == "(['light'], 4, True)"
    assert page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets[1].model.sharedModel.getSource()"
    ).startswith("%%imagegen")


def test_dark_narrow_and_accessible(dark):
    """In the dark and on a narrow page it can be read, and axe finds nothing serious."""
    opened(dark, "dark", OPEN)
    button(dark, "Generate").click()
    pictures(dark, 1)
    dark.screenshot("studio-dark")
    found = Axe().run(dark.page, context=".imgnb-frame").response["violations"]
    dark.page.set_viewport_size({"width": 700, "height": 1400})
    dark.screenshot("studio-narrow")

    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []


def test_a_studio_that_is_shown_twice_is_one(lab):
    """What is typed in one page stands in the other, and both show what is drawn; another studio is not touched."""
    opened(lab, "twice", OPEN, "studio", "import imgnb; imgnb.studio('a cat')")
    lab.run(1)
    page = lab.page
    page.wait_for_function("() => document.querySelectorAll('.imgnb-studio .imgnb-prompt').length === 3")

    page.locator(f"{STUDIO} .imgnb-prompt").nth(0).fill("a fox")
    page.wait_for_function("() => document.querySelectorAll('.imgnb-studio .imgnb-prompt')[1].value === 'a fox'")
    page.locator(STUDIO).nth(1).get_by_role("button", name="Generate").click()
    page.wait_for_function(
        "() => [0, 1].every(i => document.querySelectorAll('.imgnb-strip')[i].children.length === 1)"
    )

    assert page.locator(f"{STUDIO} .imgnb-prompt").nth(2).input_value() == "a cat"
    assert page.locator(".imgnb-strip").nth(2).locator(".imgnb-item").count() == 0


def test_a_kernel_that_restarts_while_it_streams_is_said(lab, serve):
    """The page says that its kernel is gone, and the record of the run becomes interrupted."""
    asked = "import imgnb\n[one.status for one in imgnb.library().find(status=None)]"
    opened(lab, "restart", loading(serve("slow=5").said), OPEN.replace("dusk'", "dusk', route='openai'"), settings="")
    lab.command("notebook:insert-cell-below")
    page = lab.page
    button(lab, "Generate").click()
    page.wait_for_selector(f"{STUDIO} .imgnb-run-running")
    page.wait_for_function(
        "() => /^(waiting for|drawing)/.test(document.querySelector('.imgnb-run .imgnb-stage')?.textContent)"
    )

    page.evaluate(
        "async () => { await window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart(); }"
    )
    page.wait_for_selector(".imgnb-lost:not([hidden])")
    page.evaluate(
        "text => window.jupyterapp.shell.currentWidget.content.widgets[2].model.sharedModel.setSource(text)", asked
    )
    lab.run(2)

    assert lab.outputs(2)[0]["data"]["text/plain"] == "['interrupted']"


def test_letters_are_kept_while_the_kernel_is_slow(lab):
    """What is typed while older letters are on their way stays, and arrives."""
    slow = """import time
heard = studio.on_form
def slowly(given):
    time.sleep(0.6)
    return heard(given)
studio.on_form = slowly"""
    opened(lab, "letters", OPEN, slow, "studio.form['prompt']")
    lab.run(1)
    prompt = lab.page.locator(f"{STUDIO} .imgnb-prompt")
    text = "a fox in the snow at dusk by a river"

    prompt.fill("")
    prompt.press_sequentially(text, delay=80)
    lab.page.wait_for_function(
        "text => document.querySelector('.imgnb-studio .imgnb-prompt').value === text",
        arg=text,
    )
    button(lab, "Undo the change of the prompt").click()
    button(lab, "Redo the change of the prompt").click()
    lab.page.wait_for_function(
        "text => document.querySelector('.imgnb-studio .imgnb-prompt').value === text "
        "&& document.querySelectorAll('.imgnb-studio .imgnb-head button')[1].disabled",
        arg=text,
    )
    lab.run(2)

    assert lab.outputs(2)[0]["data"]["text/plain"] == repr(text)


def test_nothing_is_drawn_of_a_form_that_was_refused(lab):
    """What is refused stays on the page with its reason, and nothing is asked for until it is put right."""
    opened(lab, "refused", OPEN)
    page = lab.page
    count = page.locator(STUDIO).get_by_label("Pictures", exact=True)

    count.fill("-1")
    page.locator(f"{STUDIO} .imgnb-prompt").fill("a fox")
    button(lab, "Generate").click()
    page.wait_for_selector(".imgnb-trouble:has-text('n is -1')")
    refused = count.input_value(), page.locator(f"{STUDIO} .imgnb-prompt").input_value()
    count.fill("99")
    count.press("Enter")
    page.wait_for_selector(f"{STUDIO} .imgnb-notes:has-text('99 pictures are more')")
    page.wait_for_function("() => document.activeElement.value === '10'")
    count.fill("2")
    button(lab, "Generate").click()
    pictures(lab, 2)

    assert refused == ("-1", "a fox")
    assert page.locator(f"{STUDIO} .imgnb-trouble").count() == 0


def test_many_pictures_scroll_in_the_strip(lab):
    """The studio is as wide as its cell; a name that is being typed stays with its picture when another one comes."""
    opened(lab, "many", OPEN.replace("dusk'", "dusk', n=10"))
    page = lab.page
    button(lab, "Generate").click()
    page.wait_for_function("() => document.querySelectorAll('.imgnb-studio .imgnb-item').length === 10")
    wide = page.evaluate(
        "() => [document.querySelector('.imgnb-studio'), document.querySelector('.imgnb-strip')]"
        ".map(one => [one.scrollWidth > one.clientWidth, one.clientWidth <= one.closest('.imgnb-frame').clientWidth])"
    )
    lab.screenshot("studio-many")
    chosen = page.locator(f"{STUDIO} .imgnb-item[aria-selected=true]").get_attribute("data-sha256")
    page.locator(f"{STUDIO} .imgnb-prompt").fill("a cat")
    page.locator(STUDIO).get_by_label("Pictures", exact=True).fill("1")
    page.locator(STUDIO).get_by_label("Name of the picture").fill("mine")
    page.evaluate("() => document.querySelector('.imgnb-studio .imgnb-go button').click()")
    page.wait_for_function("() => document.querySelectorAll('.imgnb-studio .imgnb-item').length === 11")
    page.locator(STUDIO).get_by_label("Name of the picture").press("Enter")
    page.wait_for_selector(f"{STUDIO} .imgnb-item[data-sha256='{chosen}'] .imgnb-labels:has-text('@mine')")
    page.locator(f"{STUDIO} .imgnb-prompt").focus()
    page.wait_for_selector(f"{STUDIO} .imgnb-item:first-child[aria-selected=true]")

    assert wide == [[False, True], [True, True]]
