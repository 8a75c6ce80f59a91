import threading

import pytest

from wayline.accounts.testing import make_member
from wayline.home import warming
from wayline.metrics import answers
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.usefixtures("warehouse")]


def test_the_first_look_finds_its_answers(client, monkeypatch):
    maya = make_member(role="owner", name="Maya")
    observe(maya.workspace, make_signal(score=9, scale="nps"))

    assert warming.warm(threading.Event()) == 3

    monkeypatch.setattr(answers, "_answer", lambda *_: pytest.fail("asked again"))
    client.force_login(maya.user)
    assert client.get(f"/{maya.workspace.slug}/").status_code == 200


def test_a_server_that_stops_asks_no_more():
    make_member(role="owner")
    stop = threading.Event()
    stop.set()

    assert warming.warm(stop) == 0
