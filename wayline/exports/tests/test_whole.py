"""Exports that are damaged, late or cut off; the round trip itself is tests/test_whole_workspace.py."""

import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pyarrow.parquet as parquet
import pytest
from django.utils import timezone

from wayline.accounts.testing import make_member, make_workspace
from wayline.audit.models import Activity
from wayline.customers.models import Customer, Identity
from wayline.exports.models import Arrival, Export
from wayline.exports.whole import bringing, operations, packing
from wayline.journeys.models import Journey
from wayline.journeys.testing import make_journey
from wayline.kit.tasks.asked import State
from wayline.kit.tasks.models import Job
from wayline.signals.imports.testing import make_import
from wayline.signals.models import Import, JournalEntry, RefusedSignal
from wayline.signals.rights import tombstones
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_list")]
EMAIL = "ines.duarte@example.com"


@pytest.fixture
def own_list(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    tombstones.known.forget()


@pytest.fixture
def maya():
    """An owner whose workspace holds a journey and two customers."""
    member = make_member(role="owner", name="Maya Lindqvist")
    make_journey(workspace=member.workspace)
    observe(
        member.workspace,
        make_signal(kind="identify", name="Identify", email=EMAIL, traits={"name": "Ines Duarte"}),
        make_signal(email=EMAIL, text="late again"),
        make_signal(external_id="tom", text="all well"),
    )
    return member


def exported(member) -> Export:
    now = timezone.now()
    return operations.write(operations.ask_export(member.workspace, by=member.user, now=now), now=now)


def brought(workspace, path) -> Arrival:
    with path.open("rb") as file:
        size = path.stat().st_size
        arrival = operations.ask_arrival(workspace, file=file, size=size, by=None, now=timezone.now())
    return operations.arrive(arrival, now=timezone.now())


def test_an_export_can_be_taken_for_some_days(maya):
    now, export = timezone.now(), exported(maya)

    assert operations.download(export, by=maya.user, now=now).stat().st_size == export.size
    assert export.counts["signals"] == 2
    with pytest.raises(operations.ExportGone):
        operations.download(export, by=maya.user, now=now + timedelta(days=4))
    assert operations.remove_expired(now=now + timedelta(days=4)) == 1
    assert not export.path.exists()
    assert Activity.objects.filter(name="export.downloaded").count() == 1


def test_two_who_ask_get_one_export(maya):
    now = timezone.now()
    first = operations.ask_export(maya.workspace, by=maya.user, now=now)

    assert operations.ask_export(maya.workspace, by=maya.user, now=now) == first
    assert Job.objects.filter(task=operations.EXPORT).count() == 1


def test_an_upload_arrives(maya):
    fresh = make_workspace()

    arrival = brought(fresh, exported(maya).path)

    assert (arrival.state, arrival.error) == (State.FINISHED, "")
    assert fresh.memberships.get().user == maya.user
    assert Customer.objects.filter(workspace=fresh).count() == 2
    assert not arrival.folder
    assert list(maya.user.memberships.values_list("role", flat=True)) == ["owner", "owner"]


@pytest.mark.parametrize("place", [0.02, 0.3, 0.5, 0.7, 0.95])
def test_a_flipped_bit_is_found_and_nothing_is_left(maya, tmp_path, place):
    whole, path, fresh = exported(maya).path.read_bytes(), tmp_path / "flipped.zip", make_workspace()
    at = int(len(whole) * place)
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])

    arrival = brought(fresh, path)

    # A bit of the zip's own bookkeeping may not matter; what was brought is then whole.
    if arrival.state != State.FINISHED:
        assert "again" in arrival.error or "manifest" in arrival.error
        assert_empty(fresh)


def assert_empty(workspace):
    bringing.refuse_unless_empty(workspace, signals=True)
    assert not JournalEntry.objects.filter(workspace_id=workspace.pk).exists()
    assert not workspace.memberships.exists()


def facts_of(workspace) -> list:
    customers = connect.current().table("customers")
    own = customers.filter(customers.workspace == workspace.pk).order_by("customer")
    return [dict(row["facts"] or ()) for row in connect.current().run(own).to_pylist()]


@pytest.mark.parametrize("is_former", [False, True])
def test_who_told_each_trait_arrives_too(maya, tmp_path, is_former):
    run, fresh = make_import(workspace=maya.workspace), make_workspace()
    observe(maya.workspace, make_signal(external_id="tom", traits={"plan": "pro"}), source=run.source)
    export, path = exported(maya), tmp_path / "export.zip"

    def without_facts(files):
        """As a version wrote it that did not know who told what."""
        rows = parquet.read_table(io.BytesIO(files["customers.parquet"])).drop_columns("facts")
        parquet.write_table(rows, buffer := io.BytesIO())
        files["customers.parquet"] = buffer.getvalue()
        told = {"bytes": len(buffer.getvalue()), "sha256": hashlib.sha256(buffer.getvalue()).hexdigest()}
        names = json.loads(files["manifest.json"])["files"]
        signed(files, files=names | {"customers.parquet": names["customers.parquet"] | told})

    repacked(export, path, without_facts if is_former else lambda files: None)
    brought(fresh, path)

    source = Import.objects.get(workspace=fresh).source
    assert [sorted(facts) for facts in facts_of(fresh)] == [["name"], ["plan"]]
    assert facts_of(fresh)[1]["plan"].endswith(f" {source}")
    assert facts_of(fresh)[0] == facts_of(maya.workspace)[0]


def repacked(export: Export, path, change) -> None:
    """The export with one of its files changed, and a manifest that says so where it should."""
    with zipfile.ZipFile(export.path) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)


def signed(packed: dict, **changes) -> None:
    manifest = json.loads(packed["manifest.json"]) | changes
    manifest["digest"] = packing.digest_of(manifest)
    packed["manifest.json"] = json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda files: files.pop("rows/journeys.journey.jsonl"), "rows/journeys.journey.jsonl is missing"),
        (lambda files: files.pop("manifest.json"), "holds no manifest"),
        (lambda files: files.update({"rows/journeys.step.jsonl": b"{}\n"}), "rows/journeys.step.jsonl has"),
        (lambda files: signed(files, version=9), "format 9"),
        (lambda files: signed(files, format="zip"), "no workspace"),
        (lambda files: files.update({"manifest.json": b"[]"}), "cannot be read"),
        (lambda files: signed(files, files={"../../x": {}}), "no export holds"),
        (lambda files: files.update({"manifest.json": files["manifest.json"] + b" "}), None),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_left(maya, tmp_path, change, sentence):
    path, fresh = tmp_path / "wrong.zip", make_workspace()
    repacked(exported(maya), path, change)

    arrival = brought(fresh, path)

    if sentence is None:
        assert arrival.state == State.FINISHED
    else:
        assert sentence in arrival.error
        assert_empty(fresh)


def test_something_else_is_no_export(tmp_path):
    path = tmp_path / "letter.zip"
    path.write_bytes(b"Dear all")

    assert "no whole zip" in brought(make_workspace(), path).error


def test_a_workspace_with_anything_in_it_is_refused(maya):
    export, full = exported(maya), make_workspace()
    make_journey(workspace=full)

    with pytest.raises(bringing.WorkspaceNotEmpty, match="1 journeys"):
        brought(full, export.path)


def test_the_same_export_comes_once(maya, monkeypatch):
    export, fresh = exported(maya), make_workspace()
    brought(fresh, export.path)
    monkeypatch.setattr(bringing, "refuse_unless_empty", lambda workspace, **asked: None)

    assert "This very export" in brought(fresh, export.path).error
    assert Journey.objects.filter(workspace=fresh).count() == 1


def test_an_arrival_that_breaks_leaves_nothing(maya, monkeypatch):
    export, fresh = exported(maya), make_workspace()
    monkeypatch.setattr(bringing._Bringing, "_erase_again", lambda self: 1 / 0)

    arrival = brought(fresh, export.path)

    assert arrival.state == State.FAILED
    assert "nothing of it was left" in arrival.error
    assert_empty(fresh)


def test_an_arrival_that_was_killed_begins_anew(maya, monkeypatch):
    export, fresh = exported(maya), make_workspace()
    with export.path.open("rb") as file:
        arrival = operations.ask_arrival(fresh, file=file, size=1, by=None, now=timezone.now())
    take_away = bringing.take_away
    with monkeypatch.context() as dying:  # as kill -9 does it: no cleaning, no state
        dying.setattr(bringing, "take_away", lambda *asked: None)
        dying.setattr(
            bringing._Bringing, "_erase_again", lambda self: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            operations.arrive(arrival, now=timezone.now())
    assert bringing.take_away is take_away
    assert Journey.objects.filter(workspace=fresh).exists()

    again = operations.arrive(Arrival.objects.get(pk=arrival.pk), now=timezone.now())

    assert (again.state, again.error) == (State.FINISHED, "")
    assert Journey.objects.filter(workspace=fresh).count() == 1
    assert Customer.objects.filter(workspace=fresh).count() == 2


def _die():
    raise KeyboardInterrupt


def test_who_was_erased_since_does_not_come_back(maya, warehouse, tmp_path):
    export = exported(maya)
    kept = tmp_path / "kept.zip"
    kept.write_bytes(export.path.read_bytes())
    ines = Identity.objects.get(value=EMAIL).customer

    erase_now(ines, now=timezone.now())
    assert not export.path.exists()  # nobody is kept in files
    fresh = make_workspace()
    arrival = brought(fresh, kept)

    assert arrival.notes[-1].startswith("1 people in the export have been erased since")
    assert not Identity.objects.filter(workspace=fresh, value=EMAIL).exists()
    texts = [row["text"] for row in warehouse.run(warehouse.table("signals")).to_pylist()]
    assert "late again" not in texts
    observe(fresh, make_signal(email=EMAIL, text="a replay"))
    assert RefusedSignal.objects.filter(workspace=fresh, reason=tombstones.REASON).exists()


def test_who_was_erased_before_the_export_is_refused_in_the_new_workspace_too(maya):
    erase_now(Identity.objects.get(value=EMAIL).customer, now=timezone.now())
    fresh = make_workspace()
    brought(fresh, exported(maya).path)

    observe(fresh, make_signal(email=EMAIL, text="a replay"))

    assert RefusedSignal.objects.filter(workspace=fresh, reason=tombstones.REASON).exists()
    assert tombstones.was_erased(fresh.pk, "email", EMAIL)


def test_an_export_waits_for_what_is_half_done(maya):
    run = make_import(workspace=maya.workspace)
    Import.objects.filter(pk=run.pk).update(state="running")

    with pytest.raises(packing.Unsettled, match="An import is running"):
        operations.ask_export(maya.workspace, by=None, now=timezone.now())
