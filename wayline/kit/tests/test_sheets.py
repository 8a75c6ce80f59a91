from datetime import UTC, datetime

import pytest

from wayline.kit import sheets


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_a_formula(text):
    assert sheets.cell(text) == f"'{text}"


def test_numbers_times_and_nothing_stay_what_they_are():
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    (line,) = sheets.lines([[-1.5, at, None, "Ines"]])

    assert line == "-1.5,2026-03-02T09:00:00+00:00,,Ines\r\n"


def test_a_download_is_named_and_streamed():
    response = sheets.download([["name"], ["Ines"]], name="people.csv")

    assert response["Content-Disposition"] == 'attachment; filename="people.csv"'
    assert b"".join(response) == b"name\r\nInes\r\n"
