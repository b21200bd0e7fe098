"""Access keys: the scenario's, and temporary ones that STS and IMDS hand out."""
import base64
import os
import secrets
import string
from typing import Any

from signature import Key
from world import World

ALPHABET = string.ascii_uppercase + '234567'


class Keys:
    """Look-up and minting of keys.  Temporary keys live in the store."""

    def __init__(self, world: World):
        self._world = world
        account = world.scenario.account
        self._fixed = {c['access_key']: Key(
            c['access_key'], c['secret_key'], c.get('session_token'), None,
            f'arn:aws:iam::{account}:user/ec2sim', 'AIDA' + c['access_key'][4:])
            for c in world.scenario.credentials}

    def find(self, access_key: str) -> Key | None:
        """The key of that id, expired or not."""
        fixed = self._fixed.get(access_key)
        if fixed:
            return fixed
        known = self._world.store.all['key'].get(access_key)
        return Key(**known) if known else None

    def mint(self, seconds: float, arn: str, user_id: str) -> Key:
        """A temporary key for the role session ARN."""
        name = 'ASIA' + ''.join(secrets.choice(ALPHABET) for _ in range(16))
        # Real tokens hold + / and =, which clients must not encode in the header.
        token = 'IQo' + base64.b64encode(b'\xfb\xff\xfe' + os.urandom(148)).decode() + '+/=='
        key = Key(name, base64.b64encode(os.urandom(30)).decode(), token,
                  self._world.now() + seconds, arn, user_id)
        stored: dict[str, Any] = dict(vars(key))
        self._world.store.put('key', name, stored)
        self._world.store.commit()
        return key
