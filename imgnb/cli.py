"""`imgnb` in a shell: the same pipeline as in a notebook. Results go to stdout, progress and advice to stderr."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from ._version import __version__
from .commands.drawing import NOT_HERE
from .commands.printing import plain as _plain
from .commands.printing import print_json as _print_json
from .errors import Cancelled, ImgnbError
from .request.options import OPTIONS, Option, literal

Adder = Callable[[str, Callable[[argparse.Namespace], int | None], str], argparse.ArgumentParser]
"Adds a command: its name, what runs it, and a line of help."


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 failed, 2 not understood (stderr says why), 130 interrupted."""
    for stream in (sys.stdout, sys.stderr):  # a prompt may have letters that their encoding has not
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    arguments = _understood(argv)
    try:
        return int(arguments.run(arguments) or 0)
    except ImgnbError as exc:
        return _failed(exc, arguments)
    except Cancelled as exc:
        print(f"imgnb: {exc.message}", file=sys.stderr)
        return 130
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `imgnb find | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _failed(error: ImgnbError, arguments: argparse.Namespace) -> int:
    if getattr(arguments, "json", False):
        generation = error.generation.to_dict() if error.generation is not None else None
        body = {
            "kind": error.kind,
            "message": error.message,
            "hint": error.hint,
            "param": error.param,
            "code": error.code,
        }
        _print_json({"error": body, "generation": generation})
    else:
        print(_plain(f"imgnb: {error.message}" + (f"\n  -> {error.hint}" if error.hint else "")), file=sys.stderr)
    return 1


class _Parser(argparse.ArgumentParser):
    """Says in one sentence what is wrong with a command line, and the way out, without the whole usage."""

    def error(self, message: str) -> NoReturn:
        self.refuse(message, f"{self.prog} --help lists what there is")

    def refuse(self, message: str, hint: str) -> NoReturn:
        self.exit(2, f"imgnb: {message}\n  -> {hint}\n")

    def refuse_unknown(self, word: str) -> NoReturn:
        name = word.partition("=")[0]
        close = get_close_matches(name, self._option_string_actions, 1) if name.startswith("-") else []
        self.refuse(f"{word!r} is not understood", f"did you mean {close[0]}?" if close else f"see {self.prog} --help")


def _understood(argv: Sequence[str] | None) -> argparse.Namespace:
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] in (["find"], ["rank"]):
        # `-winter` is no option here; what begins with a space is none to argparse.
        words = [
            f" {word}" if word[:1] == "-" and word[1:2] not in ("", "-") and word != "-h" else word for word in words
        ]
    arguments, unknown = _parser().parse_known_args(words)
    if unknown:
        arguments.parser.refuse_unknown(unknown[0])
    return arguments


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="imgnb", description="Image generation with a local library that keeps every picture and its prompt."
    )
    parser.add_argument("--version", action="version", version=f"imgnb {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = _adder(commands)
    _add_drawing(add)
    _add_library(add)
    _add_upkeep(add)
    _add_travelling(add)
    _add_routes(add)
    _add_locks(add)
    _add_printing(add)
    return parser


def _add_drawing(add: Adder) -> None:
    """The commands that ask for pictures."""
    command = add("generate", _elsewhere("drawing:generate"), "draw pictures from a prompt")
    command.add_argument("prompt", metavar="PROMPT", help="what to draw; - reads it from standard input")
    _order_options(command)
    command = add("edit", _elsewhere("drawing:generate"), "draw pictures from a prompt and other pictures")
    command.add_argument("prompt", metavar="PROMPT", help="what to change; - reads it from standard input")
    command.add_argument("images", nargs="+", metavar="IMAGE", help="a path or @name; the first is the base")
    command.add_argument("--mask", help="picture whose transparent parts may be edited")
    command.add_argument("--markup", help="picture laid over the first one as a guide")
    _order_options(command)

    command = add(
        "converse",
        _elsewhere("drawing:generate"),
        "say something to a main model that draws, answers in words, or both",
    )
    command.add_argument("prompt", metavar="PROMPT", help="what to say; - reads it from standard input")
    command.add_argument("images", nargs="*", metavar="IMAGE", help="a path or @name to speak of")
    command.add_argument("--mask", help="picture whose transparent parts may be edited")
    command.add_argument("--markup", help=argparse.SUPPRESS)
    _order_options(command)


def _add_library(add: Adder) -> None:
    """The commands that look into the library, or bring something back from it."""
    _add_searching(add)
    command = add("ls", _elsewhere("library:ls"), "the newest generations, or all names or tags, or the trash")
    command.add_argument("--limit", type=_whole, default=20, help="how many at most (20)")
    for name, text in (("names", "all names"), ("tags", "all tags"), ("trash", "what can be restored")):
        command.add_argument(f"--{name}", action="store_true", help=text)
    _json(command)
    command = add("show", _elsewhere("library:show"), "what the library knows of a picture or generation")
    command.add_argument(
        "reference", nargs="?", default="@last", help="@last, @name, a hash, an id; @last[2] is the second"
    )
    command.add_argument("--heat-map", action="store_true", help="how an edit differs from its base, as a picture")
    command.add_argument("--mask", action="store_true", help="the mask over its base, as a picture")
    command.add_argument("--save", metavar="PATH", help="write a copy of the picture there")
    command.add_argument(
        "--metadata",
        choices=("full", "none"),
        help="what the copy says of itself: all, or nothing (default: exact bytes)",
    )
    _json(command)
    command = add(
        "inspect", _elsewhere("inspecting:inspect"), "what picture files say of themselves, and of their making"
    )
    command.add_argument("files", nargs="+", type=Path, metavar="FILE", help="any picture, in the library or not")
    _json(command)
    command = add("lineage", _elsewhere("library:lineage"), "what a picture came from, and what came from it")
    command.add_argument("reference", nargs="?", default="@last")
    command.add_argument("--mermaid", action="store_true", help="as a Mermaid flowchart")
    command.add_argument("--limit", type=_whole, default=60, help="how many pictures at most (60)")
    command.add_argument("--save", metavar="PATH", help="write the tree as a picture there")
    _json(command)
    command = add("recipe", _elsewhere("library:recipe"), "the magic that makes a picture again")
    command.add_argument("reference", nargs="?", default="@last")
    command.add_argument("--python", action="store_true", help="as Python")
    _json(command)
    _add_labels(add)
    command = add("costs", _elsewhere("library:costs"), "what was paid, and what the budgets leave")
    command.add_argument(
        "--by", action="append", metavar="WHAT", help="day (default), route, model or notebook; repeatable"
    )
    _json(command)
    command = add("export", _elsewhere("bundles:export"), "write what a search finds to a zip, a folder, or records")
    command.add_argument("words", nargs="*", metavar="QUERY", help="as for find; without one, every success")
    command.add_argument("target", metavar="TARGET", help="out.zip, a folder/, or with --records records.jsonl")
    command.add_argument("--records", action="store_true", help="rows alone, without pictures; all of them by default")
    command.add_argument("--all", action="store_true", help="failures, the trash and pictures of no generation, too")
    command.add_argument("--no-ancestors", action="store_true", help="leave out what the pictures go back to")
    _json(command)
    command = add("import", _elsewhere("bundles:import_"), "merge bundles, or store pictures with their prompts")
    command.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="bundles, pictures, folders of them")
    command.add_argument("--max-bytes", type=_whole, metavar="N", help="the most that all pictures may have (64 GiB)")
    _json(command)
    command = add("browse", _elsewhere("browse:browse"), "the library in a browser, with search, costs and lineage")
    command.add_argument("query", nargs="*", metavar="QUERY", help="show what this finds first")
    command.add_argument("--port", type=_whole, default=0, help="0 picks a free one (default)")
    command.add_argument("--no-sql", action="store_true", help="no SQL but what is prepared")
    command.add_argument("--open", action=argparse.BooleanOptionalAction, help="open a browser; in a terminal it does")
    command.add_argument("--uds", metavar="PATH", help=argparse.SUPPRESS)
    command.add_argument("--base-url", default="/", help=argparse.SUPPRESS)
    command.add_argument("--until-closed", action="store_true", help=argparse.SUPPRESS)
    _json(command)
    command = add("repair", _elsewhere("library:repair"), "bring lost outputs of a notebook back from the library")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    _json(command)


def _add_searching(add: Adder) -> None:
    """The commands that find."""
    command = add(
        "find", _elsewhere("finding:find"), 'what a query finds: words, "phrases", -not, tag:hero, size:>1024'
    )
    command.add_argument("words", nargs="*", metavar="QUERY")
    command.add_argument("--model")
    command.add_argument("--route")
    command.add_argument("--tag", help="pictures that have it; star is one, too")
    command.add_argument("--name", help="the picture of that name")
    command.add_argument(
        "--status", default="succeeded", choices=["succeeded", "failed", "cancelled", "interrupted", "running", "any"]
    )
    command.add_argument("--limit", type=_whole, default=20, help="how many at most (20)")
    command.add_argument("--before", metavar="ID", help="go on after the last one of the page before")
    command.add_argument("--count", action="store_true", help="how many there are")
    command.add_argument("--facets", action="store_true", help="how many of each model, route, day and so on")
    command.add_argument("--save", metavar="NAME", help="keep the query under this name, for search:NAME")
    _json(command)
    command = add("searches", _elsewhere("finding:searches"), "the queries that were saved")
    command.add_argument("--forget", metavar="NAME", help="let go of this one")
    _json(command)
    command = add("similar", _elsewhere("finding:similar"), "the pictures that look most like one, the nearest first")
    command.add_argument("reference", nargs="?", default="@last", help="@last, @name, a hash, an id")
    command.add_argument("--limit", type=_whole, default=20, help="how many at most (20)")
    _json(command)
    command = add("rank", _elsewhere("finding:rank"), "pictures by the choices made between them, the best first")
    command.add_argument("words", nargs="*", metavar="QUERY")
    _json(command)


def _add_labels(add: Adder) -> None:
    """The acts on pictures: name, tag, rate, note, star, rm and their opposites."""
    from .commands.labels import ACTS

    for verb, act in ACTS.items():
        run = "slimming:restore" if verb == "restore" else "library:label"
        command = add(verb, _elsewhere(run), f"{act.help}: {act.usage}")
        command.add_argument("reference", metavar="PICTURE", help="@last, @name, a hash, an id")
        if verb == "restore":
            command.description = "Bring pictures back from the trash, or the outputs of NOTEBOOK.ipynb from its lock."
            command.add_argument("--full", action="store_true", help="of a notebook: the pictures, not previews")
        if act.most != 0:
            command.add_argument("words", nargs="+" if act.fewest else "*", metavar="WORD")
        _json(command)


def _add_upkeep(add: Adder) -> None:
    """The commands that keep the library whole."""
    command = add(
        "verify",
        _elsewhere("locks:verify"),
        "whether every picture and row of the library is as it should be, or notebooks are as they were locked",
    )
    command.add_argument(
        "notebooks", nargs="*", type=Path, metavar="NOTEBOOK.ipynb", help="hold these against their locks instead"
    )
    command.add_argument("--sample", metavar="N", help="read only so many pictures, or a share such as 5%%")
    command.add_argument("--seed", type=_whole, metavar="N", help="the same sample as one that said this seed")
    command.add_argument("--restart", action="store_true", help="begin anew where one was stopped")
    command.add_argument("--repair", action="store_true", help="mend what can be; damaged files move to quarantine/")
    _json(command)
    command = add("gc", _elsewhere("upkeep:gc"), "delete the bytes of old trash, orphan previews and leftovers")
    command.add_argument(
        "--older-than", default="30d", metavar="AGE", help="how long in the trash: 30d (default), 12h, 2w"
    )
    command.add_argument("--dry-run", action="store_true", help="only list what would be deleted")
    command.add_argument("--yes", action="store_true", help="delete without asking first")
    _json(command)
    command = add("rebuild", _elsewhere("upkeep:rebuild"), "make a new database from what is left of a damaged one")
    command.add_argument(
        "--from",
        dest="sources",
        action="append",
        default=[],
        metavar="FILE",
        help="also from this backup or export; repeatable",
    )
    command.add_argument("--yes", action="store_true", help="do so although the database seems to be well")
    _json(command)
    command = add("compact", _elsewhere("upkeep:compact"), "make the database as small and fast as it can be")
    _json(command)
    command = add("backup", _elsewhere("upkeep:backup"), "copy the database, without pictures, while kernels write")
    command.add_argument("file", metavar="FILE")
    command.add_argument("--force", action="store_true", help="write over a file that is there")
    _json(command)
    command = add("stats", _elsewhere("upkeep:stats"), "how much the library holds, and what it takes on the disk")
    _json(command)


def _add_printing(add: Adder) -> None:
    """The command that prints a notebook for people."""
    command = add("report", _elsewhere("report:report"), "a notebook as one HTML page, or a PDF, without running it")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument(
        "-o",
        "--out",
        type=Path,
        metavar="FILE",
        help="where the page goes, or with NAME.pdf the PDF; beside the notebook",
    )
    command.add_argument("--pdf", type=Path, metavar="FILE", help="print it to a PDF, with Chromium")
    command.add_argument(
        "--code", default="folded", choices=["folded", "hidden", "shown"], help="how code stands there"
    )
    command.add_argument("--title", help="by default the first heading")
    command.add_argument("--lang", default="en", help="the language it is written in: en (default), de, pt-BR")
    command.add_argument("--no-appendix", action="store_true", help="leave out the table of how pictures were made")
    command.add_argument("--strict", action="store_true", help="fail where the library does not have a picture")
    _json(command)


def _add_travelling(add: Adder) -> None:
    """The commands that let notebooks travel with their pictures."""
    command = add("pack", _elsewhere("packing:pack"), "one zip with a notebook, its lock and just its pictures")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument("-o", "--output", type=Path, metavar="ZIP", help="by default beside the notebook")
    command.add_argument("--ancestors", action="store_true", help="also all that the pictures go back to")
    _json(command)
    command = add("unpack", _elsewhere("packing:unpack"), "bring the pictures of a pack in, and write its notebook")
    command.add_argument("pack", type=Path, metavar="ZIP")
    command.add_argument("folder", nargs="?", type=Path, metavar="FOLDER", help="by default the working folder")
    command.add_argument("--force", action="store_true", help="write over files that are there with other content")
    _json(command)
    command = add("slim", _elsewhere("slimming:slim"), "move full pictures in notebooks to the library; previews stay")
    command.add_argument("notebooks", nargs="+", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument("--undo", action="store_true", help="bring the pictures back into the file")
    command.add_argument("--over", default="200kB", metavar="SIZE", help="only larger pictures (200kB)")
    _json(command)


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", action="store_true", help="print one JSON document")


def _add_locks(add: Adder) -> None:
    """The commands that pin a notebook to its pictures."""
    command = add("lock", _elsewhere("locks:lock"), "pin a notebook to the pictures that it shows, without running it")
    command.add_argument("notebook", type=Path, metavar="NOTEBOOK.ipynb")
    command.add_argument("-o", "--output", type=Path, metavar="PATH", help="write it there, not beside the notebook")
    _json(command)


def _add_routes(add: Adder) -> None:
    """The commands about where requests go."""
    command = add("routes", _elsewhere("routes:routes"), "where requests can go, what each route can do and costs")
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command = add("doctor", _elsewhere("doctor:doctor"), "what is well and what is not, and what a route can do")
    command.add_argument("--route", help="look at this one; without it, at all whose key is there")
    command.add_argument("--probe", action="store_true", help="find out by real, cheap requests what the route can do")
    command.add_argument("--yes", action="store_true", help="probe without asking first")
    command.add_argument("--forget", action="store_true", help="forget what probes have found of the route")
    command.add_argument("--json", action="store_true", help="print one JSON document")
    keys = add("keys", _elsewhere("routes:list_keys"), "keys in the operating system's keyring").add_subparsers(
        required=True, metavar="COMMAND"
    )
    add_key = _adder(keys)
    command = add_key("set", _elsewhere("routes:set_key"), "put a route's key into the keyring")
    command.add_argument("route", metavar="ROUTE", help="the key is asked for, or read from standard input")
    command = add_key("list", _elsewhere("routes:list_keys"), "which routes have a key, and where")
    command.add_argument("--json", action="store_true", help="print one JSON document")
    command = add_key("forget", _elsewhere("routes:forget_key"), "take a route's key out of the keyring")
    command.add_argument("route", metavar="ROUTE")
    command = add(
        "serve-local", _elsewhere("serving:serve_local"), "serve the embedded engine over HTTP, as a provider would"
    )
    command.add_argument("--port", type=_whole, default=0, help="0 picks a free one (default)")
    command.add_argument(
        "--fault", action="append", default=[], metavar="NAME[=VALUE][*TIMES]", help="misbehave; `list` lists how"
    )
    command.add_argument("--dialect", default="openai", metavar="NAME", help="whose wire protocol it speaks (openai)")


def _adder(commands: Any) -> Adder:
    def add(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        command: argparse.ArgumentParser = commands.add_parser(
            name, help=text, description=text.capitalize() + ".", allow_abbrev=False
        )
        command.set_defaults(run=run, parser=command)
        return command

    return add


def _elsewhere(name: str) -> Callable[[argparse.Namespace], int | None]:
    """A command whose function stands in a module of `commands`, which is loaded when it runs."""

    def run(arguments: argparse.Namespace) -> int | None:
        module, _, function = name.partition(":")
        status: int | None = getattr(_loaded(module), function)(arguments)
        return status

    return run


def _loaded(module: str) -> ModuleType:
    """A module of `commands`. Nothing that an import makes is garbage: looking for some is a tenth of a command's start."""
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(f".commands.{module}", __package__)
    finally:
        if collects:
            gc.enable()


def _order_options(command: argparse.ArgumentParser) -> None:
    """The options of the magics, as they are there, and those of a shell."""
    for option in OPTIONS:
        if option.sets in NOT_HERE:
            continue
        command.add_argument(*_names(option), dest=option.sets, help=option.help, default=None, **_action(option))
    command.add_argument(
        "--var", action="append", default=[], metavar="NAME=VALUE", help="fill {{ NAME }} in the prompt"
    )
    command.add_argument("-o", "--save", metavar="PATH", help="write a copy of the picture there")
    command.add_argument("--json", action="store_true", help="print one JSON document")


def _names(option: Option) -> list[str]:
    return list(dict.fromkeys(name for name in (option.short, option.long) if name))


def _action(option: Option) -> dict[str, Any]:
    actions: dict[str, dict[str, Any]] = {
        "number": {"type": _whole, "metavar": "N"},
        "flag": {"action": "store_true"},
        "off": {"action": "store_false"},
        "pair": {"action": "append", "metavar": "KEY=VALUE"},
        "json": {"type": _table, "metavar": "JSON"},
    }
    action = actions.get(option.kind, {"metavar": option.sets.upper()})
    return {**action, "choices": option.values} if option.closed else action


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def _table(text: str) -> dict[str, Any]:
    found = literal(text)
    if not isinstance(found, dict):
        raise argparse.ArgumentTypeError(f"{text!r} is not a JSON object")
    return found
