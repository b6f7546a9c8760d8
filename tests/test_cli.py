"""The command line, run as a person runs it."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys

import pytest

from imgnb.cli import main


@pytest.fixture(autouse=True)
def _settings(tmp_path, monkeypatch):
    """A library of the test's own, on the embedded engine."""
    for name in [name for name in os.environ if name.startswith(("IMGNB_", "OPENAI_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "user.toml").write_text("first_wait = 0.01\n", encoding="utf-8")
    monkeypatch.setenv("IMGNB_CONFIG", str(tmp_path / "user.toml"))
    monkeypatch.setenv("IMGNB_LIBRARY", str(tmp_path / "library"))
    monkeypatch.setenv("IMGNB_ROUTE", "local")
    monkeypatch.chdir(tmp_path)
    yield
    from imgnb.workspace import current

    current().close()


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    printed = capsys.readouterr()
    return status, printed.out, printed.err


def test_generate_prints_where_the_picture_is(capsys, tmp_path):
    """Stdout holds the path and nothing else."""
    status, out, err = run(capsys, "generate", "a fox", "--size", "1024x640")

    assert (status, err) == (0, "")
    assert out.strip().startswith(str(tmp_path / "library" / "blobs"))


def test_json_is_one_document_that_is_true(capsys):
    """`--json` says where the bytes are and what they hash to."""
    _, out, _ = run(capsys, "generate", "a fox", "--size", "1024x640", "--n", "2", "--json")

    record = json.loads(out)
    assert len(record["assets"]) == 2
    for asset in record["assets"]:
        with open(asset["path"], "rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() == asset["sha256"]


def test_a_second_run_is_replayed(capsys):
    """The same command again asks nobody."""
    arguments = ("generate", "a fox", "--size", "1024x640", "--json")
    first = json.loads(run(capsys, *arguments)[1])
    second = json.loads(run(capsys, *arguments)[1])

    assert (first["replayed"], second["replayed"]) == (False, True)
    assert first["assets"] == second["assets"]


def test_copies_are_written_and_numbered(capsys, tmp_path):
    """`--save` writes one copy, or one for each picture."""
    run(capsys, "generate", "a fox", "--size", "1024x640", "--save", "fox.png")
    run(capsys, "generate", "an owl", "--size", "1024x640", "--n", "2", "--save", "owl.png")

    assert sorted(path.name for path in tmp_path.glob("*.png")) == ["fox.png", "owl-1.png", "owl-2.png"]


def test_edit_takes_files_and_names(capsys, tmp_path):
    """What goes in is recorded with its source."""
    run(capsys, "generate", "a fox", "--size", "1024x640", "--save", "fox.png", "--name", "fox")
    _, out, _ = run(capsys, "edit", "by night", "fox.png", "@fox", "--size", "1024x640", "--json")

    record = json.loads(out)
    assert record["operation"] == "edit"
    assert len(record["references"]) == 2


def test_templates_are_filled(capsys):
    """`--var` fills `{{ name }}`."""
    _, out, _ = run(capsys, "generate", "a {{ animal }}", "--var", "animal=fox", "--size", "1024x640", "--json")

    assert json.loads(out)["prompt"] == "a fox"


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("generate", "a fox", "--size", "7x7"), "size"),
        (("generate", " "), "validation"),
        (("generate", "a fox", "--mode", "replay"), "replay"),
        (("generate", "a fox", "--route", "openai"), "auth"),
        (("generate", "a fox", "--route", "opnai"), "config"),
        (("show", "@nobody"), "library"),
        (("edit", "x", "missing.png"), "validation"),
        (("generate", "a fox", "-p", "nonsense"), "validation"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_an_error_is_one_message_and_status_1(capsys, arguments, kind):
    """For people on stderr, with `--json` as a document."""
    status, out, err = run(capsys, *arguments)

    assert (status, out) == (1, "")
    assert err.startswith("imgnb: ")
    assert "  -> " in err
    status, out, _ = run(capsys, *arguments, "--json")
    assert (status, json.loads(out)["error"]["kind"]) == (1, kind)


@pytest.mark.parametrize(
    ("arguments", "way_out"),
    [
        (("generate", "a fox", "--qualty", "low"), "did you mean --quality?"),
        (("generate", "a fox", "--n", "two"), "'two' is not a whole number"),
        (("generate", "a fox", "--svg", "{"), "'{' is not a JSON object"),
        (("generate", "a fox", "--mode", "never"), "'replay'"),
        (("find", "--limt=3"), "did you mean --limit?"),
        (("serve-local", "--port", "http"), "'http' is not a whole number"),
        (("draw", "a fox"), "'generate'"),
        ((), "imgnb --help"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else value,
)
def test_a_wrong_command_line_is_one_message_and_status_2(capsys, arguments, way_out):
    """It says which word and what would be right, without the whole usage."""
    with pytest.raises(SystemExit) as left:
        main(arguments)

    printed = capsys.readouterr().err
    assert left.value.code == 2
    assert way_out in printed
    assert printed.count("\n") == 2


def test_a_port_that_cannot_be_is_an_error(capsys):
    """It is refused in one message, as any other."""
    status, _, err = run(capsys, "serve-local", "--port", "99999")

    assert (status, "--port 0" in err) == (1, True)


def test_an_unknown_dialect_is_an_error(capsys):
    """It is refused before anything is served, with the one that was meant."""
    status, _, err = run(capsys, "serve-local", "--dialect", "xinlu")

    assert (status, "did you mean 'xinliu'?" in err) == (1, True)


def test_nothing_is_paid_for_that_cannot_be_saved(capsys, tmp_path):
    """Where there is no folder for the copy, nothing is asked; where only writing shows it, the picture is kept."""
    run(capsys, "generate", "a fox", "--save", "missing/fox.png")
    assert not (tmp_path / "library").exists()
    target = "x" * 300 + ".png"  # a name that the system does not take

    status, out, _ = run(capsys, "generate", "a fox", "--size", "1024x640", "--save", target, "--json")

    failed = json.loads(out)
    assert status == 1
    assert failed["error"]["hint"].endswith(failed["generation"]["assets"][0]["path"])


def test_extras_are_the_same_in_a_shell_as_in_a_notebook(capsys):
    """`-p` sends numbers and truth values as such, so that one library answers both."""
    from imgnb.display.magic_line import parse

    words = ("-p", "steps=30", "-p", "hd=true", "-p", "style=ink")
    _, out, _ = run(capsys, "generate", "a fox", "--size", "1024x640", *words, "--json")

    assert json.loads(out)["params"] == {"size": "1024x640", **parse(" ".join(words), "a fox").options["extras"]}


def test_a_prompt_does_not_drive_the_terminal(capsys):
    """Prompts and answers were written by others; in `--json` they are as they were."""
    prompt = "a fox \x1b]0;owned\x07 \x9b31m \u202egnp.xof"
    run(capsys, "generate", prompt, "--size", "1024x640")

    for arguments in (("find", "fox"), ("show", "@last"), ("generate", prompt, "--dry-run")):
        printed = run(capsys, *arguments)[1]
        assert "a fox" in printed
        assert not set("\x1b\x07\x9b\u202e") & set(printed)
    assert json.loads(run(capsys, "show", "--json")[1])["prompt"] == prompt


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_prompt_can_be_printed_in_any_encoding(capsys, encoding):
    """Letters that the output does not have are escaped; a JSON document stays one."""
    run(capsys, "generate", "a fox 🦊", "--size", "1024x640")
    environment = {**os.environ, "PYTHONIOENCODING": encoding}

    def printed(*arguments: str) -> str:
        command = [sys.executable, "-m", "imgnb", *arguments]
        return subprocess.run(command, env=environment, check=True, capture_output=True).stdout.decode(encoding)

    assert "a fox" in printed("find")
    assert json.loads(printed("show", "--json"))["prompt"] == "a fox 🦊"


def test_find_show_and_name(capsys):
    """What was made is found by words, shown by name."""
    run(capsys, "generate", "a fox in the snow", "--size", "1024x640")
    run(capsys, "name", "@last", "hero")

    assert "a fox in the snow" in run(capsys, "find", "snow")[1]
    assert json.loads(run(capsys, "find", "nothing", "--json")[1]) == []
    assert json.loads(run(capsys, "show", "@hero", "--json")[1])["width"] == 1024
    assert "a fox in the snow" in run(capsys, "show")[1]


def test_a_dry_run_makes_nothing(capsys, tmp_path):
    """It says what would be sent."""
    _, out, _ = run(capsys, "generate", "a fox", "--dry-run")

    assert "fingerprint  r1:" in out
    assert not list((tmp_path / "library").rglob("*.png"))


def test_a_closed_pipe_is_no_error():
    """`imgnb find | head` ends quietly."""
    code = "import sys; from imgnb.cli import main; sys.exit(main(['serve-local', '--fault', 'list']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()

    assert process.wait(60) == 0, errors
