"""Signatures as Standard Webhooks has them; examples/webhook_receiver.py checks one."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from cryptography.fernet import Fernet
from django.conf import settings

BEGINNING = "whsec_"


def new_secret() -> str:
    """A secret as receivers take it."""
    return BEGINNING + base64.b64encode(secrets.token_bytes(32)).decode()


def sealed(secret: str) -> bytes:
    """The secret as it lies in the database: a copy of the database alone cannot sign."""
    return _fernet().encrypt(secret.encode())


def opened(seal: bytes) -> str:
    """The secret again."""
    return _fernet().decrypt(bytes(seal)).decode()


def signature(secret: str, *, uid: str, timestamp: int, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(BEGINNING))
    digest = hmac.new(key, f"{uid}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def headers(valid: Iterable[str], *, uid: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes with the body: one signature for each secret that is valid now."""
    signed = " ".join(signature(secret, uid=uid, timestamp=timestamp, body=body) for secret in valid)
    return {
        "webhook-id": uid,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signed,
        "content-type": "application/json",
        "user-agent": "Wayline-Webhooks/1",
    }


def _fernet() -> Fernet:
    key = hashlib.sha256(b"wayline webhooks\0" + settings.SECRET_KEY.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
