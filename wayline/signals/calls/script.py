"""The browser script, which web pages load to send signals; docs/guide/browser.md is for its users."""

import gzip
from functools import cache
from hashlib import sha256
from pathlib import Path

PATH = "/v1/observe.js"
FILE = Path(__file__).parents[1] / "static" / "signals" / "observe.js"
KEPT_SECONDS = 3_600


@cache
def script() -> tuple[bytes, bytes]:
    """The script without comments and indentation, compressed, and the mark of its version."""
    lines = (line.strip() for line in FILE.read_text().splitlines())
    body = "\n".join(line for line in lines if line and not line.startswith("//")).encode()
    # No time in it: every process answers the same bytes under the same mark.
    return gzip.compress(body, mtime=0), b'"' + sha256(body).hexdigest()[:16].encode() + b'"'


def answer(scope: dict) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    """Status, headers and body; a browser that has this very version gets no body."""
    body, mark = script()
    headers = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cache-control", b"public, max-age=%d" % KEPT_SECONDS),
        (b"cross-origin-resource-policy", b"cross-origin"),  # pages that isolate themselves ask for it
        (b"content-encoding", b"gzip"),  # every browser takes it
        (b"etag", mark),
    ]
    if (b"if-none-match", mark) in [(name.lower(), value) for name, value in scope["headers"]]:
        return 304, headers, b""
    return 200, headers, b"" if scope["method"] == "HEAD" else body
