"""The demo company taken away whole, put into an empty workspace, and taken away again: the two are equal."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from django.conf import settings as live_settings
from django.db import connections, transaction

from wayline.accounts.testing import make_key, make_member, make_workspace
from wayline.audit.models import Activity
from wayline.customers.consents.operations import change_consent
from wayline.customers.models import Customer, Merge
from wayline.customers.operations.merges import join
from wayline.exports.whole import fields, numbers, operations, packing
from wayline.home.demo import company, world
from wayline.journeys import operations as journeys
from wayline.journeys import queries
from wayline.journeys.models import Card, Journey, Placement
from wayline.journeys.operations import edits
from wayline.journeys.queries import talks
from wayline.journeys.testing import make_picture
from wayline.kit.tasks.asked import State
from wayline.metrics import answers, flows
from wayline.metrics.catalog import METRICS
from wayline.metrics.models import Baseline
from wayline.metrics.operations import freeze_baseline, set_target
from wayline.metrics.questions import Period, Question
from wayline.signals import journal, load
from wayline.signals import queries as signals
from wayline.signals.conditions import SignalIs
from wayline.signals.derived import applying
from wayline.signals.derived.rules import PRESETS
from wayline.signals.models import DerivedRule, JournalEntry
from wayline.warehouse import connect

NOW = datetime(2026, 11, 18, 15, 30, tzinfo=UTC)
YEAR = Period(NOW - timedelta(days=365), NOW)
pytestmark = [pytest.mark.slow, pytest.mark.django_db(databases="__all__")]


class Moved:
    """Both workspaces, both exports as folders, and what each number of the first is in the second."""


@pytest.fixture(scope="module")
def moved(django_db_setup, django_db_blocker, tmp_path_factory):
    home = tmp_path_factory.mktemp("moved")
    with ExitStack() as stack:
        stack.enter_context(django_db_blocker.unblock())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(live_settings, "DATA_DIR", home)
        patch.setattr(live_settings, "MEDIA_ROOT", home / "files")
        fresh = connect.open("duckdb://")
        stack.callback(fresh.close)
        stack.enter_context(connect.using(fresh))
        for alias in connections:
            stack.enter_context(transaction.atomic(using=alias))
            stack.callback(transaction.set_rollback, True, using=alias)
        yield move(home)


def move(home: Path) -> Moved:
    found = Moved()
    maya = make_member(role="owner", name="Maya Lindqvist")
    found.maya, found.old = maya, maya.workspace
    with pytest.MonkeyPatch.context() as patch:
        (group,) = world.generate(customers=200, now=NOW)
        patch.setattr(world, "generate", lambda **asked: [group[::4]])
        company.create(found.old, customers=200, now=NOW, by=maya.user)
    live_in(found.old, maya)
    found.before = home / "before"
    found.before.mkdir()
    found.manifest = packing.pack(found.old, found.before, now=NOW)
    make_workspace()  # so that no number is the same by chance
    found.new = make_workspace(slug="arrived")
    make_member(workspace=found.new, role="owner", user=maya.user)
    kept = {}
    make_ids = numbers.Ids
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(numbers, "Ids", lambda **given: kept.setdefault("ids", make_ids(**given)))
        arrival = operations.begin_arrival(found.new, by=maya.user, now=NOW)
        found.arrival = operations.arrive(arrival, now=NOW, source=found.before)
    assert found.arrival.state == State.FINISHED, found.arrival.error
    found.ids = kept["ids"]
    found.after = home / "after"
    found.after.mkdir()
    packing.pack(found.new, found.after, now=NOW)
    return found


def live_in(workspace, maya):
    """What people do besides, so that tables are not empty that name others."""
    placement = Placement.objects.filter(journey__workspace=workspace, card__deleted_at=None).first()
    journey = placement.journey
    one, other = Customer.objects.filter(workspace=workspace, merged_into=None)[:2]
    join(one, other, reason="the same person", by=maya.user, now=NOW)
    change_consent(
        one, purpose="marketing", channel="", is_granted=True, note="by phone", by=maya.user, now=NOW
    )
    make_key(kind="write", workspace=workspace)
    picture = make_picture(workspace)
    placement.card.picture = picture
    placement.card.save()
    journeys.move_cards(
        [placement], step=placement.step, lane=placement.lane, before=None, by=maya.user, now=NOW
    )
    thread = journey.threads.create(
        subject_kind="card", subject_key=str(placement.card_id), begun_at=NOW, begun_by=maya.user
    )
    thread.comments.create(text="Is this so?", at=NOW, by=maya.user)
    others = Journey.objects.filter(workspace=workspace).exclude(pk__in=[journey.pk, *journey.ancestors])
    inner = others.first()
    journeys.attach_journey(inner, parent=journey, phase=journey.phases.first(), by=maya.user, now=NOW)
    set_target(workspace, metric="nps", value=30, due_on=None, by=maya.user, now=NOW)
    freeze_baseline(workspace, question=question(workspace, "nps"), by=maya.user, now=NOW)
    says = PRESETS["repeat_contact"][1].model_dump(mode="json")
    rule = DerivedRule.objects.create(
        workspace=workspace, name="Repeat", rule=says, is_on=True, created_at=NOW
    )
    applying.apply(rule, now=NOW)


def question(workspace, metric: str) -> Question:
    needed = {name: SignalIs(kinds=("ticket",)) for name in METRICS[metric].requires}
    return Question(workspace=workspace.pk, metric=metric, period=YEAR, **needed)


# What arrives changed, and is meant to: secrets are made anew, and nothing sends or lets in by itself.
MEANT = {
    "accounts.membership": {"joined_at"},  # Maya was here before
    "accounts.key": {"revoked_at"},
    "integrations.webhook": {"is_enabled"},
    "journeys.share": {"revoked_at"},
    "signals.derivedrule": {"last_change"},
    "metrics.baseline": {"digest"},
}


@pytest.mark.parametrize("table", [model._meta.label_lower for model in fields.leaving()])
def test_every_row_is_the_same_but_for_its_numbers(moved, table):
    old, new = rows(moved.before, table), rows(moved.after, table)
    changed = MEANT.get(table, set())
    if table == "audit.activity":  # the arrival itself was written down
        new = [row for row in new if not row["name"].startswith("arrival.")]

    assert [without(row, changed) for row in new] == [
        without(as_here(moved.ids, table, row), changed) for row in old
    ]


def rows(folder: Path, table: str) -> list[dict]:
    return [json.loads(line) for line in (folder / f"rows/{table}.jsonl").read_text().splitlines()]


def without(row: dict, names: set[str]) -> dict:
    return {name: value for name, value in row.items() if name not in names}


def as_here(ids, table: str, row: dict) -> dict:
    model = {each._meta.label_lower: each for each in fields.leaving()}[table]
    found = {}
    for field in fields.written(model):
        name = field.attname
        target, value = fields.points_at(field), row[name]
        if field.primary_key:
            found[name] = ids.of(table, value)
        elif fields.is_workspace(field):
            found[name] = ids.workspace
        elif target is not None:
            found[name] = value and ids.of(target._meta.label_lower, value)
        elif name in numbers.REFERENCES.get(table, {}):
            found[name] = numbers.REFERENCES[table][name](ids, value, row)
        else:
            found[name] = value
    return found


def test_the_demo_leaves_few_tables_untried(moved):
    """A table without rows proves nothing above."""
    empty = {name for name, told in moved.manifest["files"].items() if told.get("rows") == 0}
    tried = {name for name, told in moved.manifest["files"].items() if told.get("rows")}

    assert len(tried) > 30, sorted(empty)
    assert {
        f"rows/{table}.jsonl" for table in ("journeys.edit", "journeys.thread", "customers.merge")
    } <= tried


def test_signals_and_customers_are_the_same(moved):
    for name in ("signals", "customers"):
        old, new = (pq.read_table(folder / f"{name}.parquet") for folder in (moved.before, moved.after))
        own = [
            each
            for each in old.column_names
            if each not in {"workspace", "customer", "profile", "seq", "key", "source"}
        ]
        if name == "signals":
            is_told = [kind != "derived" for kind in old["kind"].to_pylist()]
            old, new = old.filter(is_told), new.filter(is_told)
            assert [moved.ids.of("customers.customer", each) for each in old["profile"].to_pylist()] == new[
                "profile"
            ].to_pylist()
        assert old.num_rows > 100
        assert old.select(own).to_pylist() == new.select(own).to_pylist()


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_every_metric_answers_the_same(moved, metric):
    old, new = (answers.answer(question(workspace, metric)) for workspace in (moved.old, moved.new))

    assert old == new


def test_every_flow_answers_the_same(moved):
    journeys_of = [
        Journey.objects.filter(workspace=workspace).order_by("pk") for workspace in (moved.old, moved.new)
    ]
    for old, new in zip(*journeys_of, strict=True):
        told = [flows.flow(queries.flow_question(journey, period=YEAR), now=NOW) for journey in (old, new)]
        assert told[0].conversion == told[1].conversion
        assert [counted(step) for step in told[0].steps] == [counted(step) for step in told[1].steps]


def counted(step) -> list:
    names = (
        "title",
        "entered",
        "completed",
        "in_progress",
        "dropped",
        "conversion",
        "median_time",
        "feeling",
    )
    return [getattr(step, name, None) for name in names]


def test_what_names_others_in_its_own_way_names_the_right_ones(moved):
    """What the mapping itself could overlook, looked at from the product's side."""
    inside = Journey.objects.filter(workspace=moved.new, parent__threads__isnull=False)
    inner = inside.exclude(parent_phase=None).first()
    (talk,) = talks.of_journey(inner.parent)
    last = inner.parent.edits.filter(by=moved.maya.user).first()

    edits.undo(inner.parent, by=moved.maya.user, now=NOW)

    assert inner.ancestors == [*inner.parent.ancestors, inner.parent_id]
    assert inner.parent_phase.journey == inner.parent
    assert talk.about == Card.objects.get(workspace=moved.new, pk=talk.thread.subject_key).title
    assert {change["kind"] for change in last.changes} == {"placement"}
    assert Baseline.objects.get(workspace=moved.new).is_intact
    said = Activity.objects.filter(workspace_id=moved.new.pk, subject_kind="journeys.journey").first()
    assert Journey.objects.get(pk=said.subject_id).workspace_id == moved.new.pk
    merge = Merge.objects.get(workspace=moved.new, reason="the same person")
    assert merge.kept.workspace_id == merge.merged.workspace_id == moved.new.pk


def test_what_was_received_adds_up_and_a_repeat_is_known(moved):
    member = moved.new.memberships.get()
    account = signals.account(member)
    again = journal.decode(bytes(JournalEntry.objects.filter(workspace_id=moved.old.pk).first().body))[0]

    journal.append(moved.new.pk, "demo", [again[0]], received_at=NOW)
    loaded = load.drain()

    assert account.missing == 0
    assert account.received == signals.account(moved.maya).received
    assert (loaded.loaded, loaded.duplicates) == (0, 1)


def test_a_second_time_is_refused(moved):
    with pytest.raises(operations.bringing.WorkspaceNotEmpty, match="Import into an empty workspace"):
        operations.begin_arrival(moved.new, by=None, now=NOW)


def test_nothing_that_lets_in_leaves(moved):
    written = b"".join(path.read_bytes() for path in moved.before.rglob("*.jsonl"))

    assert b"argon2" not in written
    assert b"pbkdf2" not in written
    assert b'"digest": "' not in (moved.before / "rows/accounts.key.jsonl").read_bytes()
