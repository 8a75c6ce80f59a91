"""What is masked in files for people who may not handle personal data."""

import re

from wayline.signals.rights.findings import FINDINGS, masked

EVERY = tuple(FINDINGS)
MASKED = "[masked]"
# Fields that say who somebody is, however they are written: “First Name”, “first_name”, “user.firstName”.
WHO = {
    "email", "mail", "phone", "mobile", "telephone", "name", "firstname", "lastname", "fullname", "surname",
    "givenname", "familyname", "username", "address", "street", "postalcode", "zip", "zipcode", "birthday",
    "birthdate", "dateofbirth", "iban", "ip", "ipaddress", "ssn", "passport",
}  # fmt: skip


def is_who(name: str) -> bool:
    """Whether a field of this name says who somebody is."""
    last = re.split(r"[./]", name)[-1]
    return re.sub(r"[^a-z]", "", last.casefold()) in WHO


def text(said: str | None) -> str | None:
    """A text without addresses, numbers and accounts that name somebody."""
    return masked(said, EVERY) if said else said


def values(fields: list[tuple[str, str]] | dict | None) -> list[tuple[str, str]]:
    """Properties or traits, those that say who masked whole, the others looked through."""
    pairs = fields.items() if isinstance(fields, dict) else fields or ()
    return [(name, MASKED if is_who(name) else text(value) or value) for name, value in pairs]
