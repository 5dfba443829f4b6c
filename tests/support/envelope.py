"""Encrypted values as docs/secrets.md describes them, made and opened without dunlin."""

import base64
import json
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM


class Key:
    """A key as `dunlin keygen` makes it: NAME:BASE64."""

    def __init__(self, text):
        self.text = text.strip()
        self.name, _, encoded = self.text.partition(":")
        self._cipher = AESGCM(base64.b64decode(encoded))

    def seal(self, plaintext):
        data_key, wrapping, nonce = os.urandom(32), os.urandom(12), os.urandom(12)
        return json.dumps({"version": 1, "alg": "AES-256-GCM", "key_id": self.name,
                           "dek_wrapped": encode(wrapping + self._cipher.encrypt(wrapping, data_key, None)),
                           "nonce": encode(nonce),
                           "ciphertext": encode(AESGCM(data_key).encrypt(nonce, plaintext.encode(), None))})

    def open(self, value):
        """The plaintext of a value that has been read as JSON. Fails for one under another key."""
        assert value["key_id"] == self.name, value["key_id"]
        wrapped = base64.b64decode(value["dek_wrapped"])
        data_key = self._cipher.decrypt(wrapped[:12], wrapped[12:], None)
        nonce, ciphertext = base64.b64decode(value["nonce"]), base64.b64decode(value["ciphertext"])
        return AESGCM(data_key).decrypt(nonce, ciphertext, None).decode()


def encode(data):
    return base64.b64encode(data).decode()
