"""PostgreSQL brought up to date while programs of the version before go on."""

import pytest

from .test_postgresql import told

pytestmark = pytest.mark.slow

# A server of the version before writes without knowing the new column, and may hold a table for long.
STORY = """
import json
import django; django.setup()
from django.core.management import call_command
from django.db import connection
from wayline.kit import schema
import psycopg

schema.bring_up_to_date()
for area, step in (("journeys", "0015_what_found_no_place"), ("signals", "0011_tombstones_from_elsewhere")):
    call_command("migrate", area, step, verbosity=0)
told = []

def tell(text):
    told.append(text)
    if "waits" in text:
        holding.rollback()

holding = psycopg.connect(**{**connection.get_connection_params(), "cursor_factory": psycopg.Cursor})
with connection.cursor() as cursor:
    cursor.execute("CREATE INDEX signals_jou_workspa_faa087_idx ON signals_journalentry (id)")
    holding.execute("SELECT 1 FROM journeys_picture LIMIT 1")
    schema.bring_up_to_date(tell=tell)
    cursor.execute("SELECT column_default FROM information_schema.columns"
                   " WHERE table_name = 'journeys_picture' AND column_name = 'digest'")
    default = cursor.fetchone()[0]
    cursor.execute("SELECT indisvalid, pg_get_indexdef(indexrelid) FROM pg_index"
                   " WHERE indrelid = 'signals_journalentry'::regclass")
    indexes = cursor.fetchall()
    cursor.execute("SHOW lock_timeout")
    timeout = cursor.fetchone()[0]
print(json.dumps({"told": "".join(told), "default": default, "timeout": timeout, "lacking": schema.lacking(),
                  "valid": all(valid for valid, _ in indexes), "indexes": [text for _, text in indexes]}))
"""


def test_a_database_is_brought_up_to_date_beside_servers_of_the_version_before(postgresql, tmp_path):
    found = told(STORY, postgresql, tmp_path)

    assert "journeys.0016_pictures_by_content waits: others hold its table" in found["told"]
    assert "signals.0012_journal_counts" in found["told"]
    assert found["lacking"] == {}
    assert found["default"].startswith("''")  # for a server that does not know the column
    assert found["valid"]
    assert any("(workspace_id, source, count, refused)" in text for text in found["indexes"])
    assert found["timeout"] == "0"
