"""What doctor says of a file of signals that is damaged, and of one that was put aside."""

import pytest
from django.utils import timezone

from wayline.accounts.testing import make_workspace
from wayline.cli import doctor
from wayline.signals.models import PrunedEntries
from wayline.warehouse import connect


@pytest.mark.django_db
def test_doctor_says_what_was_put_aside_and_what_to_do(tmp_path, settings):
    file = tmp_path / "signals.duckdb"
    file.write_text("no warehouse at all")
    settings.WAREHOUSE_URL = f"duckdb:///{file}"
    with connect.using(None):
        found = doctor._found(doctor.warehouse, None)
        assert (found.is_wrong, "damaged" in found.sentence) == (True, True)

        connect.ready(now=timezone.now())
        connect.close()
        assert "filled anew from the journal" in doctor.warehouse(None).sentence

        PrunedEntries.objects.create(workspace_id=make_workspace().pk, source="key:1", entries=1, received=1)
        assert "put a copy of the warehouse back" in doctor.warehouse(None).sentence
