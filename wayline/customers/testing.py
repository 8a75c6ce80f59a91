"""Exactly one valid customer, for tests."""

from itertools import count

from django.utils import timezone

from wayline.accounts.testing import make_workspace

from .models import Customer, Identity

_numbers = count(1)


def make_customer(*, workspace=None, external_id: str | None = None, **fields) -> Customer:
    """Ines, with an e-mail address and an external id of her own; other fields may be given."""
    number = next(_numbers)
    now = timezone.now()
    defaults = {
        "name": "Ines Duarte",
        "email": f"ines-{number}@example.com",
        "first_seen_at": now,
        "last_seen_at": now,
    }
    customer = Customer.objects.create(workspace=workspace or make_workspace(), **(defaults | fields))
    identities = {
        Identity.Kind.EXTERNAL_ID: external_id or f"ines-{number}",
        Identity.Kind.EMAIL: customer.email,
        Identity.Kind.PHONE: customer.phone,
    }
    Identity.objects.bulk_create(
        Identity(
            workspace=customer.workspace,
            profile=customer,
            customer=customer,
            kind=kind,
            value=value,
            first_seen_at=customer.first_seen_at,
        )
        for kind, value in identities.items()
        if value
    )
    return customer
