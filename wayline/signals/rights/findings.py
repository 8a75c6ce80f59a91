"""Personal data in texts: what it looks like, how it is made sure of, and what stands in its place."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from wayline.signals.cards import CARD, is_card

IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IT": 27,
    "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25,
    "RO": 24, "SA": 24, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "TR": 26,
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One sort of personal data. `is_sure` says whether what looks like it is it."""

    slug: str
    label: str
    looks_like: re.Pattern
    is_sure: Callable[[str], bool]
    is_likely: Callable[[str], bool]  # a quick no for most texts

    def masked(self, text: str) -> str:
        if not self.is_likely(text):
            return text
        return self.looks_like.sub(lambda found: self._mask(found[0]), text)

    def is_in(self, text: str) -> bool:
        return self.is_likely(text) and any(
            self.is_sure(found[0]) for found in self.looks_like.finditer(text)
        )

    def _mask(self, found: str) -> str:
        if not self.is_sure(found):
            return found
        if self.slug == "card":
            return f"{self.mark} {re.sub(r'[^0-9]', '', found)[-4:]}]"
        return self.mark

    @property
    def mark(self) -> str:
        """What its masks begin with, by which one is known again."""
        return "[card ending" if self.slug == "card" else f"[{self.label.lower()}]"


def is_iban(text: str) -> bool:
    """Whether it is an account number: a known country and length, and the check digits of ISO 7064."""
    bare = re.sub(r"[ -]", "", text).upper()
    if IBAN_LENGTHS.get(bare[:2]) != len(bare):
        return False
    return int("".join(str(int(each, 36)) for each in bare[4:] + bare[:4])) % 97 == 1


def is_national_id(text: str) -> bool:
    """Whether it is a number that states give to people, by its own check where it has one."""
    bare = re.sub(r"[ .-]", "", text).upper()
    if re.fullmatch(r"\d{3}-\d{2}-\d{4}", text):  # United States: no check digit, but numbers never given
        return bare[:3] not in {"000", "666"} and bare[0] != "9" and bare[3:5] != "00" and bare[5:] != "0000"
    if re.fullmatch(r"[XYZ\d]\d{7}[A-Z]", bare):  # Spain
        number = int(bare[:-1].translate(str.maketrans("XYZ", "012")))
        return bare[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[number % 23]
    if re.fullmatch(r"[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]", bare):  # Italy
        return _is_italian(bare)
    if re.fullmatch(r"[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]\d{6}[A-D]", bare):  # United Kingdom
        return bare[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}
    if re.fullmatch(r"[12]\d{2}(0[1-9]|1[0-2])\d{10}", bare):  # France
        return 97 - int(bare[:13]) % 97 == int(bare[13:])
    return bool(re.fullmatch(r"\d{11}", bare)) and _is_eleven_digits(bare)


def _is_eleven_digits(bare: str) -> bool:
    """Poland and Belgium, whose numbers begin with a day of birth."""
    digits = [int(each) for each in bare]
    # Poland adds 20, 40, 60 or 80 to the month for other centuries; only whether its tens are odd counts.
    if 1 <= digits[2] % 2 * 10 + digits[3] <= 12 and 1 <= int(bare[4:6]) <= 31:
        weights = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)
        is_polish = (10 - sum(w * d for w, d in zip(weights, digits, strict=False)) % 10) % 10 == digits[10]
        rest = int(bare[9:])
        # Belgium reckons with a 2 before the number for those born since 2000.
        is_belgian = rest in (97 - int(bare[:9]) % 97, 97 - int("2" + bare[:9]) % 97)
        return is_polish or is_belgian
    return False


ODD_LETTERS = dict(
    zip(
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ",
        (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
        + (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        strict=True,
    )
)


def _is_italian(bare: str) -> bool:
    total = sum(
        ODD_LETTERS[each] if place % 2 == 0 else (int(each) if each.isdigit() else ord(each) - 65)
        for place, each in enumerate(bare[:15])
    )
    return bare[15] == chr(65 + total % 26)


def _has_digits(text: str) -> bool:
    return any(character.isdigit() for character in text)


FINDINGS = {
    each.slug: each
    for each in (
        Finding(
            "email",
            "E-mail",
            re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}"),
            lambda found: True,
            lambda text: "@" in text,
        ),
        Finding("card", "Card", CARD, lambda found: is_card(re.sub(r"\D", "", found)), _has_digits),
        Finding(
            "iban",
            "Bank account",
            re.compile(r"\b[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}\b"),
            is_iban,
            _has_digits,
        ),
        Finding(
            "national_id",
            "National id",
            re.compile(
                r"\b(?:\d{3}-\d{2}-\d{4}|[XYZ\d]\d{7}[A-Z]|[A-Z]{6}\d{2}[A-Z]\d{2}[A-Z]\d{3}[A-Z]"
                r"|[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]|[12] ?\d{2} ?\d{2} ?\d{2} ?\d{3} ?\d{3} ?\d{2}"
                r"|\d{2}\.?\d{2}\.?\d{2}-?\d{3}\.?\d{2})\b"
            ),
            is_national_id,
            _has_digits,
        ),
        Finding(
            "phone",
            "Phone",
            re.compile(r"(?<![\w.+-])(?<!\d[ -])(?:\+|00)\d(?:[ ()./-]{0,2}\d){7,14}(?![\w-])"),
            lambda found: 8 <= len(re.sub(r"\D", "", found)) <= 15,
            _has_digits,
        ),
    )
}


def found_in(text: str) -> Iterator[str]:
    """The sorts of personal data in the text."""
    for slug, finding in FINDINGS.items():
        if finding.is_in(text):
            yield slug


def masked(text: str, findings: tuple[str, ...]) -> str:
    """The text with these sorts of personal data masked."""
    for slug in findings:
        text = FINDINGS[slug].masked(text)
    return text
