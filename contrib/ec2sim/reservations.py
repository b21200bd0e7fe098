"""Capacity Reservations and Capacity Blocks: capacity that is ours already.

They come from the scenario; what is used of one are the living instances that
were launched into it.  Targeted ones are named by a launch template, open ones
take every on-demand instance that fits, blocks are a market of their own.
"""
from typing import Any

import filters
from errors import Refusal
from scenario import Reservation
from world import Usage, World

EXCEEDED = ('ReservationCapacityExceeded', 'The requested reservation does not have sufficient '
            'compatible and available capacity for this request.')


def _not_found(name: str) -> Refusal:
    return Refusal('InvalidCapacityReservationId.NotFound',
                   f"The capacity reservation '{name}' does not exist")


def _free(one: Reservation, usage: Usage) -> int:
    return max(0, one.total - usage.reserved[one.id])


def _fits(one: Reservation, type_name: str, az: str, group: str | None) -> bool:
    # One that was made in a placement group is for instances of that group.
    return one.type == type_name and one.az == az and one.group in (None, group)


def targeted(world: World, data: dict[str, Any], market: str, place: tuple[str, str, str | None],
             usage: Usage) -> list[tuple[str, int]] | None:
    """The reservation that a launch template names and what it has left for
    instances of PLACE (type, zone, group); None where it names none."""
    target = data.get('CapacityReservationSpecification', {}).get('CapacityReservationTarget')
    block = data.get('InstanceMarketOptions', {}).get('MarketType') == 'capacity-block'
    if block != (market == 'capacity-block'):
        raise Refusal('InvalidParameterCombination', f'The market {market} of the fleet and the '
                      "launch template's MarketType exclude each other")
    if not target:
        if block:
            raise Refusal('MissingParameter', 'A launch into a Capacity Block needs '
                          'CapacityReservationTarget.CapacityReservationId')
        return None
    if 'CapacityReservationId' not in target:
        raise Refusal('UnsupportedOperation', 'ec2sim does not simulate groups of reservations')
    if market == 'spot':
        raise Refusal('InvalidParameterCombination',
                      'Spot Instances cannot be launched into a Capacity Reservation')
    name = target['CapacityReservationId']
    one = world.scenario.reservations.get(name)
    if one is None:
        raise _not_found(name)
    if one.block != block:
        raise Refusal('InvalidParameterCombination', f'{name} is '
                      f'{"a" if one.block else "no"} Capacity Block')
    if one.state in ('pending', 'scheduled'):
        raise Refusal('InvalidCapacityReservationState.PendingActivation',
                      f'The Capacity Reservation {name} is not active yet.')
    if one.state != 'active':
        raise Refusal('InvalidCapacityReservationState',
                      f'The Capacity Reservation {name} is {one.state}.')
    if not _fits(one, *place):
        raise Refusal(*EXCEEDED)
    return [(name, _free(one, usage))]


def open_ones(world: World, data: dict[str, Any], market: str, place: tuple[str, str, str | None],
              usage: Usage) -> list[tuple[str, int]]:
    """The open reservations that instances of PLACE go into by themselves."""
    given = data.get('CapacityReservationSpecification', {})
    if market != 'on-demand' or 'CapacityReservationTarget' in given or \
            given.get('CapacityReservationPreference') == 'none':
        return []
    return [(one.id, _free(one, usage)) for one in world.scenario.reservations.values()
            if one.match == 'open' and one.state == 'active' and _fits(one, *place)
            and _free(one, usage)]


def describe(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeCapacityReservations."""
    match = filters.compile_filters(params.get('Filters', []), {
        'instance-type': lambda r: [r.type], 'availability-zone': lambda r: [r.az],
        'state': lambda r: [r.state], 'instance-match-criteria': lambda r: [r.match],
        'instance-platform': lambda r: ['Linux/UNIX'], 'tenancy': lambda r: ['default'],
        'owner-id': lambda r: [world.scenario.account],
        'placement-group-arn': lambda r: [world.arn('placement-group', r.group)]
        if r.group else [],
    }, lambda r: {})
    known = world.scenario.reservations
    wanted = params.get('CapacityReservationIds')
    for name in wanted or []:
        if name not in known:
            raise _not_found(name)
    found, token = filters.page([r for r in known.values() if match(r) and (
        not wanted or r.id in wanted)], params, 1, 1000)
    usage = world.in_use()
    return {'CapacityReservations': [_answer(world, r, usage) for r in found], 'NextToken': token}


def _answer(world: World, one: Reservation, usage: Usage) -> dict[str, Any]:
    start = world.started + (86400 if one.state in ('pending', 'scheduled') else 0)
    out = {'CapacityReservationId': one.id, 'OwnerId': world.scenario.account,
           'CapacityReservationArn': world.arn('capacity-reservation', one.id),
           'InstanceType': one.type, 'InstancePlatform': 'Linux/UNIX', 'AvailabilityZone': one.az,
           'AvailabilityZoneId': world.scenario.zones.get(one.az, ''), 'Tenancy': 'default',
           'TotalInstanceCount': one.total, 'EbsOptimized': False, 'EphemeralStorage': False,
           'AvailableInstanceCount': _free(one, usage) if one.state == 'active' else 0,
           'State': one.state, 'InstanceMatchCriteria': one.match, 'Tags': [],
           'StartDate': world.moment(start), 'CreateDate': world.moment(world.started),
           'EndDateType': 'limited' if one.block else 'unlimited'}
    if one.block:
        out['EndDate'] = world.moment(start + 14 * 86400)
    if one.group:
        out['PlacementGroupArn'] = world.arn('placement-group', one.group)
    if 'capacity-blocks' in world.features:
        out['ReservationType'] = 'capacity-block' if one.block else 'default'
    return out
