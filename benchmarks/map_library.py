"""The server's own time for a library of ten thousand journeys in four levels: views, filters, and gaps."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from benchmarks import timing  # noqa: E402
from wayline.accounts.testing import make_member  # noqa: E402
from wayline.journeys.models import Journey, JourneyTag, Phase, SavedView, Standing, Step  # noqa: E402
from wayline.journeys.testing import bound_to  # noqa: E402
from wayline.kit import schema  # noqa: E402
from wayline.metrics import periods  # noqa: E402
from wayline.warehouse import connect  # noqa: E402

JOURNEYS = 10_000
OF_LIFECYCLE = (1, 4, 5)  # journeys at each level for one lifecycle: 4 below it, 5 below each of these
NOW = datetime(2026, 6, 1, tzinfo=UTC)
STATUSES = ("draft", "research", "live", "retired")
ESTIMATE = {"value": 0.62, "low": 0.58, "high": 0.66, "n": 400, "method": "Wilson"}
LOSS = {"title": "I connect my data", "dropped": 120, "share": ESTIMATE}
ADDRESSES = {
    "table": "",
    "tree": "?view=tree",
    "cards": "?view=cards",
    "filtered": "?view=table&status=live&owner=nobody&tag=retail&level=2",
    "searched": "?view=cards&q=journey+12",
    "last page": "?view=table&sort=complete&page=300",
    "gaps": "gaps/",
}


def plant(workspace, owners) -> None:
    """Lifecycles that hold journeys that hold sub-journeys; each with two phases and three bound steps."""
    inside, numbers = [], iter(range(10**6))
    while len(inside) < JOURNEYS:
        top = _rows(workspace, [None], 1, numbers, owners)
        middle = _rows(workspace, top, OF_LIFECYCLE[1], numbers, owners)
        low = _rows(workspace, middle, OF_LIFECYCLE[2], numbers, owners)
        inside += [*top, *middle, *low, *_rows(workspace, low[:3], 1, numbers, owners)]
    phases = Phase.objects.bulk_create(
        [Phase(journey=each, name=f"Phase {place}", position=place) for each in inside for place in range(2)]
    )
    Step.objects.bulk_create(
        [
            Step(
                phase=phase,
                title=f"I do {place}",
                key=f"step-{phase.position}-{place}",
                position=place,
                condition=bound_to(f"Signal {(phase.journey_id * 7 + place * 3) % 4_000}"),
            )
            for phase in phases
            for place in range(3 if phase.position else 0)
        ]
    )
    detail = {phase.journey_id: phase for phase in phases if not phase.position}
    for each in inside:
        each.parent_phase = detail.get(each.parent_id)
    Journey.objects.bulk_update(inside, ["parent_phase"], batch_size=500)
    JourneyTag.objects.bulk_create(
        [JourneyTag(workspace=workspace, journey=each, name=name)
         for each in inside for name in ("retail", "digital")[: each.pk % 3]]
    )  # fmt: skip


def _rows(workspace, parents, count, numbers, owners) -> list[Journey]:
    rows = []
    for parent in parents:
        for _ in range(count):
            number = next(numbers)
            rows.append(
                Journey(
                    workspace=workspace,
                    title=f"I take journey {number}",
                    goal="What I came for",
                    status=STATUSES[number % 4],
                    owner=owners[number % 3],
                    parent=parent,
                    level=parent.level + 1 if parent else 0,
                    lineage=parent.lineage_inside if parent else "/",
                    created_at=NOW,
                    changed_at=NOW,
                )
            )
    return Journey.objects.bulk_create(rows)


def stand(workspace) -> None:
    """Standings as the background leaves them."""
    until = periods.extent_of(workspace, now=timezone.now()).period(periods.ALL).end
    holding = set(Journey.objects.exclude(parent=None).values_list("parent", flat=True))
    numbers = {"entered": 400, "conversion": ESTIMATE, "change": None, "loss": LOSS}
    together = {"journeys": 5, "counted": 5, "conversion": ESTIMATE, "scores": {"csat": ESTIMATE}}
    Standing.objects.bulk_create(
        Standing(
            journey_id=key,
            of_change=NOW,
            until=until,
            steps=3,
            bound=3,
            share=0.62,
            numbers=numbers,
            together=together if key in holding else None,
        )
        for key in Journey.objects.values_list("pk", flat=True)
    )


def main(folder: Path, repeats: int) -> None:
    schema.bring_up_to_date()
    settings.ALLOWED_HOSTS = ["testserver"]
    member = make_member(role="contributor")
    other = make_member(workspace=member.workspace)
    SavedView.objects.create(
        workspace=member.workspace, name="Live", query="status=live", created_at=NOW, created_by=member.user
    )
    client = Client()
    client.force_login(member.user)
    with connect.using(connect.open("duckdb://")):
        plant(member.workspace, (member.user, other.user, None))
        stand(member.workspace)

        def asking(query):
            def ask():
                assert client.get(f"/{member.workspace.slug}/journeys/{query}").status_code == 200

            return ask

        def changed():
            key = Journey.objects.order_by("?").values_list("pk", flat=True)[0]
            Journey.objects.filter(pk=key).update(changed_at=timezone.now())
            asking("gaps/")()

        functions = {name: asking(query) for name, query in ADDRESSES.items()}
        taken = timing.repeated(functions | {"gaps after a change": changed}, repeats)
        timing.report(wayline=taken.pop("tree"), others=taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
