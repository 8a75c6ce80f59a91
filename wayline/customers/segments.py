"""Segments are conditions, which live higher up; customers reach them by name to narrow their list."""

from typing import Protocol

from django.utils.module_loading import import_string

from wayline.accounts.models import Membership

PROVIDER = "wayline.signals.segments.SEGMENTS"


class Segments(Protocol):
    """Who can say which segments there are, and which customers are in one."""

    def choices(self, member: Membership) -> list[tuple[int, str]]: ...

    def customers_in(self, member: Membership, segment_id: int) -> list[int] | None: ...


def provider() -> Segments:
    """The area that keeps the segments."""
    return import_string(PROVIDER)
