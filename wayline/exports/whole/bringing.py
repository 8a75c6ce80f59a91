"""Puts an export into an empty workspace: new numbers for every row, and every reference with them.

Rows are written in parts, so that nobody waits long for the database. What there was before is remembered
first; whatever goes wrong, and after a crash, everything else is taken away again.
"""

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Max

from wayline.accounts.belonging import path_to_workspace
from wayline.accounts.models import Membership, User, Workspace
from wayline.customers.models import Customer, Identity
from wayline.kit import durable, tasks
from wayline.kit.refusals import Refusal
from wayline.signals import copies, load, offers
from wayline.signals.models import Erasure, JournalEntry
from wayline.signals.rights import erase, tombstones
from wayline.signals.rights.person import person_of

from . import checking, fields, numbers, packing

AT_ONCE = 1_000
# What an empty workspace may hold: who is in it, and what was done so far.
MAY_BE_THERE = {"accounts.membership", "accounts.key", "audit.activity"}
MADE_MEANWHILE = ("journeys.standing", "signals.accessexport")
Keep = Callable[[dict], None]


class WorkspaceNotEmpty(Refusal):
    """An export is put beside nothing else."""


class RowNotUnderstood(Refusal):
    """A row is not as this version writes it."""

    status = 422


def refuse_unless_empty(workspace: Workspace, *, signals: bool = False) -> None:
    """Say what there is, if there is anything; in the warehouse too only where it may be asked."""
    found = []
    for model in fields.leaving():
        if model._meta.label_lower not in MAY_BE_THERE:
            n = _of(model, workspace).count()
            if n:
                found.append(f"{n:,} {model._meta.verbose_name_plural}")
    if JournalEntry.objects.filter(workspace_id=workspace.pk).exists() and not found:
        found.append("signals that are not loaded yet")
    if signals and not found and copies.rows_of(workspace.pk):
        found.append("signals")
    if found:
        raise WorkspaceNotEmpty(
            f"The workspace {workspace} holds {', '.join(found[:4])} already. Import into an empty workspace."
        )


def bring(
    folder: Path,
    manifest: dict,
    workspace: Workspace,
    *,
    now: datetime,
    keep: Keep = lambda kept: None,
    progress: packing.Progress = lambda done: None,
) -> tuple[dict[str, int], list[str]]:
    """Put the checked export into the workspace; answers what was brought, and what to know about it."""
    with load.exclusively():
        load.drain()
        refuse_unless_empty(workspace, signals=True)
        kept = {model._meta.label_lower: _last(model) for model in fields.leaving()}
        keep(kept)
        try:
            return _Bringing(folder, manifest, workspace, now, kept, keep, progress).carry_out()
        except BaseException:
            take_away(workspace, kept)
            raise


def take_away(workspace: Workspace, kept: dict) -> None:
    """Remove everything that came after what was kept."""
    with load.exclusively():
        customers = Customer.objects.filter(workspace=workspace).values_list("pk", flat=True)
        entries = kept.get("entries")
        copies.take_away(workspace.pk, list(customers), tuple(entries) if entries else None)
        with transaction.atomic():
            for table in MADE_MEANWHILE:
                _of(apps.get_model(table), workspace).delete()
            for model in reversed(fields.leaving()):
                rows = _of(model, workspace).filter(pk__gt=kept.get(model._meta.label_lower, 0))
                # Raw: the order of the tables follows their keys, and PROTECT would hold what goes together.
                rows._raw_delete(rows.db)
        offers.forget(workspace.pk)


class _Bringing:
    def __init__(self, folder, manifest, workspace, now, kept, keep, progress):
        self.folder, self.manifest, self.workspace = folder, manifest, workspace
        self.now, self.kept, self.keep, self.progress = now, kept, keep, progress
        self.ids = numbers.Ids(origin=manifest["workspace"]["id"], workspace=workspace.pk, now=now)
        self.counts: dict[str, int] = {}
        self.notes: list[str] = []
        self.late: dict[type[models.Model], set[str]] = {}  # known only when every table is there

    def carry_out(self) -> tuple[dict[str, int], list[str]]:
        self._change_workspace()
        self._meet_people()
        self._reserve_entries()
        every = fields.leaving()
        for number, model in enumerate(every, start=1):
            self.counts[model._meta.label_lower] = self._bring_rows(model)
            self.progress(0.6 * number / len(every))
        for model, late in self.late.items():
            self._bring_late(model, late)
        self._bring_files()
        self._bring_signals()
        self.progress(0.9)
        self._erase_again()
        offers.forget(self.workspace.pk)
        return self.counts, self.notes

    def _change_workspace(self) -> None:
        told = self.manifest["workspace"]
        self.workspace.name, self.workspace.timezone = told["name"], told["timezone"]
        self.workspace.currency, self.workspace.is_demo = told["currency"], told["is_demo"]
        self.workspace.save(update_fields=["name", "timezone", "currency", "is_demo"])

    def _meet_people(self) -> None:
        """Everybody is known by e-mail; who is not here yet can have a password sent."""
        made = 0
        for row in checking.lines(self.folder, "rows/users.jsonl", self.manifest):
            email = row["email"].strip().lower()
            user = User.objects.filter(email=email).first()
            if user is None:
                user, made = User.objects.create_user(email, None, name=row["name"]), made + 1
            self.ids.users[row["id"]] = user.pk
        if made:
            self.notes.append(
                f"{made} people are new here. They choose a password by “Forgot your password?”, "
                "or the operator gives one: wayline createuser EMAIL."
            )

    def _reserve_entries(self) -> None:
        entries = copies.entries_of(checking.parquet(self.folder, "signals.parquet"))
        for part in checking.parquet(self.folder, "journal.parquet"):
            entries.update(part["entry"].to_pylist())
        for table, name in (
            ("loadedentry", "entry_id"),
            ("refusedsignal", "entry_id"),
            ("prunedentries", "last_entry"),
        ):
            for row in checking.lines(self.folder, f"rows/signals.{table}.jsonl", self.manifest):
                entries.add(row[name])
        self.ids.entries = copies.reserve(entries)
        load.drain()  # what was given a number before these must not be passed over
        if entries:
            given = self.ids.entries.values()
            self.kept["entries"] = [min(given), max(given)]
            self.keep(self.kept)

    def _bring_rows(self, model: type[models.Model]) -> int:
        table = model._meta.label_lower
        known = self.ids.rows.setdefault(table, {})
        late = self._late_fields(model)
        brought = 0
        for part in _in_parts(self._lines(table)):
            rows = [(row["id"], self._row(model, row, without=late)) for row in part]
            fresh = [
                (old, row) for old, row in rows if row is not None and not self._is_there(model, old, row)
            ]
            made = model._base_manager.bulk_create([row for _, row in fresh], AT_ONCE)
            known.update((old, row.pk) for (old, _), row in zip(fresh, made, strict=True))
            brought += len(made)
        if late:
            self.late[model] = late
        return brought

    def _lines(self, table: str) -> Iterator[dict]:
        return checking.lines(self.folder, f"rows/{table}.jsonl", self.manifest)

    def _late_fields(self, model: type[models.Model]) -> set[str]:
        """Foreign keys to rows that come with or after the table's own."""
        late = set(numbers.LATE.get(model._meta.label_lower, ()))
        for field in fields.written(model):
            target = fields.points_at(field)
            if target is None or fields.is_workspace(field) or target is User:
                continue
            if target is model or target._meta.label_lower not in self.ids.rows:
                late.add(field.attname)
        return late

    def _row(self, model: type[models.Model], told: dict, *, without: set[str]) -> models.Model | None:
        """The row as it is here; none when something it must have is not there."""
        table = model._meta.label_lower
        references = numbers.REFERENCES.get(table, {})
        values: dict[str, Any] = {}
        names = {field.attname for field in fields.written(model)}
        if unknown := set(told) - names:
            raise RowNotUnderstood(
                f"{table} has {', '.join(sorted(unknown))}, which this version does not know. Upgrade it."
            )
        for field in fields.written(model):
            name = field.attname
            if field.primary_key or name in without or name not in told:
                continue
            values[name] = self._value(field, told[name], references.get(name), told)
            if values[name] is None and field.is_relation and not field.null:
                return None
        values |= numbers.fresh(table, told | values | {"question_before": told.get("question")}, self.ids)
        return model(**values)

    def _value(self, field: models.Field, said: Any, reference: numbers.Reference | None, told: dict) -> Any:
        if fields.is_workspace(field):
            return self.workspace.pk
        target = fields.points_at(field)
        if target is not None:
            return None if said is None else self.ids.of(target._meta.label_lower, said)
        if reference is not None:
            return reference(self.ids, said, told)
        if isinstance(field, models.JSONField):
            return said
        try:
            return field.to_python(said)
        except Exception:
            raise RowNotUnderstood(f"{field} of a row cannot be {str(said)[:60]!r}.") from None

    def _is_there(self, model: type[models.Model], old: int, row: models.Model) -> bool:
        """Who is a member here already stays as they are."""
        if model is not Membership:
            return False
        found = Membership.objects.filter(workspace=self.workspace, user=row.user_id).first()  # type: ignore[attr-defined]
        if found is not None:
            self.ids.rows["accounts.membership"][old] = found.pk
        return found is not None

    def _bring_late(self, model: type[models.Model], late: set[str]) -> None:
        table = model._meta.label_lower
        known, references = self.ids.rows[table], numbers.REFERENCES.get(table, {})
        columns = [field for field in fields.written(model) if field.attname in late]
        for part in _in_parts(self._lines(table)):
            rows = []
            for told in part:
                if told["id"] not in known:
                    continue
                row = model(pk=known[told["id"]])
                for field in columns:
                    said = self._value(field, told[field.attname], references.get(field.attname), told)
                    setattr(row, field.attname, said)
                rows.append(row)
            model._base_manager.bulk_update(rows, [field.name for field in columns], AT_ONCE)

    def _bring_files(self) -> None:
        """Each under the name that its row has been given."""
        root, brought = Path(settings.MEDIA_ROOT), 0
        for name in self.manifest["files"]:
            if not name.startswith("files/"):
                continue
            old = name.removeprefix("files/")
            folder, _, last = old.rpartition("/")
            new = self.ids.files.get(old) or (
                f"{self.ids.files[folder]}/{last}" if folder in self.ids.files else None
            )
            if new is None:
                continue
            (root / new).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.folder / name, root / new)
            durable.keep(root / new, below=root.parent)
            brought += 1
        self.counts["files"] = brought

    def _bring_signals(self) -> None:
        here = copies.Numbers(
            origin=self.ids.origin,
            workspace=self.workspace.pk,
            customers=self.ids.rows["customers.customer"],
            entries=self.ids.entries,
            source=self.ids.source,
        )
        # The journal first: it knows the keys. Its entries lie below the mark, so nobody loads them.
        self.counts["journal"] = copies.bring_calls(checking.parquet(self.folder, "journal.parquet"), here)
        self.counts |= copies.bring_rows(
            checking.parquet(self.folder, "signals.parquet"),
            checking.parquet(self.folder, "customers.parquet"),
            here,
        )

    def _erase_again(self) -> None:
        """Whoever was erased here after the export was written does not come back with it."""
        tombstones.known.forget()
        if self.manifest["installation"] != packing.installation():
            return
        written_at = datetime.fromisoformat(self.manifest["written_at"])
        stones = tombstones.since(self.ids.origin, written_at)
        back: dict[int, None] = {}
        if stones:
            values = Identity.objects.filter(workspace=self.workspace).values_list(
                "kind", "value", "customer"
            )
            for kind, value, customer in values.iterator(chunk_size=AT_ONCE):
                if tombstones.digest(self.ids.origin, kind, value) in stones:
                    back[customer] = None
        for number in back:
            self._erase(Customer.objects.get(pk=number))
        if back:
            self.notes.append(
                f"{len(back)} people in the export have been erased since, and were erased again."
            )

    def _erase(self, customer: Customer) -> None:
        with transaction.atomic():
            erasure = Erasure.objects.create(
                workspace=self.workspace,
                customer_number=customer.pk,
                reason="Brought back by an export, erased again",
                asked_at=self.now,
            )
            tombstones.put_up(erasure, person_of(customer), now=self.now)
            payload = {"erasure": erasure.pk}
            tasks.enqueue(erase.TASK, payload, now=self.now, workspace=self.workspace.pk)
        tombstones.known.forget()
        erase.carry_out(erasure, now=self.now)


def _of(model: type[models.Model], workspace: Workspace):
    path = path_to_workspace(model) or "pk"  # type: ignore[arg-type]  # models are hashable
    return model._base_manager.filter(**{path: workspace.pk})


def _last(model: type[models.Model]) -> int:
    return model._base_manager.aggregate(last=Max("pk"))["last"] or 0


def _in_parts(rows: Iterator[dict]) -> Iterator[list[dict]]:
    while part := list(islice(rows, AT_ONCE)):
        yield part
