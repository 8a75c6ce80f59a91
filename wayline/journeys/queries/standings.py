"""How journeys go, worked out once and kept: the library reads these and never asks the warehouse itself."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils import timezone

from wayline.accounts.models import Workspace
from wayline.journeys.models import Journey, Standing
from wayline.kit import tasks
from wayline.metrics import flows, periods, rollup
from wayline.statistics.estimates import Change, Estimate

from . import questions
from .living_map import living_map

TASK = "journeys.standings"
AT_ONCE = 12  # worked out within the page that asks; the others are left to the background
MOST_INSIDE = 200


@dataclass(frozen=True)
class LostAt:
    """The step at which most customers were lost."""

    title: str
    dropped: int
    share: Estimate | None


@dataclass(frozen=True)
class Numbers:
    """What a standing says, read back as values."""

    entered: int
    conversion: Estimate | None
    change: Change | None
    loss: LostAt | None


@dataclass(frozen=True)
class Together:
    """Everything inside a journey as one: how many journeys, and their shares and scores together."""

    journeys: int
    counted: int
    conversion: Estimate | None
    scores: dict[str, Estimate]


def numbers(standing: Standing) -> Numbers:
    """The stored numbers of a journey itself."""
    stored = standing.numbers
    loss = stored.get("loss")
    return Numbers(
        entered=stored.get("entered", 0),
        conversion=_estimate(stored.get("conversion")),
        change=_change(stored.get("change")),
        loss=LostAt(loss["title"], loss["dropped"], _estimate(loss["share"])) if loss else None,
    )


def together(standing: Standing) -> Together | None:
    """The stored numbers of everything inside it; None where nothing is."""
    stored = standing.together
    if not stored:
        return None
    scores = {slug: Estimate(**given) for slug, given in stored["scores"].items()}
    return Together(stored["journeys"], stored["counted"], _estimate(stored["conversion"]), scores)


def bring_up_to_date(
    journeys: Sequence[Journey], *, workspace: Workspace, now: datetime
) -> tuple[list[int], set[int]]:
    """Work out the few that are missing or old, leave the rest to the background; answers both."""
    until = periods.extent_of(workspace, now=now).period(periods.ALL).end
    old = [journey.pk for journey in journeys if not is_current(journey, until)]
    if old:
        work_out(old[:AT_ONCE], now=now)
    waiting = old[AT_ONCE:]
    for start in range(0, len(waiting), 50):
        part = waiting[start : start + 50]
        tasks.enqueue(
            TASK,
            {"journeys": part},
            now=now,
            workspace=workspace.pk,
            unique_key=f"{TASK}:{part[0]}:{len(part)}",
        )
    return old[:AT_ONCE], set(waiting)


def is_current(journey: Journey, until: datetime) -> bool:
    standing = getattr(journey, "standing", None)
    return (
        standing is not None
        and not standing.is_outdated
        and standing.until == until
        and standing.of_change >= journey.changed_at
    )


def work_out(keys: Iterable[int], *, now: datetime | None = None) -> None:
    """Work out these journeys and write down how they go. May run twice."""
    now = now or timezone.now()
    for journey in Journey.objects.kept().filter(pk__in=list(keys)).with_steps().select_related("workspace"):
        _work_out(journey, now)


def _work_out(journey: Journey, now: datetime) -> None:
    steps = questions.steps_of(journey)
    reading = questions.usual_reading(journey, now=now)
    bound = sum(step.is_bound for step in steps)
    stored: dict = {}
    if bound:
        answer = flows.flow(questions.asked(journey, reading), compare=True)
        picture = living_map(journey, reading, answer, address=lambda *_: "")
        worst = next(iter(picture.losses), None)
        stored = {
            "entered": answer.entered,
            "conversion": asdict(answer.conversion) if answer.entered else None,
            "change": asdict(answer.conversion_change) if answer.conversion_change else None,
            "loss": worst
            and {
                "title": worst.step.step.title,
                "dropped": worst.dropped,
                "share": worst.share and asdict(worst.share),
            },
        }
    conversion = stored.get("conversion") or {}
    Standing.objects.update_or_create(
        journey=journey,
        defaults={
            "of_change": journey.changed_at,
            "until": reading.period.end,
            "steps": len(steps),
            "bound": bound,
            "share": conversion.get("value"),
            "numbers": stored,
            "together": _together(journey, now),
            "is_outdated": False,
        },
    )


def _together(journey: Journey, now: datetime) -> dict | None:
    """Attempts at the outermost measured journeys inside, and scores given at any of them."""
    inside = list(
        Journey.objects.current()
        .below(journey)
        .with_steps()
        .select_related("workspace")
        .order_by("level", "pk")[:MOST_INSIDE]
    )
    if not inside:
        return None
    # An employee's journey in a customer's says how the work went, not how it went for the customer.
    of_the_same = [each for each in inside if each.perspective == journey.perspective]
    asked = {
        each.pk: questions.asked(each, questions.usual_reading(each, now=now))
        for each in of_the_same
        if any(step.is_bound for step in questions.steps_of(each))
    }
    outermost = [
        each.pk for each in of_the_same if each.pk in asked and asked.keys().isdisjoint(each.ancestors)
    ]
    conversion = rollup.conversion([asked[key] for key in outermost])
    return {
        "journeys": len(inside),
        "counted": len(outermost),
        "conversion": asdict(conversion) if conversion.n else None,
        "scores": {slug: asdict(score) for slug, score in rollup.scores(list(asked.values())).items()},
    }


def _estimate(stored: dict | None) -> Estimate | None:
    return Estimate(**stored) if stored else None


def _change(stored: dict | None) -> Change | None:
    return Change(**(stored | {"before": Estimate(**stored["before"])})) if stored else None
