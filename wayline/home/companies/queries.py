"""What the members of a company experienced, in numbers with their intervals."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from wayline.accounts.models import Membership
from wayline.customers.models import Company
from wayline.metrics import answers
from wayline.metrics.catalog import METRICS
from wayline.metrics.questions import Answer, Period, Question
from wayline.signals.conditions import Test, TraitIs

ROLLED_UP = ("nps", "csat_top_box", "ces_mean", "repeat_contact")
DAYS = 365


@dataclass(frozen=True)
class Score:
    slug: str
    name: str
    answer: Answer


def roll_up(member: Membership, company: Company, *, now: datetime) -> tuple[Score, ...]:
    """The metrics over everybody whose latest company this is; those that nobody gave are left out."""
    segment = TraitIs(test=Test(field="group.id", op="is", value=company.external_id))
    period, zone = Period(now - timedelta(days=DAYS), now), member.workspace.timezone
    found = []
    for slug in ROLLED_UP:
        if slug not in METRICS:
            continue
        asked = Question(member.workspace_id, slug, period, segment=segment, timezone=zone)
        answer = answers.answer(asked, now=now)
        if answer.total.estimate.n:
            found.append(Score(slug, METRICS[slug].name, answer))
    return tuple(found)
