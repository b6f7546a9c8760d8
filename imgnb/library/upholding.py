"""The part of the library's door that keeps it whole: verify, repair, gc, compact, backup, stats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .part import Part

if TYPE_CHECKING:
    from .upkeep.report import Follow, Report


class Upholding(Part):
    """Upkeep. Each act can be stopped and repeated; nothing is deleted but by `gc`."""

    def verify(
        self,
        *,
        sample: str | int | float | None = None,
        seed: int | None = None,
        restart: bool = False,
        repair: bool = False,
        follow: Follow | None = None,
    ) -> Report:
        """Read every picture and hold every row against what it can be derived from; with `repair`, mend what can be.

        One that was stopped goes on where it was, unless `restart`. `sample` takes a number of pictures, or "5%". The
        report is true where all is well now; `follow` is told how far it has come.
        """
        from .upkeep import repairing, verifying
        from .upkeep.report import nobody

        follow = follow or nobody
        if repair:
            self._store.check_writable()
        report = verifying.verify(self._store, sample=sample, seed=seed, restart=restart, follow=follow)
        return repairing.repair(self._store, report, follow) if repair and not report else report

    def backup(self, target: str | Path, *, force: bool = False, follow: Follow | None = None) -> int:
        """Write the database, without pictures, as one file, while kernels write; its bytes. Raises LibraryError kinds."""
        from .upkeep.backing_up import back_up
        from .upkeep.report import Step, nobody

        told = follow or nobody
        return back_up(
            self._store.database,
            Path(target),
            force=force,
            progress=lambda done, total: told(Step("copying", done, total, in_bytes=True)),
        )
