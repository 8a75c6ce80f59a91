"""A file that somebody uploads, whatever tool wrote it, on its way to a map."""

from dataclasses import asdict

from wayline.journeys.models import MapDraft

from . import document, ojf, spreadsheets
from .document import Document, MapNotUnderstood
from .spreadsheets import Sheet

SPREADSHEETS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
MAPS = (".yaml", ".yml", ".json", ".ojf")


def read(content: bytes, name: str) -> tuple[Document | None, Sheet | None]:
    """What the file holds: a map, or a table that becomes one."""
    if len(content) > document.MOST_BYTES:
        raise MapNotUnderstood(f"The file is larger than {document.MOST_BYTES // 1_000_000} MB.")
    if name.lower().endswith(SPREADSHEETS):
        return None, spreadsheets.read(content, name)
    if not name.lower().endswith(MAPS):
        known = ", ".join((*MAPS, ".csv", ".xlsx"))
        raise MapNotUnderstood(f"“{name[:80]}” is no file that can become a map. Upload one of: {known}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MapNotUnderstood("The file is not written in UTF-8. Save it again as UTF-8.") from error
    return (ojf.read(text) if ojf.is_ojf(text) else document.read(text)), None


def stored(found: Document | None, sheet: Sheet | None) -> dict:
    """As a draft keeps it."""
    return {"document": found.plain if found else None, "sheet": asdict(sheet) if sheet else None}


def sheet_of(draft: MapDraft) -> Sheet | None:
    """The draft's table."""
    if draft.sheet is None:
        return None
    kept = draft.sheet
    cells = tuple(tuple(line) for line in kept["cells"])
    return Sheet(kept["title"], kept["shape"], tuple(kept["labels"]), cells)


def document_of(draft: MapDraft, roles: dict[str, str], *, title: str = "") -> Document:
    """The map that the draft becomes."""
    sheet = sheet_of(draft)
    if sheet is not None:
        return spreadsheets.document_of(sheet, roles, title=title)
    found = document.parsed(draft.document)
    return found.model_copy(update={"title": title[:160]}) if title else found
