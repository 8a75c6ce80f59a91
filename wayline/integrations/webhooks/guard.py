"""Calls that leave the machine, never into a private network.

The name is resolved once, every address it has must be public, and the connection goes to the one that was
checked. Redirects are not followed, proxies of the environment are not used, long answers are cut.
"""

import ipaddress
import socket
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from wayline.kit.refusals import Refusal

SECONDS, LONGEST_ANSWER = 5.0, 64_000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Addresses inside others: what is_global says of them says nothing of where they lead.
NEVER = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4",
        "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16", "fec0::/10", "5f00::/16",
    )
]  # fmt: skip


class AddressNotAllowed(Refusal):
    """The address is none that is called from here."""

    status = 422


@dataclass(frozen=True)
class Target:
    """Where a call goes: the name for TLS and Host, the address that was checked for the socket."""

    scheme: str
    host: str
    port: int
    address: str
    path: str

    @property
    def url(self) -> str:
        at = f"[{self.address}]" if ":" in self.address else self.address
        return f"{self.scheme}://{at}:{self.port}{self.path}"


def is_public(address: str) -> bool:
    """Whether the address lies in the public internet, however it is written."""
    at: Address = ipaddress.ip_address(address.split("%")[0])
    if isinstance(at, ipaddress.IPv6Address) and at.ipv4_mapped:
        at = at.ipv4_mapped
    if any(at in network for network in NEVER if network.version == at.version):
        return False
    return at.is_global and not (at.is_multicast or at.is_reserved or at.is_loopback or at.is_link_local)


def is_allowed(address: str) -> bool:
    """Whether the operator has opened this private network, or it is public."""
    at = ipaddress.ip_address(address.split("%")[0])
    opened = [ipaddress.ip_network(each, strict=False) for each in settings.WEBHOOK_NETWORKS]
    return any(at in network for network in opened if network.version == at.version) or is_public(address)


def resolve(url: str) -> Target:
    """Where the URL leads, checked. Raises AddressNotAllowed with what to do."""
    parts = urlsplit(url.strip())
    try:
        port = parts.port
    except ValueError:
        raise AddressNotAllowed("The port is not a number from 1 to 65535.") from None
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise AddressNotAllowed("Write an address that begins with https://.")
    if parts.username or parts.password:
        raise AddressNotAllowed("Leave user and password out of the address; the signature says who sends.")
    port = port or (443 if parts.scheme == "https" else 80)
    addresses = _addresses(parts.hostname, port)
    if not all(is_allowed(address) for address in addresses):
        raise AddressNotAllowed(
            f"{parts.hostname} leads into a private network. Use a public address, or have the network "
            "opened (WAYLINE_WEBHOOK_NETWORKS)."
        )
    # In a network that the operator has opened, http may do.
    if parts.scheme == "http" and all(is_public(address) for address in addresses):
        raise AddressNotAllowed("Use https://: over http:// everybody on the way can read along.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, parts.hostname, port, addresses[0], path)


def _addresses(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressNotAllowed(f"The name {host[:80]} is not known. Check how it is written.") from None
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def post(url: str, *, body: bytes, headers: dict[str, str]) -> int:
    """Send the body; answers the status. Raises AddressNotAllowed or httpx.HTTPError."""
    target = resolve(url)
    is_default = target.port == (443 if target.scheme == "https" else 80)
    name = f"[{target.host}]" if ":" in target.host else target.host
    host = name if is_default else f"{name}:{target.port}"
    # The client's limit holds for each read; one that trickles is cut off by this.
    until = time.monotonic() + 2 * SECONDS
    with (
        httpx.Client(timeout=SECONDS, trust_env=False, follow_redirects=False) as client,
        client.stream(
            "POST",
            target.url,
            content=body,
            headers=headers | {"host": host},
            extensions={"sni_hostname": target.host},
        ) as answer,
    ):
        read = 0
        for part in answer.iter_raw():
            read += len(part)
            if read > LONGEST_ANSWER or time.monotonic() > until:
                break
        return answer.status_code
