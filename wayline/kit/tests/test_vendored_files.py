import importlib.util
import json
from pathlib import Path

import pytest

import wayline

ROOT = Path(wayline.__file__).parent.parent


@pytest.fixture(scope="module")
def vendor():
    path = ROOT / "tools" / "vendor.py"
    if not path.exists():
        pytest.skip("needs a checkout")
    spec = importlib.util.spec_from_file_location("vendor", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_vendored_file_is_the_one_we_locked(vendor):
    assert vendor.problems(json.loads(vendor.LOCK.read_text())) == []


def test_a_changed_a_missing_and_an_unlisted_file_are_found(vendor, tmp_path):
    folder = tmp_path / vendor.FOLDERS[0]
    folder.mkdir(parents=True)
    (folder / "htmx.js").write_text("changed")
    (folder / "extra.js").write_text("new")
    files = [{"to": f"{vendor.FOLDERS[0]}/{name}", "sha384": "sha384-x"} for name in ("htmx.js", "gone.js")]

    found = vendor.problems({"packages": [{"files": files}]}, root=tmp_path)

    assert [problem.split(":")[0] for problem in found] == ["changed", "missing", "not listed"]
