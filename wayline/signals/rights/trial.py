"""What a choice of masking would do, tried on the latest signals; nothing is changed by it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from wayline.accounts.models import Workspace
from wayline.warehouse import connect

from .findings import FINDINGS, masked
from .masking import FindingUnknown, is_id

LATEST = 5_000
EXAMPLES = 3
AROUND = 50  # characters shown on each side of what would be masked


@dataclass
class Place:
    """Where something would be masked: the signal's name and what of it, how often, and how it would read."""

    name: str
    where: str
    signals: int = 0
    examples: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Trial:
    searched: int
    places: list[Place]
    masked_already: list[tuple[str, int]]  # by sort, how many of these signals were masked on their way in


def try_masking(workspace: Workspace, *, findings: Sequence[str]) -> Trial:
    """What these sorts would mask in the latest signals, and what was masked in them when they came in."""
    unknown = set(findings) - set(FINDINGS)
    if unknown:
        raise FindingUnknown(f"There is no {', '.join(sorted(unknown))}. Choose of {', '.join(FINDINGS)}.")
    signals = connect.table("signals")
    latest = signals.filter(signals.workspace == workspace.pk).order_by(signals.seq.desc()).limit(LATEST)
    rows = connect.run_stored(latest.select("name", "text", "properties")).to_pylist()
    places: dict[tuple[str, str], Place] = {}
    already = dict.fromkeys(FINDINGS, 0)
    for row in rows:
        said = list(_said(row))
        for slug, finding in FINDINGS.items():
            already[slug] += any(finding.mark in text for _, text in said)
        for where, text in said:
            after = masked(text, tuple(findings))
            if after != text:
                place = places.setdefault((row["name"], where), Place(row["name"], where))
                place.signals += 1
                if len(place.examples) < EXAMPLES:
                    place.examples.append(_around(text, after))
    return Trial(
        searched=len(rows),
        places=sorted(places.values(), key=lambda place: (-place.signals, place.name, place.where)),
        masked_already=[(FINDINGS[slug].label, n) for slug, n in already.items() if n],
    )


def _said(row: dict) -> Iterator[tuple[str, str]]:
    if row["text"]:
        yield "text", row["text"]
    for name, value in row["properties"]:
        if value and not is_id(name):
            yield name, value


def _around(before: str, after: str) -> tuple[str, str]:
    """Both texts from a little before the first difference on."""
    pairs = zip(before, after, strict=False)
    first = next((n for n, (one, other) in enumerate(pairs) if one != other), min(len(before), len(after)))
    start = max(0, first - AROUND)
    lead = "…" if start else ""
    return f"{lead}{before[start : first + AROUND]}", f"{lead}{after[start : first + AROUND]}"
