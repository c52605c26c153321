#!/usr/bin/env python3
"""Makes envelope-v1.json: every step from a master key and a value to a stored record, and the digest that links records.

Written from docs/record.md alone, on hashlib, hmac and an AES-GCM that is not .NET's (Debian: python3-cryptography), so that a mistake in Mill
would have to be made twice to go unnoticed.    python3 docs/vectors/make_vectors.py > docs/vectors/envelope-v1.json
"""
import hashlib
import hmac
import json
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


def hkdf(key, salt, info, length):
    """RFC 5869 with SHA-256."""
    return expand(hmac.new(salt or bytes(32), key, hashlib.sha256).digest(), info, length)


def expand(prk, info, length):
    output, block = b"", b""
    for counter in range(1, -(-length // 32) + 1):
        block = hmac.new(prk, block + info + bytes([counter]), hashlib.sha256).digest()
        output += block
    return output[:length]


def fields(*values):
    """Each field: its length as four bytes, big-endian, then its bytes; numbers are eight bytes, big-endian."""
    output = b""
    for value in values:
        if isinstance(value, str):
            value = value.encode()
        elif isinstance(value, int):
            value = struct.pack(">q", value)
        output += struct.pack(">I", len(value)) + value
    return output


def vector(name, master, cluster, draft, value, data_key, salt, nonce):
    key_id = hashlib.sha256(b"mill/v1/master-key-id" + master).hexdigest()[:16]
    sealed = (1, cluster, draft["tenant"], draft["name"], draft["version"], draft["valid_from"], draft["created_by"], draft["kind"], key_id, draft["prev"])
    aad_wrap = fields("mill/v1/aad-wrap", *sealed)
    aad_value = fields("mill/v1/aad-value", *sealed)
    wrapping_key = hkdf(master, b"", b"mill/v1/wrap" + salt, 32)
    wrapped_key = AESGCM(wrapping_key).encrypt(bytes(12), data_key, aad_wrap)
    derived = expand(data_key, b"mill/v1/value", 64)
    encryption_key, commitment = derived[:32], derived[32:]
    ciphertext = AESGCM(encryption_key).encrypt(nonce, value, aad_value)
    digest = hashlib.sha256(fields(
        "mill/v1/record-digest", 1, draft["tenant"], draft["name"], draft["version"], draft["valid_from"], draft["created_by"], draft["request_id"],
        draft["kind"], key_id, salt, commitment, nonce, ciphertext, draft["prev"])).digest()
    given = {"master_key": master, "cluster_id": cluster, **draft, "value": value, "data_key": data_key, "wrap_salt": salt, "nonce": nonce}
    made = {
        "key_id": key_id, "wrapping_key": wrapping_key, "aad_wrap": aad_wrap, "wrapped_key": wrapped_key, "encryption_key": encryption_key,
        "key_commitment": commitment, "aad_value": aad_value, "ciphertext": ciphertext, "record_digest": digest}
    return {"comment": name, "given": texts(given), "made": texts(made)}, digest


def texts(values):
    return {key: value.hex() if isinstance(value, bytes) else value for key, value in values.items()}


def some(label, length):
    """Bytes that look random and are the same every time."""
    return hkdf(label.encode(), b"", b"mill/v1/vectors", length)


def main():
    vectors, prev = [], bytes(32)
    cases = [
        ("a short text", "default", "app.db/password", 1, 1_767_225_600_000_001, "ci", "req-1", "text", b"hunter2"),
        ("the next version: prev is the digest of the one before", "default", "app.db/password", 2, 1_767_225_600_000_002, "ci", "req-2", "text", "pässwörd €".encode()),
        ("an empty value", "default", "app.db/password", 3, 1_767_225_700_000_000, "ops@example", "", "text", b""),
        ("bytes that are no text, another tenant, a subject outside ASCII", "team-b_2", "_", 1, 1, "Zoë", "r", "binary", bytes(range(256))),
        ("a long value", "default", "n" * 255, 1, 4_102_444_800_000_000, "s", "r", "binary", some("value", 5000)),
    ]
    for number, (name, tenant, secret, version, valid_from, created_by, request_id, kind, value) in enumerate(cases):
        draft = {"tenant": tenant, "name": secret, "version": version, "valid_from": valid_from, "created_by": created_by, "request_id": request_id,
                 "kind": kind, "prev": prev if version > 1 else bytes(32)}
        made, prev = vector(name, some("master", 32), "0123456789abcdef0123456789abcdef", draft, value,
                            some(f"data key {number}", 32), some(f"salt {number}", 32), some(f"nonce {number}", 12))
        vectors.append(made)
    print(json.dumps({"format": "mill envelope v1", "vectors": vectors}, indent=2, ensure_ascii=False))


main()
