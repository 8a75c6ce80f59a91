import csv
from datetime import datetime

from django.db import transaction

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Card, Journey, Placement, Step
from wayline.journeys.queries import lanes

from . import edits, order
from .cards import put_last
from .refusals import LaneUnknown, TooManyCards

MOST_CARDS = 500


@transaction.atomic
def paste_cards(
    journey: Journey, *, step: Step, lane: str, text: str, by: User | None, now: datetime
) -> list[Placement]:
    """Cards from a block of a spreadsheet: columns go along the steps from this one, rows below one another.

    Where the first column names lanes of the map, each row goes to its lane, and the steps begin at the
    second column. Columns beyond the last step are refused, so that nothing is lost without a word.
    """
    laid = {each.key: each for each in lanes.layout(journey) if each.takes_cards}
    if lane not in laid:
        raise LaneUnknown(f"This map has no lane “{lane}” that takes cards. Choose one of the map's lanes.")
    rows = _named_rows(_table(text), laid, lane)
    along = _steps_from(journey, step)
    widest = max((len(cells) for _, cells in rows), default=0)
    if widest > len(along):
        raise TooManyCards(
            f"The block has {widest} columns, but only {len(along)} steps stand from here on. "
            "Paste it further left, or add steps first."
        )
    order.touch(journey, by=by, now=now)
    placements = [
        _card(journey, laid[key], at, title, by, now)
        for key, cells in rows
        for at, title in zip(along, cells, strict=False)
        if title
    ]
    changes = [edits.made(row, now=now) for each in placements for row in (each.card, each)]
    edits.keep(journey, f"Pasted {len(placements)} cards", changes, by=by, now=now)
    audit.record("cards.pasted", subject=journey, by=by, at=now, cards=len(placements))
    return placements


def _table(text: str) -> list[list[str]]:
    rows = [
        [" ".join(cell.split()) for cell in row]
        for row in csv.reader(text.strip("\r\n").splitlines(keepends=True), dialect="excel-tab")
    ]
    rows = [row for row in rows if any(row)]
    count = sum(bool(cell) for row in rows for cell in row)
    if not count:
        raise TooManyCards("There is nothing to paste. Copy some cells of a spreadsheet first.")
    if count > MOST_CARDS:
        raise TooManyCards(f"The block has {count} filled cells; paste at most {MOST_CARDS} at a time.")
    return rows


def _named_rows(rows: list[list[str]], laid: dict, lane: str) -> list[tuple[str, list[str]]]:
    by_title = {each.title.lower(): key for key, each in laid.items()}
    if all(row[0].lower() in by_title for row in rows) and any(len(row) > 1 for row in rows):
        return [(by_title[row[0].lower()], row[1:]) for row in rows]
    return [(lane, row) for row in rows]


def _steps_from(journey: Journey, step: Step) -> list[Step]:
    steps = list(
        Step.objects.kept()
        .filter(phase__journey=journey, phase__deleted_at=None)
        .order_by("phase__position", "phase", "position", "pk")
    )
    start = next((index for index, each in enumerate(steps) if each.pk == step.pk), len(steps))
    return steps[start:]


def _card(journey: Journey, laid, step: Step, title: str, by: User | None, now: datetime) -> Placement:
    card = Card.objects.create(
        workspace_id=journey.workspace_id,
        kind=laid.card_kind or Card.Kind.TEXT,
        title=order.worded(title, noun="card", longest=300),
        created_at=now,
        created_by=by,
        changed_at=now,
    )
    return put_last(card, journey, step, laid.key)
