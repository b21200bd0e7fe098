"""Instances: their life, and the actions that describe and end them.

pending -> running -> shutting-down -> terminated, or running -> stopping ->
stopped; every arrow is an event of the scheduler and a line of the journal.
resume() sets the events again after a restart of the simulator.
"""
import base64
from typing import Any

import billing
import bootfault
import events
import filters
import tags
import trouble
from errors import Refusal
from world import World

CODES = {'pending': 0, 'running': 16, 'shutting-down': 32, 'terminated': 48,
         'stopping': 64, 'stopped': 80}
USER = {'Code': 'Client.UserInitiatedShutdown',
        'Message': 'Client.UserInitiatedShutdown: User initiated shutdown'}
LOST = {'Code': 'Server.InternalError',
        'Message': 'Server.InternalError: Internal error on launch'}


# in StateTransitionReason: when the state began
AT = '{at}'


def _set_state(world: World, instance: dict[str, Any], state: str) -> None:
    now = world.now()
    instance['state'] = state
    instance['times'][state] = now
    instance['reason'] = instance['reason'].replace(AT, trouble.stamp(now))
    world.store.put('instance', instance['id'], instance)
    world.event(state, instance=instance['id'], fleet=instance['fleet'], type=instance['type'],
                address=instance['address'])
    events.state_change(world, instance)


def begin(world: World, instance: dict[str, Any]) -> None:
    """A new instance: journal it and set the event that ends `pending`."""
    _set_state(world, instance, 'pending')
    world.scheduler.at(instance['launched'] + world.scenario.seconds('pending_ms'),
                       _boot, world, instance['id'])


def _boot(world: World, name: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is None or instance['state'] != 'pending':
            return
        fault = instance.get('boot')
        if fault:
            world.event('boot-fault', instance=name, boot=fault['kind'])
        if bootfault.on_launch(fault):
            instance['state_reason'] = bootfault.state_reason(fault)
            instance['reason'] = fault['reason']
            finish(world, instance)
            world.store.commit()
            return
        if world.booter is None:
            _run(world, instance)
            return
        # Making namespaces takes a while: not under the lock, nor in our thread.
        world.booter.submit(lambda: _boot_really(world, instance))


def _run(world: World, instance: dict[str, Any]) -> None:
    _set_state(world, instance, 'running')
    _doom(world, instance)
    trouble.on_running(world, instance)
    world.store.commit()


def _doom(world: World, instance: dict[str, Any]) -> None:
    """Set the event that ends an instance which is to die by itself."""
    fault = instance.get('boot')
    if fault and fault['kind'] == 'die':
        world.scheduler.at(instance['times']['running'] + fault['after_ms'] / 1000,
                           _die, world, instance['id'])


def _die(world: World, name: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is None or instance['state'] != 'running':
            return
        reason = bootfault.state_reason(instance['boot'])
        stop(world, instance, reason, '' if reason['Code'].startswith('Client.')
             else reason['Code'])
        world.store.commit()


def _boot_really(world: World, instance: dict[str, Any]) -> None:
    with world.lock:
        if instance['state'] != 'pending':
            return
        blob = world.store.all['blob'].get(instance['user_data'] or '')
        script = base64.b64decode(blob['data']) if blob else None
        fault = instance.get('boot')
    try:
        world.booter.boot(instance, script, bootfault.CONSOLES[fault['kind']].encode()
                          if fault and fault['kind'] != 'die' else None)
    except Exception as e:
        with world.lock:
            # If it was terminated meanwhile, there is nothing more to say.
            if instance['state'] == 'pending':
                world.event('boot-failed', instance=instance['id'], trouble=str(e))
                instance['state_reason'], instance['reason'] = LOST, 'Server.InternalError'
                finish(world, instance)
                world.store.commit()
        return
    with world.lock:
        if instance['state'] == 'pending':
            _run(world, instance)
            return
    world.booter.kill(instance['id'])


def stop(world: World, instance: dict[str, Any], why: dict[str, str], reason: str) -> None:
    """Begin to terminate an instance; one that is stopped is terminated at once."""
    instance['reason'], instance['state_reason'] = reason, why
    if instance['state'] == 'stopped':
        finish(world, instance)
        return
    _set_state(world, instance, 'shutting-down')
    if world.booter is not None:
        world.booter.kill(instance['id'])
    world.scheduler.at(world.now() + world.scenario.seconds('shutting_down_ms'),
                       _end, world, instance['id'])


def halt(world: World, instance: dict[str, Any], why: dict[str, str], reason: str) -> None:
    """Begin to stop an instance; it keeps its addresses and its place in the listing."""
    instance['reason'], instance['state_reason'] = reason, why
    _set_state(world, instance, 'stopping')
    if world.booter is not None:
        world.booter.kill(instance['id'])
    world.scheduler.at(world.now() + world.scenario.seconds('shutting_down_ms'),
                       _halted, world, instance['id'])


def _halted(world: World, name: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is not None and instance['state'] == 'stopping':
            _set_state(world, instance, 'stopped')
            world.store.commit()


def _end(world: World, name: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is None or instance['state'] != 'shutting-down':
            return
        finish(world, instance)
        world.store.commit()


def finish(world: World, instance: dict[str, Any]) -> None:
    """The instance is terminated: its addresses are free again."""
    world.release_addresses(instance)
    _set_state(world, instance, 'terminated')
    instance['nics'], instance['address'] = [], None
    world.scheduler.at(world.now() + world.scenario.seconds('terminated_visible_s'),
                       _forget, world, instance['id'])


def _forget(world: World, name: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is not None:
            drop(world, instance)
            world.store.commit()


def drop(world: World, instance: dict[str, Any]) -> None:
    """EC2 shows the instance no more."""
    billing.keep(world, instance)
    world.store.drop('instance', instance['id'])


def resume(world: World) -> None:
    """After a restart: set the events again.  Machines that were namespaces
    died with the simulator that booted them, so they are lost for good."""
    for instance in list(world.instances.values()):
        state = instance['state']
        trouble.resume(world, instance)
        if instance['booted'] and state in ('pending', 'running'):
            instance['state_reason'], instance['reason'] = LOST, 'Server.InternalError'
            finish(world, instance)
        elif state == 'pending':
            world.scheduler.at(instance['launched'] + world.scenario.seconds('pending_ms'),
                               _boot, world, instance['id'])
        elif state == 'running':
            _doom(world, instance)
        elif state == 'stopping':
            world.scheduler.at(instance['times'][state]
                               + world.scenario.seconds('shutting_down_ms'),
                               _halted, world, instance['id'])
        elif state == 'shutting-down':
            world.scheduler.at(instance['times'][state]
                               + world.scenario.seconds('shutting_down_ms'),
                               _end, world, instance['id'])
        elif state == 'terminated':
            world.scheduler.at(instance['times'][state]
                               + world.scenario.seconds('terminated_visible_s'),
                               _forget, world, instance['id'])
    world.store.commit()


# ---- describing ----------------------------------------------------------------

def state_of(instance: dict[str, Any]) -> dict[str, Any]:
    return {'Code': CODES[instance['state']], 'Name': instance['state']}


def _dns(world: World, address: str) -> str:
    region = world.scenario.region
    suffix = 'ec2.internal' if region == 'us-east-1' else f'{region}.compute.internal'
    return f'ip-{address.replace(".", "-")}.{suffix}'


def _nic(world: World, instance: dict[str, Any], nic: dict[str, Any], groups: list[Any]
         ) -> dict[str, Any]:
    out = {
        'NetworkInterfaceId': nic['id'], 'SubnetId': nic['subnet'], 'VpcId': instance['vpc'],
        'OwnerId': world.scenario.account, 'Status': 'in-use', 'SourceDestCheck': True,
        'InterfaceType': nic['type'], 'MacAddress': nic['mac'], 'Description': '',
        'Groups': groups, 'Ipv6Addresses': [], 'PrivateIpAddresses': [],
        'Attachment': {'AttachmentId': 'eni-attach-' + nic['id'][4:], 'DeleteOnTermination': True,
                       'AttachTime': world.moment(instance['launched']),
                       'DeviceIndex': nic['device'], 'NetworkCardIndex': nic['card'],
                       'Status': 'attached' if instance['state'] == 'running' else 'attaching'
                       if instance['state'] == 'pending' else 'detaching'}}
    if nic['address'] and instance['addressed'] <= world.now():
        dns = _dns(world, nic['address'])
        out |= {'PrivateIpAddress': nic['address'], 'PrivateDnsName': dns,
                'PrivateIpAddresses': [{'Primary': True, 'PrivateIpAddress': nic['address'],
                                        'PrivateDnsName': dns}]}
    return out


def _groups(world: World, ids: list[str]) -> list[dict[str, str]]:
    known = world.scenario.security_groups
    return [{'GroupId': g, 'GroupName': known[g].name if g in known else g} for g in ids]


def answer(world: World, i: dict[str, Any]) -> dict[str, Any]:
    """The instance as DescribeInstances gives it."""
    kind = world.scenario.types[i['type']]
    metadata = i['metadata']
    groups = _groups(world, i['groups'])
    address = i['address'] if i['address'] and i['addressed'] <= world.now() else None
    out: dict[str, Any] = {
        'AmiLaunchIndex': i['index'], 'ImageId': i['image'], 'InstanceId': i['id'],
        'InstanceType': i['type'], 'LaunchTime': world.moment(i['launched']),
        'Monitoring': {'State': 'disabled'}, 'State': state_of(i),
        'Placement': {'AvailabilityZone': i['az'], 'GroupName': i['group'] or '',
                      'Tenancy': 'default'},
        'ProductCodes': [], 'PublicDnsName': '', 'StateTransitionReason': i['reason'],
        'PrivateDnsName': _dns(world, address) if address else '',
        'Architecture': kind.arch, 'BlockDeviceMappings': [], 'ClientToken': i['token'],
        'EbsOptimized': False, 'EnaSupport': True, 'Hypervisor': 'xen',
        'RootDeviceName': '/dev/xvda', 'RootDeviceType': 'ebs', 'VirtualizationType': 'hvm',
        'Tags': tags.as_list(i['tags']), 'SecurityGroups': groups,
        'CpuOptions': {'CoreCount': i['cpu'][0], 'ThreadsPerCore': i['cpu'][1]},
        'CapacityReservationSpecification': i.get('cr_wanted') or {
            'CapacityReservationPreference': 'open'},
        'HibernationOptions': {'Configured': False}, 'EnclaveOptions': {'Enabled': False},
        'MetadataOptions': {
            'State': 'applied' if i['state'] == 'running' else 'pending',
            'HttpTokens': metadata.get('HttpTokens', 'optional'),
            'HttpPutResponseHopLimit': metadata.get('HttpPutResponseHopLimit', 1),
            'HttpEndpoint': metadata.get('HttpEndpoint', 'enabled'),
            'HttpProtocolIpv6': metadata.get('HttpProtocolIpv6', 'disabled'),
            'InstanceMetadataTags': metadata.get('InstanceMetadataTags', 'disabled')},
        'PlatformDetails': 'Linux/UNIX', 'UsageOperation': 'RunInstances',
        'UsageOperationUpdateTime': world.moment(i['launched']),
        'MaintenanceOptions': {'AutoRecovery': 'default'},
    }
    if i['state'] != 'terminated':
        out |= {'SubnetId': i['subnet'], 'VpcId': i['vpc'], 'SourceDestCheck': True,
                'NetworkInterfaces': [_nic(world, i, n, groups if n['groups'] == i['groups']
                                           else _groups(world, n['groups'])) for n in i['nics']]}
    if address:
        out['PrivateIpAddress'] = address
    if i['partition']:
        out['Placement']['PartitionNumber'] = i['partition']
    if i.get('cr'):
        out['CapacityReservationId'] = i['cr']
    if i['market'] == 'capacity-block':
        out['InstanceLifecycle'] = 'capacity-block'
    if i['market'] == 'spot':
        out |= {'InstanceLifecycle': 'spot', 'SpotInstanceRequestId': i['spot_request']}
    if i['state_reason']:
        out['StateReason'] = i['state_reason']
    if i['key']:
        out['KeyName'] = i['key']
    if i['profile']:
        out['IamInstanceProfile'] = {
            'Arn': f'arn:aws:iam::{world.scenario.account}:instance-profile/{i["profile"]}',
            'Id': 'AIPA' + i['id'][2:18].upper()}
    return out


def _by_ids(world: World, ids: list[str]) -> list[dict[str, Any]]:
    found, missing = [], []
    for name in dict.fromkeys(ids):
        if not name.startswith('i-') or len(name) not in (10, 19):
            raise Refusal('InvalidInstanceID.Malformed', f'Invalid id: "{name}"')
        instance = world.visible('instance', name)
        if instance is None:
            missing.append(name)
        else:
            found.append(instance)
    if missing:
        word = ('ID', 'does') if len(missing) == 1 else ('IDs', 'do')
        raise Refusal('InvalidInstanceID.NotFound', f"The instance {word[0]} "
                      f"'{', '.join(missing)}' {word[1]} not exist")
    return found


def select(world: World, params: dict[str, Any], known: dict[str, Any],
           tagged: bool = True) -> list[dict[str, Any]]:
    """The visible instances that a Describe action asks for; TAGGED: by tags as well."""
    ids = params.get('InstanceIds')
    if ids and ('MaxResults' in params or 'NextToken' in params):
        raise Refusal('InvalidParameterCombination', 'The parameter instancesSet cannot be used '
                      'with the parameter maxResults')
    match = filters.compile_filters(params.get('Filters', []), known,
                                    (lambda i: i['tags']) if tagged else None)
    every = _by_ids(world, ids) if ids else [
        i for i in world.instances.values() if i['visible'] <= world.now()]
    return sorted((i for i in every if match(i)), key=lambda i: i['seq'])


FILTERS: dict[str, filters.Getter] = {
    'instance-id': lambda i: [i['id']], 'instance-type': lambda i: [i['type']],
    'instance-state-name': lambda i: [i['state']],
    'instance-state-code': lambda i: [str(CODES[i['state']])],
    'client-token': lambda i: [i['token']], 'image-id': lambda i: [i['image']],
    'placement-group-name': lambda i: [i['group']] if i['group'] else [],
    'availability-zone': lambda i: [i['az']], 'reservation-id': lambda i: [i['reservation']],
    'vpc-id': lambda i: [i['vpc']] if i['state'] != 'terminated' else [],
    'subnet-id': lambda i: [i['subnet']] if i['state'] != 'terminated' else [],
    'private-ip-address': lambda i: [i['address']] if i['address'] else [],
    'instance-lifecycle': lambda i: [i['market']] if i['market'] != 'on-demand' else [],
    'capacity-reservation-id': lambda i: [i['cr']] if i.get('cr') else [],
    'state-reason-code': lambda i: [i['state_reason']['Code']] if i['state_reason'] else [],
    'key-name': lambda i: [i['key']] if i['key'] else [],
    'instance.group-id': lambda i: i['groups'],
    'network-interface.network-interface-id': lambda i: [n['id'] for n in i['nics']],
}


def describe(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeInstances."""
    chosen, token = filters.page(select(world, params, FILTERS), params, 5, 1000)
    reservations: dict[str, dict[str, Any]] = {}
    for instance in chosen:
        reservation = reservations.setdefault(instance['reservation'], {
            'ReservationId': instance['reservation'], 'OwnerId': world.scenario.account,
            'Groups': [], 'Instances': []})
        reservation['Instances'].append(answer(world, instance))
    return {'Reservations': list(reservations.values()), 'NextToken': token}


def console(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """GetConsoleOutput: what the user data wrote, its last 64 KiB."""
    instance = _by_ids(world, [params['InstanceId']])[0]
    fault = instance.get('boot')
    if world.booter:
        text = world.booter.console(instance['id'])
    else:
        text = bootfault.CONSOLES[fault['kind']].encode() \
            if fault and 'running' in instance['times'] else b''
    out = {'InstanceId': instance['id'], 'Timestamp': world.moment(world.now())}
    if text:    # as long as there is none, EC2 leaves the member out
        out['Output'] = base64.b64encode(text[-65536:]).decode()
    return out


def terminate(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """TerminateInstances: all of them, or none if one id is wrong."""
    ids = params['InstanceIds']
    if len(ids) > 1000:
        raise Refusal('InvalidParameterValue', 'At most 1000 instances can be terminated at once')
    chosen = _by_ids(world, ids)
    for instance in chosen:
        if instance['protected'] and instance['state'] in ('pending', 'running'):
            raise Refusal('OperationNotPermitted', f"The instance '{instance['id']}' may not be "
                          "terminated. Modify its 'disableApiTermination' instance attribute and "
                          'try again.')
    world.throttle.resources('TerminateInstances', len(chosen), world.now())
    out = []
    for instance in chosen:
        before = state_of(instance)
        if instance['state'] not in ('shutting-down', 'terminated'):
            stop(world, instance, USER, f'User initiated ({AT})')
        out.append({'InstanceId': instance['id'], 'PreviousState': before,
                    'CurrentState': state_of(instance)})
    return {'TerminatingInstances': out}
