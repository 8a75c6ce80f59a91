import io
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from wayline.accounts.testing import bearer, make_key, make_member, make_workspace
from wayline.exports.models import Arrival, Export
from wayline.journeys.testing import make_journey
from wayline.kit.tasks.worker import Worker
from wayline.signals.rights import tombstones

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_files")]


@pytest.fixture
def own_files(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    tombstones.known.forget()


@pytest.fixture
def maya(client):
    member = make_member(role="owner")
    client.force_login(member.user)
    return member


def work():
    worker = Worker()
    while worker.run_next():
        pass


def page(name: str, workspace, *rest) -> str:
    return reverse(f"exports:{name}", args=[workspace.slug, *rest])


def test_an_owner_makes_downloads_and_removes_an_export(client, maya):
    make_journey(workspace=maya.workspace)

    client.post(page("make_export", maya.workspace))
    waiting = client.get(page("exports", maya.workspace)).content.decode()
    work()
    made = Export.objects.get()
    ready = client.get(page("exports", maya.workspace)).content.decode()
    taken = b"".join(client.get(page("download_export", maya.workspace, made.pk)).streaming_content)
    client.post(page("remove_export", maya.workspace, made.pk))

    assert "every 2s" in waiting
    assert "Download" in ready
    assert "every 2s" not in ready
    assert "manifest.json" in zipfile.ZipFile(io.BytesIO(taken)).namelist()
    assert not Export.objects.exists()
    assert not made.path.exists()


def test_an_owner_puts_an_export_in(client, maya):
    make_journey(workspace=maya.workspace, title="I order shoes")
    client.post(page("make_export", maya.workspace))
    work()
    content, fresh = Export.objects.get().path.read_bytes(), make_workspace()
    make_member(workspace=fresh, role="owner", user=maya.user)

    client.post(page("upload_arrival", fresh), {"file": SimpleUploadedFile("workspace.zip", content)})
    work()

    assert "Finished" in client.get(page("arrivals", fresh)).content.decode()
    assert fresh.journeys.get().title == "I order shoes"
    assert "holds 1 journeys" in client.get(page("arrivals", fresh)).content.decode()


def test_a_file_that_is_none_is_refused_where_it_was_chosen(client, maya):
    full = make_journey(workspace=maya.workspace)

    nothing = client.post(page("upload_arrival", maya.workspace))
    refused = client.post(page("upload_arrival", maya.workspace), {"file": SimpleUploadedFile("a.zip", b"x")})

    assert full.workspace == maya.workspace
    assert (nothing.status_code, refused.status_code) == (422, 409)


def test_a_damaged_file_says_so_on_the_page(client, maya):
    client.post(page("upload_arrival", maya.workspace), {"file": SimpleUploadedFile("a.zip", b"letter")})
    work()

    told = client.get(page("arrivals", maya.workspace)).content.decode()

    assert "no whole zip" in told
    assert Arrival.objects.get().folder == ""


def test_a_program_makes_and_downloads_an_export(client, maya):
    key = bearer(make_key(role="owner", workspace=maya.workspace))

    made = client.post("/api/v1/exports/make", **key).json()
    early = client.get(f"/api/v1/exports/{made['id']}/download", **key)
    work()

    assert early.status_code == 409
    assert client.get(f"/api/v1/exports/{made['id']}", **key).json()["state"] == "finished"
    assert client.get(f"/api/v1/exports/{made['id']}/download", **key).status_code == 200
    assert client.post(f"/api/v1/exports/{made['id']}/remove", **key).status_code == 204
    assert client.get("/api/v1/exports/", **key).json() == []


def test_a_program_puts_an_export_in(client, maya):
    key = bearer(make_key(role="owner", workspace=maya.workspace))
    upload = {"file": SimpleUploadedFile("a.zip", b"letter")}

    asked = client.post("/api/v1/exports/arrivals", upload, **key)
    work()

    told = client.get(f"/api/v1/exports/arrivals/{asked.json()['id']}", **key).json()
    assert asked.status_code == 202
    assert (told["state"], "no whole zip" in told["error"]) == ("failed", True)
    assert len(client.get("/api/v1/exports/arrivals", **key).json()) == 1
