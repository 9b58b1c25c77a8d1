"""Which addresses webhooks may be sent to.

The service calls them from inside its own network, where there is much that trusts its neighbours.
So an address must be on the public internet and spoken to over https; networks that the settings
name may be private ones, and are the only ones that are spoken to in plain http.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from groundswell.contract.errors import Invalid

LONGEST: Final = 2048
_NAME: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Targets:
    """What is allowed; ``networks`` beside the public internet."""

    networks: tuple[Network, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Targets:
        """Networks separated by commas.

        Raises:
            ValueError: one of them is none.
        """
        named = [one.strip() for one in text.split(",") if one.strip()]
        return cls(tuple(ipaddress.ip_network(one) for one in named))

    def check(self, url: str) -> str:
        """The address itself, if its form allows to try it.

        Raises:
            Invalid: it can never be sent to.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError as error:
            raise Invalid.at("url", "Must be an address") from error
        schemes = ("https", "http") if self.networks else ("https",)
        if not host or parts.scheme not in schemes or not url.isascii() or not url.isprintable():
            raise Invalid.at("url", "Must be an https address")
        if " " in url or not _NAME.fullmatch(host) or _is_disguised(host):
            raise Invalid.at("url", "Must have a plain host name")
        if parts.username is not None or parts.password is not None or "#" in url:
            raise Invalid.at("url", "Must have no credentials and no fragment")
        if _is_literal(host) and not self.allows(host, plain=parts.scheme == "http"):
            raise Invalid.at("url", "Must lead to the public internet")
        return url

    def allows(self, address: str, *, plain: bool) -> bool:
        """Whether an IP address may be connected to; ``plain``: without TLS."""
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        ip = _meant(ip)
        if any(ip.version == one.version and ip in one for one in self.networks):
            return True
        return not plain and ip.is_global and not ip.is_multicast


def _meant(
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address that is reached: some IPv6 addresses are IPv4 ones in disguise."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _is_disguised(host: str) -> bool:
    """Whether a host is a number that is not written as addresses are: resolvers take many forms,
    and a name of the public internet never ends in a number.
    """
    last = host.rstrip(".").rpartition(".")[2]
    return _NUMBER.fullmatch(last) is not None and not _is_literal(host)


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
