"""Writes one person everywhere in a real data directory and erases her; run as a program of its own."""

import io
import json
import sys

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.utils import timezone  # noqa: E402

from wayline.accounts import operations as accounts  # noqa: E402
from wayline.cli import preparing  # noqa: E402
from wayline.customers.consents import operations as consents  # noqa: E402
from wayline.customers.models import Identity  # noqa: E402
from wayline.exports.whole import operations as whole  # noqa: E402
from wayline.journeys.testing import make_journey  # noqa: E402
from wayline.kit import schema  # noqa: E402
from wayline.kit.tasks.worker import Worker  # noqa: E402
from wayline.signals import journal, load, operations, queries  # noqa: E402
from wayline.signals.conditions import Test, TraitIs  # noqa: E402
from wayline.signals.imports import run as runs  # noqa: E402
from wayline.signals.rights import access  # noqa: E402
from wayline.signals.rights.testing import erase_now  # noqa: E402
from wayline.signals.testing import make_signal  # noqa: E402
from wayline.warehouse import connect  # noqa: E402

EMAIL, PHONE, NUMBER, BROWSER = "canary.ines@example.com", "+493012345678", "canary-crm-1", "canary-browser-1"
NAME = "Canaria Inesdottir"
MAPPING = """
name: orders
defaults:
  email: email
signals:
  - {kind: behavior, name: Order Placed, at: at, properties: [comment]}
"""


def write_everywhere(workspace, owner, now):
    told = {"name": NAME, "consent.marketing": "yes"}
    words = {"note": f"mail {EMAIL}", "canary": "canary-property"}
    noted = [
        make_signal(
            kind="identify", name="Identify", external_id=NUMBER, email=EMAIL, phone=PHONE, traits=told
        ),
        make_signal(external_id=NUMBER, text=f"I am {NAME}, {PHONE}", properties=words),
        make_signal(anonymous_id=BROWSER, email=EMAIL, subject="canary-order-1"),
        make_signal(external_id=NUMBER, email=EMAIL, scale="nps", score=99, text="canary-refused"),
        make_signal(external_id="tom-1", text=f"Please call {EMAIL.upper()} of {NAME}"),
    ]
    journal.append(workspace.pk, "api:1", noted, received_at=now)
    journal.append(workspace.pk, "api:1", [noted[1], make_signal(external_id="tom-1")], received_at=now)
    load.drain()
    ines = Identity.objects.get(value=EMAIL).customer
    no = {"purpose": "marketing", "channel": "email", "is_granted": False}
    consents.change_consent(ines, **no, note="canary-note", by=owner, now=now)
    condition = TraitIs(test=Test(field="email", op="is", value=EMAIL))
    operations.create_segment(workspace, name=f"Only {EMAIL}", condition=condition, by=owner, now=now)
    make_journey(workspace=workspace, title=f"What {NAME} ({EMAIL}) went through")
    cache.set("canary", EMAIL)
    rows = (
        f"at,email,comment\n2026-01-02,{EMAIL},canary-comment\n"
        f"2026-01-02,eva@x.example,fine\nnever,{EMAIL},canary-row\n"
    )
    for name, starts in (("orders.csv", True), ("draft.csv", False)):
        run = runs.store(workspace, file=io.BytesIO(rows.encode()), name=name, by=owner, now=now)
        if starts:
            runs.begin(run, mapping=MAPPING, by=owner, now=now)
    access.ask_access_export(ines, by=owner, now=now)
    worker = Worker()
    while worker.run_next():
        pass
    whole.ask_export(workspace, by=owner, now=now)  # not while an import runs
    while worker.run_next():
        pass
    return ines


def main():
    schema.bring_up_to_date()
    now = timezone.now()
    owner = accounts.create_user("maya@x.example", name="Maya", password="long enough 1", by=None, now=now)
    workspace = accounts.create_workspace("Northwind", by=owner, now=now)
    ines = write_everywhere(workspace, owner, now)
    before = sorted(path.name for path in settings.MEDIA_ROOT.rglob("*") if path.is_file())
    done = erase_now(ines, by=owner, now=now)
    member = workspace.memberships.get()
    account = queries.account(member)
    warehouse = connect.current()
    tables = {name: warehouse.run(warehouse.table(name)).to_pylist() for name in ("signals", "customers")}
    print(
        json.dumps(
            {
                "state": done.state, "left": done.left, "removed": done.removed, "notes": done.notes,
                "missing": account.missing, "stored": account.stored, "files_before": before,
                "warehouse": json.dumps(tables, default=str),
            }
        )
    )  # fmt: skip
    preparing.close_databases()


if __name__ == "__main__":
    sys.exit(main())
