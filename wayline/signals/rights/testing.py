"""A person's rights in tests."""

from datetime import datetime

from . import erase, tombstones
from .models import Erasure


def erase_now(customer, *, by=None, now: datetime) -> Erasure:
    """Ask for the erasure and carry it out at once."""
    asked = erase.ask_erasure(
        customer,
        confirmation=f"erase {customer.pk}",
        reason="Request of 3 November",
        planned=erase.preview(customer),
        by=by,
        now=now,
    )
    tombstones.known.forget()
    return erase.carry_out(asked, now=now)
