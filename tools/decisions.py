"""The page that finds a decision: docs/reference/decisions.md, written from the records themselves."""

import re
from collections import defaultdict
from pathlib import Path

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "decisions"
# What a newcomer meets first, whatever they came to change; each says why the code is not the obvious code.
FIRST = {
    "0081": "two SQLite files, and so two transactions",
    "0082": "why `import sqlite3` is not the system's",
    "0083": "how work in the background survives a kill",
    "0100": "how every batch is loaded exactly once",
    "0023": "what a condition says of a value that is missing",
    "0020": "why flows are arrays and not SQL",
    "0011": "how long an answer may be kept",
    "0063": "how an area below shows what an area above knows",
    "0086": "why commands ask the API",
    "0050": "htmx 4 and what it no longer does",
    "0080": "why audit holds no foreign key",
    "0085": "what we depend on, and why",
}


def page() -> str:
    """The first ones to read, then all of them by area, the newest number last."""
    records = [_read(path) for path in sorted(FOLDER.glob("*.md"))]
    known = {number: (title, link) for number, title, link, _, _ in records}
    lines = ["# Decisions", "", "Every record of `docs/decisions`, under each area it speaks of.", ""]
    lines += ["## Read these first", "", "| Record | It explains |", "|---|---|"]
    lines += [
        f"| [{number}: {known[number][0]}]({known[number][1]}) | {why} |" for number, why in FIRST.items()
    ]
    by_area = defaultdict(list)
    for number, title, link, areas, changed in records:
        for area in areas:
            by_area[area].append(f"- [{number}: {title}]({link}){changed}")
    for area in sorted(by_area):
        lines += ["", f"## {area}", "", *by_area[area]]
    return "\n".join([*lines, ""])


def _read(path: Path) -> tuple[str, str, str, list[str], str]:
    """Number, title, link, areas, and what became of it where later records changed it."""
    text, number = path.read_text(), path.name[:4]
    # Some titles bear the number too, with or without its zeros.
    title = re.sub(rf"^#\s+(?:0*{int(number)}[.:]?\s+)?", "", text.splitlines()[0])
    areas = re.search(r"Area: ([^.\n]+)", text)
    status = re.search(r"Status: (.+?)\.? *(?:Date:|\n)", text)
    # "accepted" alone says nothing; what follows it does.
    changed = re.sub(r"^accepted[.,;]?\s*", "", status[1]) if status else ""
    named = sorted({area.strip() for area in areas[1].split(",")}) if areas else ["everything"]
    named = ["everything" if area in {"all", "tests"} else area for area in named]
    link = f"../decisions/{path.name}"
    return number, title, link, named, f" ({_linked(changed)})" if changed else ""


def _linked(status: str) -> str:
    return re.sub(r"\]\((\d{4}-)", r"](../decisions/\1", status)
