import json
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_member, make_workspace
from wayline.audit.models import Activity
from wayline.signals.rights import access, tasks
from wayline.signals.rights.models import AccessExport
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_list")]


@pytest.fixture
def ines():
    workspace = make_workspace()
    observe(
        workspace,
        make_signal(
            kind="identify", name="Identify", traits={"name": "Ines Duarte", "consent.marketing": "yes"}
        ),
        make_signal(properties={"size": "XL"}, text="<script>alert(1)</script>"),
        make_signal(external_id="tom", text="somebody else's words"),
    )
    return workspace.customers.get(name="Ines Duarte")


def made(customer, now):
    return access.write(access.ask_access_export(customer, by=None, now=now), now=now)


def test_everything_about_the_person_and_nothing_of_others(ines):
    now = timezone.now()
    export = made(ines, now)

    with zipfile.ZipFile(access.download(export, by=None, now=now)) as packed:
        told, page = json.loads(packed.read("person.json")), packed.read("person.html").decode()

    assert [each["name"] for each in told["profiles"]] == ["Ines Duarte"]
    assert [each["properties"] for each in told["signals"]] == [{"size": "XL"}]
    assert [(each["purpose"], each["is_granted"]) for each in told["consent"]] == [("marketing", True)]
    assert "somebody else" not in json.dumps(told) + page
    assert "&lt;script&gt;" in page


def test_the_download_is_written_down_and_ends(ines):
    now = timezone.now()
    export = made(ines, now)

    access.download(export, by=make_member(workspace=ines.workspace).user, now=now)
    assert Activity.objects.filter(name="access_export.downloaded").count() == 1
    with pytest.raises(access.ExportGone):
        access.download(export, by=None, now=now + timedelta(days=8))

    folder = export.path
    assert access.remove_expired(now=now + timedelta(days=8)) == 1
    assert not folder.exists()


def test_asked_twice_it_is_made_once(ines):
    now = timezone.now()
    first = access.ask_access_export(ines, by=None, now=now)

    assert access.ask_access_export(ines, by=None, now=now) == first
    assert AccessExport.objects.count() == 1


def test_files_that_cannot_be_written_are_said_to_have_failed_and_tried_again(ines, settings, tmp_path):
    in_the_way = tmp_path / "in-the-way"
    in_the_way.write_text("a file where a folder belongs")
    settings.MEDIA_ROOT = in_the_way
    export = access.ask_access_export(ines, by=None, now=timezone.now())

    with pytest.raises(NotADirectoryError):
        tasks.export_person({"export": export.pk})

    export.refresh_from_db()
    assert (export.state, export.error) == ("failed", access.NOT_WRITTEN)

    settings.MEDIA_ROOT = tmp_path / "media"
    tasks.export_person({"export": export.pk})

    export.refresh_from_db()
    assert (export.state, export.error) == ("finished", "")
