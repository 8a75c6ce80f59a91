"""What the documents say is what the product does."""

import json
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))

import reference  # noqa: E402

AREAS = ("accounts", "audit", "customers", "exports", "home", "imports", "journeys", "metrics", "signals")
LIMITS = {"ARCHITECTURE.md": 200, "STYLE.md": 250, "AGENTS.md": 80, "README.md": 90}


def read(name: str) -> str:
    return (ROOT / name).read_text()


@pytest.mark.parametrize("name", sorted(reference.pages()))
def test_reference_pages_are_what_the_code_says(name):
    """Written by `python tools/reference.py`."""
    assert read(f"docs/reference/{name}") == reference.pages()[name]


def settings_read() -> set[str]:
    found = re.findall(r'\benv(_\w+)?\(\s*"([A-Z_]+)"', read("wayline/settings.py"))
    return {f"WAYLINE_{name}" for _, name in found}


def test_every_endpoint_has_an_operation_id_of_its_own():
    paths = json.loads(reference.pages()["openapi.json"])["paths"]
    ids = Counter(endpoint["operationId"] for endpoints in paths.values() for endpoint in endpoints.values())
    assert len(ids) > 200
    assert not [each for each, times in ids.items() if times > 1]


def test_every_setting_is_described_and_no_other():
    described = set(re.findall(r"^\| `(WAYLINE_[A-Z_]+)`", read("docs/operating/settings.md"), re.MULTILINE))

    assert described == settings_read() | {"WAYLINE_SECRET_KEY_FILE"}


@pytest.mark.parametrize("area", AREAS)
def test_every_area_has_a_guide_page(area):
    assert len(read(f"docs/guide/{area}.md").split()) > 80


@pytest.mark.parametrize(("name", "lines"), LIMITS.items())
def test_documents_that_everybody_reads_stay_short(name, lines):
    assert len(read(name).splitlines()) <= lines


def documents() -> list[Path]:
    return [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_decisions_have_their_headings_and_a_number_of_their_own():
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    numbers = [path.name[:4] for path in decisions]
    assert len(set(numbers)) == len(numbers)
    for path in decisions:
        text = path.read_text()
        for heading in ("Status", "Date", "Area", "Context", "Decision", "Consequences", "Alternatives"):
            assert heading in text, f"{path.name} lacks {heading}"


def test_decisions_named_in_the_code_exist():
    named = {
        number
        for path in [*ROOT.glob("wayline/**/*.py"), *ROOT.glob("*.md")]
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text())
    }
    known = {path.name[:4] for path in (ROOT / "docs/decisions").glob("*.md")}
    assert named - known == set()
