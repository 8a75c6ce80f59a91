"""The command line answers what the pages show, read as the pages' controls read it."""

import json

import pytest
from django.urls import reverse

from wayline import cli
from wayline.accounts.testing import make_member
from wayline.journeys.testing import make_journey, travel
from wayline.journeys.tests.pages import LATER, SHORT, WHOLE
from wayline.signals.conditions import Did, SignalIs
from wayline.signals.testing import make_segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def journey(client, warehouse, settings, tmp_path):
    """Forty arrived, ten were lost, one has begun; those who arrived are a segment."""
    settings.DATA_DIR = tmp_path
    member = make_member()
    client.force_login(member.user)
    journey = make_journey(workspace=member.workspace)
    travel(member.workspace, (WHOLE, 40), (SHORT, 10))
    travel(member.workspace, (SHORT, 1), at=LATER)
    done = Did(signal=SignalIs(names=("Order Delivered",))).model_dump(mode="json")
    make_segment(workspace=member.workspace, name="Arrived", condition=done)
    return journey


@pytest.fixture
def printed(capsys):
    """What a command prints as JSON."""

    def run(*words: str) -> dict:
        assert cli.main([*words, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return run


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ([], "period=90"),
        (["--period", "all", "--segment", "arrived"], "period=all&segment=Arrived"),
        (["--period", "all", "--window", "none", "--start", "first"], "period=all&window=none&start=first"),
        (["--period", "all", "--window", "3d"], "period=all&window=3"),
    ],
)
def test_a_flow_is_what_the_map_shows(client, journey, printed, words, query):
    address = reverse("journeys:map", args=[journey.workspace.slug, journey.pk])

    said = printed("flow", str(journey.pk), *words)

    shown = client.get(f"{address}?{query}").context["picture"].answer
    assert [said[name] for name in ("entered", "completed", "in_progress", "dropped", "definition")] == [
        shown.entered,
        shown.completed,
        shown.in_progress,
        shown.dropped,
        shown.definition,
    ]
    assert [step["entered"] for step in said["steps"]] == [step.entered for step in shown.steps]


def test_a_metric_is_answered_for_a_segment_in_one_line(journey, printed):
    everybody = printed("answer", "customers", "--period", "all")
    some = printed("answer", "customers", "--period", "all", "--segment", "did Order Delivered")

    assert (everybody["total"]["estimate"]["value"], some["total"]["estimate"]["value"]) == (51, 40)


def test_what_is_no_segment_and_no_window_is_said(journey, capsys):
    code = cli.main(["flow", str(journey.pk), "--segment", "gibberish"])

    assert (code, "“gibberish” is not understood" in capsys.readouterr().err) == (1, True)
    with pytest.raises(SystemExit):
        cli.main(["flow", str(journey.pk), "--window", "soon"])
    assert "write days, as in 30d, or none" in capsys.readouterr().err
