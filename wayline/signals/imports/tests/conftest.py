import pytest


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    """Stored files go where the test's own files lie."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT
