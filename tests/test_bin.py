"""What stands in the way of `bin/demo` is said in a sentence, before Wayline itself can say anything."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = (
    "awk",
    "basename",
    "bash",
    "cat",
    "chmod",
    "cp",
    "cut",
    "df",
    "dirname",
    "env",
    "mkdir",
    "rm",
    "sha256sum",
)

OLD = 'case "$*" in *version_info*) exit 1;; esac'
NO_ENSUREPIP = 'case "$*" in *ensurepip*) echo "Traceback" >&2; exit 1;; esac'
VENV_FAILS = 'case "$*" in *"-m venv"*) mkdir -p "$3/bin"; echo "ensurepip is not available"; exit 1;; esac'
# Makes what a real one makes: a python that knows pip, and the program that bin/demo starts at last.
WORKS = """
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
if [ "$1 $2" = "-m pip" ]; then
  printf '#!/bin/sh\\necho "served $*"\\n' >.venv/bin/wayline; chmod +x .venv/bin/wayline
fi
"""
INSTALLING_FAILS = """
if [ "$1 $2" = "-m venv" ]; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
if [ "$1 $2" = "-m pip" ]; then echo "No space left on device" >&2; exit 1; fi
"""


@pytest.fixture
def checkout(tmp_path):
    """As much of a checkout as is needed until Wayline itself starts, and nothing else on the path."""
    made = tmp_path / "a checkout"
    for name in ("bin/demo", "bin/environment", "requirements/run.txt", "pyproject.toml"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, made / name)
    for name in PROGRAMS:
        (tmp_path / "path").mkdir(exist_ok=True)
        (tmp_path / "path" / name).symlink_to(shutil.which(name))
    return made


def python_that(checkout, lines: str, *, name="python3") -> None:
    program = checkout.parent / "path" / name
    program.write_text(f"#!/bin/sh\n{lines}\nexit 0\n")
    program.chmod(0o755)


def demo(checkout, *arguments):
    return subprocess.run(
        ["bin/demo", *arguments],
        cwd=checkout,
        env={"PATH": str(checkout.parent / "path"), "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (OLD, "Python 3.11 or newer is needed. On Debian and Ubuntu: apt install python3 python3-venv"),
        (NO_ENSUREPIP, "Python's venv module is missing. On Debian and Ubuntu: apt install python3-venv"),
        (VENV_FAILS, "The environment could not be created; the lines above say why."),
        (INSTALLING_FAILS, "Installing failed; the lines above say why."),
    ],
)
def test_what_is_in_the_way_is_said(checkout, lines, said):
    python_that(checkout, lines)

    answer = demo(checkout)

    assert (answer.returncode, said in answer.stderr) == (1, True), answer.stderr
    assert "Traceback" not in answer.stderr
    assert not list(checkout.glob(".venv/installed-*"))


def test_it_installs_once_and_then_starts(checkout):
    python_that(checkout, WORKS)

    first, second = demo(checkout, "--port", "9000"), demo(checkout)

    assert (first.stdout, "installing" in first.stderr) == ("served demo --port 9000\n", True), first.stderr
    assert (second.stdout, second.stderr) == ("served demo\n", "")


def test_an_interrupted_installation_is_begun_anew(checkout):
    python_that(checkout, WORKS)
    (checkout / ".venv/bin").mkdir(parents=True)
    half = checkout / ".venv/bin/python"
    half.write_text("#!/bin/sh\nexit 1\n")
    half.chmod(0o755)

    assert demo(checkout).stdout == "served demo\n"


def test_another_python_serves_where_the_usual_one_lacks_parts(checkout):
    python_that(checkout, NO_ENSUREPIP)
    python_that(checkout, WORKS, name="python3.12")

    assert demo(checkout).stdout == "served demo\n"


def test_a_moved_checkout_installs_where_it_is_now(checkout):
    python_that(checkout, WORKS)
    demo(checkout)
    moved = checkout.rename(checkout.with_name("moved"))

    assert "installing" in demo(moved).stderr
