"""How a value that names a customer is written: normalised, or not used at all."""

import re
import unicodedata
from functools import lru_cache

from .models import Identity

EXTERNAL_ID, EMAIL, PHONE, ANONYMOUS_ID = Identity.Kind.values
PREVIOUS_ID = "previous_id"  # of an alias: an external id where one is known, else an anonymous id
PRIORITY = {EXTERNAL_ID: 0, PREVIOUS_ID: 1, EMAIL: 2, PHONE: 3, ANONYMOUS_ID: 4}
LONGEST = 320  # of an address: 64, the sign, 255; as wide as Identity.value
LABELS = {kind: label.lower() for kind, label in Identity.Kind.choices}

# What programs send when they have nothing to send. Joined by one of these, strangers would become one.
# fmt: off
BLOCKED = frozenset({
    "", "0", "-1", "-", "null", "undefined", "none", "nil", "nan", "n/a", "na", "unknown", "anonymous",
    "guest", "test", "user", "default", "false", "true", "[object object]", "{}", "[]",
    "00000000-0000-0000-0000-000000000000", "test@test.com", "test@example.com", "none@none.com",
    "no@email.com", "noreply@example.com",
})
# fmt: on
NOT_PHONE = re.compile(r"[^\d+]")


@lru_cache(maxsize=65_536)
def normalise(kind: str, value: str) -> tuple[str | None, str]:
    """The value as it is compared, and when it cannot be used, None with the reason."""
    label = LABELS.get(kind, "previous id")
    # Ids are another system's words: one spelling in Unicode, but a full-width letter may be another id.
    text = unicodedata.normalize("NFKC" if kind in {EMAIL, PHONE} else "NFC", value).strip()
    shown = text[:60]
    if text.casefold() in BLOCKED:
        return None, f"The {label} {shown!r} says nothing about who it is, so it was ignored."
    if len(text) > LONGEST or "\0" in text:
        return (
            None,
            f"The {label} {shown!r} is longer than {LONGEST} characters or broken, so it was ignored.",
        )
    if kind == EMAIL:
        text = text.casefold()
        name, at, domain = text.rpartition("@")
        if not (name and domain) or any(character.isspace() for character in text):
            return None, f"The e-mail {shown!r} is not an address, so it was ignored."
    elif kind == PHONE:
        digits = NOT_PHONE.sub("", "".join(_western(character) for character in text))
        digits = "+" + digits[2:] if digits.startswith("00") else digits[:1] + digits[1:].replace("+", "")
        bare = digits.lstrip("+")
        if not 7 <= len(bare) <= 15 or bare == "1234567890" or len(set(bare)) == 1:
            return None, f"The phone {shown!r} is not a number that can be called, so it was ignored."
        text = digits
    return text, ""


def _western(character: str) -> str:
    return str(unicodedata.digit(character)) if character.isdigit() else character
