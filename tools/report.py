"""What the linters do not know: sizes, unused static files, and words that must not stand in the repository.

python tools/report.py sizes|static|words
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOOK_AGAIN = {".py": 400, ".html": 120, ".css": 150, ".js": 120}
TESTS = re.compile(r"/tests/|/conftest\.py$|/testing\.py$")
TO_A_TOOL = re.compile(r"#!|# ?(noqa|type:|fmt:)")
VENDORED = ("/vendor/", "/fonts/")
# Written in two parts, so that this file does not hold what it looks for.
UNWANTED = {
    "a machine's path": re.compile(r"(?<![\w.>])/(wo" r"rk|ro" r"ot|ho" r"me/[a-z]+)/"),
    "a registry's address": re.compile(r"py" r"pi\.org|python" r"hosted\.org|registry\.npm" r"js\.org"),
    "a private key": re.compile(r"BEGIN (RSA |EC |OPENSSH )?PRIVATE" r" KEY|AKIA[0-9A-Z]{16}"),
    "an unfinished thought": re.compile(r"\bFIX" r"ME\b|\bXX" r"X\b"),
}


def tracked(*endings: str) -> list[Path]:
    """The files of the repository, new ones included."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in listed if name.endswith(endings or "") and (ROOT / name).is_file()]


def sizes() -> int:
    """The longest files and functions: a reason to look, never a reason to split what belongs together."""
    sources = [path for path in tracked(*LOOK_AGAIN) if not any(part in str(path) for part in VENDORED)]
    lengths = {path: len(path.read_text().splitlines()) for path in sources}
    long = {
        path: n for path, n in lengths.items() if n > LOOK_AGAIN[path.suffix] and "/tests/" not in str(path)
    }
    print(f"\n{len(lengths)} source files, {sum(lengths.values()):,} lines")
    for path, lines in sorted(long.items(), key=lambda item: -item[1]):
        print(f"  look again: {path.relative_to(ROOT)} has {lines} lines")
    for lines, name in sorted(_long_functions(sources), reverse=True)[:10]:
        print(f"  look again: {name} has {lines} code lines")
    comments, lines = _comment_lines(sources)
    share = comments / max(1, lines)
    print(f"  comment lines: {share:.1%} of the Python source; 2 % to 6 % where we like the code")
    return 0


def _comment_lines(sources: list[Path]) -> tuple[int, int]:
    """Comments for readers, alone or behind code, and all lines; tests and migrations apart."""
    comments = lines = 0
    for path in sources:
        if path.suffix != ".py" or TESTS.search(str(path)) or "/migrations/" in str(path):
            continue
        text = path.read_text()
        lines += len(text.splitlines())
        # By tokens: a sign for numbers within a text is no comment.
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        comments += sum(each.type == tokenize.COMMENT and not TO_A_TOOL.match(each.string) for each in tokens)
    return comments, lines


def _long_functions(sources: list[Path]):
    for path in sources:
        if path.suffix != ".py" or "/migrations/" in str(path):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = body[-1].end_lineno - body[0].lineno + 1 if body else 0
                limit = 40 if "/tests/" in str(path) or "/tests" in str(path.parent) else 60
                if lines > limit:
                    yield lines, f"{path.relative_to(ROOT)}:{node.name}"


def static() -> int:
    """Static files that no template, style sheet, script or source names."""
    files = [path for path in tracked() if "/static/" in str(path)]
    texts = [path for path in tracked(".html", ".css", ".js", ".py") if "/vendor/" not in str(path)]
    content = "\n".join(path.read_text(errors="replace") for path in texts)
    unused = [path for path in files if path.name not in content and path.suffix not in {".txt", ".md"}]
    for path in unused:
        print(f"unused: {path.relative_to(ROOT)}")
    return 1 if unused else 0


def words() -> int:
    """Paths of somebody's machine, registries, secrets and unfinished thoughts."""
    found = 0
    for path in tracked():
        if any(part in str(path) for part in VENDORED) or path.suffix in {
            ".png",
            ".woff2",
            ".gz",
            ".parquet",
        }:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            for what, pattern in UNWANTED.items():
                if pattern.search(line):
                    found += 1
                    print(f"{path.relative_to(ROOT)}:{number}: {what}: {line.strip()[:100]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit({"sizes": sizes, "static": static, "words": words}[sys.argv[1]]())
