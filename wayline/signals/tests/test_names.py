from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_member, make_workspace
from wayline.kit.tasks.models import Job
from wayline.signals import load
from wayline.signals import operations as signals
from wayline.signals.models import NameDay, NameHour, PropertyDay, RefusedSignal, SignalName, Term
from wayline.signals.names import counting, expected, operations, queries, tasks, uses
from wayline.signals.names.rules import SPELLING
from wayline.signals.tasks import keep_up
from wayline.signals.testing import make_signal, observe
from wayline.warehouse import connect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse")]
NOW = timezone.now()


@pytest.fixture
def maya(client):
    member = make_member(role="contributor", name="Maya Brandt")
    client.force_login(member.user)
    return member


def lately(**fields):
    return make_signal(**({"at": NOW - timedelta(days=1)} | fields))


def names_stored() -> list[str]:
    signals = connect.current().table("signals")
    return sorted(connect.current().run(signals.select("name"))["name"].to_pylist())


def term_of(name: str) -> Term:
    return Term.objects.get(name=name)


def misspelled(workspace) -> Term:
    observe(workspace, lately(name="Order Completed"), lately(name="Order Complted"))
    counting.catch_up(now=NOW)
    return term_of("Order Complted")


def recounted() -> None:
    for job in Job.objects.filter(task=operations.RECOUNT):
        tasks.recount_names(job.payload)


def test_a_name_is_registered_with_its_first_signal(maya):
    observe(maya.workspace, lately(), lately())

    assert (term_of("Order Placed").kind, term_of("Order Placed").status) == ("behavior", "new")


def test_names_and_properties_are_counted_once_however_often_it_is_asked(maya):
    observe(
        maya.workspace,
        lately(channel="web", properties={"total": "49.5", "gift": "true", "at": "2026-11-01"}),
        lately(channel="web", properties={"total": "much", "items": '["a"]'}),
    )

    assert [counting.catch_up(now=NOW) for _ in range(2)] == [True, False]

    assert NameDay.objects.get().count == NameHour.objects.get().prompt + 2 == 2
    words = {row.property: row for row in PropertyDay.objects.all()}
    assert (words["total"].numbers, words["total"].texts) == (1, 1)
    assert (words["gift"].booleans, words["at"].times, words["items"].structures) == (1, 1, 1)


def test_signals_loaded_while_names_are_counted_wait_for_the_next_count(maya, monkeypatch):
    honest, counts = counting.catch_up, []

    def meanwhile(*, now):
        counts.append(honest(now=now))
        observe(maya.workspace, lately())
        return counts[-1]

    monkeypatch.setattr(counting, "catch_up", meanwhile)
    observe(maya.workspace, lately())

    keep_up({})

    assert counts == [True]
    assert Job.objects.filter(unique_key="signals.keep_up:rest").count() == 1


def test_counting_ends_with_what_nobody_looks_at_any_more(maya):
    observe(maya.workspace, lately(), lately(at=NOW - timedelta(days=200)))
    counting.catch_up(now=NOW)
    later = NOW + timedelta(days=100)

    counting.forget_old(now=later)

    assert NameDay.objects.count() == NameHour.objects.count() == 0
    assert SignalName.objects.get().count == 2


def test_a_sender_who_puts_ids_where_properties_belong_does_not_flood_the_vocabulary(maya):
    many = {f"id-{number}": "x" for number in range(300)}
    observe(maya.workspace, lately(properties=many))

    counting.catch_up(now=NOW)

    assert PropertyDay.objects.count() == counting.MANY_PROPERTIES


def test_the_page_says_how_properties_differ_from_what_was_expected(maya):
    observe(maya.workspace, lately(properties={"total": "12"}), lately(properties={"total": "twelve"}))
    counting.catch_up(now=NOW)
    term = term_of("Order Placed")
    said = expected.read("total: number, required\ncurrency: text, required")

    operations.describe_name(term, meaning="Paid", owner=maya.user, expected=said, by=maya.user, now=NOW)

    found = {each.name: each.complaint for each in queries.seen(maya, term).properties}
    assert found == {"total": "50% of its values are no number", "currency": "Never seen"}


@pytest.mark.parametrize("line", ["total: figure", "total: number, text", ": number"])
def test_an_unclear_expectation_says_how_to_write_it(line):
    with pytest.raises(expected.LineUnclear, match="total: number, required"):
        expected.read(line)


def test_somebody_from_elsewhere_cannot_own_a_name(maya):
    observe(maya.workspace, lately())
    omar = make_member(workspace=make_workspace(), name="Omar").user

    with pytest.raises(operations.OwnerElsewhere):
        operations.describe_name(
            term_of("Order Placed"), meaning="", owner=omar, expected=[], by=maya.user, now=NOW
        )


def test_signals_of_a_blocked_name_are_refused_until_it_is_unblocked(maya):
    observe(maya.workspace, lately())
    operations.block_name(term_of("Order Placed"), by=maya.user, now=NOW)
    observe(maya.workspace, lately())
    operations.unblock_name(term_of("Order Placed"), by=maya.user, now=NOW)
    observe(maya.workspace, lately())

    assert len(names_stored()) == 2
    assert "is blocked" in RefusedSignal.objects.get().reason


def test_a_misspelled_name_becomes_the_true_one_for_stored_and_later_signals(maya):
    typo = misspelled(maya.workspace)

    operations.merge_name(typo, into=term_of("Order Completed"), by=maya.user, now=NOW)
    observe(maya.workspace, lately(name="Order Complted"))
    recounted()

    assert names_stored() == ["Order Completed"] * 3
    assert SignalName.objects.get().count == 3
    assert NameDay.objects.get().count == 3


def test_a_merge_of_names_is_undone_for_every_signal_that_came_under_the_spelling(maya):
    typo = misspelled(maya.workspace)
    operations.merge_name(typo, into=term_of("Order Completed"), by=maya.user, now=NOW)
    observe(maya.workspace, lately(name="Order Complted", properties={"total": "1"}))

    operations.part_name(term_of("Order Complted"), by=maya.user, now=NOW)
    recounted()

    assert names_stored() == ["Order Completed", "Order Complted", "Order Complted"]
    signals = connect.current().table("signals")
    kept = connect.current().run(signals.select("properties"))["properties"].to_pylist()
    assert all(SPELLING not in dict(each) for each in kept)
    assert {row.name: row.count for row in SignalName.objects.all()} == {
        "Order Completed": 1,
        "Order Complted": 2,
    }


def test_a_warehouse_built_anew_knows_the_merged_names(maya):
    typo = misspelled(maya.workspace)
    operations.merge_name(typo, into=term_of("Order Completed"), by=maya.user, now=NOW)

    load.rebuild()

    assert names_stored() == ["Order Completed"] * 2


def test_names_of_different_kinds_cannot_be_one(maya):
    observe(maya.workspace, lately(), lately(kind="page", name="Order Place"))

    with pytest.raises(operations.NamesDiffer):
        operations.merge_name(term_of("Order Place"), into=term_of("Order Placed"), by=maya.user, now=NOW)


def test_a_merged_name_is_neither_merged_again_nor_approved(maya):
    typo = misspelled(maya.workspace)
    operations.merge_name(typo, into=term_of("Order Completed"), by=maya.user, now=NOW)

    with pytest.raises(operations.NameIsMerged):
        operations.approve_name(typo, by=maya.user, now=NOW)
    with pytest.raises(operations.NameHasSpellings):
        operations.block_name(term_of("Order Completed"), by=maya.user, now=NOW)


def test_undoing_an_import_takes_its_signals_out_of_the_counts(maya):
    observe(maya.workspace, lately(), source="import:1")
    observe(maya.workspace, lately(external_id="kim"))
    counting.catch_up(now=NOW)

    signals.forget_source(maya.workspace, source="import:1", by=maya.user, now=NOW)

    assert NameDay.objects.get().count == SignalName.objects.get().count == 1


def test_the_page_of_a_name_shows_what_was_seen_and_saves_what_it_means(client, maya):
    observe(maya.workspace, lately(channel="web", properties={"total": "12"}))
    counting.catch_up(now=NOW)
    term = term_of("Order Placed")
    page = reverse("signals:name", args=[maya.workspace.slug, term.pk])

    assert "total: number, required" in client.get(f"{page}?observed").content.decode()
    answer = client.post(
        reverse("signals:describe_name", args=[maya.workspace.slug, term.pk]),
        {"meaning": "An order was paid", "owner": maya.user.pk, "expected": "total: number"},
    )

    assert answer["Location"] == page
    assert "An order was paid" in client.get(page).content.decode()


def test_a_line_that_is_not_clear_is_sent_back(client, maya):
    observe(maya.workspace, lately())
    address = reverse("signals:describe_name", args=[maya.workspace.slug, term_of("Order Placed").pk])

    answer = client.post(address, {"expected": "total: figure"})

    assert answer.status_code == 422
    assert "total: figure" in answer.content.decode()


def test_a_spelling_is_merged_and_parted_by_its_buttons(client, maya):
    typo = misspelled(maya.workspace)
    where = [maya.workspace.slug, typo.pk]

    assert client.post(reverse("signals:merge_name", args=where), {"into": "Nothing"}).status_code == 422
    client.post(reverse("signals:merge_name", args=where), {"into": "Order Completed"})
    assert names_stored() == ["Order Completed"] * 2
    client.post(reverse("signals:part_name", args=where))

    assert names_stored() == ["Order Completed", "Order Complted"]


def test_a_segment_that_counts_a_name_stands_on_its_page(maya):
    from wayline.signals.conditions import Did, SignalIs
    from wayline.signals.testing import make_segment

    condition = Did(signal=SignalIs(kinds=("behavior",), names=("Order Placed",)))
    segment = make_segment(workspace=maya.workspace, condition=condition.model_dump(mode="json"))

    found = uses.of(maya, "behavior", "Order Placed")["Segments"]

    assert [(use.label, use.is_by_kind) for use in found] == [(segment.name, False)]
    assert uses.of(maya, "behavior", "Order Returned")["Segments"] == []
