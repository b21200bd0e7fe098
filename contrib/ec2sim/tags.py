"""Tags: their rules, CreateTags, DeleteTags, DescribeTags.

A change of an instance's tag reaches its metadata service later, each key at a
time of its own: nothing promises an order there.
"""
import re
from typing import Any

import filters
from errors import Refusal
from world import World

LIMIT = 50
# What IMDS can serve as the last part of a path.
IMDS_KEY = re.compile(r'[0-9a-zA-Z\-_+=,.@:]{1,255}')
RESERVED = {'.', '..', '_index'}

PREFIXES = {'i': ('instance', 'instance', 'InvalidInstanceID.NotFound'),
            'pg': ('group', 'placement-group', 'InvalidPlacementGroupId.NotFound'),
            'lt': ('template', 'launch-template', 'InvalidLaunchTemplateId.NotFound'),
            'fleet': ('fleet', 'fleet', 'InvalidFleetId.NotFound')}


def as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """Tags as answers give them."""
    return [{'Key': k, 'Value': v} for k, v in tags.items()]


def as_dict(given: list[dict[str, str]] | None) -> dict[str, str]:
    """Tags of a request, each checked by EC2's general rules."""
    tags: dict[str, str] = {}
    for tag in given or []:
        key, value = tag.get('Key', ''), tag.get('Value', '')
        if not 1 <= len(key) <= 128:
            raise Refusal('InvalidParameterValue',
                          f'Tag keys have 1 to 128 characters: {key[:200]!r}')
        if key.lower().startswith('aws:'):
            raise Refusal('InvalidParameterValue',
                          f"Tag keys starting with 'aws:' are reserved for internal use: {key}")
        if len(value) > 256:
            raise Refusal('InvalidParameterValue',
                          f'Tag values have at most 256 characters: {key}')
        if key in tags:
            raise Refusal('InvalidParameterValue', f'Duplicate tag key {key!r} specified.')
        tags[key] = value
    return tags


def of_specifications(given: list[dict[str, Any]] | None, allowed: tuple[str, ...]
                      ) -> dict[str, dict[str, str]]:
    """TagSpecifications by resource type; other types than ALLOWED are refused."""
    out: dict[str, dict[str, str]] = {}
    for item in given or []:
        kind = item.get('ResourceType', '')
        if kind not in allowed:
            raise Refusal('InvalidParameterValue', f"'{kind}' is not a valid taggable resource "
                          f'type for this operation; valid: {", ".join(allowed)}')
        if kind in out:
            raise Refusal('InvalidParameterValue', f'Duplicate resource type {kind}')
        out[kind] = as_dict(item.get('Tags'))
    return out


def check_imds(tags: dict[str, str]) -> None:
    """Refuse keys that InstanceMetadataTags=enabled does not allow."""
    for key in tags:
        if key.startswith('aws:'):
            continue
        if not IMDS_KEY.fullmatch(key) or key in RESERVED:
            raise Refusal('InvalidParameterValue', f"'{key}' is not a valid tag key. Tag keys must "
                          "match pattern ([0-9a-zA-Z\\-_+=,.@:]{1,255}), and must not be a "
                          "reserved name ('.', '..', '_index')")


def check_limit(tags: dict[str, str], name: str) -> None:
    """Refuse more than 50 tags, EC2's own not counted."""
    if sum(not key.startswith('aws:') for key in tags) > LIMIT:
        raise Refusal('TagLimitExceeded', f'More than {LIMIT} tags on {name}')


def _resources(world: World, ids: list[str]) -> list[tuple[str, dict[str, Any]]]:
    if len(ids) > 1000:
        raise Refusal('InvalidParameterValue', 'The maximum number of resources is 1000')
    found = []
    for name in dict.fromkeys(ids):
        prefix, _, number = name.rpartition('-')
        if prefix not in PREFIXES or not number:
            raise Refusal('InvalidID', f"The ID '{name}' is not valid")
        kind, _, code = PREFIXES[prefix]
        thing = world.visible(kind, name)
        if thing is None or thing.get('state') == 'terminated':
            raise Refusal(code, f"The ID '{name}' does not exist")
        found.append((kind, thing))
    return found


def _show_in_imds(world: World, instance: dict[str, Any], key: str, value: str | None) -> None:
    at = world.now() + world.scenario.seconds('imds_tag_ms')
    at += world.random.random() * world.scenario.seconds('imds_tag_spread_ms')
    history = instance['imds'].setdefault(key, [])
    # Only the newest value that is already to be seen matters of the past.
    past = [h for h in history if h[0] <= world.now()]
    history[:] = past[-1:] + [h for h in history if h[0] > world.now()] + [[at, value]]


def imds_tags(instance: dict[str, Any], now: float) -> dict[str, str]:
    """The tags as the instance's metadata service shows them NOW."""
    out = {}
    for key, history in instance['imds'].items():
        seen = [value for at, value in history if at <= now]
        if seen and seen[-1] is not None:
            out[key] = seen[-1]
    return out


def create(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """CreateTags: all resources or none."""
    new = as_dict(params['Tags'])
    resources = _resources(world, params['Resources'])
    for kind, thing in resources:
        check_limit({**thing['tags'], **new}, thing['id'])
        if kind == 'instance' and thing['metadata'].get('InstanceMetadataTags') == 'enabled':
            check_imds(new)
    for kind, thing in resources:
        thing['tags'].update(new)
        if kind == 'instance':
            for key, value in new.items():
                _show_in_imds(world, thing, key, value)
        world.store.put(kind, thing['id'], thing)
    return {}


def delete(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DeleteTags: by key, or by key and value; without tags all of the user's."""
    for kind, thing in _resources(world, params['Resources']):
        given = params.get('Tags') or [{'Key': k} for k in thing['tags']
                                       if not k.startswith('aws:')]
        for tag in given:
            key = tag.get('Key', '')
            if key not in thing['tags'] or tag.get('Value', thing['tags'][key]) != \
                    thing['tags'][key]:
                continue
            del thing['tags'][key]
            if kind == 'instance':
                _show_in_imds(world, thing, key, None)
        world.store.put(kind, thing['id'], thing)
    return {}


def describe(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeTags."""
    match = filters.compile_filters(params.get('Filters', []), {
        'key': lambda t: [t['Key']], 'value': lambda t: [t['Value']],
        'resource-id': lambda t: [t['ResourceId']],
        'resource-type': lambda t: [t['ResourceType']],
    }, lambda t: {t['Key']: t['Value']})
    found = []
    for kind, resource_type, _ in PREFIXES.values():
        for name in world.store.all[kind]:
            thing = world.visible(kind, name)
            if thing is None:
                continue
            for key, value in thing['tags'].items():
                tag = {'Key': key, 'ResourceId': thing['id'], 'ResourceType': resource_type,
                       'Value': value}
                if match(tag):
                    found.append(tag)
    tags, token = filters.page(found, params, 5, 1000)
    return {'Tags': tags, 'NextToken': token}
