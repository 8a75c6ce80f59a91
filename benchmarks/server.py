"""The product in this process: a whole map page, and a file imported."""

import csv
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import django

django.setup()

from django.test import Client  # noqa: E402
from django.urls import reverse  # noqa: E402

from benchmarks import synthetic, timing  # noqa: E402
from wayline.accounts.models import Role  # noqa: E402
from wayline.accounts.testing import make_member, make_workspace  # noqa: E402
from wayline.journeys.testing import make_journey  # noqa: E402
from wayline.kit import schema  # noqa: E402
from wayline.signals import load  # noqa: E402
from wayline.signals.imports import run as imports  # noqa: E402
from wayline.warehouse import connect  # noqa: E402

MAPPING = """
name: bench
signals:
  - kind: behavior
    name: "{name}"
    at: at
    external_id: customer
    channel: "{channel}"
    properties: {plan: plan}
"""


def prepare():
    schema.bring_up_to_date()
    return make_workspace()


def map_page(folder: Path, repeats: int) -> None:
    workspace = prepare()
    member = make_member(role=Role.VIEWER, workspace=workspace)
    journey = make_journey(workspace=workspace, steps=synthetic.FUNNEL)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(member.user)
    warehouse = connect.open(f"duckdb:///{folder / 'signals.duckdb'}")
    address = reverse("journeys:map", args=[workspace.slug, journey.pk])

    def cached():
        answer = client.get(address, {"period": "all"})
        if answer.status_code != 200:
            raise SystemExit(f"{address} answered {answer.status_code}.")

    def uncached():
        with warehouse.writing():
            pass  # answers are kept until something is written
        cached()

    with connect.using(warehouse):
        taken = timing.repeated({"wayline": uncached}, repeats)
        timing.report(**taken, cached=timing.repeated({"page": cached}, 4 * repeats)["page"])


def import_file(folder: Path, rows: int) -> None:
    workspace = prepare()
    file = folder / "import.csv"
    with file.open("w", newline="") as text:
        writer = csv.writer(text)
        writer.writerow(["customer", "name", "at", "channel", "plan"])
        for n in range(rows):
            at = datetime.fromtimestamp(1_700_000_000 + n, UTC).isoformat()
            name = synthetic.NAMES[n % len(synthetic.NAMES)]
            writer.writerow([f"customer-{n // 20}", name, at, "web", "pro"])
    begun = time.perf_counter()
    started = imports.start(workspace, mapping=MAPPING, by=None, now=datetime.now(UTC), path=file)
    imports.advance(started, now=datetime.now(UTC))
    load.drain()
    seconds = time.perf_counter() - begun
    stored = connect.current().run(connect.table("signals").count())[0][0].as_py()
    connect.close()
    timing.report(wayline=[seconds], signals_per_second=stored / seconds, result=stored)


if __name__ == "__main__":
    what, folder, amount = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    if what == "map_page":
        map_page(folder, amount)
    else:
        import_file(folder, amount)
