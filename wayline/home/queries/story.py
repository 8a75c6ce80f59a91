"""One customer's whole story: who they are, how we know, what happened, and where they stand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.db.models import Q

from wayline.accounts.models import Membership
from wayline.customers.models import Customer, Identity, Merge
from wayline.customers.trust.queries import Trait, traits_of
from wayline.journeys import queries as journeys
from wayline.journeys.models import Journey
from wayline.metrics import standing, timeline
from wayline.metrics.questions import Period
from wayline.signals import queries as signals
from wayline.signals.vocabulary import SCALES, Kind

MOMENTS = 60
SHOWN = {"name", "email", "phone"}  # elsewhere on the page, unless sources disagree about them
CHANNEL_ICONS = {
    "web": "globe",
    "email": "mail",
    "mail": "mail",
    "chat": "messages-square",
    "phone": "phone",
    "sms": "smartphone",
    "store": "store",
    "carrier": "truck",
    "app": "smartphone",
    "system": "server",
    "review site": "star",
}
KIND_ICONS: dict[str, str] = {
    Kind.BEHAVIOR: "mouse-pointer-click",
    Kind.PAGE: "eye",
    Kind.SCREEN: "smartphone",
    Kind.OPERATION: "workflow",
    Kind.CONTACT: "headset",
    Kind.MESSAGE: "message-square",
    Kind.ANSWER: "form",
    Kind.REVIEW: "star",
    Kind.DERIVED: "sparkles",
}
KIND_WORDS: dict[str, str] = {
    Kind.BEHAVIOR: "Did",
    Kind.PAGE: "Looked at",
    Kind.SCREEN: "Opened",
    Kind.OPERATION: "Happened to them",
    Kind.CONTACT: "Asked for help",
    Kind.MESSAGE: "Message",
    Kind.ANSWER: "Answered",
    Kind.REVIEW: "Reviewed",
    Kind.DERIVED: "Concluded by a rule",
}
OUTWARD = {"out", "outbound", "company", "agent"}
IDENTITY_ICONS = {
    "external_id": "key-round",
    "email": "mail",
    "phone": "phone",
    "anonymous_id": "fingerprint-pattern",
}


@dataclass(frozen=True)
class Event:
    """One moment as the page shows it."""

    moment: timeline.Moment
    icon: str
    words: str
    tone: str
    score: str
    scale: str
    clock: str
    repeats: int = 1

    @property
    def is_own_words(self) -> bool:
        """Whether the customer said it: messages go both ways, and what happened to them is told by us."""
        if self.moment.kind == Kind.MESSAGE:
            said = self.moment.properties
            return "agent" not in said and said.get("direction") not in OUTWARD
        return self.moment.kind != Kind.OPERATION

    @property
    def channel_icon(self) -> str:
        return CHANNEL_ICONS.get(self.moment.channel or "", "circle-dot")


@dataclass(frozen=True)
class Day:
    on: date
    events: tuple[Event, ...]


@dataclass(frozen=True)
class Standing:
    """How far the customer is on one journey."""

    journey: Journey
    number: int  # of the step, from one
    steps: int
    title: str
    attempt: standing.Attempt
    attempts: int
    completed: int

    @property
    def tone(self) -> str:
        return {"completed": "good", "dropped": "bad", "in progress": "accent"}[self.attempt.state]


@dataclass(frozen=True)
class Past:
    """One page of the timeline, the latest first, and where the next older page begins."""

    days: tuple[Day, ...]
    before: str


@dataclass(frozen=True)
class Known:
    """One value by which the customer is recognized."""

    identity: Identity

    @property
    def icon(self) -> str:
        return IDENTITY_ICONS[self.identity.kind]


@dataclass(frozen=True)
class Story:
    customer: Customer
    identities: tuple[Known, ...]
    merges: tuple[Merge, ...]
    past: Past
    standings: tuple[Standing, ...]
    habits: tuple[standing.Habit, ...]
    traits: tuple[Trait, ...]
    sources: dict[str, str]

    @property
    def signals(self) -> int:
        return sum(habit.n for habit in self.habits)


def story(member: Membership, customer: Customer, *, before: str, now: datetime) -> Story:
    """Everything about one customer."""
    identities = Identity.objects.filter(customer=customer).order_by("kind", "first_seen_at")
    merges = Merge.objects.filter(Q(kept=customer), undone_at=None).select_related("merged", "by")
    habits = standing.habits(member.workspace_id, customer.pk)
    traits = [each for each in traits_of(customer, now=now) if each.name not in SHOWN or each.conflicts]
    spoke = {each.source for each in traits} | {one.source for each in traits for one in each.others}
    return Story(
        customer=customer,
        identities=tuple(Known(each) for each in identities),
        merges=tuple(merges),
        past=past(member, customer, before=before),
        standings=standings(member, customer, now=now) if habits else (),
        habits=habits,
        traits=tuple(traits),
        sources=signals.source_names(member, spoke - {""}),
    )


def past(member: Membership, customer: Customer, *, before: str) -> Past:
    """A page of the timeline, grouped by the days of the workspace's own clock."""
    moments = timeline.timeline(member.workspace_id, customer.pk, before=place_of(before), limit=MOMENTS)
    zone = ZoneInfo(member.workspace.timezone)
    days = tuple(
        Day(day, events(tuple(group), zone))
        for day, group in groupby(moments, key=lambda each: each.at.astimezone(zone).date())
    )
    older = f"{moments[-1].at.isoformat()}/{moments[-1].seq}" if len(moments) == MOMENTS else ""
    return Past(days, older)


def place_of(before: str) -> tuple[datetime, int] | None:
    """Where in the stream the link to older moments points; nonsense leads to the latest."""
    at, _, seq = before.partition("/")
    try:
        moment = datetime.fromisoformat(at)
        return (moment, int(seq)) if moment.tzinfo else None
    except ValueError:
        return None


def events(moments: Sequence[timeline.Moment], zone: ZoneInfo) -> tuple[Event, ...]:
    """The moments as events; the same page looked at again and again is told once."""
    told: list[Event] = []
    for each in moments:
        last = told[-1] if told else None
        if (
            last
            and each.kind in (Kind.PAGE, Kind.SCREEN)
            and last.moment.name == each.name
            and last.moment.kind == each.kind
        ):
            told[-1] = event(last.moment, zone, repeats=last.repeats + 1)
        else:
            told.append(event(each, zone))
    return tuple(told)


def event(moment: timeline.Moment, zone: ZoneInfo, *, repeats: int = 1) -> Event:
    tone, score, scale = "", "", ""
    if moment.score is not None and moment.scale in SCALES:
        known = SCALES[moment.scale]
        feeling = moment.feeling or 0.0
        tone = "bad" if feeling < -0.5 else "good" if feeling > 0.9 else "warn"
        score, scale = f"{moment.score:g}", f"of {known.high:g}"
    return Event(
        moment=moment,
        icon=KIND_ICONS.get(moment.kind, "circle"),
        words=KIND_WORDS.get(moment.kind, ""),
        tone=tone,
        score=score,
        scale=scale,
        clock=f"{moment.at.astimezone(zone):%H:%M}",
        repeats=repeats,
    )


def standings(member: Membership, customer: Customer, *, now: datetime) -> tuple[Standing, ...]:
    """The customer's last step on every journey they have begun."""
    period = Period(customer.first_seen_at - timedelta(days=1), now + timedelta(days=1))
    found = []
    for journey in Journey.objects.visible_to(member).with_steps():
        steps = journeys.steps_of(journey)
        question = replace(journeys.flow_question(journey, period=period), customer=customer.pk)
        attempts = standing.attempts(question, now=now)
        if not attempts:
            continue
        latest = attempts[0]
        place = next(number for number, step in enumerate(steps, start=1) if step.key == latest.step)
        found.append(
            Standing(
                journey=journey,
                number=place,
                steps=len(steps),
                title=steps[place - 1].title,
                attempt=latest,
                attempts=len(attempts),
                completed=sum(attempt.state == "completed" for attempt in attempts),
            )
        )
    return tuple(found)
