"""A map on paper: PDF by Chromium where there is one, else by WeasyPrint; PNG by Chromium only.

The print sheet is flat: hex colors, no variables, no sprites. WeasyPrint stops at modern colors in shadows.
"""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from django.template.loader import render_to_string

from wayline.kit.refusals import Refusal

from .document import Document
from .tables import table

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 40
STEPS_ON_A_PAGE = 7


class BrowserMissing(Refusal):
    """A picture needs a browser to draw it."""


class PrintingFailed(Refusal):
    """The browser did not answer."""


def browser() -> str | None:
    """Where Chromium is on this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def as_html(document: Document, *, pages: bool = True) -> str:
    """The print sheet, complete in itself: no script, no style sheet, no picture from elsewhere."""
    found = table(document)
    width = STEPS_ON_A_PAGE if pages else max(1, len(found.steps))
    lines = list(found.lines())
    parts = [
        {"head": [line[0], *line[first : first + width]], "rows": _rows(lines[1:], first, width)}
        for first, line in ((first, lines[0]) for first in range(1, len(lines[0]), width))
    ]
    context = {"document": document, "parts": parts, "columns": width + 1}
    return render_to_string("journeys/print.html", context)


def as_pdf(document: Document) -> bytes:
    found = browser()
    return _drawn(found, document, "pdf") if found else _by_weasyprint(document)


def as_png(document: Document) -> bytes:
    found = browser()
    if found is None:
        raise BrowserMissing(
            "A PNG is drawn by Chromium, which this server does not have. Install the package chromium, or "
            "export a PDF or slides instead."
        )
    return _drawn(found, document, "png")


def _rows(lines: list[list[str]], first: int, width: int) -> list[list[str]]:
    return [[line[0], *line[first : first + width]] for line in lines if any(line[first : first + width])]


def _by_weasyprint(document: Document) -> bytes:
    import weasyprint  # slow to load, and rarely needed

    return weasyprint.HTML(string=as_html(document), url_fetcher=_nothing_from_elsewhere).write_pdf()


def _nothing_from_elsewhere(url: str, *_, **__):
    raise ValueError(f"The print sheet asks for nothing, but here for {url}.")


def _drawn(browser: str, document: Document, kind: str) -> bytes:
    with TemporaryDirectory() as folder:
        sheet, target = Path(folder, "map.html"), Path(folder, f"map.{kind}")
        sheet.write_text(as_html(document, pages=kind == "pdf"), encoding="utf-8")
        columns = len(table(document).steps) + 1
        wanted = (
            [f"--print-to-pdf={target}", "--no-pdf-header-footer"]
            if kind == "pdf"
            else [f"--screenshot={target}", f"--window-size={min(12_000, 220 * columns)},1400"]
        )
        flags = ["--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        # A container runs as root, where Chromium refuses its sandbox; the sheet holds no script.
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [browser, *flags, f"--user-data-dir={folder}/profile", *wanted, sheet.as_uri()]
        try:
            subprocess.run(command, timeout=SECONDS, capture_output=True, check=True)  # noqa: S603
        except (subprocess.SubprocessError, OSError) as error:
            if kind == "pdf":
                return _by_weasyprint(document)
            raise PrintingFailed("Chromium could not draw the map. Try again, or export a PDF.") from error
        return target.read_bytes()
