import pytest

from wayline.signals.rights import masking, tombstones


@pytest.fixture
def own_list(settings, tmp_path):
    """A data directory of the test's own, and nothing remembered of earlier tests."""
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "files"
    tombstones.known.forget()
    masking.rules._of = {}
