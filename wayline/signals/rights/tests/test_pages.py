import pytest
from django.urls import reverse
from django.utils import timezone

from wayline.accounts.operations import change_rights
from wayline.accounts.testing import bearer, make_key, make_member
from wayline.customers.models import Customer
from wayline.kit.tasks.worker import Worker
from wayline.signals.rights.models import Erasure
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_list")]


@pytest.fixture
def maya(client):
    member = make_member(role="owner", name="Maya Brandt")
    client.force_login(member.user)
    return member


def known(workspace):
    observe(workspace, make_signal(email="ines.duarte@example.com"))
    return workspace.customers.get()


def work():
    worker = Worker()
    while worker.run_next():
        pass


def test_a_person_is_erased_in_two_steps(client, maya):
    ines = known(maya.workspace)
    page = client.get(reverse("signals:person", args=[maya.workspace.slug, ines.pk])).content.decode()
    address = reverse("signals:erase_person", args=[maya.workspace.slug, ines.pk])

    unsure = client.post(address, {"reason": "a letter", "confirmation": "yes"})
    sure = client.post(address, {"reason": "a letter", "confirmation": f"erase {ines.pk}"})
    work()

    assert f"erase {ines.pk}" in page
    assert unsure.status_code == 422
    assert not Customer.objects.exists()
    certificate = client.get(sure["Location"]).content.decode()
    assert "Finished" in certificate
    assert "ines.duarte" not in certificate
    asked = client.get(
        reverse("signals:rights", args=[maya.workspace.slug]),
        {"kind": "email", "value": "Ines.Duarte@example.com"},
    )
    assert "the certificate of" in asked.content.decode()


def test_an_export_is_made_and_downloaded(client, maya):
    ines = known(maya.workspace)

    client.post(reverse("signals:export_person", args=[maya.workspace.slug, ines.pk]))
    work()

    page = client.get(reverse("signals:person", args=[maya.workspace.slug, ines.pk])).content.decode()
    link = page.split('href="')[
        [i for i, part in enumerate(page.split('href="')) if "/rights/exports/" in part][0]
    ]
    assert client.get(link.split('"')[0])["Content-Disposition"].startswith("attachment")


def test_rules_are_set_and_refused(client, maya):
    retention = reverse("signals:change_retention", args=[maya.workspace.slug])

    assert client.post(retention, {"kind": "page", "days": 0}).status_code == 422
    client.post(retention, {"kind": "page", "days": 30})
    client.post(reverse("signals:change_masking", args=[maya.workspace.slug]), {"findings": ["email"]})

    page = client.get(reverse("signals:retention_and_masking", args=[maya.workspace.slug])).content.decode()
    assert ">30</span> days" in page
    assert 'value="email" id="id_findings_0" checked' in page or "checked" in page


def test_a_manager_needs_the_right(client):
    member = make_member(role="manager")
    client.force_login(member.user)
    address = reverse("signals:rights", args=[member.workspace.slug])

    assert client.get(address).status_code == 403
    change_rights(member, rights=["privacy"], by=None, now=timezone.now())
    assert client.get(address).status_code == 200


def test_a_program_erases_with_an_owners_key(client):
    key = make_key(role="owner")
    ines = known(key.workspace)
    base = f"/api/v1/signals/rights/people/{ines.pk}"

    planned = client.get(f"{base}/preview", **bearer(key)).json()
    body = {"confirmation": f"erase {ines.pk}", "reason": "a letter"}
    answer = client.post(f"{base}/erase", body, "application/json", **bearer(key))

    assert (planned["warehouse"], planned["journal"], planned["imported_files"]) == (1, None, None)
    assert (answer.status_code, answer.json()["state"]) == (202, "waiting")
    assert Erasure.objects.get().planned == planned
