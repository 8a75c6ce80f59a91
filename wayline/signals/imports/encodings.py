"""Bytes as text: which encoding a file has, and text that was decoded wrongly before it came here."""

import codecs
import io
import re
from collections.abc import Iterator
from typing import BinaryIO

import charset_normalizer
import ftfy
import ftfy.badness

from .mapping import FileRules
from .sources import Row, Source

SAMPLE_BYTES = 262_144
COMMON_ENCODINGS = ("cp1252", "mac_roman", "latin-1", "cp1250", "cp1251", "shift_jis", "gb18030")
# UTF-32 before UTF-16, whose mark is the beginning of UTF-32's.
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Letters of another alphabet inside Latin words, or so few together that they are hardly words.
STRAY_LETTERS = re.compile(
    r"[A-Za-z][\u0250-\u1fff]+|[\u0250-\u1fff]+[A-Za-z]"
    r"|(?<![\u0250-\u1fff])[\u0250-\u1fff]{1,2}(?![\u0250-\u1fff])|[\u00c0-\u024f]{3,}"
)


def _lenient(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    broken = error.object[error.start : error.end]
    return broken.decode("cp1252", "replace"), error.end


codecs.register_error("wayline-lenient", _lenient)


def text_of(binary: BinaryIO, rules: FileRules, source_notes: list[str]) -> tuple[io.TextIOWrapper, str]:
    head = _Head(binary)
    encoding = rules.encoding or detect_encoding(head.peek(SAMPLE_BYTES))
    if rules.encoding and codecs.lookup(rules.encoding).name == "utf-8":
        # A mark at the beginning would otherwise become a part of the first column's name.
        encoding = "utf-8-sig"
    if not rules.encoding and encoding not in {"utf-8", "utf-8-sig"}:
        source_notes.append(f"The file is not UTF-8; it was read as {encoding}.")
    return io.TextIOWrapper(io.BufferedReader(head), encoding, "wayline-lenient", newline=""), encoding


class _Head(io.RawIOBase):
    """Lets the beginning of a stream that cannot be rewound be looked at before it is read."""

    def __init__(self, stream: BinaryIO):
        self.stream, self.kept = stream, b""

    def peek(self, size: int) -> bytes:
        while len(self.kept) < size and (more := self.stream.read(size - len(self.kept))):
            self.kept += more
        return self.kept

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        chunk, self.kept = self.kept[: len(buffer)], self.kept[len(buffer) :]
        chunk = chunk or self.stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)


def detect_encoding(sample: bytes) -> str:
    """The encoding that leaves the least nonsense, UTF-8 before all others."""
    for bom, encoding in BOMS:
        if sample.startswith(bom):
            return encoding
    # UTF-16 or UTF-32 without a mark, which none of the candidates below is.
    if b"\0" in sample[:1000]:
        best = charset_normalizer.from_bytes(sample[:20_000]).best()
        return best.encoding if best else "utf-8"
    if _mostly_utf8(sample):
        return "utf-8"
    best = charset_normalizer.from_bytes(sample).best()
    candidates = dict.fromkeys(
        (*COMMON_ENCODINGS[:3], *([best.encoding] if best else []), *COMMON_ENCODINGS[3:])
    )
    lines = [line for line in sample.splitlines() if not line.isascii()][:400]
    return min(candidates, key=lambda encoding: _nonsense(lines, encoding))


def _mostly_utf8(sample: bytes) -> bool:
    """Valid but for a few broken places, or for a character cut off at the end of the sample."""
    sound = broken = 0
    for line in sample.splitlines():
        if line.isascii():
            continue
        try:
            line.decode("utf-8")
            sound += 1
        except UnicodeDecodeError:
            broken += 1
    return broken <= max(1, sound // 4) if sound else broken == 0


def _nonsense(lines: list[bytes], encoding: str) -> float:
    """How much of the text makes no sense in this encoding, after repair."""
    total = 0.0
    for line in lines:
        try:
            text = ftfy.fix_encoding(line.decode(encoding))
        except (UnicodeDecodeError, LookupError):
            total += 20
            continue
        marks = sum(not c.isascii() and not c.isalpha() and c not in "“”‘’–—…•€£°·«»¿¡§\u00a0" for c in text)
        controls = sum("\x7f" <= c <= "\x9f" for c in text)
        capitals = sum(
            a.islower() and b.isupper() and not b.isascii() for a, b in zip(text, text[1:], strict=False)
        )
        total += ftfy.badness.badness(text) * 2 + marks + controls * 3 + capitals * 2
        total += sum(len(run) * 2 for run in STRAY_LETTERS.findall(text))
        total += sum("\u2e80" <= c <= "\uffef" for c in text) * 0.6
    return total


def repaired(source: Source, rows: Iterator[tuple[int, Row]]) -> Iterator[tuple[int, Row]]:
    """Cells whose text was decoded wrongly before the file was written, as their writers meant them."""
    is_bad, fix = ftfy.badness.is_bad, ftfy.fix_encoding
    for line, row in rows:
        for index, cell in enumerate(row):
            if not cell.isascii() and is_bad(cell):
                fixed = fix(cell)
                if fixed != cell:
                    row[index] = fixed
                    source.repaired += 1
        yield line, row
