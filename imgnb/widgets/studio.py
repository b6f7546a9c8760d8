"""The studio: a form, what is being drawn, and the pictures of this notebook, in one place.

It asks the workspace as a magic does, so that what it draws is stored, replayed and priced like a magic's. The form is
kept here, not on the page: each page of a studio shows the same one, and one that is loaded anew has lost nothing.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, cast

from traitlets import Any as AnyTrait
from traitlets import Bool

from ..api import order_from
from ..errors import ImgnbError, RequestInvalid
from ..generation import Order
from ..library.clock import now
from ..pictures import Preview, contact_sheet, strip, thumbnail
from ..records import Asset, Generation
from .changes import Changes
from .form import Form, of_generation, sorted_out
from .history import Shown, found, history
from .of_pictures import OfPictures
from .offers import Offers, offered
from .panel import Given, Reply
from .prospect import NOT_YET_KNOWN, NOTHING_YET, Prospect, prospect
from .runs import Run, Runs
from .sheets import with_foot

HOW_TO_USE = "imgnb studio · run this cell in a live notebook to use it"

ON_THE_TWIN = 12
"Pictures of the static twin."


def studio(prompt: str = "", **options: Any) -> Studio:
    """A studio whose form begins with this prompt and these options of `generate` and `edit`.

    Raises RequestInvalid for an option that there is not.
    """
    return Studio(prompt, **options)


class Studio(OfPictures):
    """A studio. `result` (the newest generation) and `busy` can be observed; they change on a thread of its own.

    Where somebody watches, the page comes first: the library is opened, and the price reckoned, when the page has said
    hello or the cell has run. Either would load all that draws, and the page would wait for that.
    """

    page = "studio"
    result = AnyTrait(None, allow_none=True)
    busy = Bool(False)

    def __init__(self, prompt: str = "", **options: Any) -> None:
        super().__init__("imgnb studio: a form to draw pictures with, and the pictures of this notebook")
        self._changing = threading.RLock()
        self._changes = Changes()
        self._notes: tuple[str, ...] = ()
        self._prospect: Prospect = NOTHING_YET
        self._history: tuple[Shown, ...] | None = None
        self._made: dict[str, str] = {}  # when it came, by its id
        self._runs = Runs(self.workspace.run, self, threaded=self._watched)
        self._form = Form()
        self._offers: Offers = offered(self.workspace, self._form)
        self._put(self._given({"prompt": prompt, **options}))
        if not self._watched:
            self._look()
        elif self._form.prompt.strip():
            self._prospect = NOT_YET_KNOWN
        if self._shell is not None:
            self._shell.events.register("post_run_cell", self._join)

    # In Python

    @property
    def form(self) -> dict[str, Any]:
        """What is set in the form, without what is not."""
        with self._changing:
            return {"prompt": self._form.prompt, **self._form.options()}

    def set(self, **changes: Any) -> None:
        """Change the form: `studio.set(prompt="a fox", size="1536x1024")`; None takes a value back."""
        self._change(self._given(changes))

    def generate(self, *, again: bool = False) -> Generation | None:
        """Draw what the form says, after what is drawn already; with `again`, ask though the answer is stored.

        In a notebook that somebody watches it returns at once. Elsewhere (nbclient, a script) it returns the generation,
        and raises what went wrong.
        """
        self._changes.end()
        run = self._runs.add(self._order(again=again))
        if self._watched:
            return None
        if run.failure is not None:
            raise run.failure
        return run.result

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being drawn; False where that took longer than `timeout` seconds."""
        return self._runs.wait(timeout)

    def stop(self, *, now: bool = True) -> None:
        """End what is being drawn, and what waits; without `now`, only what waits."""
        self._runs.stop(now=now)

    @property
    def assets(self) -> list[Asset]:
        """The pictures that this studio has drawn and that are not in the trash, the newest first."""
        library = self.workspace.library
        made = [item for made in reversed(self._made) if (item := found(library, made))]
        return list({asset.sha256: asset for item in made for asset in item.assets if not asset.trashed}.values())

    # What the page shows

    def state(self) -> dict[str, Any]:
        with self._changing:
            return {
                "form": self._form.to_dict(),
                "offers": self._offers.to_dict(),
                "notes": list(self._notes),
                "prospect": self._prospect.to_dict(),
                "runs": [run.to_dict() for run in self._runs.listed],
                "busy": self._runs.busy,
                "history": None if self._history is None else [shown.to_dict() for shown in self._history],
                "can_undo": self._changes.can_undo,
                "can_redo": self._changes.can_redo,
                "cell": self._place.get("cell_id"),
            }

    def picture(self) -> tuple[Preview, Mapping[str, Any]]:
        shown = (self._history or ())[:ON_THE_TWIN]
        facts = {"assets": [one.sha256 for one in shown]}
        if not shown:
            return strip("imgnb studio: no pictures yet" if self._closed else HOW_TO_USE, "note"), facts
        captions = [(f"@{one.names[0]}" if one.names else one.prompt, _subtitle(one)) for one in shown]
        sheet = contact_sheet([self._small(one) for one in shown], captions=captions, numbered=False)
        return sheet if self._closed else with_foot(sheet, HOW_TO_USE), facts

    # What the page asks

    def on_hello(self, given: Given) -> Reply:
        """What a page has missed that opens while something is drawn: its newest preview."""
        run = next((run for run in self._runs.listed if run.status == "running"), None)
        seen = run.seen if run else None
        self._desk.later("history", self._look)
        self._reckon_later()
        about = {"run": run.id, "type": seen.media_type} if run and seen else {}
        runs = [run.to_dict() for run in self._runs.listed]
        return Reply({"runs": runs, **about}, [seen.data] if seen else ())

    def on_form(self, given: Given) -> None:
        """The page has changed the form."""
        changes = given.get("changes")
        if not isinstance(changes, dict) or "also" in changes:
            raise RequestInvalid("the page has sent no form", hint="load the page anew")
        self._change(changes, typed=bool(given.get("typed")))

    def on_undo(self, given: Given) -> None:
        self._step(self._changes.undo)

    def on_redo(self, given: Given) -> None:
        self._step(self._changes.redo)

    def on_generate(self, given: Given) -> None:
        self._changes.end()
        self._runs.add(self._order(again=bool(given.get("again"))))

    def on_stop(self, given: Given) -> None:
        self._runs.stop(now=bool(given.get("now")))

    def on_take_out(self, given: Given) -> None:
        self._runs.take_out(given.get("run"))

    def on_forget(self, given: Given) -> None:
        self._runs.forget(given.get("run"))
        self.changed()

    def on_retry(self, given: Given) -> None:
        """The same order once more, in the place of the one that ended."""
        if run := self._runs.find(given.get("run")):
            self._runs.forget(run.id)
            self._runs.add(run.order)

    def on_use(self, given: Given) -> None:
        """Put something of a picture into the form: its prompt, all that was asked for, or itself as reference."""
        what, sha256 = given.get("what"), str(given.get("sha256"))
        refused = {"mask": self._offers.no_mask, "reference": self._offers.no_reference}.get(str(what))
        if refused:
            raise RequestInvalid(refused, hint="nothing was changed", param="image")
        if what == "mask":
            self._change({"mask": self._asset(sha256).sha256})
        elif what == "reference":
            self._change({"images": [*self._form.images, self._asset(sha256).sha256]})
        elif what in ("prompt", "all"):
            changes = of_generation(self._generation(given))
            self._change({"prompt": changes["prompt"]} if what == "prompt" else changes, taken=True)

    def on_remix(self, given: Given) -> None:
        self._runs.add(self._remix(self._generation(given)))

    # What comes of the runs, told on their thread

    def run_changed(self, run: Run) -> None:
        self._announce(busy=self._runs.busy)
        self.changed()

    def run_seen(self, run: Run) -> None:
        if run.seen is not None:
            self.tell("preview", [run.seen.data], run=run.id, type=run.seen.media_type, shown=run.shown)
        self.changed()

    def run_over(self, run: Run) -> None:
        if run.result is not None:
            self._made.pop(run.result.id, None)  # what is replayed comes once more
            self._made[run.result.id] = now()
            self._announce(result=run.result)
        self._desk.later("history", self._look)
        self._reckon_later()
        self.changed()

    # How it goes

    def _given(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """Options as changes of the form; pictures are stored, as any that go into a request."""
        known, also = sorted_out(options)
        changes: dict[str, Any] = dict(known)
        images, mask = known.get("images"), known.get("mask")
        if images is not None or mask is not None:
            base = images if "images" in known else [f"@{sha256}" for sha256 in self._form.images] or None
            wishes = {name: also.pop(name) for name in ("mask_fit", "mask_invert", "force") if name in also}
            request = self.workspace.request("-", images=base, mask=mask, **wishes)
            masks = [item.sha256 for item in request.references if item.role == "mask"]
            changes["images"] = [item.sha256 for item in request.references if item.role == "image"]
            if mask is not None:
                changes["mask"] = masks[0]
        along = {name: value for name, value in {**self._form.also, **also}.items() if value is not None}
        return {**changes, "also": along} if also else changes

    def _change(self, changes: Mapping[str, Any], *, typed: bool = False, taken: bool = False) -> None:
        with self._changing:
            before = self._form
            self._put(changes)
            self._changes.note(before, self._form, typed=typed, taken=taken)
        self._reckon_later()
        self.changed()

    def _put(self, changes: Mapping[str, Any]) -> None:
        """The form with these changes, and with what is then offered."""
        form = self._form.having(changes)
        offers = offered(self.workspace, form)
        self._form, notes = offers.settled(form)
        self._offers = offered(self.workspace, self._form)
        if notes or set(changes) - {"prompt"}:
            self._notes = notes

    def _step(self, step: Any) -> None:
        with self._changing:
            self._put(step(self._form))
        self._reckon_later()
        self.changed()

    def _order(self, *, again: bool) -> Order:
        with self._changing:
            form = self._form
        options = {**form.options(), "previews": self._watched, "place": self._place}
        if again:
            options |= {"mode": "live", "take": None}
        if form.mask and not form.images:
            raise RequestInvalid("the mask needs a picture", hint="use one as reference first", param="mask")
        return order_from(self.workspace, form.prompt, options)

    def _remix(self, generation: Generation) -> Order:
        """The order that asks for the very same once more."""
        library, workspace = self.workspace.library, self.workspace
        derived = [kind for asset in generation.assets[:1] for kind in library.made_as(asset)]
        return workspace.order(
            library.stored_request(generation),
            mode="live",
            route=generation.route if generation.route in workspace.routes else None,
            via=None if generation.dialect == "images" else generation.dialect,
            composite="composite" in derived,
            previews=self._watched,
            place=self._place,
        )

    def _reckon_later(self) -> None:
        if self._watched:
            self._desk.later("prospect", self._reckon)

    def _reckon(self) -> None:
        """What would come of the form, if it were drawn now."""
        try:
            found = prospect(self.workspace, self._order(again=False)) if self._form.prompt.strip() else NOTHING_YET
        except ImgnbError as exc:
            found = Prospect("fail", exc.message, exc.hint or "")
        except Exception as exc:  # on a thread nobody would see it
            found = Prospect("fail", f"{type(exc).__name__}: {exc}")
        if found != self._prospect:
            self._prospect = found
            self.changed()

    def _look(self) -> None:
        """Read anew what the strip shows."""
        try:
            shown = history(self.workspace.library, dict(self._made), self._place.get("notebook"))
        except (ImgnbError, OSError) as exc:
            self._notes, shown = (str(exc),), ()
        shown = tuple(one.called(self._named.get(one.sha256)) for one in shown)
        if shown != self._history:
            self._history = shown
            self.changed()

    def _join(self, *_: Any) -> None:
        """The cells that a page adds need the magics; what other cells do to the library is to be seen."""
        self._shell.events.unregister("post_run_cell", self._join)
        if "imagegen" not in self._shell.magics_manager.magics["cell"]:
            self._shell.extension_manager.load_extension("imgnb")
        self._shell.events.register("post_run_cell", self._cell_ran)
        self._cell_ran()

    def _cell_ran(self, *_: Any) -> None:
        self._desk.later("history", self._look)
        self._reckon_later()

    def _announce(self, **traits: Any) -> None:
        try:
            for name, value in traits.items():
                setattr(self, name, value)
        except Exception as exc:  # an observer's error must not end the thread that draws
            self.tell("trouble", error=f"an observer of this studio raised {type(exc).__name__}: {exc}")

    def _small(self, shown: Shown) -> Preview | bytes:
        try:
            return thumbnail(self._asset(shown.sha256))
        except (ImgnbError, OSError):
            return b""  # its cell says that there is no preview

    def __enter__(self) -> Studio:
        return cast("Studio", super().__enter__())

    def close(self) -> None:
        self._runs.stop(now=True)
        if self._shell is not None:
            for heard in (self._join, self._cell_ran):
                with suppress(ValueError):  # not yet, or closed before
                    self._shell.events.unregister("post_run_cell", heard)
        super().close()


def _subtitle(shown: Shown) -> str:
    said = [shown.size, f"{shown.stars} of 5" if shown.stars else "", "starred" if shown.starred else ""]
    return " · ".join(filter(None, said))
