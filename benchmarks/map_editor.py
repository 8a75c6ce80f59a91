"""The server's own time for a large map: the page, and the move of one card."""

import sys
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from benchmarks import timing  # noqa: E402
from wayline.accounts.testing import make_member  # noqa: E402
from wayline.journeys.models import Phase, Placement, Step  # noqa: E402
from wayline.journeys.testing import make_card, make_journey, make_step  # noqa: E402
from wayline.kit import schema  # noqa: E402
from wayline.warehouse import connect  # noqa: E402

PHASES, STEPS, CARDS = 15, 4, 10  # steps of each phase, cards of each step: 60 steps, 600 cards
LANES = ("pain", "opportunity")
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def large_map(workspace):
    journey = make_journey(workspace=workspace, steps=())
    for number in range(PHASES):
        phase = journey.phases.first() if not number else None
        phase = phase or Phase.objects.create(journey=journey, name=f"Phase {number}", position=number)
        for place in range(STEPS):
            step = make_step(phase, position=place, key=f"step-{number}-{place}", assumed_feeling=0.5)
            for index in range(CARDS):
                make_card(step, lane=LANES[index % 2], title=f"Something that matters here {index}")
    return journey


def main(folder: Path, repeats: int) -> None:
    schema.bring_up_to_date()
    settings.ALLOWED_HOSTS = ["testserver"]
    member = make_member(role="contributor")
    journey = large_map(member.workspace)
    client = Client()
    client.force_login(member.user)
    page = journey.get_absolute_url()
    placement = Placement.objects.order_by("pk").first()
    steps = list(Step.objects.order_by("pk").values_list("pk", flat=True)[:2])
    moves = iter(range(10**6))

    def opened():
        assert client.get(page).status_code == 200

    def moved():
        address = f"/{member.workspace.slug}/journeys/cards/{placement.pk}/move/"
        values = {"step": steps[next(moves) % 2]}
        assert client.post(address, values, headers={"HX-Request": "true"}).status_code == 200

    with connect.using(connect.open("duckdb://")):
        taken = timing.repeated({"wayline": opened, "moved": moved}, repeats)
        timing.report(**taken)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
