import pytest

from wayline.accounts.testing import make_member
from wayline.journeys.testing import make_journey, travel
from wayline.journeys.tests.pages import LATER, SHORT, WHOLE


@pytest.fixture
def noor(client):
    member = make_member(role="contributor")
    client.force_login(member.user)
    return member


@pytest.fixture
def journey(noor, warehouse):
    """Forty customers arrived, ten were lost at the first step, one has just begun."""
    journey = make_journey(workspace=noor.workspace)
    travel(noor.workspace, (WHOLE, 40), (SHORT, 10), channel="web")
    travel(noor.workspace, (SHORT, 1), at=LATER)
    return journey
