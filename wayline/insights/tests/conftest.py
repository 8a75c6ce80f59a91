import pytest

from wayline.accounts.testing import make_member


@pytest.fixture
def noor(client):
    member = make_member(role="contributor")
    client.force_login(member.user)
    return member
