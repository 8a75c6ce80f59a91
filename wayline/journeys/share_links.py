"""The addresses of shared maps: signed, and not stored anywhere."""

from django.core.signing import Signer
from django.http import HttpRequest
from django.urls import reverse

from .models import Share

SIGNER = Signer(salt="journeys.share", sep="~")


def address(request: HttpRequest, share: Share) -> str:
    """Where whoever has the link reads the map."""
    return request.build_absolute_uri(reverse("shared", args=[SIGNER.sign(share.nonce)]))
