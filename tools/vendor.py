"""Third-party browser files: pinned by vendor.lock.json, committed, and checked byte for byte.

    python tools/vendor.py verify   every vendored file is the one we locked (no network)
    python tools/vendor.py update   fetch the pinned packages with `npm pack` and copy the named files

To upgrade a package: change its version, empty its hashes, run update, read the difference.
"""

import base64
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "vendor.lock.json"
FOLDERS = ("wayline/kit/static/kit/vendor", "wayline/kit/static/kit/fonts")

ICON_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
ICON_SHELL = re.compile(r"^\s*<svg[^>]*>(?P<body>.*)</svg>\s*$", re.DOTALL)


def digest(content: bytes, algorithm: str) -> str:
    return f"{algorithm}-" + base64.b64encode(hashlib.new(algorithm, content).digest()).decode()


def outputs(lock: dict) -> list[dict]:
    return [entry for package in lock["packages"] for entry in package["files"]]


def problems(lock: dict, root: Path = ROOT) -> list[str]:
    """What is missing, changed, or lies in a vendored folder without being listed."""
    found = []
    for entry in outputs(lock):
        path = root / entry["to"]
        if not path.exists():
            found.append(f"missing: {entry['to']}")
        elif digest(path.read_bytes(), "sha384") != entry["sha384"]:
            found.append(f"changed: {entry['to']}")
    listed = {entry["to"] for entry in outputs(lock)}
    present = (path for folder in FOLDERS for path in (root / folder).rglob("*") if path.is_file())
    unlisted = sorted({str(path.relative_to(root)) for path in present} - listed)
    return found + [f"not listed: {path}" for path in unlisted]


def sprite(archive: tarfile.TarFile, names: list[str]) -> bytes:
    """One SVG with a symbol for each named icon."""
    symbols = []
    for name in names:
        drawing = archive.extractfile(f"package/icons/{name}.svg").read().decode()
        body = ICON_SHELL.match(ICON_COMMENT.sub("", drawing)).group("body")
        body = " ".join(body.split())
        symbols.append(
            f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
            f' stroke-linecap="round" stroke-linejoin="round">{body}</symbol>'
        )
    return ('<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n").encode()


def fetch(package: dict) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--ignore-scripts", "--json", f"{package['name']}@{package['version']}"]
        answer = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout
        return (Path(folder) / json.loads(answer)[0]["filename"]).read_bytes()


def update(lock: dict) -> None:
    for package in lock["packages"]:
        tarball = fetch(package)
        seen = digest(tarball, "sha512")
        if package.get("tarball", seen) != seen:
            sys.exit(f"{package['name']} {package['version']}: the tarball is not the one we locked.")
        package["tarball"] = seen
        with tarfile.open(fileobj=io.BytesIO(tarball)) as archive:
            for entry in package["files"]:
                if "icons" in entry:
                    content = sprite(archive, entry["icons"])
                else:
                    content = archive.extractfile(f"package/{entry['from']}").read()
                path = ROOT / entry["to"]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                entry["sha384"] = digest(content, "sha384")
    LOCK.write_text(json.dumps(lock, indent=1) + "\n")


def main(arguments: list[str]) -> int:
    if arguments not in (["verify"], ["update"]):
        print(__doc__)
        return 2
    lock = json.loads(LOCK.read_text())
    if arguments == ["update"]:
        update(lock)
    found = problems(lock)
    print("\n".join(found) or f"{len(outputs(lock))} vendored files match vendor.lock.json")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
