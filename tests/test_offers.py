"""Two processes offer the same, as soon as one of them brought or took something away."""

import pytest
from django.core.cache.backends.locmem import LocMemCache
from django.utils import timezone

from wayline.accounts.testing import make_member
from wayline.customers.models import Customer
from wayline.journeys.queries import segment_choices
from wayline.signals import offers, queries
from wayline.signals.imports import run
from wayline.signals.imports.testing import make_import, run_import
from wayline.signals.rights import tombstones
from wayline.signals.rights.testing import erase_now
from wayline.signals.testing import make_signal, observe

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("warehouse", "own_list")]
CITIES = """
name: cities
defaults: {external_id: who}
customers:
  - traits: {city: city}
"""


@pytest.fixture
def own_list(settings, tmp_path):
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    tombstones.known.forget()


@pytest.fixture
def maya():
    member = make_member(role="owner", name="Maya Lindqvist")
    observe(member.workspace, make_signal(traits={"plan": "pro"}, properties={"late": "no"}))
    return member


@pytest.fixture
def in_each(maya, monkeypatch):
    """What every one of two processes offers, each with a memory of its own."""
    memories = [LocMemCache(f"process {number} of {maya.workspace}", {}) for number in (1, 2)]
    for memory in memories:
        memory.clear()

    def asked() -> list:
        found = []
        for memory in memories:
            monkeypatch.setattr(offers, "cache", memory)
            names = (queries.trait_names(maya), queries.property_names(maya))
            found.append((*names, segment_choices(maya.workspace)))
        return found

    return asked


def test_what_an_import_brought_and_took_back_shows_in_every_process(maya, in_each):
    one, other = in_each()
    assert one == other == (["plan"], ["late"], ("plan is pro",))

    brought = run_import(make_import(content="who,city\nines,Kiel\n", workspace=maya.workspace), CITIES)
    one, other = in_each()
    assert one == other == (["city", "plan"], ["late"], ("city is Kiel", "plan is pro"))

    run.undo(brought, by=maya.user, now=timezone.now())
    one, other = in_each()
    assert one == other == (["plan"], ["late"], ("plan is pro",))


def test_what_an_erased_customer_alone_had_is_offered_nowhere(maya, in_each):
    observe(maya.workspace, make_signal(external_id="tom", traits={"nickname": "Inê"}))
    assert [each[0] for each in in_each()] == [["nickname", "plan"]] * 2

    erase_now(Customer.objects.get(identities__value="tom"), now=timezone.now())

    assert [each[0] for each in in_each()] == [["plan"]] * 2


def test_what_trickles_in_is_not_asked_for_each_time(maya, in_each, django_assert_num_queries):
    before = in_each()
    observe(maya.workspace, make_signal(traits={"city": "Bern"}))

    with django_assert_num_queries(6):  # of each, how far the activities have come
        assert in_each() == before
