"""Payment card numbers never reach the disk: all but their last four digits are masked."""

import re

from .vocabulary import Signal

# 13 to 19 digits by themselves: not within a longer number, nor beside a decimal point.
CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.]*\d)")
_IS_DIGIT = bytes(b"0"[0] if chr(byte) not in "0123456789" else b"1"[0] for byte in range(256))
_SHORTEST = b"1" * 13


def may_be_in(packed: bytes) -> bool:
    """Whether the bytes hold digits enough for a card: quick, often wrongly yes, and never wrongly no."""
    return _SHORTEST in packed.translate(_IS_DIGIT, b" -")


def redact(signal: Signal) -> Signal:
    """Mask payment card numbers in the text and the properties; ids of things are left alone."""
    if signal.text and CARD.search(signal.text):
        signal.text = mask_cards(signal.text)
    properties = signal.properties
    if properties and CARD.search("\n".join(properties.values())):
        signal.properties = {
            # One long number in ten passes Luhn's check by accident, and an id must stay what it is.
            name: value if name.casefold().endswith("id") else mask_cards(value)
            for name, value in properties.items()
        }
    return signal


def mask_cards(text: str) -> str:
    """The text with every payment card number reduced to its last four digits."""
    return CARD.sub(_masked, text)


def _masked(match: re.Match) -> str:
    digits = re.sub(r"\D", "", match[0])
    return f"[card ending {digits[-4:]}]" if is_card(digits) else match[0]


def is_card(digits: str) -> bool:
    """Whether the digits are a payment card number: a known beginning and length, and Luhn's check digit."""
    if not digits.isascii():
        return False
    first, length = digits[0], len(digits)
    known = (
        (first == "4" and length in {13, 16, 19})  # Visa
        or (length == 16 and (51 <= int(digits[:2]) <= 55 or 2221 <= int(digits[:4]) <= 2720))  # Mastercard
        or (length == 15 and digits[:2] in {"34", "37"})  # American Express
        or (
            16 <= length <= 19
            and (digits[:4] == "6011" or digits[:2] == "65" or digits[:3] in {"644", "645"})
        )
        or (16 <= length <= 19 and 3528 <= int(digits[:4]) <= 3589)  # JCB
        or (length == 14 and digits[:2] in {"30", "36", "38"})  # Diners Club
    )
    if not known:
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
