"""EventBridge: what AWS tells of instances, put into the queues that ask for it.

A queue of the scenario stands for a rule for each kind of event that it names,
with the queue as its target.  Events come `event_ms` after what they tell of.
"""
import datetime
import json
import uuid
from typing import Any

import sqs
from world import World

TYPES = {'spot-interruption': 'EC2 Spot Instance Interruption Warning',
         'rebalance': 'EC2 Instance Rebalance Recommendation',
         'state-change': 'EC2 Instance State-change Notification',
         'health': 'AWS Health Event'}


def iso(moment: float) -> str:
    """Whole seconds, as events and IMDS have them."""
    utc = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return utc.strftime('%Y-%m-%dT%H:%M:%SZ')


def tell(world: World, kind: str, instance: dict[str, Any], detail: dict[str, Any]) -> None:
    """An event of KIND about INSTANCE."""
    queues = [name for name, queue in world.scenario.queues.items() if kind in queue['events']]
    if not queues:
        return
    name = instance['id']
    arn = world.arn('instance', name)
    if kind in ('spot-interruption', 'rebalance'):
        # These two have the zone where others have region and account.
        arn = f'arn:aws:ec2:{instance["az"]}:instance/{name}'
    event = {
        'version': '0', 'id': str(uuid.uuid4()), 'detail-type': TYPES[kind],
        'source': 'aws.health' if kind == 'health' else 'aws.ec2',
        'account': world.scenario.account, 'time': iso(world.now()),
        'region': world.scenario.region, 'resources': [name if kind == 'health' else arn],
        'detail': detail}
    world.scheduler.at(world.now() + world.scenario.seconds('event_ms'), _deliver, world, queues,
                       json.dumps(event, separators=(',', ':')))


def _deliver(world: World, queues: list[str], body: str) -> None:
    with world.lock:
        for queue in queues:
            for _ in range(world.scenario.queues[queue]['copies']):
                sqs.put(world, queue, body)
        world.store.commit()


def state_change(world: World, instance: dict[str, Any]) -> None:
    """The instance is in another state."""
    tell(world, 'state-change', instance, {'instance-id': instance['id'],
                                           'state': instance['state']})


def health(world: World, instance: dict[str, Any], event: dict[str, Any]) -> None:
    """AWS Health tells of a scheduled event of the instance."""
    def http(moment: float) -> str:
        utc = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
        return utc.strftime('%a, %d %b %Y %H:%M:%S GMT')
    code = {'instance-retirement': 'AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED',
            'instance-stop': 'AWS_EC2_INSTANCE_STOP_SCHEDULED',
            'instance-reboot': 'AWS_EC2_INSTANCE_REBOOT_MAINTENANCE_SCHEDULED',
            'system-reboot': 'AWS_EC2_SYSTEM_REBOOT_MAINTENANCE_SCHEDULED',
            'system-maintenance': 'AWS_EC2_INSTANCE_NETWORK_MAINTENANCE_SCHEDULED'}[event['code']]
    region = world.scenario.region
    tell(world, 'health', instance, {
        'eventArn': f'arn:aws:health:{region}::event/EC2/{code}/{event["id"]}', 'service': 'EC2',
        'eventTypeCode': code, 'eventTypeCategory': 'scheduledChange', 'eventRegion': region,
        'startTime': http(event['not_before']),
        **({'endTime': http(event['not_after'])} if event['not_after'] else {}),
        'eventDescription': [{'language': 'en_US', 'latestDescription': event['description']}],
        'affectedEntities': [{'entityValue': instance['id']}]})
