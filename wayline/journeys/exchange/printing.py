"""A map on paper: PDF by Chromium where there is one, else by WeasyPrint; PNG by Chromium only.

The print sheet is flat: hex colors, no variables, no sprites. WeasyPrint stops at modern colors in shadows.
"""

import os
import shutil
import subprocess
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.template.loader import render_to_string
from PIL import Image, ImageChops

from wayline.kit.refusals import Refusal

from .document import Document
from .picture import Numbers, curve
from .tables import table

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 40
STEPS_ON_A_PAGE = 7
HEIGHT, MARGIN = 3000, 16


class BrowserMissing(Refusal):
    """A picture needs a browser to draw it."""


class PrintingFailed(Refusal):
    """The browser did not answer."""


def browser() -> str | None:
    """Where Chromium is on this machine."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def as_html(document: Document, numbers: Numbers | None = None, *, pages: bool = True) -> str:
    """The print sheet, complete in itself: no script, no style sheet, no picture from elsewhere."""
    found = table(document)
    width = STEPS_ON_A_PAGE if pages else max(1, len(found.steps))
    lines = list(found.lines())
    numbers = numbers or Numbers()
    parts = [
        {
            "head": (head := [lines[0][0], *lines[0][first : first + width]]),
            "rows": _rows(lines[1:], first, width),
            "columns": len(head) - 1,
            "curve": curve(document, numbers, first - 1, len(head) - 1),
        }
        for first in range(1, len(lines[0]), width)
    ]
    context = {"document": document, "parts": parts, "words": numbers.words}
    return render_to_string("journeys/print.html", context)


def as_pdf(document: Document, numbers: Numbers | None = None) -> bytes:
    found = browser()
    return _drawn(found, document, numbers, "pdf") if found else _by_weasyprint(document, numbers)


def as_png(document: Document, numbers: Numbers | None = None) -> bytes:
    found = browser()
    if found is None:
        raise BrowserMissing(
            "A PNG is drawn by Chromium, which this server does not have. Install the package chromium, or "
            "export a PDF or slides instead."
        )
    return _drawn(found, document, numbers, "png")


def _rows(lines: list[list[str]], first: int, width: int) -> list[list[str]]:
    return [[line[0], *line[first : first + width]] for line in lines if any(line[first : first + width])]


def _by_weasyprint(document: Document, numbers: Numbers | None) -> bytes:
    import weasyprint  # slow to load, and rarely needed

    return weasyprint.HTML(string=as_html(document, numbers), url_fetcher=_nothing_from_elsewhere).write_pdf()


def _nothing_from_elsewhere(url: str, *_, **__):
    raise ValueError(f"The print sheet asks for nothing, but here for {url}.")


def _drawn(browser: str, document: Document, numbers: Numbers | None, kind: str) -> bytes:
    with TemporaryDirectory() as folder:
        sheet, target = Path(folder, "map.html"), Path(folder, f"map.{kind}")
        sheet.write_text(as_html(document, numbers, pages=kind == "pdf"), encoding="utf-8")
        columns = len(table(document).steps) + 1
        wanted = (
            [f"--print-to-pdf={target}", "--no-pdf-header-footer"]
            if kind == "pdf"
            else [f"--screenshot={target}", f"--window-size={min(12_000, 220 * columns)},{HEIGHT}"]
        )
        flags = ["--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
        # A container runs as root, where Chromium refuses its sandbox; the sheet holds no script.
        flags += ["--no-sandbox"] if os.geteuid() == 0 else []
        command = [browser, *flags, f"--user-data-dir={folder}/profile", *wanted, sheet.as_uri()]
        try:
            subprocess.run(command, timeout=SECONDS, capture_output=True, check=True)  # noqa: S603
        except (subprocess.SubprocessError, OSError) as error:
            if kind == "pdf":
                return _by_weasyprint(document, numbers)
            raise PrintingFailed("Chromium could not draw the map. Try again, or export a PDF.") from error
        return target.read_bytes() if kind == "pdf" else _trimmed(target)


def _trimmed(picture: Path) -> bytes:
    """The picture without the empty paper below the map, as the window is higher than most maps."""
    with Image.open(picture) as drawn:
        flat = drawn.convert("RGB")
    below = ImageChops.difference(flat, Image.new("RGB", flat.size, "white")).getbbox()
    written = BytesIO()
    flat.crop((0, 0, flat.width, min(flat.height, below[3] + MARGIN) if below else flat.height)).save(
        written, "PNG"
    )
    return written.getvalue()
