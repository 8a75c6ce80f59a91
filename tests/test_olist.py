"""Somebody brings the Olist files, takes the proposal as it is, and sees what late deliveries cost."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.testing import make_member
from wayline.journeys import operations as journeys
from wayline.journeys import queries
from wayline.metrics import flows, observed, periods
from wayline.signals import segment_lines
from wayline.signals.imports.queries import suggestion
from wayline.signals.imports.testing import make_import, run_import

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "olist_sample"
FILES = [f"olist_{name}_dataset.csv" for name in ("orders", "customers", "order_payments", "order_reviews")]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.shared_data,
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not in ../shared/data"),
]


def brought(member):
    main, *beside = [(name, (DATA / name).read_bytes()) for name in FILES]
    draft = make_import(content=main[1], name=main[0], beside=beside, workspace=member.workspace)
    return run_import(draft, suggestion(draft))


def test_late_deliveries_score_two_and_a_half_on_the_page_and_on_the_map(client, warehouse):
    noor = make_member(role="contributor")
    workspace = noor.workspace
    queries.segment_choices(workspace)  # somebody looked before there was anything to choose
    assert brought(noor).refused == 0
    client.force_login(noor.user)

    page = client.get(
        reverse("metrics:metric", args=[workspace.slug, "stars_mean"]),
        {"period": "all", "by": "property:late"},
    )

    split = {row.key[0]: row.estimate for row in page.context["split"].rows}
    assert (round(split["yes"].value, 2), split["yes"].n) == (2.5, 419)
    assert (round(split["no"].value, 2), split["no"].n) == (4.28, 4_819)

    journey = journeys.create_journey(
        workspace,
        template="order-to-delivery",
        observed=observed.names(workspace.pk),
        by=noor.user,
        now=timezone.now(),
    )
    everything = periods.extent_of(workspace, now=timezone.now()).period(periods.ALL)
    for value, mean in (("yes", 2.5), ("no", 4.3)):
        line = segment_lines.done("Order delivered customer", "late", value)
        assert line in queries.segment_choices(workspace)
        question = queries.flow_question(
            journey, period=everything, window=timedelta(days=90), segment=segment_lines.parse(line)
        )
        steps = {step.key: step for step in flows.flow(question).steps}
        assert round(steps["order-delivered"].scores["stars5"].value, 1) == mean
