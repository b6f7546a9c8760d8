"""The magics in a real shell, on the embedded engine."""

from __future__ import annotations

import io
import sys
from dataclasses import replace

import pytest

from imgnb.errors import ImgnbError, PromptInvalid, ReplayMissed, SizeUnsupported
from imgnb.workspace import Workspace

SMALL = "--size 1024x640"


def run(shell, cell):
    return shell.run_cell(cell, store_history=True)


def test_a_prompt_becomes_a_picture_in_the_library(shell, workspace, shown):
    """One output with a picture and its text; the variable holds the generation."""
    result = run(shell, f"%%imagegen {SMALL} -o hero --name hero\na fox in the snow")

    assert result.success
    hero = shell.user_ns["hero"]
    assert hero.asset.image.size == (1024, 640)
    assert workspace.library.asset("@hero").sha256 == hero.asset.sha256
    pictures = [output for output in shown if "image/jpeg" in output["data"]]
    assert [set(output["data"]) for output in pictures] == [{"image/jpeg", "text/plain"}]
    assert pictures[0]["data"]["text/plain"] == "a fox in the snow"
    assert pictures[0]["metadata"]["imgnb"]["assets"] == [hero.asset.sha256]


def test_a_second_run_is_replayed(shell, workspace):
    """The same cell again makes no call and gives the same bytes."""
    cell = f"%%imagegen {SMALL} -o hero\na fox"
    run(shell, cell)
    first = shell.user_ns["hero"]

    run(shell, cell)

    assert shell.user_ns["hero"].replayed
    assert shell.user_ns["hero"].asset.bytes == first.asset.bytes
    assert len(workspace.library) == 1


def test_variables_fill_the_prompt_and_are_recorded(shell):
    """Template and values are in the record."""
    run(shell, "animal = 'fox'")
    run(shell, f"%%imagegen {SMALL} -o hero\na {{{{ animal }}}} for $5 and {{x}}")

    hero = shell.user_ns["hero"]
    assert hero.prompt == "a fox for $5 and {x}"
    assert hero.template == "a {{ animal }} for $5 and {x}"
    assert dict(hero.variables) == {"animal": "fox"}


def test_local_variables_of_a_function_fill_the_prompt(shell):
    """A line magic sees the scope it stands in."""
    code = f"def draw(animal):\n    return get_ipython().run_line_magic('imagegen', '{SMALL} a {{{{ animal }}}}')\n"
    run(shell, code)

    result = run(shell, "hero = draw('fox')")

    assert result.success
    assert shell.user_ns["hero"].prompt == "a fox"


@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("%%imagegen\na {{ missing }}", PromptInvalid),
        ("%%imagegen --size 7x7\na fox", SizeUnsupported),
        ("%%imagegen\n\n", PromptInvalid),
        ("%%imagegen --mode replay\nnever seen", ReplayMissed),
        ("%imagelib show @nobody", ImgnbError),
    ],
)
def test_an_error_is_short_and_real(shell, capsys, cell, error):
    """One message with a hint and no traceback, and `Run All` stops because the exception is real."""
    result = run(shell, cell)

    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert isinstance(result.error_in_exec, error)
    assert "imgnb: " in text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) <= 3


@pytest.mark.parametrize("cell", ["%%imagegen --sizee 1\nx", "%%imagegen\na\n%%imagegen\nb", "%imagelib dance"])
def test_a_wrong_line_is_a_usage_error(shell, capsys, cell):
    """IPython says it in one line, and stops."""
    result = run(shell, cell)

    assert type(result.error_in_exec).__name__ == "UsageError"
    assert "Traceback" not in capsys.readouterr().err


def test_the_result_is_shown_once(shell, shown):
    """The magic's value does not show itself again in the cell that made it, but does in another."""
    run(shell, f"%%imagegen {SMALL}\na fox")
    run(shell, "_")

    assert len([output for output in shown if "image/jpeg" in output["data"]]) == 2


def test_an_edit_that_names_no_picture_is_refused(shell, workspace):
    """It is never paid for as a new picture."""
    for cell in ("%%imageedit\nby night", "%imageedit by-night"):
        result = run(shell, cell)
        assert "at least one image" in str(result.error_in_exec)
    assert [generation.status for generation in workspace.library.find(status=None)] == ["failed", "failed"]


def test_on_a_terminal_a_line_follows_the_run(shell, monkeypatch):
    """A terminal shows no picture: the line says how far it is, and the generation is the cell's value."""
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr(sys, "stderr", terminal)

    result = run(shell, f"%%imagegen {SMALL}\na fox")

    assert "drawing" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[2K")
    assert result.result.prompt == "a fox"


def test_a_dry_run_sends_and_stores_nothing(shell, workspace, capsys):
    """It says where the request would go and what it would cost."""
    run(shell, f"%%imagegen {SMALL} --quality low --dry-run\na fox")

    assert "route        local" in capsys.readouterr().out
    assert len(workspace.library) == 0


def test_help_is_printed(shell, capsys):
    """`--help` explains and asks nothing."""
    run(shell, "%imagegen --help")

    assert "--output-format" in capsys.readouterr().out


def test_a_stored_picture_goes_into_an_edit(shell):
    """`%%imageedit @hero` takes it as its base and records it."""
    run(shell, f"%%imagegen {SMALL} --name hero -o hero\na fox")
    result = run(shell, f"%%imageedit @hero {SMALL} -o edited\nby night")

    assert result.success
    edited = shell.user_ns["edited"]
    assert [asset.sha256 for asset in edited.references] == [shell.user_ns["hero"].asset.sha256]
    assert edited.asset.sha256 != shell.user_ns["hero"].asset.sha256


def test_the_library_is_looked_into(shell, shown):
    """`%imagelib show`, `find` and `name`."""
    run(shell, f"%%imagegen {SMALL} -o hero\na fox in the snow")
    run(shell, "%imagelib name @last hero")
    run(shell, "%imagelib show @hero")
    run(shell, "found = %imagelib find snow")

    assert [generation.id for generation in shell.user_ns["found"]] == [shell.user_ns["hero"].id]
    assert shown[-1]["data"]["text/plain"] == "a fox in the snow"


def test_a_transparent_picture_stays_transparent(shell, shown):
    """Where there is alpha the output is a PNG, from first to last."""
    run(shell, f"%%imagegen {SMALL} --background transparent\na flower")

    assert [set(output["data"]) for output in shown] == [{"image/png", "text/plain"}]


def test_comment_lines_may_stand_above_the_magic(shell):
    """A Quarto cell runs as it is."""
    assert run(shell, f"#| label: fig-fox\n%%imagegen {SMALL} -o hero\na fox").success
    assert shell.user_ns["hero"].prompt == "a fox"


def test_unloading_takes_everything_back(shell):
    """After `%unload_ext` the shell is as it was."""
    run(shell, "%unload_ext imgnb")

    assert "imagegen" not in shell.magics_manager.magics["cell"]
    assert not any("imgnb" in getattr(hook, "__module__", "") for hook in shell.input_transformers_cleanup)
    shell.run_line_magic("load_ext", "imgnb")


def test_warming_makes_no_library(workspace):
    """Loading the extension leaves nothing behind for somebody who draws nothing."""
    nowhere = workspace.settings.library.with_name("another")
    with Workspace(replace(workspace.settings, library=nowhere)) as fresh:
        fresh.warm()

    assert not nowhere.exists()


def test_the_routes_are_listed_as_plain_text(shell, workspace, capsys):
    """`%imagegen routes`, and nothing more, is the table; a longer line stays a prompt."""
    assert run(shell, "%imagegen routes").success
    printed = capsys.readouterr().out

    assert "* local        local://engine/v1" in printed
    assert len(workspace.library) == 0
    assert run(shell, "%imagegen routes through the alps --size 1024x640").success
    assert len(workspace.library) == 1


def test_a_family_is_shown_and_given(shell, shown):
    """`%imagelib ls` and `lineage` give values that show themselves as one picture each, the same in every run."""
    run(shell, f"%%imagegen {SMALL} --name hero\na lighthouse")
    run(shell, f"%%imageedit @hero {SMALL} --mask box:0,0,50%,100% --name fox\na red fox")
    run(shell, "listed = %imagelib ls 2")
    run(shell, "family = %imagelib lineage @fox")
    formatted = [shell.display_formatter.format(shell.user_ns[name])[0] for name in ("listed", "family")]

    assert [generation.prompt for generation in shell.user_ns["listed"]] == ["a red fox", "a lighthouse"]
    assert [set(data) for data in formatted] == [{"image/jpeg", "text/plain"}] * 2
    assert formatted[0]["text/plain"] == "2 found: a red fox; a lighthouse"
    assert "@hero" in formatted[1]["text/plain"]


def test_what_an_edit_did_is_shown(shell, shown):
    """`show --mask` and `--heat-map` are outputs as others are."""
    run(shell, f"%%imagegen {SMALL} --name hero\na lighthouse")
    run(shell, f"%%imageedit @hero {SMALL} --mask box:0,0,50%,100%\na red fox")
    before = len(shown)
    run(shell, "%imagelib show @last --mask")
    run(shell, "%imagelib show --heat-map")

    assert [output["data"]["text/plain"] for output in shown[before:]] == ["mask of a red fox", "heat-map of a red fox"]


def test_variables_of_the_notebook_are_pictures(shell):
    """`$name` is what the variable is now, in any order with others, and as a mask."""
    run(shell, "from PIL import Image\nphoto = Image.new('RGB', (1024, 640), 'teal')")
    run(shell, "left = Image.new('L', (1024, 640)); left.paste(255, (0, 0, 512, 640))")
    result = run(shell, f"%%imageedit $photo --mask $left {SMALL} -o edited\na red fox")

    assert result.success
    assert [(item.role, item.source) for item in shell.user_ns["edited"].inputs] == [
        ("image", "$photo"),
        ("mask", "$left"),
    ]


@pytest.mark.parametrize(
    "line", ["%imagelib tag", "%imagelib show @a @b", "%imagelib lineage --html", "%imagelib ls many"]
)
def test_a_line_of_imagelib_that_says_nothing_known_is_refused(shell, line):
    """With a sentence, not a traceback."""
    from IPython.core.error import UsageError

    assert isinstance(run(shell, line).error_in_exec, UsageError)


def test_acts_say_what_is_now_true(shell, capsys):
    """Labels are printed as sentences."""
    run(shell, f"%%imagegen {SMALL} --name hero\na lighthouse")
    run(shell, '%imagelib note @hero "too dark"')
    run(shell, "%imagelib star @hero")

    assert "@hero is starred" in capsys.readouterr().out
    assert shell.run_line_magic("imagelib", "show @hero").labels.starred


def test_variables_that_are_given_go_before_those_of_the_notebook(shell):
    """`$name` is what the call says, and else what the notebook has."""
    run(shell, "from PIL import Image; import imgnb; photo = other = Image.new('RGB', (1024, 640), 'teal')")
    code = "imgnb.edit('a fox', ['$photo', '$other'], variables={'photo': Image.new('RGB', (64, 64))}, show=False, size='1024x640')"
    run(shell, f"edited = {code}")

    assert [asset.width for asset in shell.user_ns["edited"].references] == [64, 1024]
