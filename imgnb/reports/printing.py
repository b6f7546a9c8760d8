"""A report's page as a PDF: tagged, with an outline and page numbers, printed by Chromium.

Playwright drives the browser, as nbconvert's webpdf has it do; that exporter starts no other browser than Playwright's own
and lays out notebooks its own way, so the page is printed here. Scripts are off, and the browser is offline.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import ConfigInvalid
from ..records.wording import one_line
from .printing_targets import write

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HINT = "pip install playwright, then playwright install chromium; any Chromium or Chrome on the PATH will do, too"

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_FOOT = (
    '<div style="font: 8px sans-serif; width: 100%; text-align: center; color: #57606a">'
    '<span class="pageNumber"></span> / <span class="totalPages"></span></div>'
)
_PATIENCE = 300_000
"Milliseconds that a hundred pages may take."


def print_pdf(html: str, target: Path) -> None:
    """Write the page to this PDF in one step. Raises ConfigInvalid where no browser is there to print it."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as exc:
        raise ConfigInvalid("a PDF needs Playwright and Chromium", hint=HINT) from exc
    with tempfile.TemporaryDirectory(prefix="imgnb-report-") as folder, sync_playwright() as playwright:
        source = Path(folder) / "report.html"
        source.write_text(html, encoding="utf-8")
        browser = _browser(playwright)
        try:
            printed = _printed(browser, source)
        except Error as exc:
            raise ConfigInvalid(f"the browser did not print: {one_line(str(exc), 200)}", hint="print the HTML") from exc
        finally:
            browser.close()
    write(target, printed)


def _browser(playwright: Any) -> Browser:
    """Playwright's own browser, or one that is installed."""
    from playwright.sync_api import Error

    # As root, in containers, Chromium starts without its sandbox only; what it is given runs no script.
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = ["--no-sandbox"] if root else []
    installed = next(filter(None, map(shutil.which, _BROWSERS)), None)
    for executable in (None, installed):
        try:
            browser: Browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        except Error as exc:
            failed = exc
        else:
            return browser
    raise ConfigInvalid("there is no browser that prints", hint=HINT) from failed


def _printed(browser: Browser, source: Path) -> bytes:
    context = browser.new_context(java_script_enabled=False, offline=True, color_scheme="light")
    page = context.new_page()
    page.goto(source.as_uri(), wait_until="load", timeout=_PATIENCE)
    return page.pdf(
        prefer_css_page_size=True,
        print_background=True,
        tagged=True,
        outline=True,
        display_header_footer=True,
        header_template="<span></span>",
        footer_template=_FOOT,
    )
