"""A file that somebody uploads, whatever tool wrote it, on its way to a map."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from wayline.journeys.models import MapDraft

from . import document, leads, ojf, spreadsheets
from .document import Document, MapNotUnderstood
from .spreadsheets import Sheet
from .unplaced import Unplaced

SPREADSHEETS = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")
MAPS = (".yaml", ".yml", ".json", ".ojf")


@dataclass(frozen=True)
class Upload:
    """One map of a file: as a whole, or as a table that becomes one."""

    document: Document | None = None
    sheet: Sheet | None = None
    unplaced: tuple[Unplaced, ...] = ()  # of a whole map; a table tells its own when it is placed

    @property
    def title(self) -> str:
        return self.sheet.title if self.sheet else self.document.title if self.document else ""

    @property
    def stored(self) -> dict:
        """As a draft keeps it."""
        return {
            "document": self.document.plain if self.document else None,
            "sheet": asdict(self.sheet) if self.sheet else None,
            "unplaced": [asdict(each) for each in self.unplaced],
        }


def read(content: bytes, name: str) -> Sequence[Upload]:
    """The maps that the file holds."""
    most = document.MOST_WITH_PICTURES if name.lower().endswith(MAPS) else document.MOST_BYTES
    if len(content) > most:
        raise MapNotUnderstood(f"The file is larger than {most // 1_000_000} MB.")
    if not content.strip():
        raise MapNotUnderstood(f"“{name[:80]}” is empty. Choose the file that holds the map.")
    if name.lower().endswith(SPREADSHEETS):
        return [Upload(sheet=sheet) for sheet in spreadsheets.read_all(content, name)]
    if not name.lower().endswith(MAPS):
        known = ", ".join((*MAPS, ".csv", ".xlsx"))
        raise MapNotUnderstood(f"“{name[:80]}” is no file that can become a map. Upload one of: {known}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise MapNotUnderstood("The file is not written in UTF-8. Save it again as UTF-8.") from error
    if not ojf.is_ojf(text):
        return [Upload(document.read(text))]
    found, unplaced = ojf.place(text)
    return [Upload(found, unplaced=unplaced)]


def sheet_of(draft: MapDraft) -> Sheet | None:
    """The draft's table."""
    if draft.sheet is None:
        return None
    kept = dict(draft.sheet)
    cells = tuple(tuple(line) for line in kept.pop("cells"))
    unplaced = tuple(Unplaced(**each) for each in kept.pop("unplaced", ()))
    return Sheet(**kept | {"labels": tuple(kept["labels"]), "cells": cells, "unplaced": unplaced})


def placed(draft: MapDraft, roles: dict[str, str], *, title: str = "") -> tuple[Document, Sequence[Unplaced]]:
    """The map that the draft becomes, and what found no place on it."""
    sheet = sheet_of(draft)
    if sheet is not None:
        return spreadsheets.place(sheet, roles, title=title)
    found = document.parsed(draft.document)
    unplaced = [Unplaced(**each) for each in draft.unplaced] + leads.missing(found, draft.workspace)
    return (found.model_copy(update={"title": title[:160]}) if title else found), unplaced
