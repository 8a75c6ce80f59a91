from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from PIL import Image

from wayline.accounts.testing import bearer, make_key, make_workspace
from wayline.audit.models import Activity
from wayline.journeys import operations
from wayline.journeys.models import Persona
from wayline.journeys.operations.refusals import PersonaNameTaken, PictureRefused, TooMany
from wayline.journeys.queries import personas
from wayline.journeys.testing import MONDAY, make_journey, make_persona, make_picture, travel
from wayline.journeys.tests.pages import SHORT, WHOLE, text
from wayline.signals.conditions import Did, SignalIs
from wayline.signals.testing import make_segment

pytestmark = pytest.mark.django_db


def did(name):
    return Did(signal=SignalIs(names=(name,))).model_dump(mode="json")


@pytest.fixture
def shoppers(noor, warehouse):
    """Sixty who were helped and forty of whom half stop; everybody places an order."""
    journey = make_journey(workspace=noor.workspace, window_days=1)
    travel(noor.workspace, (f"Called Us > {WHOLE}", 40), (f"Called Us > {SHORT}", 20))
    travel(noor.workspace, (WHOLE, 40), ("Nothing Else", 20))
    travel(noor.workspace, (SHORT, 1), at=MONDAY + timedelta(days=9))
    segment = make_segment(workspace=noor.workspace, name="Callers", condition=did("Called Us"))
    persona = make_persona(workspace=noor.workspace, name="Caller", segment=segment)
    persona.journeys.add(journey)
    return persona


def test_a_bound_persona_shows_its_size_losses_and_the_uncovered(shoppers, noor):
    now = timezone.now()

    found = personas.lived(shoppers, now=now)
    gallery = personas.gallery(noor, now=now)

    assert (found.customers, found.size.n) == (60, 121)
    assert (found.completed.value, found.completed.n) == (40 / 60, 60)
    assert found.lost.value == pytest.approx(1 / 3)
    assert found.lost.low == pytest.approx(1 - found.completed.high)
    assert gallery.uncovered.value == pytest.approx(61 / 121)


def test_the_heat_map_holds_a_persona_against_everybody_else(client, shoppers, noor):
    journey = shoppers.journeys.get()

    answer = client.get(reverse("journeys:heat_map", args=[noor.workspace.slug, journey.pk]) + "?period=all")

    first = answer.context["rows"][0].cells[0]
    assert (first.value.value, first.value.n) == (40 / 60, 60)
    assert first.difference.difference == pytest.approx(40 / 60 - 1)
    assert first.tone == "bad"


def test_the_map_takes_a_persona_as_its_segment(client, shoppers, noor):
    journey = shoppers.journeys.get()

    address = reverse("journeys:map", args=[noor.workspace.slug, journey.pk])
    answer = client.get(f"{address}?period=all&segment=caller")

    assert answer.context["picture"].answer.entered == 60


def test_a_persona_without_a_segment_says_so(client, noor, warehouse):
    persona = make_persona(workspace=noor.workspace)

    assert personas.lived(persona, now=timezone.now()).is_alive is False
    assert "Bound to no segment" in text(client.get(persona.get_absolute_url()))


def test_a_persona_is_written_changed_deleted_and_restored(client, noor, warehouse):
    journey = make_journey(workspace=noor.workspace)
    slug = noor.workspace.slug
    said = {"name": "Careful", "needs": "Certainty\n\nA person to call", "journeys": [journey.pk]}

    client.post(reverse("journeys:new_persona", args=[slug]), said)

    persona = Persona.objects.get()
    assert (persona.needs, list(persona.journeys.all())) == (["Certainty", "A person to call"], [journey])
    client.post(reverse("journeys:describe_persona", args=[slug, persona.pk]), {"name": "Cautious"})
    persona.refresh_from_db()
    assert (persona.name, persona.needs) == ("Cautious", [])
    answer = client.post(reverse("journeys:delete_persona", args=[slug, persona.pk]), follow=True)
    assert "Undo" in text(answer)
    client.post(reverse("journeys:restore_persona", args=[slug, persona.pk]))
    assert Persona.objects.visible_to(noor).get() == persona
    assert Activity.objects.filter(name__startswith="persona.").count() == 6


def test_a_name_is_taken_once(noor):
    make_persona(workspace=noor.workspace, name="Caller")

    with pytest.raises(PersonaNameTaken):
        operations.create_persona(noor.workspace, name="Caller", by=noor.user, now=timezone.now())


def test_lists_stay_readable(noor):
    with pytest.raises(TooMany):
        operations.create_persona(
            noor.workspace, name="X", needs=["need"] * 41, by=noor.user, now=timezone.now()
        )


def test_a_name_missing_is_said_on_the_form(client, noor, warehouse):
    answer = client.post(reverse("journeys:new_persona", args=[noor.workspace.slug]), {"name": " "})

    assert answer.status_code == 422
    assert "Give the persona a name" in text(answer)


def test_programs_write_and_read_personas(client, warehouse):
    key = make_key(role="contributor")
    segment = make_segment(workspace=key.workspace)
    headers = {"content_type": "application/json", **bearer(key)}

    made = client.post("/api/v1/journeys/personas/", {"name": "Pro", "segment": segment.pk}, **headers).json()

    assert (made["name"], made["segment"]) == ("Pro", segment.pk)
    numbers = client.get(f"/api/v1/journeys/personas/{made['id']}/numbers", **bearer(key)).json()
    assert numbers["customers"] == 0
    assert client.get("/api/v1/journeys/personas/coverage", **bearer(key)).json()["customers"] == 0


def a_photo() -> SimpleUploadedFile:
    """A wide picture that says where it was taken."""
    image, written = Image.new("RGB", (40, 20), "green"), BytesIO()
    metadata = Image.Exif()
    metadata[0x010E] = "Maya's garden"
    image.save(written, "JPEG", exif=metadata)
    return SimpleUploadedFile("priya.jpg", written.getvalue())


def test_a_persona_has_a_picture_without_its_metadata_and_with_words(client, noor, warehouse):
    persona = make_persona(workspace=noor.workspace)
    address = reverse("journeys:describe_persona", args=[noor.workspace.slug, persona.pk])

    client.post(address, {"name": "Priya", "upload": a_photo(), "picture_alt": "A woman on a train"})

    persona.refresh_from_db()
    with Image.open(persona.picture.file) as kept:
        assert (kept.format, kept.size, dict(kept.getexif())) == ("WEBP", (40, 20), {})
    shown = client.get(persona.get_absolute_url()).content.decode()
    assert f'src="/{noor.workspace.slug}/journeys/pictures/{persona.picture.pk}/"' in shown
    assert 'alt="A woman on a train"' in shown


def test_without_a_picture_the_initials_stand_there(client, noor, warehouse):
    persona = make_persona(workspace=noor.workspace, picture=make_picture(noor.workspace), name="Priya Rao")
    address = reverse("journeys:describe_persona", args=[noor.workspace.slug, persona.pk])

    client.post(address, {"name": "Priya Rao", "no_picture": "on"})

    assert ">PR</span>" in client.get(persona.get_absolute_url()).content.decode()


def test_what_is_no_picture_is_refused_and_the_words_stay(client, noor, warehouse):
    address = reverse("journeys:new_persona", args=[noor.workspace.slug])

    answer = client.post(address, {"name": "Priya", "upload": SimpleUploadedFile("x.jpg", b"#!/bin/sh")})

    assert answer.status_code == 422
    assert "not a picture we can read" in answer.content.decode()
    assert 'value="Priya"' in answer.content.decode()


def test_a_picture_of_another_workspace_stays_there(noor):
    persona, elsewhere = make_persona(workspace=noor.workspace), make_picture(make_workspace())

    with pytest.raises(PictureRefused):
        operations.describe_persona(persona, picture=elsewhere, by=noor.user, now=timezone.now())
