"""Faults by script: a JSON list of rules, read again whenever the file changes.

Each rule names an action, the calls it concerns and one effect or several; the
format is in README.md.  Counting starts anew when the file is read.
"""
import json
import os
from typing import Any

import bootfault
from scenario import ScenarioError, check_object

RULE = {
    'action': (str, True), 'call': (int, False), 'from': (int, False), 'every': (bool, False),
    'match': (dict, False), 'error': (dict, False), 'drop': (str, False),
    'delay_ms': ((int, float), False), 'answer_raw': (dict, False), 'capacity': (dict, False),
    'truncate': (int, False), 'fewer': (int, False), 'more': (int, False),
    'kill': ((bool, str), False), 'pool_error': (dict, False),
    'region': (str, False),
    'boot': (str, False), 'instances': ((int, list), False), 'after_ms': ((int, float), False),
    'reason': (str, False),
}
ERROR = {'code': (str, True), 'message': (str, True), 'status': (int, False)}
POOL = {'code': (str, True), 'message': (str, True), 'type': (str, False), 'az': (str, False),
        'subnet': (str, False)}
RAW = {'status': (int, True), 'content_type': (str, False), 'body': (str, True)}
EFFECTS = ('error', 'drop', 'delay_ms', 'answer_raw', 'capacity', 'truncate', 'fewer', 'more',
           'kill', 'pool_error', 'boot')
# Effects of which several rules may add to one call.
MANY = ('pool_error', 'boot')


def _check_boot(rule: dict[str, Any], where: str) -> None:
    if 'boot' not in rule:
        for key in ('instances', 'after_ms', 'reason'):
            if key in rule:
                raise ScenarioError(f'{where}.{key}: belongs to "boot"')
        return
    if rule['boot'] not in bootfault.KINDS:
        raise ScenarioError(f'{where}.boot: expected one of {", ".join(bootfault.KINDS)}')
    which = rule.get('instances', [])
    for number in which if isinstance(which, list) else [which]:
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise ScenarioError(f'{where}.instances: expected a number, or a list of indices '
                                'from 0')
    if rule.get('reason', 'Server.InternalError') not in bootfault.REASONS:
        raise ScenarioError(f'{where}.reason: expected one of {", ".join(bootfault.REASONS)}')


def check(rules: Any) -> list[dict[str, Any]]:
    """Refuse a list of rules that is not well-formed."""
    if not isinstance(rules, list):
        raise ScenarioError('faults: expected a list of rules')
    for i, rule in enumerate(rules):
        where = f'faults[{i}]'
        check_object(rule, RULE, where)
        if sum(k in rule for k in ('call', 'from', 'every')) != 1:
            raise ScenarioError(f'{where}: exactly one of "call", "from", "every" is needed')
        if not any(k in rule for k in EFFECTS):
            raise ScenarioError(f'{where}: no effect; known: {", ".join(EFFECTS)}')
        if 'error' in rule:
            check_object(rule['error'], ERROR, f'{where}.error')
        if 'answer_raw' in rule:
            check_object(rule['answer_raw'], RAW, f'{where}.answer_raw')
        if rule.get('drop', 'before') not in ('before', 'after'):
            raise ScenarioError(f'{where}.drop: expected "before" or "after"')
        if rule.get('kill', True) not in (True, 'before', 'after'):
            raise ScenarioError(f'{where}.kill: expected true, "before" or "after"')
        if 'pool_error' in rule:
            check_object(rule['pool_error'], POOL, f'{where}.pool_error')
        _check_boot(rule, where)
        for key, value in rule.get('capacity', {}).items():
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise ScenarioError(f'{where}.capacity.{key}: expected a whole number')
    return rules


def _at(params: Any, path: str) -> Any:
    for part in path.split('.'):
        if isinstance(params, list):
            if not part.isdigit() or not 1 <= int(part) <= len(params):
                return None
            params = params[int(part) - 1]
        elif isinstance(params, dict):
            params = params.get(part)
        else:
            return None
    return params


class Faults:
    """The rules of one file.  Not thread-safe: the caller holds a lock."""

    def __init__(self, path: str | None):
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._rules: list[dict[str, Any]] = []
        self._counts: list[int] = []
        self.trouble: str | None = None
        self.reload()

    def reload(self) -> bool:
        """Read the file if it has changed; True if it was read.  A file that is
        wrong leaves the old rules and sets `trouble`."""
        if self._path is None:
            return False
        try:
            status = os.stat(self._path)
        except FileNotFoundError:
            changed = bool(self._rules)
            self._rules, self._counts, self._stamp = [], [], None
            return changed
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            with open(self._path, encoding='utf-8') as f:
                rules = check(json.load(f))
        except (OSError, ValueError) as e:
            self.trouble = f'{self._path}: {e}'
            return True
        self.trouble = None
        self._rules, self._counts = rules, [0] * len(rules)
        return True

    def capacity(self, region: str = '') -> dict[str, int]:
        """Capacities of rules that are in force whatever is called (every)."""
        out: dict[str, int] = {}
        for rule in self._rules:
            if rule.get('every') and 'capacity' in rule and \
                    rule.get('region', region) == region:
                out.update(rule['capacity'])
        return out

    def effects(self, action: str, params: dict[str, Any], region: str = '') -> dict[str, Any]:
        """What is to happen to this call; counts it."""
        out: dict[str, Any] = {}
        for i, rule in enumerate(self._rules):
            if rule['action'] not in (action, '*') or rule.get('region', region) != region:
                continue
            if any(_at(params, path) != value for path, value in rule.get('match', {}).items()):
                continue
            self._counts[i] += 1
            count = self._counts[i]
            if rule.get('every') or rule.get('call') == count or \
                    rule.get('from', count + 1) <= count:
                out.update({k: rule[k] for k in EFFECTS if k in rule and k not in MANY})
                if 'pool_error' in rule:
                    out.setdefault('pool_error', []).append(rule['pool_error'])
                if 'boot' in rule:
                    out.setdefault('boot', []).append({
                        k: rule[k] for k in ('boot', 'instances', 'after_ms', 'reason')
                        if k in rule})
        return out
