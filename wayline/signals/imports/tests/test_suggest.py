from datetime import UTC, datetime

import pytest

from wayline.signals.imports import mapping as mappings
from wayline.signals.imports import plan as plans
from wayline.signals.imports.suggest import suggest
from wayline.signals.imports.testing import ORDERS


@pytest.fixture
def propose(tmp_path):
    def proposal(content: str, name: str = "file.csv", **beside: str) -> str:
        path = tmp_path / name
        path.write_text(content)
        paths = {}
        for other, text in beside.items():
            paths[f"{other}.csv"] = tmp_path / f"{other}.csv"
            paths[f"{other}.csv"].write_text(text)
        text = suggest(path, beside=paths)
        if "WHICH COLUMN" not in text and "WRITE true" not in text:
            plan = plans.make(
                path, mappings.read(text), name=name, digest="d", beside=paths,
                received_at=datetime(2026, 6, 1, tzinfo=UTC), timezone="UTC",
            )  # fmt: skip
            assert plans.preview(plan).signals > 0
        return text

    return proposal


def test_orders_with_scores_and_words(propose):
    text = propose(ORDERS)

    assert "external_id: customer  # named like a person's number" in text
    assert "email: mail  # its values are e-mail addresses" in text
    assert "subject: order_id" in text
    assert "scale: csat5" in text
    assert "text: words" in text or "properties" in text


def test_event_logs_are_recognised(propose):
    text = propose(
        "case:concept:name,concept:name,time:timestamp\n1,ask,2026-01-01T10:00:00\n1,decide,2026-01-02T10:00:00\n"
    )

    assert "# An event log: a case, an activity and a time in each row." in text
    assert 'name: "{concept:name}"' in text
    assert "anonymous_id: case:concept:name" in text


def test_a_history_of_tickets_is_recognised(propose):
    rows = "".join(
        f"{t},{state},caller {t % 9},2026-01-{t % 27 + 1:02d} 1{n}:00\n"
        for t in range(60)
        for n, state in enumerate(("new", "active", "done"))
    )

    text = propose("number,state,caller_id,updated_at\n" + rows)

    assert "group_by: number" in text
    assert "when: {changed: state}" in text


def test_an_open_order_of_day_and_month_is_asked(propose):
    text = propose("who_id,customer_id,at\n1,ines,03/04/2018\n2,otto,05/06/2018\n")

    assert "at: {day_first: WRITE true OR false}" in text
    with pytest.raises(mappings.MappingNotUnderstood, match="dates, at, day_first: write true or false"):
        mappings.read(text)


def test_a_settled_order_says_by_which_value(propose):
    text = propose("customer_id,at\nines,03/04/2018\notto,25/06/2018\n")

    assert "at: {day_first: true}  # 25/06/2018 can be read in one way only" in text


def test_codes_outside_the_scale_are_proposed_as_no_answer(propose):
    rows = "".join(f"{n},2026-01-01,{n % 12}\n" for n in range(24))

    text = propose("respondent,answered_on,nps\n" + rows)

    assert 'nps: {"11": null}  # outside NPS, 0 to 10: taken as no answer' in text


def test_files_beside_are_joined_by_the_column_they_share(propose):
    text = propose(
        "order_id,customer_id,placed\n1,ines,2026-01-01\n2,otto,2026-01-02\n",
        reviews="order_id,stars\n1,5\n1,4\n2,3\n",
    )

    assert "key: order_id  # both files have it" in text
    assert "many: each" in text


def test_without_a_date_it_asks_for_one(propose):
    text = propose("customer_id,city\nines,Bonn\notto,Ulm\n")

    assert "at: WHICH COLUMN?" in text


def test_files_beside_bring_answers_and_who_the_person_is(propose):
    text = propose(
        "order_id,customer_id,placed_at,delivered_at,estimated_delivery\n"
        "a1,c1,2026-01-01,2026-01-09,2026-01-07\nb2,c2,2026-01-02,2026-01-05,2026-01-07\n",
        name="shop_orders.csv",
        shop_customers="customer_id,customer_unique_id,customer_city\nc1,ines,Bern\nc2,ines,Bern\n",
        shop_reviews="review_id,order_id,review_score,comment,answered_at\n"
        "r1,a1,2,Came far too late for me,2026-01-10\nr2,a1,1,Still not good at all,2026-01-12\n"
        "r3,b2,5,A day earlier than promised,2026-01-06\n",
    )

    assert "external_id: customers.customer_unique_id" in text
    assert "late: {after: [delivered_at, estimated_delivery]}" in text
    assert "at: reviews.answered_at" in text
    assert "score: reviews.review_score" in text
    assert "id: [order_id, reviews.review_id]" in text
    assert "customer_city: customers.customer_city" in text


def test_a_day_past_the_first_rows_settles_the_order(propose):
    rows = "03.01.2026" + "\nines,04.01.2026" * 3_100 + "\nines,13.01.2026"

    text = propose(f"customer_id,at\nines,{rows}\n")

    assert "at: {day_first: true}  # 13.01.2026 can be read in one way only" in text


def test_a_german_table_is_understood(propose):
    rows = "".join(
        f"K-{n};{('Bestellt', 'Geliefert')[n % 2]};2026-01-{n % 27 + 1:02d};{n},50;A-{n // 2};Zu spät\n"
        for n in range(60)
    )

    text = propose("Kunden-Nr;Vorgang;Datum;Betrag;Auftrag;Bemerkung\n" + rows)

    assert 'decimal: ","  # Betrag holds 0,50' in text
    assert "external_id: Kunden-Nr" in text.replace('"', "")
    assert "subject: Auftrag" in text
    assert 'name: "{Vorgang}"' in text
    assert "value: Betrag" in text
    assert "text: Bemerkung" in text
