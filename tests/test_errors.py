import logging

import pytest
from django.test import RequestFactory

from wayline import health
from wayline.kit import pages


@pytest.mark.django_db
def test_what_breaks_names_its_request_on_the_page_and_in_the_log(client, monkeypatch, caplog):
    def breaks():
        raise RuntimeError("a bug of ours")

    monkeypatch.setattr(health, "CHECKS", (breaks,))
    client.raise_request_exception = False

    with caplog.at_level(logging.ERROR, logger="django.request"):
        answer = client.get("/health", headers={"X-Request-ID": "walk-0123456789"})

    assert answer.status_code == 500
    assert "walk-0123456789" in answer.content.decode()
    assert answer["X-Request-ID"] == "walk-0123456789"
    assert "a bug of ours" in caplog.text


def test_a_program_reads_json_when_something_breaks():
    request = RequestFactory().get("/api/v1/journeys/")
    request.id = "walk-0123456789"

    answer = pages.broken(request)

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/json")
    assert b"walk-0123456789" in answer.content
