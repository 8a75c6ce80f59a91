from datetime import timedelta

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_member, make_user, make_workspace
from wayline.customers.models import Merge
from wayline.signals import journal, load, operations, queries, rows
from wayline.signals.models import JournalEntry, RefusedSignal, SignalName
from wayline.signals.testing import MONDAY, make_signal, observe
from wayline.warehouse import connect

pytestmark = pytest.mark.django_db


def signals_in(warehouse) -> list[dict]:
    return warehouse.run(warehouse.table("signals").order_by("seq")).to_pylist()


def customers_in(warehouse) -> dict[int, dict]:
    found = warehouse.run(warehouse.table("customers")).to_pylist()
    return {row["customer"]: dict(row["traits"]) for row in found}


def test_a_signal_becomes_a_row_with_its_customer(warehouse):
    workspace = make_workspace()

    loaded = observe(workspace, make_signal(name="Order Placed", value=12.5, properties={"plan": "pro"}))

    (row,) = signals_in(warehouse)
    customer = workspace.customers.get()
    assert loaded.loaded == 1
    assert (row["workspace"], row["customer"], row["profile"]) == (workspace.pk, customer.pk, customer.pk)
    assert (row["name"], row["value"], dict(row["properties"])) == ("Order Placed", 12.5, {"plan": "pro"})
    assert row["at"] == MONDAY.replace(tzinfo=None)


def facts_in(warehouse) -> list[dict]:
    found = warehouse.run(warehouse.table("customers").order_by("customer")).to_pylist()
    return [dict(row["facts"] or ()) for row in found]


def test_the_warehouse_knows_when_each_trait_was_told_and_by_whom(warehouse):
    workspace = make_workspace()
    said = {"external_id": "ines", "kind": "identify", "name": "Identify"}
    observe(workspace, make_signal(**said, traits={"plan": "pro", "city": "Kiel"}), source="api:1")

    observe(
        workspace, make_signal(**said, at=MONDAY + timedelta(days=9), traits={"city": "Bern"}), source="key:2"
    )

    assert facts_in(warehouse) == [{"plan": f"{MONDAY:%F %T} api:1", "city": "2026-03-11 09:00:00 key:2"}]


def test_a_warehouse_of_a_former_version_is_told_while_it_is_quiet(warehouse, monkeypatch):
    monkeypatch.setattr(rows, "AT_ONCE", 2)
    workspace = make_workspace()
    observe(workspace, *(make_signal(external_id=who, traits={"plan": "pro"}) for who in ("a", "b", "c")))
    whole = facts_in(warehouse)
    warehouse._connection.execute("UPDATE customers SET facts = NULL")
    with warehouse.writing() as writer:
        writer.mark(load.FACTS, 0)

    told = []
    for _ in range(3):
        load.drain()
        told.append(facts_in(warehouse))

    assert all(whole)
    assert told == [[*whole[:2], {}], whole, whole]
    assert load.marks()[load.FACTS] == load.EVERYBODY


def test_a_time_of_another_zone_is_kept_in_utc(warehouse):
    from zoneinfo import ZoneInfo

    observe(make_workspace(), make_signal(at=MONDAY.astimezone(ZoneInfo("Asia/Tokyo"))))

    assert signals_in(warehouse)[0]["at"] == MONDAY.replace(tzinfo=None)


def test_the_same_key_counts_once_in_a_batch_and_across_batches(warehouse):
    workspace = make_workspace()

    first = observe(workspace, make_signal(key="k"), make_signal(key="k"))
    second = observe(workspace, make_signal(key="k", name="Order Changed"))

    assert (first.loaded, first.duplicates, second.loaded, second.duplicates) == (1, 1, 0, 1)
    assert SignalName.objects.get().count == 1


def test_the_same_key_counts_in_each_workspace(warehouse):
    observe(make_workspace(), make_signal(key="k"))
    observe(make_workspace(), make_signal(key="k"))

    assert len(signals_in(warehouse)) == 2


def test_traits_reach_the_warehouse_as_text(warehouse):
    workspace = make_workspace()

    observe(workspace, make_signal(traits={"plan": "pro", "seats": 10.0, "is_vip": True, "name": "Ines"}))

    assert list(customers_in(warehouse).values()) == [
        {"name": "Ines", "plan": "pro", "seats": "10", "is_vip": "true"}
    ]


def test_a_trait_of_none_is_taken_away(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(traits={"plan": "pro"}))

    observe(workspace, make_signal(traits={"plan": None}))

    assert workspace.customers.get().traits == {}


def test_first_and_last_seen_follow_the_signals_not_their_arrival(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(at=MONDAY))
    observe(workspace, make_signal(at=MONDAY - timedelta(days=3)), make_signal(at=MONDAY + timedelta(days=2)))

    customer = workspace.customers.get()

    assert (customer.first_seen_at, customer.last_seen_at) == (
        MONDAY - timedelta(days=3),
        MONDAY + timedelta(days=2),
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"kind": "wish"}, "not known"),
        ({"name": " "}, "no name"),
        ({"key": ""}, "no key"),
        ({"score": 9.0}, "no scale"),
        ({"score": 11.0, "scale": "nps"}, "outside NPS"),
        ({"score": float("nan"), "scale": "nps"}, "outside NPS"),
        ({"value": float("inf")}, "finite"),
        ({"at": MONDAY.replace(year=2999)}, "future"),
        ({"at": MONDAY.replace(year=1)}, "before 1900"),
        ({"external_id": None}, "names nobody"),
        ({"external_id": "null"}, "says nothing"),
    ],
)
def test_a_poisoned_signal_is_refused_with_its_reason_and_the_others_are_loaded(warehouse, fields, reason):
    workspace = make_workspace()

    loaded = observe(workspace, make_signal(), make_signal(**fields), make_signal())

    refused = RefusedSignal.objects.get(was_kept=False)
    assert (loaded.loaded, loaded.refused) == (2, 1)
    assert (refused.index, refused.workspace) == (1, workspace)
    assert reason in refused.reason


def test_a_signal_that_breaks_the_loader_itself_is_found_and_left_out(warehouse, monkeypatch):
    workspace = make_workspace()
    honest = rows._maps

    def breaks(maps):
        if any("poison" in each for each in maps):
            raise RuntimeError("cannot be built")
        return honest(maps)

    monkeypatch.setattr(rows, "_maps", breaks)
    signals = [make_signal() for _ in range(10)]
    signals[6].properties = {"poison": "yes"}

    loaded = observe(workspace, *signals)

    assert (loaded.loaded, loaded.refused) == (9, 1)
    assert RefusedSignal.objects.get().index == 6
    assert SignalName.objects.get().count == 9
    assert load.drain() == load.Loaded()


def test_a_signal_that_cannot_be_decoded_is_refused_alone(warehouse):
    import msgspec
    import zstandard

    workspace = make_workspace()
    observe(workspace, make_signal(), make_signal())
    entry = JournalEntry.objects.get()
    body = msgspec.msgpack.decode(zstandard.decompress(entry.body))
    body["signals"][1]["at"] = "soon"
    body["signals"][1]["key"] = "other"
    packed = zstandard.compress(msgspec.msgpack.encode(body))
    JournalEntry.objects.create(
        workspace_id=workspace.pk, source="test", received_at=timezone.now(), count=2, body=packed, digest="x"
    )

    loaded = load.drain()

    assert (loaded.duplicates, loaded.refused) == (1, 1)
    assert "cannot be read" in RefusedSignal.objects.get().reason


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_crash_around_the_warehouse_commit_neither_loses_nor_doubles(warehouse, monkeypatch, where):
    workspace = make_workspace()
    signals = [make_signal(traits={"plan": "pro"}), make_signal(external_id="ines", anonymous_id="a1")]
    journal.append(workspace.pk, "test", signals, received_at=timezone.now())
    honest = load._follow_changes

    def dies(writer):
        raise KeyboardInterrupt

    if where == "before":
        monkeypatch.setattr(load, "_follow_changes", dies)
        with pytest.raises(KeyboardInterrupt):
            load.drain()
        monkeypatch.setattr(load, "_follow_changes", honest)
    load.drain()
    load.drain()

    assert len(signals_in(warehouse)) == 2
    assert SignalName.objects.get().count == 2
    assert workspace.customers.count() == 1


def test_a_merge_moves_the_timeline_and_undoing_it_moves_it_back(warehouse):
    workspace, noor = make_workspace(), make_user()
    observe(workspace, make_signal(anonymous_id="a1", name="Visited"), make_signal(external_id="ines"))
    observe(workspace, make_signal(external_id="ines", anonymous_id="a1", name="Signed In"))
    ines = workspace.customers.get(merged_into=None)
    assert {row["customer"] for row in signals_in(warehouse)} == {ines.pk}
    assert set(customers_in(warehouse)) == {ines.pk}

    operations.undo_merge(Merge.objects.get(), by=noor, now=timezone.now())

    owners = {row["name"]: row["customer"] for row in signals_in(warehouse)}
    assert owners["Visited"] != owners["Order Placed"] == owners["Signed In"] == ines.pk
    assert set(customers_in(warehouse)) == set(owners.values())


def test_who_declines_is_observed_no_more_until_they_agree_again(warehouse):
    workspace = make_workspace()

    observe(
        workspace,
        make_signal(name="Before"),
        make_signal(kind="identify", name="Identify", traits={"consent": "denied"}),
        make_signal(name="During"),
    )
    observe(workspace, make_signal(name="Later"))
    observe(
        workspace,
        make_signal(name="Shortly before they agree"),
        make_signal(kind="identify", name="Identify", traits={"consent": "granted"}),
        make_signal(name="At once"),
    )
    observe(workspace, make_signal(name="After"))

    assert [row["name"] for row in signals_in(warehouse)] == ["Before", "At once", "After"]
    assert set(RefusedSignal.objects.values_list("excerpt", flat=True)) == {""}


def test_a_public_key_takes_consent_away_but_never_gives_it(warehouse):
    workspace = make_workspace()
    observe(
        workspace, make_signal(kind="identify", name="Identify", traits={"consent": "denied"}), source="key:1"
    )

    observe(
        workspace,
        make_signal(kind="identify", name="Identify", traits={"consent": "granted"}),
        source="key:1",
    )

    assert workspace.customers.get().has_declined
    assert "an API key of a contributor" in RefusedSignal.objects.get(was_kept=True).reason


def test_forgetting_a_source_takes_its_signals_and_the_customers_only_it_knew(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(external_id="ines"), source="import:1")
    observe(workspace, make_signal(external_id="tom"), source="import:1")
    observe(workspace, make_signal(external_id="ines"))

    operations.forget_source(workspace, source="import:1", by=None, now=timezone.now())

    (row,) = signals_in(warehouse)
    assert row["source"] == "test"
    assert set(customers_in(warehouse)) == {row["customer"]}
    assert workspace.customers.count() == 1
    assert JournalEntry.objects.count() == 1


def test_a_forgotten_source_may_be_sent_again(warehouse):
    workspace = make_workspace()
    signal = make_signal()
    observe(workspace, signal, source="import:1")
    operations.forget_source(workspace, source="import:1", by=None, now=timezone.now())

    assert observe(workspace, signal, source="import:1").loaded == 1


def test_the_warehouse_is_rebuilt_from_the_journal(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(anonymous_id="a1"), make_signal(external_id="ines"), make_signal(name=""))
    observe(workspace, make_signal(external_id="ines", anonymous_id="a1", traits={"plan": "pro"}))
    before = signals_in(warehouse), customers_in(warehouse)

    load.rebuild()

    assert (signals_in(warehouse), customers_in(warehouse)) == before
    assert SignalName.objects.get().count == 3


def test_a_lost_warehouse_is_filled_again_by_loading(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(anonymous_id="a1"), make_signal(external_id="ines"))
    observe(workspace, make_signal(external_id="ines", anonymous_id="a1"))
    observe(workspace, make_signal(kind="identify", external_id="omar", traits={"plan": "pro"}))
    before = signals_in(warehouse), customers_in(warehouse)
    empty = connect.open("duckdb://")

    with connect.using(empty):
        load.drain()

        assert (signals_in(empty), customers_in(empty)) == before
    empty.close()


def test_text_that_cannot_be_written_down_is_named(warehouse):
    with pytest.raises(journal.SignalUnreadable, match="Signal 1"):
        observe(make_workspace(), make_signal(), make_signal(text="\ud800"))


def test_every_received_signal_is_accounted_for(warehouse):
    member = make_member(role="viewer")
    workspace = member.workspace
    once = make_signal(external_id="ines")
    observe(workspace, once, make_signal(name=""), make_signal(kind="identify", traits={"plan": "pro"}))
    observe(workspace, once, make_signal())
    journal.append(workspace.pk, "test", [make_signal(), make_signal()], received_at=timezone.now())

    found = queries.account(member)

    assert found == queries.Account(received=7, stored=2, facts=1, duplicates=1, refused=1, waiting=2)
    assert found.missing == 0


def test_loading_the_same_entries_again_counts_no_duplicate_twice(warehouse):
    member = make_member(role="viewer")
    once = make_signal(external_id="ines")
    observe(member.workspace, once, make_signal())
    observe(member.workspace, once)
    before = queries.account(member)

    load.rebuild()

    assert queries.account(member) == before
    assert (before.stored, before.duplicates) == (2, 1)


def test_around_a_poisoned_signal_the_account_is_still_whole(warehouse, monkeypatch):
    member = make_member(role="viewer")
    once = make_signal(external_id="ines")
    observe(member.workspace, once)
    real = rows.fresh

    def breaks(writer, batch, *rest):
        if any(signal.name == "Poison" for signal in batch.signals):
            raise ValueError("a bug of ours")
        return real(writer, batch, *rest)

    monkeypatch.setattr(rows, "fresh", breaks)
    observe(member.workspace, once, make_signal(name="Poison"), make_signal(), make_signal(kind="identify"))

    assert queries.account(member) == queries.Account(
        received=5, stored=2, facts=1, duplicates=1, refused=1, waiting=0
    )


def told(at=MONDAY, **traits):
    return make_signal(kind="identify", external_id="ines", at=at, traits=traits)


def test_forgetting_an_import_restores_the_traits_and_times_of_customers_others_know(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(external_id="ines", at=MONDAY), told(plan="free", name="Ines"))
    before = workspace.customers.values().get(), customers_in(warehouse)
    late = make_signal(external_id="ines", at=MONDAY + timedelta(days=3))
    later = told(late.at, plan="pro", city="Kiel", name="I. Duarte")
    observe(workspace, late, later, source="import:1")
    during = workspace.customers.get().traits

    operations.forget_source(workspace, source="import:1", by=None, now=timezone.now())

    assert during == {"plan": "pro", "city": "Kiel", "name": "I. Duarte"}
    assert workspace.customers.values().get() == before[0] | {"sole_source": ""}
    assert customers_in(warehouse) == before[1]


def test_what_others_said_after_an_import_stays_when_it_is_forgotten(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(external_id="ines"), told(plan="free"))
    observe(workspace, told(plan="pro", city="Kiel"), source="import:1")
    observe(workspace, told(plan="team"))

    operations.forget_source(workspace, source="import:1", by=None, now=timezone.now())

    assert workspace.customers.get().traits == {"plan": "team"}


@pytest.mark.parametrize("order", [("import:1", "import:2"), ("import:2", "import:1")])
def test_imports_are_forgotten_in_any_order(warehouse, order):
    workspace = make_workspace()
    observe(workspace, make_signal(external_id="ines"), told(plan="free"))
    observe(workspace, told(plan="pro", size=1), told(plan="proud"), source="import:1")
    observe(workspace, told(plan="team", city=None), source="import:2")

    for source in order:
        operations.forget_source(workspace, source=source, by=None, now=timezone.now())

    assert workspace.customers.get().traits == {"plan": "free"}


def test_a_customer_merged_since_an_import_loses_what_it_said(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(external_id="ines"))
    observe(workspace, make_signal(anonymous_id="a1"))
    visitor = make_signal(kind="identify", anonymous_id="a1", traits={"page": "Pricing"})
    observe(workspace, visitor, source="import:1")
    observe(workspace, make_signal(external_id="ines", anonymous_id="a1"))

    operations.forget_source(workspace, source="import:1", by=None, now=timezone.now())

    assert [one.traits for one in workspace.customers.all()] == [{}, {}]


def test_a_customer_somebody_else_identified_outlives_the_import_that_made_them(warehouse):
    workspace = make_workspace()
    observe(workspace, make_signal(external_id="ines"), source="import:1")
    observe(workspace, told(plan="pro"))

    operations.forget_source(workspace, source="import:1", by=None, now=timezone.now())

    assert workspace.customers.get().traits == {"plan": "pro"}


def test_signals_are_sorted_again_once_enough_of_them_came(warehouse, monkeypatch):
    workspace = make_workspace()
    monkeypatch.setattr(load, "WORTH_SORTING", 3)
    late, early = MONDAY + timedelta(hours=1), MONDAY
    observe(workspace, make_signal(external_id="a", at=late), make_signal(external_id="b", at=late))
    observe(workspace, make_signal(external_id="a", at=early), make_signal(external_id="b", at=early))

    assert load.put_in_order() is True
    assert load.put_in_order() is False

    kept = warehouse.run(warehouse.table("signals").select("customer", "at")).to_pylist()
    assert kept == sorted(kept, key=lambda row: (row["customer"], row["at"]))


def test_loading_rests_when_told_and_goes_on_later(warehouse, monkeypatch):
    workspace = make_workspace()
    monkeypatch.setattr(load, "CHUNK", 1)
    for n in range(3):
        journal.append(workspace.pk, "test", [make_signal(key=str(n))], received_at=MONDAY)

    first = load.drain(rest=lambda took: took >= 0)
    rest = load.drain()

    assert (first.loaded, rest.loaded) == (1, 2)
