"""The world a simulator starts with: region, keys, network, capacity, timings.

load() reads a JSON scenario, lays it over the defaults and checks every key
and type; an error names the place.  The format is in README.md.
"""
import base64
import ipaddress
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any

import catalogue

# Milliseconds unless the name says otherwise; ranges are drawn evenly.
TIMINGS: dict[str, float] = {
    'instance_invisible_ms': 300,    # an id from CreateFleet answers NotFound so long
    'instance_address_ms': 400,      # and has no private address so long
    'pending_ms': 500,
    'checks_ms': 0,                  # after running, status checks are initializing so long
    'event_ms': 300,                 # EventBridge's way to a queue
    'shutting_down_ms': 1500,
    'terminated_visible_s': 3600,
    'group_invisible_ms': 50,
    'group_pending_ms': 200,
    'template_invisible_ms': 50,
    'imds_tag_ms': 200,
    'imds_tag_spread_ms': 100,       # each tag is late by up to so much more
    'role_credentials_s': 21600,
    'max_skew_s': 900,
}

DEFAULT: dict[str, Any] = {
    'region': 'us-east-2',
    'account': '123456789012',
    'seed': 1,
    'credentials': [{'access_key': 'AKIAEC2SIMEXAMPLE001',
                     'secret_key': 'ec2sim-example-secret-key-0000000000001'}],
    'subnets': [
        {'id': 'subnet-0aaaaaaaaaaaaaaa1', 'az': 'us-east-2a', 'cidr': '10.77.1.0/24'},
        {'id': 'subnet-0aaaaaaaaaaaaaaa2', 'az': 'us-east-2b', 'cidr': '10.77.2.0/24'},
        {'id': 'subnet-0aaaaaaaaaaaaaaa3', 'az': 'us-east-2c', 'cidr': '10.77.3.0/24'}],
    'security_groups': [{'id': 'sg-0aaaaaaaaaaaaaaa1', 'self_referencing': True},
                        {'id': 'sg-0aaaaaaaaaaaaaaa2', 'self_referencing': False}],
    'launch_templates': [],
    'instance_types': {},
    'offerings': {},
    'capacity': {},
    'quotas': {},
    'fleet_errors': 'all',
    'capacity_reservations': [],
    'prices': {},
    'spot_prices': {},
    'spot_changes': [],
    'queues': [],
    'troubles': [],
    'timings': {},
    'throttling': {},
    'idempotency': 'repeat',
    'bridge': 'ec2sim0',
    'controller_address': '10.77.0.1/16',
    'private_paths': [],
    'private_files': ['/etc/hosts', '/etc/hostname'],
    'shared_paths': [],
    'imds_role': 'ec2sim-role',
    'regions': {},
}
# What a region of "regions" may have of its own; the rest is the account's.
REGIONAL = ('subnets', 'security_groups', 'launch_templates', 'offerings', 'capacity', 'quotas',
            'fleet_errors', 'capacity_reservations', 'prices', 'spot_prices', 'spot_changes',
            'queues', 'troubles')
PLACEMENT_GROUPS = 500    # of a region
DEFAULT_VPC = 'vpc-0aaaaaaaaaaaaaaa1'

# key: (type, required) of the members of the scenario's lists
CREDENTIAL = {'access_key': (str, True), 'secret_key': (str, True), 'session_token': (str, False)}
SUBNET = {'id': (str, True), 'az': (str, True), 'cidr': (str, True), 'vpc': (str, False),
          'az_id': (str, False)}
GROUP = {'id': (str, True), 'self_referencing': (bool, False), 'vpc': (str, False),
         'name': (str, False)}
TEMPLATE = {'name': (str, True), 'id': (str, False), 'data': (dict, True),
            'user_data': (str, False), 'tags': (dict, False)}
RESERVATION = {'id': (str, True), 'type': (str, True), 'az': (str, True), 'total': (int, True),
               'kind': (str, False), 'match': (str, False), 'group': (str, False),
               'state': (str, False)}
QUEUE = {'name': (str, True), 'events': (list, False), 'visibility_s': ((int, float), False),
         'copies': (int, False)}
TROUBLE = {'do': (str, True), 'with': (dict, False), 'after_s': ((int, float), False),
           'times': (int, False), 'type': (str, False), 'az': (str, False),
           'market': (str, False), 'tags': (dict, False)}
CHANGE = {'pool': (str, True), 'usd': (str, True), 'after_s': ((int, float), True)}
EVENTS = ('spot-interruption', 'rebalance', 'state-change', 'health')
TYPE_FIELDS = {'vcpus': int, 'cores': int, 'threads': int, 'gib': (int, float), 'arch': str,
               'gpus': int, 'efa': int, 'cards': str, 'network': str, 'usage': list,
               'placement': list, 'metal': bool, 'current': bool, 'usd_h': (int, float)}


class ScenarioError(ValueError):
    """The scenario or faults file is wrong; the text names the place."""


@dataclass(frozen=True)
class Subnet:
    """A subnet; its first four addresses and its last are AWS's own."""
    id: str
    az: str
    az_id: str
    vpc: str
    cidr: ipaddress.IPv4Network

    @property
    def gateway(self) -> str:
        """The router's address, the first after the network's."""
        return str(self.cidr[1])


@dataclass(frozen=True)
class SecurityGroup:
    """A security group; self_referencing allows all to and from itself."""
    id: str
    name: str
    vpc: str
    self_referencing: bool


@dataclass(frozen=True)
class Reservation:
    """A Capacity Reservation of TOTAL instances, or a Capacity Block."""
    id: str
    type: str
    az: str
    total: int
    block: bool
    match: str
    group: str | None
    state: str


@dataclass
class Scenario:
    """The checked scenario; see README.md for what each key means."""
    region: str
    account: str
    seed: int
    credentials: list[dict[str, str]]
    subnets: dict[str, Subnet]
    security_groups: dict[str, SecurityGroup]
    launch_templates: list[dict[str, Any]]
    types: dict[str, catalogue.Type]
    offerings: dict[str, list[str]]
    capacity: dict[str, int]
    quotas: dict[str, dict[str, int]]
    default_quotas: dict[str, dict[str, int]]
    placement_groups: int
    fleet_errors: str
    reservations: dict[str, Reservation]
    prices: dict[str, str]
    spot_prices: dict[str, str]
    spot_changes: list[dict[str, Any]]
    queues: dict[str, dict[str, Any]]
    troubles: list[dict[str, Any]]
    timings: dict[str, float]
    throttling: dict[str, Any]
    idempotency: str
    bridge: str
    controller_address: str
    private_paths: list[str]
    private_files: list[str]
    shared_paths: list[str]
    imds_role: str
    zones: dict[str, str] = field(default_factory=dict)
    regions: dict[str, 'Scenario'] = field(default_factory=dict)    # the others

    def seconds(self, name: str) -> float:
        """The timing NAME in seconds."""
        value = self.timings[name]
        return value / 1000 if name.endswith('_ms') else value

    def quota(self, market: str, family: str) -> int | None:
        """The vCPUs that may be in use at a time; None is without limit."""
        for table in (self.quotas, self.default_quotas):
            if family in table.get(market, {}):
                return table[market][family]
        return None

    def offered(self, type_name: str, az: str) -> bool:
        """Whether the type is sold in that zone at all."""
        zones = self.offerings.get(type_name)
        return zones is None or az in zones


def check_object(value: Any, fields: dict[str, tuple[Any, bool]], where: str) -> None:
    """Refuse a JSON value that is not an object with just these FIELDS."""
    if not isinstance(value, dict):
        raise ScenarioError(f'{where}: expected an object')
    for key, item in value.items():
        if key not in fields:
            raise ScenarioError(f'{where}: unknown key "{key}"; known: {", ".join(fields)}')
        wanted = fields[key][0]
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        # bool is a kind of int to Python, but not to us.
        if not isinstance(item, wanted) or isinstance(item, bool) and bool not in wanted:
            raise ScenarioError(f'{where}.{key}: wrong type, {type(item).__name__}')
    for key, (_, required) in fields.items():
        if required and key not in value:
            raise ScenarioError(f'{where}: "{key}" is missing')


def _number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value < 0:
        raise ScenarioError(f'{where}: expected a number, not negative')


def _count(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ScenarioError(f'{where}: expected a whole number, not negative')


def check_usd(value: Any, decimals: int, where: str) -> None:
    """Refuse what is no price.  They are strings, as money is in the API: no number in
    between rounds it."""
    if not isinstance(value, str) or not re.fullmatch(r'\d+(\.\d{1,%d})?' % decimals, value):
        raise ScenarioError(f'{where}: expected USD an hour like "1.23"')


def _quotas(given: Any, where: str) -> None:
    if not isinstance(given, dict):
        raise ScenarioError(f'{where}: expected an object')
    for market, limits in given.items():
        if market not in ('on-demand', 'spot') or not isinstance(limits, dict):
            raise ScenarioError(f'{where}: expected {{"on-demand": {{...}}, "spot": {{...}}}}')
        for family, value in limits.items():
            if family not in catalogue.FAMILIES:
                raise ScenarioError(f'{where}.{market}: unknown family "{family}"; known: '
                                    f'{", ".join(catalogue.FAMILIES)}')
            _count(value, f'{where}.{market}.{family}')


def _timings(given: dict[str, Any]) -> dict[str, float]:
    for key, value in given.items():
        if key not in TIMINGS:
            raise ScenarioError(f'timings: unknown key "{key}"; known: {", ".join(TIMINGS)}')
        _number(value, f'timings.{key}')
    return {**TIMINGS, **given}


def _subnets(given: list[Any], region: str) -> dict[str, Subnet]:
    zones = sorted({s['az'] for s in given if isinstance(s, dict) and 'az' in s})
    # us-east-2a -> use2-az1, in the order of the names
    parts = region.split('-')
    short = parts[0] + ''.join(p[0] for p in parts[1:-1]) + parts[-1] if len(parts) > 2 else region
    subnets: dict[str, Subnet] = {}
    for i, item in enumerate(given):
        where = f'subnets[{i}]'
        check_object(item, SUBNET, where)
        if not item['az'].startswith(region):
            raise ScenarioError(f'{where}.az: {item["az"]} is not in region {region}')
        try:
            cidr = ipaddress.IPv4Network(item['cidr'])
        except ValueError as e:
            raise ScenarioError(f'{where}.cidr: {e}') from e
        if not 16 <= cidr.prefixlen <= 28:
            raise ScenarioError(f'{where}.cidr: /16 to /28 is allowed')
        if item['id'] in subnets:
            raise ScenarioError(f'{where}.id: {item["id"]} is given twice')
        for other in subnets.values():
            if other.cidr.overlaps(cidr):
                raise ScenarioError(f'{where}.cidr: {cidr} overlaps {other.id}')
        az_id = item.get('az_id') or f'{short}-az{zones.index(item["az"]) + 1}'
        subnets[item['id']] = Subnet(item['id'], item['az'], az_id,
                                     item.get('vpc', DEFAULT_VPC), cidr)
    return subnets


def _reservations(given: list[Any], types: dict[str, catalogue.Type], zones: set[str]
                  ) -> dict[str, Reservation]:
    out: dict[str, Reservation] = {}
    for i, item in enumerate(given):
        where = f'capacity_reservations[{i}]'
        check_object(item, RESERVATION, where)
        kind, state = item.get('kind', 'default'), item.get('state', 'active')
        match = item.get('match', 'targeted' if kind == 'capacity-block' else 'open')
        for key, value, known in (
                ('kind', kind, ('default', 'capacity-block')),
                ('match', match, ('open', 'targeted')), ('type', item['type'], types),
                ('az', item['az'], zones),
                ('state', state, ('active', 'pending', 'scheduled', 'expired', 'cancelled'))):
            if value not in known:
                raise ScenarioError(f'{where}.{key}: {value} is not known')
        if not item['id'].startswith('cr-') or item['id'] in out:
            raise ScenarioError(f'{where}.id: expected cr-..., each once')
        if kind == 'capacity-block' and match == 'open':
            raise ScenarioError(f'{where}.match: a block is targeted')
        _count(item['total'], f'{where}.total')
        out[item['id']] = Reservation(item['id'], item['type'], item['az'], item['total'],
                                      kind == 'capacity-block', match, item.get('group'), state)
    return out


def _queues(given: list[Any]) -> dict[str, dict[str, Any]]:
    out: dict[str, dict[str, Any]] = {}
    for i, item in enumerate(given):
        where = f'queues[{i}]'
        check_object(item, QUEUE, where)
        if not re.fullmatch(r'[A-Za-z0-9_-]{1,80}', item['name']) or item['name'] in out:
            raise ScenarioError(f'{where}.name: expected the name of a queue, each once')
        for kind in item.get('events', []):
            if kind not in EVENTS:
                raise ScenarioError(f'{where}.events: expected some of {", ".join(EVENTS)}')
        out[item['name']] = {'events': list(EVENTS), 'visibility_s': 30, 'copies': 1, **item}
        _number(out[item['name']]['visibility_s'], f'{where}.visibility_s')
        _count(out[item['name']]['copies'], f'{where}.copies')
    return out


def _troubles(given: list[Any]) -> list[dict[str, Any]]:
    # trouble.py knows what its actions take, and is above us.
    import trouble
    for i, item in enumerate(given):
        where = f'troubles[{i}]'
        check_object(item, TROUBLE, where)
        trouble.check(item['do'], item.get('with', {}), f'{where}.with')
        _number(item.get('after_s', 0), f'{where}.after_s')
        _count(item.get('times', 1), f'{where}.times')
    return given


def _templates(given: list[Any], base: str) -> list[dict[str, Any]]:
    templates = []
    for i, item in enumerate(given):
        where = f'launch_templates[{i}]'
        check_object(item, TEMPLATE, where)
        item = dict(item, data=dict(item['data']))
        path = item.pop('user_data', None)
        if path is not None:
            if 'UserData' in item['data']:
                raise ScenarioError(f'{where}: user_data and data.UserData are both given')
            try:
                with open(os.path.join(base, path), 'rb') as script:
                    item['data']['UserData'] = base64.b64encode(script.read()).decode()
            except OSError as e:
                raise ScenarioError(f'{where}.user_data: {e}') from e
        templates.append(item)
    return templates


def _types(given: dict[str, Any]) -> dict[str, catalogue.Type]:
    types = catalogue.load()
    for name, changes in given.items():
        check_object(changes, {k: (t, False) for k, t in TYPE_FIELDS.items()},
                     f'instance_types.{name}')
        try:
            types[name] = catalogue.override(types, name, changes)
        except ValueError as e:
            raise ScenarioError(f'instance_types.{name}: {e}') from e
    return types


def _other_regions(given: dict[str, Any], base: str) -> dict[str, Scenario]:
    """The Scenarios of "regions"."""
    regions = given.get('regions', {})
    shared = {k: v for k, v in given.items() if k not in REGIONAL and k != 'regions'}
    out = {}
    for number, (name, own) in enumerate(regions.items(), 1):
        where = f'regions.{name}'
        check_object(own, {key: (type(DEFAULT[key]), False) for key in REGIONAL}, where)
        if name == given.get('region', DEFAULT['region']) or number > 5:
            raise ScenarioError(f'{where}: expected up to five others than the region itself')
        if 'subnets' not in own:
            # ids and addresses that are nobody else's: subnet-0bb..., 10.77.17.0/24 ...
            own = dict(own, subnets=[
                {'id': n['id'].replace('a', chr(ord('a') + number)), 'az': name + n['az'][-1],
                 'cidr': f'10.77.{16 * number + i}.0/24'}
                for i, n in enumerate(DEFAULT['subnets'], 1)])
        try:
            out[name] = build({**shared, **own, 'region': name}, base)
        except ScenarioError as e:
            raise ScenarioError(f'{where}: {e}') from e
    return out


def build(given: Any, base: str = '.') -> Scenario:
    """The Scenario of a JSON object; paths in it are relative to BASE."""
    if not isinstance(given, dict):
        raise ScenarioError('the scenario is not a JSON object')
    for key, value in given.items():
        if key not in DEFAULT:
            raise ScenarioError(f'unknown key "{key}"; known: {", ".join(DEFAULT)}')
        if not isinstance(value, type(DEFAULT[key])) and not (key == 'throttling'
                                                              and value is False):
            raise ScenarioError(f'{key}: expected {type(DEFAULT[key]).__name__}')
    s = {**DEFAULT, **given}
    for i, item in enumerate(s['credentials']):
        check_object(item, CREDENTIAL, f'credentials[{i}]')
    region = s['region']
    if region != DEFAULT['region'] and 'subnets' not in given:
        s['subnets'] = [dict(n, az=region + n['az'][-1]) for n in s['subnets']]
    subnets = _subnets(s['subnets'], region)
    groups = {}
    for i, item in enumerate(s['security_groups']):
        check_object(item, GROUP, f'security_groups[{i}]')
        groups[item['id']] = SecurityGroup(item['id'], item.get('name', item['id']),
                                           item.get('vpc', DEFAULT_VPC),
                                           item.get('self_referencing', False))
    for key, value in s['capacity'].items():
        _count(value, f'capacity.{key}')
    quotas = dict(s['quotas'])
    placement_groups = quotas.pop('placement-groups', PLACEMENT_GROUPS)
    _count(placement_groups, 'quotas.placement-groups')
    default_quotas = quotas.pop('default', {})
    _quotas(quotas, 'quotas')
    _quotas(default_quotas, 'quotas.default')
    if s['fleet_errors'] not in ('all', 'first'):
        raise ScenarioError('fleet_errors: expected "all" or "first"')
    for key, value in s['spot_prices'].items():
        check_usd(value, 6, f'spot_prices.{key}')
    for key, value in s['prices'].items():
        check_usd(value, 10, f'prices.{key}')
    for i, item in enumerate(s['spot_changes']):
        check_object(item, CHANGE, f'spot_changes[{i}]')
        check_usd(item['usd'], 6, f'spot_changes[{i}].usd')
        _number(item['after_s'], f'spot_changes[{i}].after_s')
    for name, zones in s['offerings'].items():
        if not isinstance(zones, list):
            raise ScenarioError(f'offerings.{name}: expected a list of zones')
    if s['idempotency'] not in ('repeat', 'empty'):
        raise ScenarioError('idempotency: expected "repeat" or "empty"')
    for key in ('private_paths', 'private_files', 'shared_paths'):
        for path in s[key]:
            if not isinstance(path, str) or not path.startswith('/'):
                raise ScenarioError(f'{key}: expected absolute paths')
    if len(s['bridge']) > 15:
        raise ScenarioError('bridge: at most 15 characters')
    try:
        ipaddress.IPv4Interface(s['controller_address'])
    except ValueError as e:
        raise ScenarioError(f'controller_address: {e}') from e
    throttling = s['throttling']
    if throttling is not False:
        for key, value in throttling.items():
            if value is not False and not (isinstance(value, list) and len(value) == 2):
                raise ScenarioError(f'throttling.{key}: expected [capacity, per_second] or false')
            for number in value or []:
                _number(number, f'throttling.{key}')
    plain = {key: s[key] for key in (
        'account', 'seed', 'credentials', 'offerings', 'capacity', 'fleet_errors', 'prices',
        'spot_prices', 'spot_changes', 'idempotency', 'bridge', 'controller_address',
        'private_paths', 'private_files', 'shared_paths', 'imds_role')}
    types = _types(s['instance_types'])
    zones = {n.az: n.az_id for n in subnets.values()}
    return Scenario(
        **plain, region=region, subnets=subnets, security_groups=groups,
        launch_templates=_templates(s['launch_templates'], base),
        types=types, quotas=quotas, default_quotas=default_quotas,
        queues=_queues(s['queues']), troubles=_troubles(s['troubles']),
        placement_groups=placement_groups, timings=_timings(s['timings']), throttling=throttling,
        reservations=_reservations(s['capacity_reservations'], types, set(zones)), zones=zones,
        regions=_other_regions(given, base))


def load(path: str | None) -> Scenario:
    """The Scenario in the file PATH, or the default one."""
    if path is None:
        return build({})
    try:
        with open(path, encoding='utf-8') as f:
            given = json.load(f)
    except (OSError, ValueError) as e:
        raise ScenarioError(f'{path}: {e}') from e
    try:
        return build(given, os.path.dirname(os.path.abspath(path)))
    except ScenarioError as e:
        raise ScenarioError(f'{path}: {e}') from e
