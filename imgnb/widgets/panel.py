"""What every widget of imgnb is: an object in Python, a page in the front end, and a static twin beside it.

A page asks: a message with an id, answered with a result or an error. What it shows is in `state`, which has no bytes;
pictures go by messages as small files, and only when they are to be seen. Callbacks only put work on a desk: they come
on whatever thread. Where nobody watches (nbclient, papermill, nbval) there is no page and no thread, only the twin.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from traitlets import HasTraits

from ..display.cell import has_kernel, interactive, place, running_shell
from ..errors import ImgnbError
from ..pictures import Preview, strip
from ..workspace import Workspace, current
from .desk import Desk
from .thumbs import thumbs
from .twin import Twin
from .wording import in_words

if TYPE_CHECKING:
    from .view import View

Given = Mapping[str, Any]
"What a page says beside its question."

_DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
"A transparent pixel: what a closed widget leaves of its own output, since an output cannot be taken away."

_WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass(frozen=True)
class Reply:
    """An answer that carries bytes beside its values."""

    data: Mapping[str, Any] = field(default_factory=dict)
    buffers: Sequence[bytes] = ()


class Panel(HasTraits):
    """A widget. Subclasses say what it shows (`state`), how its twin looks (`picture`), and answer as `on_WORD`."""

    page: ClassVar[str]
    "The module of `static/` that draws it."

    def __init__(self, alt: str, workspace: Workspace | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        self.workspace = workspace or current()
        shell = running_shell()
        self._watched = shell is not None and interactive(shell)
        self._place = place(shell) if shell is not None and has_kernel(shell) else {}
        self._desk = Desk(threaded=self._watched)
        self._twin = Twin(alt)
        self._view: View | None = None
        self._outputs: list[Any] = []
        self._closed = False
        self._making = threading.Lock()
        self._state_number = itertools.count(1)
        self._state_sent = 0
        self._state_lock = threading.Lock()
        self._twin_lock = threading.RLock()

    # What a subclass says

    def state(self) -> dict[str, Any]:
        """What the page shows, as plain JSON values; never bytes."""
        raise NotImplementedError

    def picture(self) -> tuple[Preview, Mapping[str, Any]]:
        """The twin as it is now, and the facts of its output: at least the hashes of the `assets` that it shows."""
        raise NotImplementedError

    # What a subclass does

    def changed(self) -> None:
        """Show on the page and in the twin what has changed. May be called from any thread."""
        change = next(self._state_number)
        if self._view is not None and not self._closed:
            # Threads may overtake each other: the state that was asked for last holds all changes before it. It is made
            # without the lock, since making it may need one of the subclass's own.
            state = _sayable(self.state())
            with self._state_lock:
                if change > self._state_sent:
                    self._state_sent, self._view.state = change, state
        if self._twin.shown:
            self._desk.later("twin", self._paint)

    def tell(self, news: str, buffers: Sequence[bytes] = (), **values: Any) -> None:
        """Say something to all its pages: what passes, and need not be known to a page that opens later."""
        self._send({"news": news, **values}, buffers)

    # What its user does

    @property
    def widget(self) -> View:
        """The ipywidget, to be put into a box with others; shown this way, there is no static twin beside it."""
        with self._making:
            if self._view is None:
                from .view import View

                before = next(self._state_number)
                self._view = View(self.page, _sayable(self.state()), self._heard)
                if next(self._state_number) != before + 1:
                    self.changed()  # what has changed while it was made was not sent to it
            return self._view

    def close(self) -> None:
        """End the widget; what stays in the notebook is its twin."""
        if self._closed:
            return
        self._closed = True
        self._desk.close()
        if self._twin.shown:
            self._paint()
        for output in self._outputs:
            output.update({"image/png": _DOT}, metadata={"image/png": {"width": 1, "height": 1}}, raw=True)
        if self._view is not None:
            self._view.close()

    def __enter__(self) -> Panel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<imgnb {self.page.replace('_', ' ')}{', closed' if self._closed else ''}>"

    def _ipython_display_(self) -> None:
        shell = running_shell()
        if shell is None or not has_kernel(shell):
            print(repr(self), "is a widget: open it in a notebook")
            return
        if self._watched and not self._closed:
            from IPython.display import DisplayHandle

            output = DisplayHandle()
            model = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
            output.display({_WIDGET: model, "text/plain": self._unseen()}, raw=True)
            self._outputs.append(output)
        self._twin.show(*self._drawn())

    def _unseen(self) -> str:
        """What a front end without ipywidgets shows in the place of the page."""
        return f"imgnb {self.page.replace('_', ' ')}: nothing here shows ipywidgets; the picture is how it stands."

    # Every page asks for these

    def on_thumbs(self, given: Given) -> Reply:
        """The thumbnails of these hashes; null in `found` for one whose bytes are gone or are no picture."""
        shown = thumbs(self.workspace.library, _texts(given.get("of"), 200))
        about = [one and {"type": one.media_type, "width": one.width, "height": one.height} for one in shown]
        return Reply({"found": about}, [one.data for one in shown if one])

    # How it goes

    def _heard(self, content: Any, buffers: Sequence[Any]) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("id"), str):
            return
        # Said at once: it is how the page tells a kernel that is busy from an answer that takes long.
        self._send({"heard": content["id"]})
        self._desk.do(lambda: self._answer(content, buffers))

    def _answer(self, content: dict[str, Any], buffers: Sequence[Any]) -> None:
        word, given = content.get("ask"), content.get("given")
        try:
            method = getattr(self, f"on_{word}", None)
            # What traitlets itself calls `on_…` is no answer to a page.
            if method is None or hasattr(HasTraits, f"on_{word}") or not isinstance(given, dict):
                raise ValueError(f"nothing here answers {str(word)[:80]!r}")
            reply = method({**given, "buffers": buffers} if buffers else given)
        except ImgnbError as exc:
            self._send({"id": content["id"], "error": exc.message, "hint": in_words(exc.hint or "")})
        except Exception as exc:  # on a thread nobody would see it: the page says it
            self._send({"id": content["id"], "error": f"{type(exc).__name__}: {exc}", "hint": ""})
        else:
            reply = reply if isinstance(reply, Reply) else Reply(reply or {})
            self._send({"id": content["id"], "result": dict(reply.data)}, reply.buffers)

    def _send(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        if self._view is not None and not self._closed:
            self._view.send(_sayable(content), list(buffers))

    def _paint(self) -> None:
        with self._twin_lock:
            self._twin.update(*self._drawn())

    def _drawn(self) -> tuple[Preview, Mapping[str, Any]]:
        stage = "closed" if self._closed else "open"
        try:
            picture, facts = self.picture()
        except (ImgnbError, OSError) as exc:  # a widget is not lost because its twin cannot be painted
            picture, facts = strip(str(exc), "note"), {}
        return picture, {"widget": self.page, "stage": stage, **facts}


def _texts(given: object, most: int) -> list[str]:
    """At most so many texts. Raises ValueError for anything else."""
    if not isinstance(given, list) or len(given) > most or not all(isinstance(item, str) for item in given):
        raise ValueError(f"expected a list of at most {most} texts")
    return given


def _sayable(value: Any) -> Any:
    """The same values with a question mark for each half surrogate: a message that holds one cannot be sent."""
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {_sayable(key): _sayable(one) for key, one in value.items()}
    return [_sayable(one) for one in value] if isinstance(value, list | tuple) else value
