"""What is kept of a person's contact data: keyed hashes, by which equals are known and no more."""

from __future__ import annotations

import hmac

from groundswell.access.addresses import canonical
from groundswell.access.derivation import derive_key
from groundswell.access.hashing import AddressHasher
from groundswell.contract.events.intake import Identity

_DOTLESS = frozenset({"gmail.com", "googlemail.com"})


def normalised_email(email: str) -> str:
    """The mailbox an address leads to: lower case, no ``+tag``, no dots where they mean nothing."""
    local, _, domain = email.strip().lower().rpartition("@")
    local = local.partition("+")[0]
    if domain in _DOTLESS:
        local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


class Pseudonyms:
    """Makes keyed hashes of what identifies people; a key per kind, so that kinds cannot be joined.

    Args:
        secret: the root of all keys.
        hasher: makes the names of addresses, the same as for clicks on links.
    """

    def __init__(self, secret: bytes, hasher: AddressHasher) -> None:
        kinds = ("email", "payment", "device")
        self._hasher = hasher
        self._keys = {kind: derive_key(secret, f"groundswell/identity/{kind}") for kind in kinds}

    def identity(
        self,
        *,
        email: str | None = None,
        address: str | None = None,
        payment: str | None = None,
        device: str | None = None,
    ) -> Identity:
        """What is kept of these.

        Raises:
            ValueError: the address is none.
        """
        mailbox = None if email is None else normalised_email(email)
        return Identity(
            email=self._hash("email", mailbox),
            email_domain=None if mailbox is None else mailbox.rpartition("@")[2],
            address=None if address is None else self._hasher.hash("referral", canonical(address)),
            payment=self._hash("payment", payment),
            device=self._hash("device", device),
        )

    def _hash(self, kind: str, value: str | None) -> str | None:
        if value is None:
            return None
        return hmac.digest(self._keys[kind], value.encode(), "sha256").hex()
