"""Signatures that anybody can verify: RFC 7515 (appendix F), RFC 7517, RFC 7638, RFC 8037."""

from __future__ import annotations

import jwt
import msgspec
import pytest
from jwt.api_jws import PyJWS

from groundswell.access.signing import PublicKeys, SigningKey, thumbprint

SECRET = b"s" * 32


def test_a_signature_is_a_detached_jws_that_the_public_key_verifies() -> None:
    key = SigningKey(SECRET)
    header, payload, signature = key.sign(b"hello").split(".")
    assert payload == ""
    token = f"{header}.aGVsbG8.{signature}"
    public = jwt.PyJWK(msgspec.to_builtins(key.public))
    assert PyJWS().decode(token, public.key, algorithms=["EdDSA"]) == b"hello"
    assert jwt.get_unverified_header(token) == {"alg": "EdDSA", "kid": key.public.kid}
    with pytest.raises(jwt.InvalidSignatureError):
        PyJWS().decode(f"{header}.aGVsbG9v.{signature}", public.key, algorithms=["EdDSA"])


def test_every_process_signs_alike_and_other_installations_differ() -> None:
    assert SigningKey(SECRET).sign(b"x") == SigningKey(SECRET).sign(b"x")
    other = SigningKey(b"t" * 32)
    assert other.public.kid != SigningKey(SECRET).public.kid
    assert other.sign(b"x") != SigningKey(SECRET).sign(b"x")


def test_the_key_is_told_as_a_jwk_and_nothing_of_it_that_is_secret() -> None:
    told = msgspec.to_builtins(PublicKeys([SigningKey(SECRET).public]))
    (key,) = told["keys"]
    assert key.keys() == {"kty", "crv", "x", "kid", "alg", "use"}
    assert (key["kty"], key["crv"], key["alg"], key["use"]) == ("OKP", "Ed25519", "EdDSA", "sig")


def test_the_key_id_is_the_thumbprint_of_the_key() -> None:
    """The key and the thumbprint of RFC 8037, appendix A.3."""
    assert (
        thumbprint("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    )
