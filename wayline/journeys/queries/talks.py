"""What is being discussed on a map, and what somebody should read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch

from wayline.accounts.models import Membership
from wayline.journeys.models import Card, Comment, DriftAlarm, Journey, Notice, Phase, Step, Thread
from wayline.journeys.models.drift import DriftAlarmQuerySet

from .board import numbered
from .lanes import layout

COMMENTS = Prefetch("comments", Comment.objects.filter(deleted_at=None).select_related("by"), to_attr="said")


@dataclass(frozen=True)
class Talk:
    """A thread with its comments and the words for what it is pinned to."""

    thread: Thread
    about: str

    @property
    def comments(self) -> list[Comment]:
        return self.thread.said


def about(journey: Journey, kind: str, key: str = "") -> list[Talk]:
    """The discussions of one thing, the open ones first."""
    return _talks(journey, Thread.objects.filter(journey=journey, subject_kind=kind, subject_key=key))


def of_journey(journey: Journey, *, shows_resolved: bool = False) -> list[Talk]:
    """Every discussion on a map."""
    threads = Thread.objects.filter(journey=journey)
    return _talks(journey, threads if shows_resolved else threads.open())


def _talks(journey: Journey, threads) -> list[Talk]:
    found = list(threads.select_related("resolved_by").prefetch_related(COMMENTS))
    found.sort(key=lambda thread: (thread.resolved_at is not None, -thread.pk))
    names = _names(journey, found)
    return [Talk(thread, names.get((thread.subject_kind, thread.subject_key), "")) for thread in found]


def _names(journey: Journey, threads: Sequence[Thread]) -> dict[tuple[str, str], str]:
    """The titles of what the threads are pinned to, one query for each kind."""
    names = {("journey", ""): journey.title}
    sources = {
        "card": Card.objects.filter(workspace=journey.workspace_id),
        "step": Step.objects.filter(phase__journey=journey),
        "phase": Phase.objects.filter(journey=journey),
    }
    for kind, rows in sources.items():
        keys = {thread.subject_key for thread in threads if thread.subject_kind == kind}
        for row in rows.filter(pk__in=[key for key in keys if key.isdecimal()]):
            names[kind, str(row.pk)] = str(row)
    if any(thread.subject_kind == "lane" for thread in threads):
        names |= {("lane", lane.key): lane.title for lane in layout(journey)}
    return names


def marks(journey: Journey) -> Counter:
    """How many discussions are open about each thing on a map, by kind and key; their sum is all of them."""
    open_ones = Thread.objects.open().filter(journey=journey).order_by()
    return Counter(open_ones.values_list("subject_kind", "subject_key"))


def subjects(journey: Journey) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be discussed besides cards, in groups: "kind:key" with the words for it."""
    phases = Phase.objects.kept().filter(journey=journey).order_by("position", "pk")
    steps = [(f"step:{each.step.pk}", f"{each.number} {each.step.title}") for each in numbered(journey)]
    lanes = [(f"lane:{lane.key}", lane.title) for lane in layout(journey) if not lane.is_hidden]
    return [
        ("The whole map", [("journey:", journey.title)]),
        ("Phases", [(f"phase:{phase.pk}", phase.name) for phase in phases]),
        ("Steps", steps),
        ("Lanes", lanes),
    ]


def name_of(journey: Journey, kind: str, key: str) -> str:
    """The words for one thing on this map."""
    return _names(journey, [Thread(subject_kind=kind, subject_key=key)]).get((kind, key), "")


def is_there(journey: Journey, kind: str, key: str) -> bool:
    """Whether there is such a thing on this map to talk about."""
    if kind == "journey":
        return not key
    if kind == "lane":
        return any(lane.key == key for lane in layout(journey))
    rows = {
        "card": Card.objects.kept().filter(placements__journey=journey),
        "step": Step.objects.kept().filter(phase__journey=journey),
        "phase": Phase.objects.kept().filter(journey=journey),
    }.get(kind)
    return rows is not None and key.isdecimal() and rows.filter(pk=key).exists()


def notices(member: Membership) -> list[Notice]:
    """What this member was told about, the latest first."""
    found = Notice.objects.visible_to(member).filter(comment__deleted_at=None)
    return list(found.select_related("comment__by", "comment__thread__journey__workspace")[:100])


def unread(member: Membership) -> int:
    # Most often nothing waits, and one bare look says so; only what waits is asked who may see it.
    found = 0
    if Notice.objects.unread().filter(user=member.user_id).exists():
        found += Notice.objects.visible_to(member).unread().filter(comment__deleted_at=None).count()
    if DriftAlarm.objects.unread().filter(user=member.user_id).exists():
        found += alarms(member).unread().count()
    return found


def alarms(member: Membership) -> DriftAlarmQuerySet:
    """The maps of this member that customers have left."""
    return DriftAlarm.objects.visible_to(member).filter(user=member.user_id)
