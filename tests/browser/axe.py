"""What axe, the accessibility checker, has to say about a part of a page."""

from __future__ import annotations

from typing import Any

GRAVE = ("serious", "critical")


def accessible(page: Any, selector: str = ".imgnb-frame") -> None:
    """There is such a part, and nothing in it keeps people out; each violation is told with the elements that have it."""
    from axe_playwright_python.sync_playwright import Axe

    assert page.locator(selector).count(), f"nothing on the page is {selector!r}"
    found = Axe().run(page, context=selector).response["violations"]
    grave = [_told(violation) for violation in found if violation["impact"] in GRAVE]
    assert not grave, "\n".join(grave)


def _told(violation: dict[str, Any]) -> str:
    nodes = [f"    {node['html'][:200]}\n      {node['failureSummary']}" for node in violation["nodes"]]
    return "\n".join([f"{violation['id']} ({violation['impact']}): {violation['help']}", *nodes])
