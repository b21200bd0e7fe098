"""Placement groups: create, describe, delete, and what a launch must respect."""
from typing import Any

import filters
import tags
from errors import Refusal
from world import World


def by_name(world: World, name: str) -> dict[str, Any] | None:
    """The group of that name, once it can be seen."""
    for group in world.store.all['group'].values():
        if group['name'] == name and group['visible'] <= world.now():
            return group
    return None


def _state(world: World, group: dict[str, Any]) -> str:
    return 'available' if group['available'] <= world.now() else 'pending'


def _members(world: World, group: dict[str, Any]) -> list[dict[str, Any]]:
    return [i for i in world.instances.values()
            if i['group'] == group['name'] and i['state'] != 'terminated']


def _answer(world: World, group: dict[str, Any]) -> dict[str, Any]:
    out = {'GroupName': group['name'], 'GroupId': group['id'], 'State': _state(world, group),
           'Strategy': group['strategy'], 'Tags': tags.as_list(group['tags']),
           'GroupArn': world.arn('placement-group', group['name'])}
    if group['strategy'] == 'partition':
        out['PartitionCount'] = group['partitions']
    if group['strategy'] == 'spread':
        out['SpreadLevel'] = 'rack'
    return out


def seed(world: World, name: str) -> None:
    """A group of the scenario's: there from the beginning."""
    if not any(g['name'] == name for g in world.store.all['group'].values()):
        ident = world.new_id('pg')
        world.store.put('group', ident, {
            'id': ident, 'name': name, 'strategy': 'cluster', 'partitions': 2, 'az': None,
            'visible': 0, 'available': 0, 'tags': {}})


def create(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """CreatePlacementGroup."""
    name, strategy = params.get('GroupName', ''), params.get('Strategy', 'cluster')
    if not 1 <= len(name) <= 255 or not name.isascii():
        raise Refusal('InvalidParameterValue', 'A group name has 1 to 255 ASCII characters')
    if 'PartitionCount' in params and strategy != 'partition':
        raise Refusal('InvalidParameterCombination',
                      'PartitionCount is for the partition strategy only')
    if not 1 <= params.get('PartitionCount', 7) <= 7:
        raise Refusal('InvalidParameterValue', 'PartitionCount is 1 to 7')
    if params.get('SpreadLevel', 'rack') != 'rack':
        raise Refusal('InvalidParameterValue', 'SpreadLevel host is for Outposts only')
    new_tags = tags.of_specifications(params.get('TagSpecifications'), ('placement-group',))
    groups = world.store.all['group']
    if any(g['name'] == name for g in groups.values()):
        raise Refusal('InvalidPlacementGroup.Duplicate',
                      f"The Placement Group '{name}' already exists.")
    if len(groups) >= world.scenario.placement_groups:
        raise Refusal('PlacementGroupLimitExceeded',
                      'The maximum number of placement groups has been reached.')
    now = world.now()
    group = {'id': world.new_id('pg'), 'name': name, 'strategy': strategy,
             'partitions': params.get('PartitionCount', 2), 'az': None,
             'visible': now + world.scenario.seconds('group_invisible_ms'),
             'available': now + world.scenario.seconds('group_pending_ms'),
             'tags': new_tags.get('placement-group', {})}
    tags.check_limit(group['tags'], name)
    world.store.put('group', group['id'], group)
    return {'PlacementGroup': _answer(world, group)}


def describe(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribePlacementGroups."""
    match = filters.compile_filters(params.get('Filters', []), {
        'group-name': lambda g: [g['name']], 'strategy': lambda g: [g['strategy']],
        'state': lambda g: [_state(world, g)], 'spread-level': lambda g: ['rack']
        if g['strategy'] == 'spread' else [],
        'group-arn': lambda g: [_answer(world, g)['GroupArn']],
    }, lambda g: g['tags'])
    seen = [g for g in world.store.all['group'].values() if g['visible'] <= world.now()]
    names, ids = params.get('GroupNames', []), params.get('GroupIds', [])
    for name in names:
        if not any(g['name'] == name for g in seen):
            raise Refusal('InvalidPlacementGroup.Unknown',
                          f"The Placement Group '{name}' is unknown.")
    for name in ids:
        if not any(g['id'] == name for g in seen):
            raise Refusal('InvalidPlacementGroupId.NotFound',
                          f"The Placement Group id '{name}' is unknown.")
    return {'PlacementGroups': [
        _answer(world, g) for g in seen if match(g)
        and (not names and not ids or g['name'] in names or g['id'] in ids)]}


def delete(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DeletePlacementGroup: only when its last instance is really terminated."""
    group = by_name(world, params['GroupName'])
    if group is None:
        raise Refusal('InvalidPlacementGroup.Unknown',
                      f"The Placement Group '{params['GroupName']}' is unknown.")
    if _members(world, group) or any(r.group == group['name'] and r.state == 'active' for r in
                                     world.scenario.reservations.values()):
        raise Refusal('InvalidPlacementGroup.InUse',
                      f"The placement group '{group['name']}' is in use and may not be deleted.")
    world.store.drop('group', group['id'])
    return {}


def for_launch(world: World, wanted: dict[str, Any], type_name: str, az: str
               ) -> tuple[dict[str, Any], int | None]:
    """The group that WANTED ({GroupName} or {GroupId}) names and how many more
    instances it takes in that zone (None: any number).  Refuses what EC2 would.
    """
    group = by_name(world, wanted['GroupName']) if 'GroupName' in wanted else \
        world.visible('group', wanted['GroupId'])
    label = wanted.get('GroupName') or wanted.get('GroupId')
    if group is None:
        raise Refusal('InvalidPlacementGroup.Unknown', f"The Placement Group '{label}' is unknown.")
    if _state(world, group) != 'available':
        raise Refusal('InvalidPlacementGroup.Unknown',
                      f"The Placement Group '{label}' is not available yet.")
    kind = world.scenario.types[type_name]
    if group['strategy'] not in kind.placement:
        raise Refusal('InvalidParameterCombination', f"{group['strategy'].capitalize()} placement "
                      f"groups are not supported by the '{type_name}' instance type. Specify a "
                      'supported instance type or change the placement group strategy, and try '
                      'again.')
    members = _members(world, group)
    if group['strategy'] == 'cluster' and members and members[0]['az'] != az:
        raise Refusal('InvalidParameterValue', f"The placement group '{label}' is in Availability "
                      f"Zone {members[0]['az']}; it cannot have instances in {az}.")
    if group['strategy'] == 'spread':
        return group, max(0, 7 - sum(i['az'] == az for i in members))
    return group, None
