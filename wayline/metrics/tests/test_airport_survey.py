"""A real survey with weights: San Francisco Airport's of 2017, and its overall scores since 2010."""

import csv
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wayline.metrics import answers
from wayline.metrics.questions import Period, Question
from wayline.warehouse.testing import fill

SURVEY = Path(__file__).resolve().parents[4] / "shared" / "data" / "sfo_airport_survey"
OVERALL = {2010: "Q6N", 2011: "Q8N", 2012: "Q8N_WHOLE", 2013: "Q7O_WHOLE"} | dict.fromkeys(
    range(2014, 2018), "Q7ALL"
)
SATISFIED = {2010: 75.4, 2011: 75.4, 2012: 78.8, 2013: 79.3, 2014: 78.9, 2015: 80.0, 2016: 81.0, 2017: 82.1}

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.slow,
    pytest.mark.skipif(not SURVEY.is_dir(), reason="the real data sets are not in ../shared/data"),
    pytest.mark.usefixtures("warehouse"),
]


def passengers(year):
    [path] = SURVEY.glob(f"{year}_*.csv")
    with path.open(encoding="utf-8-sig") as file:
        yield from csv.DictReader(file)


def answered(year, column, scale, valid, *, weighted=False):
    fill(
        [
            {
                "customer": place,
                "at": datetime(year, 5, 15, tzinfo=UTC),
                "kind": "answer",
                "name": "Airport Survey",
                "scale": scale,
                "score": float(row[column]),
                "weight": float(row["WEIGHT"]) if weighted else None,
            }
            for place, row in enumerate(passengers(year))
            if row[column].strip().isdigit() and float(row[column]) in valid
        ]
    )


def ask(metric, year):
    start = datetime(year, 5, 1, tzinfo=UTC)
    return answers.answer(Question(1, metric, Period(start, start + timedelta(days=31)))).total.estimate


def test_nps_of_2017_without_weights():
    answered(2017, "NETPRO", "nps", range(11))

    score = ask("nps", 2017)

    assert (round(score.value, 2), score.n) == (39.84, 2746)
    assert score.effective_n is None


def test_nps_of_2017_with_weights():
    answered(2017, "NETPRO", "nps", range(11), weighted=True)

    score = ask("nps", 2017)

    assert (round(score.value, 2), score.n) == (40.40, 2746)
    assert 1000 < score.effective_n < 2746


@pytest.mark.parametrize("year", SATISFIED)
def test_satisfied_passengers_of_each_year(year):
    answered(year, OVERALL[year], "csat5", range(1, 6))

    assert round(100 * ask("csat_top_box", year).value, 1) == SATISFIED[year]
