"""The customers behind a number of a map."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from wayline.customers.models import Customer
from wayline.journeys.models import Journey
from wayline.journeys.reading import Reading
from wayline.metrics import people

from . import questions
from .living_map import required

PEOPLE_ON_A_PAGE = 50
EVERYBODY = 10**9


@dataclass(frozen=True)
class Found:
    """A customer behind a number: at which step, and when they were there."""

    customer: Customer
    step: str
    at: datetime | None


@dataclass(frozen=True)
class Behind:
    """The customers behind a number, one page of them. `counted` is the number itself: orders, or scores."""

    n: int
    counted: int
    found: tuple[Found, ...]
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.n // PEOPLE_ON_A_PAGE))

    @property
    def previous_page(self) -> int:
        return self.page - 1

    @property
    def next_page(self) -> int:
        return self.page + 1


def people_behind(
    journey: Journey,
    reading: Reading,
    *,
    step: str,
    state: people.State,
    scale: str = "",
    against: bool = False,
    page: int = 1,
) -> Behind:
    """Who is behind a number of the map; without a step, behind a number of the whole journey."""
    page = max(page, 1)
    everybody, counted = _everybody(journey, reading, step, state, scale, against)
    here = everybody[(page - 1) * PEOPLE_ON_A_PAGE : page * PEOPLE_ON_A_PAGE]
    return Behind(len(everybody), counted, _found(journey, here), page)


def everybody_behind(
    journey: Journey,
    reading: Reading,
    *,
    step: str,
    state: people.State,
    scale: str = "",
    against: bool = False,
) -> Iterator[Found]:
    """All of them, for an export: customers are read five hundred at a time."""
    everybody, _ = _everybody(journey, reading, step, state, scale, against)
    for begin in range(0, len(everybody), 500):
        yield from _found(journey, everybody[begin : begin + 500])


Place = tuple[int, str, datetime | None]  # customer, step key, when


def _everybody(
    journey: Journey, reading: Reading, step: str, state: people.State, scale: str, against: bool
) -> tuple[list[Place], int]:
    question = questions.asked(journey, reading, against=against)
    seen: dict[int, Place] = {}
    counted = 0
    for key in _keys(journey, step, state):
        behind = people.behind(question, key, state, scale=scale, limit=EVERYBODY)
        counted += behind.counted
        for customer, at in zip(behind.customers, behind.at, strict=True):
            seen.setdefault(customer, (customer, key, at))
    return list(seen.values()), counted


def _keys(journey: Journey, step: str, state: people.State) -> list[str]:
    """The steps whose people make up the number; whoever is lost is lost at exactly one required step."""
    if step:
        return [step]
    if state in ("scored", "said"):
        return [each.key for each in questions.steps_of(journey)]
    carrying = [each.key for each in required(questions.steps_of(journey))]
    if state in ("entered", "known"):
        return carrying[:1]
    return carrying[-1:] if state == "completed" else carrying


def _found(journey: Journey, places: list[Place]) -> tuple[Found, ...]:
    ids = [customer for customer, _, _ in places]
    rows = Customer.objects.filter(workspace=journey.workspace_id).in_bulk(ids)
    titles = {step.key: step.title for step in questions.steps_of(journey)}
    return tuple(
        Found(rows[customer], titles.get(key, key), at) for customer, key, at in places if customer in rows
    )
