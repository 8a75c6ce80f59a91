"""Everything about one person, to hand over: as JSON for machines, and as a page to read."""

import json
import secrets
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import models, transaction
from django.template.loader import render_to_string

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.audit.models import Activity
from wayline.customers.consents.models import ConsentChange
from wayline.customers.consents.queries import standing
from wayline.customers.models import Customer, Identity, Merge, Told
from wayline.kit import tasks
from wayline.kit.refusals import Refusal
from wayline.signals import load
from wayline.signals.models import RefusedSignal
from wayline.warehouse import connect

from .models import AccessExport, State
from .person import Person, person_of
from .places import places
from .places.files import remove_folder

TASK = "signals.export_person"
KEPT_DAYS = 7
FILE = "person.zip"
NOT_WRITTEN = (
    "The files could not be written. It is tried again by itself; if that does not help within minutes, look "
    "whether the disk is full, and ask for the export again."
)


class ExportGone(Refusal):
    """Files about a person are kept for some days only."""


@transaction.atomic
def ask_access_export(customer: Customer, *, by: User | None, now: datetime) -> AccessExport:
    """Gather everything about a customer, in the background."""
    waiting = AccessExport.objects.filter(customer=customer, state__in=[State.WAITING, State.RUNNING]).first()
    if waiting:
        audit.record("access_export.asked", subject=customer, by=by, at=now)
        return waiting
    export = AccessExport.objects.create(
        workspace=customer.workspace, customer=customer, asked_at=now, asked_by=by
    )
    audit.record("access_export.asked", subject=customer, by=by, at=now)
    tasks.enqueue(TASK, {"export": export.pk}, now=now, workspace=customer.workspace_id)
    return export


def write(export: AccessExport, *, now: datetime) -> AccessExport:
    """Gather and write the files; begun again after a crash, it starts over."""
    load.drain()
    folder = f"rights/{export.workspace_id}/{secrets.token_hex(16)}"
    remove_folder(export.path if export.folder else None)
    at = Path(settings.MEDIA_ROOT) / folder
    at.mkdir(parents=True)
    AccessExport.objects.filter(pk=export.pk).update(state=State.RUNNING, folder=folder, percent=5)
    person = person_of(export.customer)
    found = {}
    parts = _parts(person, export.customer)
    for number, (name, gather) in enumerate(parts.items(), start=1):
        found[name] = gather()
        AccessExport.objects.filter(pk=export.pk).update(percent=5 + 85 * number // len(parts))
    about = {
        "customer": export.customer_id,
        "workspace": export.workspace.name,
        "written_at": now.isoformat(),
    }
    _write_files(at, export, about, found)
    AccessExport.objects.filter(pk=export.pk).update(
        state=State.FINISHED,
        percent=100,
        counts={name: len(rows) if isinstance(rows, list) else 1 for name, rows in found.items()},
        error="",
        finished_at=now,
        expires_at=now + timedelta(days=KEPT_DAYS),
    )
    export.refresh_from_db()
    return export


def fail(export: AccessExport, *, now: datetime) -> None:
    """Say that there are no files yet, and leave nothing of them behind."""
    export.refresh_from_db()
    remove_folder(export.path if export.folder else None)
    AccessExport.objects.filter(pk=export.pk).update(
        state=State.FAILED, error=NOT_WRITTEN, folder="", finished_at=now
    )


def download(export: AccessExport, *, by: User | None, now: datetime) -> Path:
    """The file, as long as it is kept. That it was taken is written down."""
    path = export.path / FILE
    is_late = export.expires_at is None or export.expires_at <= now
    if export.state != State.FINISHED or is_late or not path.is_file():
        raise ExportGone("These files are no longer kept. Ask for the export again.")
    audit.record("access_export.downloaded", subject=export.customer, by=by, at=now)
    return path


def remove_expired(*, now: datetime) -> int:
    """Delete the files whose days are over."""
    late = list(AccessExport.objects.filter(expires_at__lte=now).exclude(folder=""))
    for export in late:
        remove_folder(export.path)
        AccessExport.objects.filter(pk=export.pk).update(folder="")
    return len(late)


def _write_files(at: Path, export: AccessExport, about: dict, found: dict) -> None:
    written = json.dumps({"about": about, **found}, ensure_ascii=False, indent=1, default=str)
    page = render_to_string(
        "signals/rights/person.html",
        {
            "about": about,
            "customer": export.customer,
            "parts": [(_words(n), _table(r)) for n, r in found.items()],
        },
    )
    with zipfile.ZipFile(at / FILE, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("person.json", written)
        packed.writestr("person.html", page)


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _table(rows) -> dict:
    """Rows as a table to read: columns that are empty everywhere are left out."""
    rows = rows if isinstance(rows, list) else [rows]
    columns = [
        name
        for name in (rows[0] if rows else {})
        if any(row.get(name) not in (None, "", {}, []) for row in rows)
    ]
    return {
        "columns": [_words(name) for name in columns],
        "rows": [[_shown(row.get(name)) for name in columns] for row in rows],
    }


def _shown(value) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {each}" for name, each in value.items())
    return "" if value is None else str(value)


def _parts(person: Person, customer: Customer) -> dict:
    profiles = list(person.profiles)
    return {
        "profiles": lambda: _rows(Customer.objects.filter(pk__in=profiles)),
        "recognized_by": lambda: _rows(Identity.objects.filter(customer__in=profiles)),
        "merges": lambda: _rows(Merge.objects.filter(kept__in=profiles)),
        "consent": lambda: [
            {
                "purpose": each.purpose,
                "channel": each.channel,
                "is_granted": each.is_granted,
                "since": each.since,
            }
            for each in standing(customer)
        ],
        "consent_history": lambda: _rows(ConsentChange.objects.filter(customer__in=profiles)),
        "told_by_imports": lambda: _rows(Told.objects.filter(customer__in=profiles)),
        "signals": lambda: _signals(person),
        "refused": lambda: _refused(person),
        "activities": lambda: _rows(
            Activity.objects.filter(
                workspace_id=person.workspace,
                subject_kind="customers.customer",
                subject_id__in=[str(pk) for pk in profiles],
            )
        ),
        **_lent(person),
    }


def _lent(person: Person) -> dict:
    """What places of areas above have, where they can tell."""
    return {
        place.name: (lambda each=place: each.told(person)) for place in places() if hasattr(place, "told")
    }


def _rows(found: models.QuerySet) -> list[dict]:
    return [
        {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
        for row in found.order_by("pk")
    ]


def _signals(person: Person) -> list[dict]:
    warehouse = connect.current()
    signals = warehouse.table("signals")
    mine = signals.filter(
        (signals.workspace == person.workspace) & signals.customer.isin(person.profiles)
    ).order_by("at", "seq")
    return [row | {"properties": dict(row["properties"])} for row in warehouse.run(mine).to_pylist()]


def _refused(person: Person) -> list[dict]:
    rows = RefusedSignal.objects.filter(workspace=person.workspace).order_by("pk")
    return [
        {"at": each.at, "reason": each.reason, "excerpt": each.excerpt}
        for each in rows.iterator(chunk_size=2000)
        if person.is_named_in(f"{each.reason} {each.excerpt}")
    ]
