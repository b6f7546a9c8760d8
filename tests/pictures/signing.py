"""Pictures with C2PA manifests, signed offline by a certificate of the tests' own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from io import BytesIO
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
_CLAIM = {
    "claim_generator_info": [{"name": "a provider", "version": "1"}],
    "assertions": [
        {"label": "c2pa.actions", "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": TRAINED}]}}
    ],
}


def signed(data: bytes, media_type: str, remote: str | None = None) -> bytes:
    """The picture with a manifest; with `remote`, with a link to where that lies in its stead."""
    certificates, key = _identity()
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo("es256", certificates, key, None))
    out = BytesIO()
    with c2pa.Builder(json.dumps({**_CLAIM, "format": media_type})) as builder:
        if remote:
            builder.set_no_embed()
            builder.set_remote_url(remote)
        builder.sign(signer, media_type, BytesIO(data), out)
    return out.getvalue()


@cache
def _identity() -> tuple[bytes, bytes]:
    """The certificates, the signer's first, and the signer's key."""
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ours = _certificate("a root", root, "a root", root, is_root=True)
    signers = _certificate("a signer", key, "a root", root, is_root=False)
    pem = b"".join(one.public_bytes(serialization.Encoding.PEM) for one in (signers, ours))
    kind = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem, key.private_bytes(*kind)


def _certificate(name: str, key: Any, issuer: str, issuers: Any, *, is_root: bool) -> x509.Certificate:
    now = datetime.now(UTC)
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
        False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(is_root, None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not is_root, key_cert_sign=is_root, crl_sign=is_root, **usage),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuers.public_key()), critical=False)
    )
    if not is_root:
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return builder.sign(issuers, hashes.SHA256())


def _named(name: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "tests of imgnb")]
    )
