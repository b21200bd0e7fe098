"""ClientToken: the same token and parameters act once and answer alike.

    with Once(world, action, params) as once:
        if once.answer is not None: ...answer from it...
        ...act...
        once.remember({...})

A request that is refused uses up no token.
"""
import hashlib
import json
from typing import Any

from errors import Refusal
from world import World


class Once:
    """One action under its ClientToken, if it has one."""

    def __init__(self, world: World, action: str, params: dict[str, Any]):
        self._world = world
        token = params.get('ClientToken')
        self._name = f'{action}/{token}' if token else None
        if token is not None and (not token or len(token) > 64 or not token.isascii()):
            raise Refusal('InvalidParameterValue',
                          'A client token has 1 to 64 ASCII characters')
        asked = {k: v for k, v in params.items() if k not in ('ClientToken', 'DryRun')}
        text = json.dumps(asked, sort_keys=True, default=str)
        self._digest = hashlib.sha256(text.encode()).hexdigest()
        self.answer: dict[str, Any] | None = None

    def __enter__(self) -> 'Once':
        known = self._world.store.all['token'].get(self._name) if self._name else None
        if known is not None:
            if known['digest'] != self._digest:
                raise Refusal('IdempotentParameterMismatch', 'Arguments on this idempotent '
                              'request are inconsistent with arguments used in previous '
                              'request(s).')
            self.answer = known['answer']
        return self

    def __exit__(self, *_: Any) -> None:
        pass

    def remember(self, answer: dict[str, Any]) -> None:
        """Keep what a repetition is to be told."""
        if self._name:
            self._world.store.put('token', self._name, {
                'digest': self._digest, 'answer': answer, 'at': self._world.now()})
