import secrets
from datetime import datetime

from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction
from django.db.models import F

from wayline.accounts.models import User
from wayline.audit import operations as audit
from wayline.journeys.models import Journey, Share

from . import order
from .refusals import ShareEnded, ShareNotEmbedded, TitleTooLong

SHORTEST_PASSWORD = 6


@transaction.atomic
def make_share(
    journey: Journey,
    *,
    by: User | None,
    now: datetime,
    name: str = "",
    password: str = "",
    expires_at: datetime | None = None,
    may_embed: bool = False,
    shows_numbers: bool = True,
) -> Share:
    """A link by which people without an account can read this map, and nothing else."""
    order.check_right(journey, by)
    if password and len(password) < SHORTEST_PASSWORD:
        raise TitleTooLong(f"Choose a password of at least {SHORTEST_PASSWORD} characters, or none.")
    if password and may_embed:
        raise ShareNotEmbedded(
            "Browsers keep no password for a map inside another site. Make two links: one with a password, "
            "and one to embed that runs out."
        )
    if expires_at and expires_at <= now:
        raise ShareEnded("Choose a last day in the future, or none.")
    share = Share.objects.create(
        journey=journey,
        name=order.limited(name, name="name", longest=120),
        nonce=secrets.token_urlsafe(16),
        password=make_password(password) if password else "",
        expires_at=expires_at,
        may_embed=may_embed,
        shows_numbers=shows_numbers,
        created_at=now,
        created_by=by,
    )
    audit.record("share.made", subject=share, by=by, at=now, journey=journey.pk, may_embed=may_embed)
    return share


@transaction.atomic
def end_share(share: Share, *, by: User | None, now: datetime) -> None:
    """Close the link at once and for good."""
    order.check_right(share.journey, by)
    if not Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=now):
        raise ShareEnded("This link has been ended already.")
    share.refresh_from_db()
    audit.record("share.ended", subject=share, by=by, at=now)


def opens(share: Share, password: str) -> bool:
    """Whether this password opens the link."""
    return not share.password or check_password(password, share.password)


def count_opening(share: Share, *, now: datetime) -> None:
    """Note that somebody read the map through the link."""
    Share.objects.filter(pk=share.pk).update(opened=F("opened") + 1, opened_at=now)
