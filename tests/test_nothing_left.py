"""The proof: a person written everywhere, erased, and searched for in every byte of the data directory."""

import json
import os
import sqlite3
import subprocess
import sys
import unicodedata

import pytest
import zstandard

# As tests/everywhere.py writes them; everything else there begins with "canary".
CANARIES = ["canary.ines@example.com", "+493012345678", "Canaria Inesdottir", "canary"]


def ways(canary: str) -> set[bytes]:
    texts = {canary, canary.upper(), canary.casefold(), unicodedata.normalize("NFKD", canary)}
    return {text.encode(coding) for text in texts for coding in ("utf-8", "utf-16-le")}


NEEDLES = {way for canary in CANARIES for way in ways(canary)}


def found_in(content: bytes) -> list[bytes]:
    return [needle for needle in NEEDLES if needle in content]


@pytest.mark.slow
def test_nothing_of_an_erased_person_is_left_in_any_file(tmp_path):
    data = tmp_path / "data"
    own = {"WAYLINE_DATA_DIR": str(data), "WAYLINE_LOG_LEVEL": "ERROR"}
    environment = os.environ | own | {"DJANGO_SETTINGS_MODULE": "wayline.settings"}
    ran = subprocess.run(
        [sys.executable, "-m", "tests.everywhere"],
        env=environment, capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.strip().splitlines()[-1])

    assert (told["state"], told["left"], told["notes"]) == ("finished", {}, [])
    assert len(told["files_before"]) == 4  # two imports, an access export, a whole export
    assert told["missing"] == 0
    told["removed"].pop("deliveries")  # nobody here is told by webhook
    assert all(told["removed"].values()), told["removed"]
    assert found_in(told["warehouse"].encode()) == []
    for path in data.rglob("*"):
        if path.is_file() and "static" not in path.parts:
            assert found_in(path.read_bytes()) == [], path
    assert list(decompressed(data / "journal.sqlite3")) == []


def decompressed(path):
    """The journal's rows are packed: look inside."""
    journal = sqlite3.connect(path)
    for number, body in journal.execute("SELECT id, body FROM signals_journalentry"):
        if found_in(zstandard.decompress(body)):
            yield number
