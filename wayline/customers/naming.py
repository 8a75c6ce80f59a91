"""How customers are called and reached, as their traits say."""

from .identities import normalise
from .models import Customer

PARTS = (("firstName", "lastName"), ("first_name", "last_name"))


def take_name(person: Customer, traits: dict) -> None:
    """Let the person be called and reached as these traits say; what they do not say stays."""
    whole = (" ".join(str(traits[part]) for part in parts if traits.get(part)) for parts in PARTS)
    name = traits.get("name") or next(filter(None, whole), "")
    if name:
        person.name = str(name)[:300]
    if traits.get("email"):
        person.email = (normalise("email", str(traits["email"]))[0] or person.email)[:320]
    if traits.get("phone"):
        person.phone = (normalise("phone", str(traits["phone"]))[0] or person.phone)[:40]
