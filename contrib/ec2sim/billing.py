"""What each instance is billed for: from its launch to EC2's own time of its end.

Whole seconds, as LaunchTime and the reason of the end have them.  EC2 bills what
runs, and a minute at least; `billed_s` is that, `seconds` the span that a ledger
can know from DescribeInstances alone.
"""
from decimal import Decimal
from typing import Any

import pricing
import spot
from world import World

LEAST_S = 60


def line(world: World, instance: dict[str, Any]) -> dict[str, Any]:
    """One instance's."""
    times = instance['times']
    ends = [times[s] for s in ('stopping', 'shutting-down', 'terminated') if s in times]
    end = min(ends) if ends else None
    until = world.now() if end is None else end
    ran = int(until) - int(times['running']) if 'running' in times else 0
    kind = world.scenario.types.get(instance['type'])
    usd_h = pricing.price(world, kind) if kind else None
    billed = max(ran, LEAST_S) if 'running' in times else 0
    usd = None
    if instance['market'] == 'spot':
        usd_h = spot.price(world, instance['type'], instance['az']) or usd_h
        began = times.get('running', until)
        usd = spot.cost(world, instance['type'], instance['az'], began,
                        max(until, began + LEAST_S)) if 'running' in times else None
    if usd is None and usd_h is not None:
        usd = usd_h * billed / 3600
    seconds = int(until) - int(instance['launched'])
    return {
        'instance': instance['id'], 'region': instance['region'], 'type': instance['type'],
        'az': instance['az'], 'market': instance['market'], 'fleet': instance['fleet'],
        'state': instance['state'], 'launched': int(instance['launched']),
        'ended': None if end is None else int(end), 'seconds': seconds,
        'billed_s': billed, 'usd_h': str(usd_h) if usd_h is not None else None,
        'usd': str(usd) if usd is not None else None, 'tags': instance['tags']}


def keep(world: World, instance: dict[str, Any]) -> None:
    """The instance is about to be forgotten; its bill is not."""
    world.store.put('bill', instance['id'], line(world, instance))


def listing(world: World) -> list[dict[str, Any]]:
    """All instances that there ever were, in the order of their launches."""
    every = list(world.store.all['bill'].values())
    every += [line(world, i) for i in world.instances.values()]
    return sorted(every, key=lambda b: (b['launched'], b['instance']))
