"""DescribeInstanceStatus: the checks of instances and what AWS has planned for them."""
from typing import Any

import filters
import instances
from errors import Refusal
from world import World

MOST_IDS = 100
PREFIX = {'active': '', 'completed': '[Completed] ', 'canceled': '[Canceled] '}
REACHABILITY = {'ok': 'passed', 'impaired': 'failed'}


def checked(world: World, instance: dict[str, Any], check: str) -> tuple[str, float | None]:
    """The status of the CHECK 'system' or 'instance', and since when it failed."""
    if instance['state'] != 'running':
        return 'not-applicable', None
    status, since = instance.get('checks', {}).get(check, ('ok', None))
    if status == 'ok' and world.now() < instance['times']['running'] + \
            world.scenario.seconds('checks_ms'):
        return 'initializing', None
    return status, since if status == 'impaired' else None


def _summary(world: World, instance: dict[str, Any], check: str) -> dict[str, Any]:
    status, since = checked(world, instance, check)
    if status == 'not-applicable':
        return {'Status': status}
    detail = {'Name': 'reachability', 'Status': REACHABILITY.get(status, status)}
    return {'Status': status,
            'Details': [detail | ({'ImpairedSince': world.moment(since)} if since else {})]}


def _events(world: World, instance: dict[str, Any]) -> list[dict[str, Any]]:
    out = []
    for event in instance.get('events', []):
        item = {'InstanceEventId': event['id'], 'Code': event['code'],
                'Description': PREFIX[event['state']] + event['description'],
                'NotBefore': world.moment(event['not_before'])}
        if event['not_after']:
            item['NotAfter'] = world.moment(event['not_after'])
        out.append(item)
    return out


def _filters(world: World) -> dict[str, filters.Getter]:
    out = {k: instances.FILTERS[k] for k in ('availability-zone', 'instance-state-name',
                                             'instance-state-code')}

    def of(check: str, reach: bool) -> filters.Getter:
        def get(instance: dict[str, Any]) -> list[str]:
            status = checked(world, instance, check)[0]
            return [REACHABILITY.get(status, status) if reach else status]
        return get
    for check in ('system', 'instance'):
        out[f'{check}-status.status'] = of(check, False)
        out[f'{check}-status.reachability'] = of(check, True)
    out['event.code'] = lambda i: [e['code'] for e in i.get('events', [])]
    out['event.instance-event-id'] = lambda i: [e['id'] for e in i.get('events', [])]
    return out


def describe(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeInstanceStatus: running ones, unless all are asked for."""
    if len(params.get('InstanceIds', [])) > MOST_IDS:
        raise Refusal('InvalidParameterValue', f'At most {MOST_IDS} instance ids can be given')
    # EC2 has no filter by tag here.
    every = instances.select(world, params, _filters(world), tagged=False)
    if not params.get('IncludeAllInstances'):
        every = [i for i in every if i['state'] == 'running']
    chosen, token = filters.page(every, params, 5, 1000)
    return {'NextToken': token, 'InstanceStatuses': [
        {'AvailabilityZone': i['az'], 'InstanceId': i['id'],
         'InstanceState': instances.state_of(i), 'Events': _events(world, i),
         'InstanceStatus': _summary(world, i, 'instance'),
         'SystemStatus': _summary(world, i, 'system')} for i in chosen]}
