import json
from base64 import b64encode
from io import BytesIO

import pytest
import yaml
from PIL import Image

from wayline import cli
from wayline.journeys.models import Card, Journey
from wayline.journeys.testing import make_journey

pytestmark = pytest.mark.django_db


@pytest.fixture
def pulled(warehouse, tmp_path, settings):
    """A directory with the one map of a workspace."""
    settings.DATA_DIR = tmp_path / "data"
    make_journey()
    assert cli.main(["journeys", "pull", str(tmp_path / "maps")]) == 0
    return tmp_path / "maps"


def test_pull_writes_the_same_file_every_time(pulled):
    file = pulled / "i-order-something.yaml"
    before = file.read_text()

    cli.main(["journeys", "pull", str(pulled)])

    assert before.startswith("format: wayline-journey\nversion: 1\ntitle: I order something\n")
    assert file.read_text() == before


def test_push_changes_the_map_and_draws_a_new_one(pulled, capsys):
    file = pulled / "i-order-something.yaml"
    file.write_text(file.read_text().replace("I order something", "I buy something"))
    (pulled / "new.yaml").write_text(
        "format: wayline-journey\nversion: 1\ntitle: I return it\nphases:\n  - name: Ask\n"
    )

    assert cli.main(["journeys", "push", str(pulled)]) == 0

    assert {journey.title for journey in Journey.objects.all()} == {"I buy something", "I return it"}
    assert set(json.loads((pulled / "wayline.lock").read_text())) == {"i-order-something.yaml", "new.yaml"}
    capsys.readouterr()
    assert cli.main(["journeys", "push", str(pulled)]) == 0
    assert capsys.readouterr().out == ""


def test_a_map_changed_on_both_sides_is_refused_with_what_to_do(pulled, capsys):
    file = pulled / "i-order-something.yaml"
    file.write_text(file.read_text().replace("I order", "I buy"))
    Journey.objects.update(goal="Changed there")

    assert cli.main(["journeys", "push", str(pulled)]) == 1
    assert "Pull again" in capsys.readouterr().out
    assert cli.main(["journeys", "pull", str(pulled)]) == 1
    assert "changed here and on the server" in capsys.readouterr().out
    assert "I buy" in file.read_text()
    assert cli.main(["journeys", "pull", str(pulled), "--force"]) == 0
    assert "Changed there" in file.read_text()


def test_a_broken_file_is_named_and_the_others_are_pushed(pulled, capsys):
    (pulled / "broken.yaml").write_text("title: [")

    assert cli.main(["journeys", "push", str(pulled)]) == 1

    assert "broken.yaml: refused. The file is neither YAML nor JSON in line 1" in capsys.readouterr().out


def test_a_file_whose_journey_was_deleted_is_told_and_drawn_anew_when_it_is_new(pulled, capsys):
    Journey.objects.all().delete()

    assert cli.main(["journeys", "push", str(pulled)]) == 1
    assert "its journey was deleted" in capsys.readouterr().out
    (pulled / "wayline.lock").unlink()
    assert cli.main(["journeys", "push", str(pulled)]) == 0
    assert Journey.objects.get().title == "I order something"


def test_pictures_are_pulled_pushed_one_by_one_and_named_as_the_server_does(pulled, capsys):
    file, photo = pulled / "i-order-something.yaml", BytesIO()
    Image.new("RGB", (20, 10), "red").save(photo, "PNG")
    written = yaml.safe_load(file.read_text())
    written["phases"][0]["steps"][0]["cards"] = [
        {"lane": "pictures", "kind": "picture", "title": "The form", "picture": "form"}
    ]
    written["pictures"] = {"form": b64encode(photo.getvalue()).decode()}
    file.write_text(yaml.safe_dump(written, sort_keys=False))

    assert cli.main(["journeys", "push", str(pulled)]) == 0

    picture = Card.objects.get(title="The form").picture
    assert (picture.width, picture.height) == (20, 10)
    pushed = file.read_text()
    assert f"picture: {picture.name}" in pushed
    assert f'  "{picture.name}": "UklGR' in pushed
    cli.main(["journeys", "pull", str(pulled)])
    assert file.read_text() == pushed
