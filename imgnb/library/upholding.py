"""The part of the library's door that keeps it whole: verify, repair, gc, compact, backup, stats."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .part import Part

if TYPE_CHECKING:
    from .upkeep.compacting import Compacted
    from .upkeep.report import Follow, Report
    from .upkeep.rubbish import Collected


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
        self._store.tidy()
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

    def gc(self, older_than: str | float = "30d", *, dry_run: bool = False, follow: Follow | None = None) -> Collected:
        """Delete what nobody needs, or only say what that is: the bytes of what has lain in the trash for longer ("30d",
        "12h", a number of days) and that nothing outside the trash needs, orphan previews, halves left by the dead, old
        backups of migrations. Rows and prompts stay.
        """
        from .upkeep.collecting import collect
        from .upkeep.report import nobody

        self._store.tidy()
        return collect(self._store, older_than, dry_run=dry_run, follow=follow or nobody)

    def compact(self, *, follow: Follow | None = None) -> Compacted:
        """Make the database as small and as fast as it can be. Raises LibraryLocked where other kernels have it open."""
        from .upkeep.compacting import compact
        from .upkeep.report import nobody

        return compact(self._store, follow or nobody)

    def stats(self) -> dict[str, Any]:
        """How much is in the library: generations by status, assets, bytes, cost by currency; and what it takes on the disk."""
        from .upkeep.measuring import measure

        return measure(self._store)
