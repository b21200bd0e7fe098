"""What a test does to the simulated account from outside: POST /ec2sim/control.

A JSON object: {"do": ACTION, "instances": [...], ...}.  It is no part of EC2,
carries no signature and is for the one who runs the simulator.
"""
import json
from typing import Any

import billing
import spot
import sqs
import trouble
from scenario import ScenarioError, check_object, check_usd
from world import World

PATH = '/ec2sim/control'


def _queue(world: World, given: dict[str, Any]) -> str:
    name = given.get('queue') or next(iter(world.scenario.queues), None)
    if name not in world.scenario.queues:
        raise ScenarioError(f'queue: there is no {name}; known: '
                            f'{", ".join(world.scenario.queues) or "none"}')
    return name


def _message(world: World, given: dict[str, Any]) -> dict[str, Any]:
    check_object(given, {'body': (str, True), 'queue': (str, False)}, 'message')
    sqs.put(world, _queue(world, given), given['body'])
    return {}


def _messages(world: World, given: dict[str, Any]) -> dict[str, Any]:
    check_object(given, {'queue': (str, False)}, 'messages')
    queue = _queue(world, given)
    return {'messages': [{'body': m['body'], 'received': m['received']}
                         for m in world.store.all['message'].values() if m['queue'] == queue]}


def _billing(world: World, given: dict[str, Any]) -> dict[str, Any]:
    check_object(given, {}, 'billing')
    return {'instances': billing.listing(world)}


def _spot_price(world: World, given: dict[str, Any]) -> dict[str, Any]:
    check_object(given, {'pool': (str, True), 'usd': ((str, int, float), True)}, 'spot-price')
    usd, kind, az = str(given['usd']), *given['pool'].partition('/')[::2]
    check_usd(usd, 6, 'spot-price.usd')
    if kind not in world.scenario.types or az and az not in world.scenario.zones:
        raise ScenarioError(f'spot-price.pool: {given["pool"]} is no TYPE or TYPE/ZONE here')
    spot.change(world, given['pool'], usd)
    return {}


OTHERS = {'spot-price': _spot_price, 'message': _message, 'messages': _messages,
          'billing': _billing}


def _find(world: World, names: Any) -> list[dict[str, Any]]:
    if not isinstance(names, list) or not names:
        raise ScenarioError('instances: expected a list of ids')
    found = []
    for name in names:
        fixed = world.fixed if world.fixed and world.fixed['id'] == name else None
        instance = fixed or world.instances.get(name)
        if instance is None:
            raise ScenarioError(f'instances: there is no {name}')
        found.append(instance)
    return found


def _act(home: World, body: bytes) -> dict[str, Any]:
    try:
        given = json.loads(body)
    except ValueError as e:
        raise ScenarioError(f'the body is no JSON: {e}') from e
    if not isinstance(given, dict) or not isinstance(given.get('do'), str):
        raise ScenarioError('expected {"do": ACTION, ...}')
    action, region = given.pop('do'), given.pop('region', home.scenario.region)
    if region not in home.everywhere:
        raise ScenarioError(f'region: {region} is not in the scenario')
    world = home.everywhere[region]
    if action in OTHERS:
        return OTHERS[action](world, given)
    names = given.pop('instances', None)
    trouble.check(action, given, action)
    chosen = _find(world, names)
    for instance in chosen:
        trouble.do(world, action, instance, given)
    return {'instances': [{'id': i['id'], 'state': i['state']} for i in chosen]}


def handle(home: World, body: bytes) -> tuple[int, bytes]:
    """The answer: status and JSON."""
    with home.lock:
        try:
            status, out = 200, _act(home, body)
        except ScenarioError as e:
            status, out = 400, {'error': str(e)}
        for world in home.everywhere.values():
            world.store.commit()
    return status, json.dumps(out).encode() + b'\n'
