"""Every error that imgnb raises on purpose, in one tree.

ImgnbError                    has `kind` (what a record stores), `hint` (the way out), `param`, `code`
├── RequestInvalid            validation   the request breaks a rule; nothing was sent
│   ├── SizeUnsupported       size
│   ├── ModelRetired          validation
│   ├── PromptInvalid         validation
│   └── QueryInvalid          validation   also has `position`: where a search is not understood
├── ConfigInvalid             config
├── NotebookInvalid           notebook     a file is no notebook that can be read, or it cannot be written
├── LockInvalid               lock         a lock file cannot be read, or does not fit what it is to pin
├── KeyMissing                auth         the route's key is neither in the environment nor in the keyring
├── BudgetExceeded            budget       the request would pass a budget; nothing was sent
├── ReplayMissed              replay       mode is "replay" and the library has no answer
├── ProviderError             also has `status` (HTTP), `request_id`, `retry_after` (seconds)
│   ├── ProviderTimeout       timeout      retried
│   ├── ConnectionFailed      connection   retried
│   ├── RateLimited           rate_limit   retried
│   ├── ServerFailed          server       retried
│   ├── PolicyRefused         policy
│   ├── RequestRefused        validation
│   │   └── SizeRefused       size
│   ├── KeyRefused            auth
│   ├── BillingRefused        billing
│   ├── NotFound              not_found
│   └── ProtocolBroken        protocol     the answer is not what the contract says
└── LibraryError              library
    ├── LibraryReadOnly
    ├── LibraryFull
    ├── LibraryLocked
    ├── LibraryTooNew
    ├── BundleRefused         a bundle is broken, hostile or too big; the library is as it was
    └── AssetNotFound

Cancelled                     a KeyboardInterrupt, so that `Run All` stops; kind "cancelled"

ImgnbWarning                  a UserWarning: something came or was done otherwise than asked

Foreign errors are translated once, at the border where they arise, with `from exc`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar


class ImgnbError(Exception):
    """Base of all errors of imgnb: one sentence that says what and which value, and a hint that says the way out."""

    kind: ClassVar[str] = "error"

    def __init__(
        self, message: str, *, hint: str = "", param: str | None = None, code: str | None = None, generation: Any = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.param = param
        self.code = code
        self.generation = generation
        "The generation that failed, as the library recorded it; None when nothing was recorded."

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def _render_traceback_(self) -> list[str]:
        """What IPython shows instead of a traceback."""
        return [f"imgnb: {self.message}"] + ([f"  -> {self.hint}"] if self.hint else [])


class ImgnbWarning(UserWarning):
    """Something came or was done otherwise than asked, or works less well than it might."""


class RequestInvalid(ImgnbError):
    """The request breaks a rule of the model or route, found before anything was sent."""

    kind = "validation"


class SizeUnsupported(RequestInvalid):
    """The size is not one that the model or route offers."""

    kind = "size"


class ModelRetired(RequestInvalid):
    """The model has been shut down."""


class PromptInvalid(RequestInvalid):
    """The prompt is empty, too long, or its template cannot be filled."""


class QueryInvalid(RequestInvalid):
    """A search is not understood; the message shows where."""

    def __init__(self, query: str, position: int, problem: str, *, hint: str = "") -> None:
        self.query = query
        self.position = max(0, min(position, len(query)))
        # A window, because a query may be a pasted page: what is in it stands on one line, each character as one.
        begun = max(0, self.position - 50)
        shown = "".join(c if c.isprintable() else " " for c in query[begun : begun + 100])
        super().__init__(f"{problem}:\n{shown}\n{' ' * (self.position - begun)}^", hint=hint)


class ConfigInvalid(ImgnbError):
    """A setting, environment variable or configuration file cannot be used."""

    kind = "config"


class NotebookInvalid(ImgnbError):
    """A file is no notebook of format 4, or cannot be written."""

    kind = "notebook"


class LockInvalid(ImgnbError):
    """A lock file cannot be read, comes from a newer imgnb, or contradicts itself."""

    kind = "lock"


class KeyMissing(ImgnbError):
    """The route needs a key that is not there."""

    kind = "auth"


class BudgetExceeded(ImgnbError):
    """The request would pass a budget that the user has set; nothing was sent."""

    kind = "budget"


class ReplayMissed(ImgnbError):
    """Mode is "replay" and the library holds no answer to this request."""

    kind = "replay"


class ProviderError(ImgnbError):
    """The provider, or the way to it, failed."""

    retried: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        param: str | None = None,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, param=param, code=code)
        self.status = status
        self.request_id = request_id
        self.retry_after = retry_after
        self.details = details
        "What else the provider said: moderation categories and the stage that blocked."
        self.endpoint: str | None = None
        "Where it failed, where that is not where pictures are asked for, such as /files: nothing was drawn then."


class ProviderTimeout(ProviderError):
    """No answer came in time."""

    kind = "timeout"
    retried = True


class ConnectionFailed(ProviderError):
    """The host could not be reached, or the connection broke."""

    kind = "connection"
    retried = True


class RateLimited(ProviderError):
    """Too many requests (HTTP 429)."""

    kind = "rate_limit"
    retried = True


class ServerFailed(ProviderError):
    """The provider failed on its side (HTTP 5xx)."""

    kind = "server"
    retried = True


class PolicyRefused(ProviderError):
    """The provider's moderation refused the prompt or the picture."""

    kind = "policy"


class RequestRefused(ProviderError):
    """The provider refused a parameter."""

    kind = "validation"


class SizeRefused(RequestRefused):
    """The provider refused the size."""

    kind = "size"


class KeyRefused(ProviderError):
    """The provider refused the key (HTTP 401, 403)."""

    kind = "auth"


class BillingRefused(ProviderError):
    """The account has no balance or has reached its limit (HTTP 402)."""

    kind = "billing"


class NotFound(ProviderError):
    """The model, endpoint or object does not exist there (HTTP 404)."""

    kind = "not_found"


class ProtocolBroken(ProviderError):
    """The answer is not what the contract says."""

    kind = "protocol"


class LibraryError(ImgnbError):
    """The library cannot do what was asked."""

    kind = "library"


class LibraryReadOnly(LibraryError):
    """The library's folder or database cannot be written."""


class LibraryFull(LibraryError):
    """The disk or quota is used up."""


class LibraryLocked(LibraryError):
    """Another process has held the database for too long."""


class LibraryTooNew(LibraryError):
    """The library was written by a newer imgnb; it can be read, not written."""


class BundleRefused(LibraryError):
    """What is to be imported is broken, hostile or too big; the library is as it was."""


BYTES_GONE = "bring the library's folder blobs back, from a backup or its author, or add or draw the picture again"


class AssetNotFound(LibraryError):
    """Nothing in the library answers to this name, hash or id."""


class Cancelled(KeyboardInterrupt):
    """The run was interrupted; what had arrived is in the library."""

    kind: ClassVar[str] = "cancelled"

    def __init__(self, message: str = "cancelled", *, generation: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.generation = generation

    def _render_traceback_(self) -> list[str]:
        return [f"imgnb: {self.message}"]
