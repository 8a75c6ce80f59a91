import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from wayline.accounts.testing import bearer, make_key, make_workspace
from wayline.signals.imports import run as runs
from wayline.signals.imports.models import Import
from wayline.signals.imports.testing import MAPPING, ORDERS, make_import, run_import

pytestmark = [
    pytest.mark.django_db(transaction=True, databases="__all__"),
    pytest.mark.usefixtures("warehouse"),
]
IMPORTS = "/api/v1/signals/imports"


def orders() -> SimpleUploadedFile:
    return SimpleUploadedFile("orders.csv", ORDERS.encode())


def test_a_program_brings_a_file_and_asks_what_came_of_it(client):
    key = make_key(role="contributor")

    begun = client.post(IMPORTS, {"file": orders(), "mapping": MAPPING}, **bearer(key)).json()
    run = Import.objects.get(pk=begun["id"])
    runs.advance(run, now=timezone.now())
    done = client.get(f"{IMPORTS}/{run.pk}", **bearer(key)).json()

    assert begun["state"] == "waiting"
    assert (done["state"], done["accepted"], done["refused"]) == ("finished", 7, 0)


def test_without_a_mapping_the_file_waits_with_a_proposed_one(client):
    key = make_key(role="contributor")

    draft = client.post(IMPORTS, {"file": orders()}, **bearer(key)).json()

    assert draft["state"] == "draft"
    assert "external_id: customer" in draft["mapping"]


def test_a_mapping_that_does_not_fit_is_422_and_keeps_nothing(client):
    key = make_key(role="contributor")

    answer = client.post(IMPORTS, {"file": orders(), "mapping": "signals: []"}, **bearer(key))

    assert answer.status_code == 422
    assert "Nothing would come of any row" in answer.json()["detail"]
    assert not Import.objects.exists()


def test_undo_and_the_refused_rows(client):
    key = make_key(role="contributor")
    run = run_import(make_import(workspace=key.workspace, content=ORDERS + "4,,,2026-03-01,,,\n"))

    refused = client.get(f"{IMPORTS}/{run.pk}/refused", **bearer(key)).json()
    undone = client.post(f"{IMPORTS}/{run.pk}/undo", **bearer(key))
    again = client.post(f"{IMPORTS}/{run.pk}/undo", **bearer(key))

    assert [(one["line"], one["reason"]) for one in refused] == [
        (5, "customer is empty, so nobody knows whose it is.")
    ]
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert again.status_code == 409


def test_viewers_may_look_and_not_touch(client):
    key = make_key(role="viewer")
    run = run_import(make_import(workspace=key.workspace))

    assert [one["id"] for one in client.get(IMPORTS, **bearer(key)).json()] == [run.pk]
    assert client.post(IMPORTS, {"file": orders()}, **bearer(key)).status_code == 403
    assert client.post(f"{IMPORTS}/{run.pk}/undo", **bearer(key)).status_code == 403


def test_another_workspaces_import_does_not_exist(client):
    key = make_key(role="owner")
    omars = make_import(workspace=make_workspace())

    assert client.get(f"{IMPORTS}/{omars.pk}", **bearer(key)).status_code == 404
    assert client.post(f"{IMPORTS}/{omars.pk}/undo", **bearer(key)).status_code == 404
    assert client.get(IMPORTS).status_code == 401
