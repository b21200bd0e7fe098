"""What one pool of a launch comes to: (type, zone, subnet) with a template.

plan() finds out how many instances a pool could give and why not more, without
changing anything; make() then creates them.  These are the rules of
RunInstances; fleet.py decides which pools are asked.
"""
import hashlib
from dataclasses import dataclass, field
from typing import Any

import bootfault
import instances
import placement
import reservations
import spot
import tags
from catalogue import Type
from errors import Refusal
from world import Usage, World


@dataclass
class Pool:
    """One (launch template, override) of a fleet request."""
    template: dict[str, Any]
    version: dict[str, Any]
    override: dict[str, Any]
    type: str
    subnet: str
    az: str
    group: dict[str, Any] = field(default_factory=dict)
    weight: float = 1.0
    priority: float | None = None
    image: str = ''

    @property
    def data(self) -> dict[str, Any]:
        """The launch template's data."""
        return self.version['data']


@dataclass
class Plan:
    """How many instances a pool can give now, and what forbids more."""
    most: int
    code: str = ''
    message: str = ''
    group: dict[str, Any] | None = None
    # Capacity Reservations that instances go into first: (id, free)
    reserved: list[tuple[str, int]] = field(default_factory=list)


def nic_layout(data: dict[str, Any], kind: Type) -> list[dict[str, Any]]:
    """The interfaces that the template asks for, checked against the type."""
    nics = data.get('NetworkInterfaces') or [{'DeviceIndex': 0}]
    per_card: dict[int, int] = {}
    efa_per_card: dict[int, int] = {}

    def wrong(text: str) -> Refusal:
        return Refusal('InvalidParameterCombination', text)
    for nic in nics:
        card, device = nic.get('NetworkCardIndex', 0), nic.get('DeviceIndex', 0)
        wanted = nic.get('InterfaceType', 'interface')
        if card >= len(kind.cards):
            raise wrong(f'The network card index {card} is not valid for instance type '
                        f'{kind.name}, which has {len(kind.cards)} network cards.')
        per_card[card] = per_card.get(card, 0) + 1
        # Device 1 of a card is its second interface even if it is the only one.
        if per_card[card] > kind.cards[card] or device >= kind.cards[card]:
            raise Refusal('AttachmentLimitExceeded', f'Interface count {device + 1} exceeds the '
                          f'limit for {kind.name}, {kind.cards[card]} on network card {card}.')
        if wanted in ('efa', 'efa-only'):
            if not kind.efa:
                raise wrong(f'EFA interfaces are not supported on {kind.name}.')
            if card not in kind.efa_cards():
                raise wrong(f'Network card {card} of {kind.name} does not support EFA.')
            efa_per_card[card] = efa_per_card.get(card, 0) + 1
            if efa_per_card[card] > 1:
                raise wrong(f'Network card {card} takes one EFA interface.')
        if (card, device) == (0, 0) and wanted == 'efa-only':
            raise wrong('The primary network interface cannot be efa-only.')
        if nic.get('AssociatePublicIpAddress') and len(nics) > 1:
            raise wrong('The associatePublicIPAddress parameter cannot be specified when '
                        'launching with multiple network interfaces.')
    if not any(n.get('NetworkCardIndex', 0) == 0 and n.get('DeviceIndex', 0) == 0 for n in nics):
        raise wrong('The primary network interface needs network card index 0 and device '
                    'index 0.')
    if sum(efa_per_card.values()) > kind.efa:
        raise wrong(f'{kind.name} supports {kind.efa} EFA interfaces.')
    return nics


def _security_groups(world: World, data: dict[str, Any], nics: list[dict[str, Any]], vpc: str
                     ) -> None:
    wanted = list(data.get('SecurityGroupIds', []))
    for nic in nics:
        wanted += nic.get('Groups', [])
    for name in wanted:
        group = world.scenario.security_groups.get(name)
        if group is None:
            raise Refusal('InvalidGroup.NotFound', f"The security group '{name}' does not exist")
        if group.vpc != vpc:
            raise Refusal('InvalidParameter', f'Security group {name} and the subnet belong to '
                          'different networks.')


def _zones_with_room(world: World, type_name: str, az: str, machines: Any, wanted: int) -> str:
    def room(zone: str) -> bool:
        capacity = world.capacity(type_name, zone)
        return capacity is None or capacity - machines[type_name, zone] >= wanted
    others = [z for z in sorted(world.scenario.zones)
              if z != az and world.scenario.offered(type_name, z) and room(z)]
    if not others:
        return ''
    return (f' You can currently get {type_name} capacity by not specifying an Availability Zone '
            f'in your request or choosing {", ".join(others)}.')


def _least(limits: list[tuple[float, str, str]], group: dict[str, Any] | None,
           reserved: list[tuple[str, int]]) -> Plan:
    most, code, message = min(limits, key=lambda limit: limit[0])
    return Plan(int(max(0, min(most, 10**6))), code, message, group, reserved)


def plan(world: World, pool: Pool, market: str, taken: Usage, wanted: int = 1) -> Plan:
    """How many instances the pool can give.  TAKEN is World.in_use()'s; zones
    that have the WANTED number are named where this pool's has not."""
    try:
        return _plan(world, pool, market, taken, wanted)
    except Refusal as refusal:
        return Plan(0, refusal.code, refusal.message)


def _no_capacity(world: World, pool: Pool, market: str, taken: Usage, wanted: int, room: int
                 ) -> tuple[str, str]:
    if market == 'spot':
        # A fleet's two ways of saying it: nothing there, or not enough.
        if room > 0:
            return 'UnfulfillableCapacity', ('Unable to fulfill capacity due to your request '
                                             'configuration. Please adjust your request and try '
                                             'again.')
        return 'InsufficientInstanceCapacity', ('There is no Spot capacity available that matches '
                                                'your request.')
    return 'InsufficientInstanceCapacity', (
        f'We currently do not have sufficient {pool.type} capacity in the Availability Zone you '
        f'requested ({pool.az}). Our system will be working on provisioning additional capacity.'
        + _zones_with_room(world, pool.type, pool.az, taken.machines, wanted))


def _plan(world: World, pool: Pool, market: str, taken: Usage, wanted: int) -> Plan:
    kind = world.scenario.types.get(pool.type)
    if kind is None:
        raise Refusal('InvalidParameterValue', f'Invalid value \'{pool.type}\' for InstanceType.')
    if not world.scenario.offered(pool.type, pool.az):
        others = ', '.join(z for z in sorted(world.scenario.zones)
                           if world.scenario.offered(pool.type, z))
        raise Refusal('Unsupported', f'Your requested instance type ({pool.type}) is not supported '
                      f'in your requested Availability Zone ({pool.az}). Please retry your request '
                      f'by not specifying an Availability Zone or choosing {others}.')
    if market not in kind.usage:
        raise Refusal('UnsupportedOperation', f'The instance type {pool.type} does not support '
                      f'the {market} purchasing option.')
    nics = nic_layout(pool.data, kind)
    subnet = world.scenario.subnets[pool.subnet]
    _security_groups(world, pool.data, nics, subnet.vpc)
    if pool.data.get('Placement', {}).get('Tenancy') == 'dedicated' and any(
            n.get('InterfaceType', '').startswith('efa') for n in nics) and pool.type in (
                'c7g.16xlarge', 'm7g.16xlarge', 'r7g.16xlarge'):
        raise Refusal('Unsupported', f'{pool.type} has no EFA with dedicated tenancy.')

    limits: list[tuple[float, str, str]] = [(float('inf'), '', '')]
    group = None
    chosen = pool.group or {k: v for k, v in pool.data.get('Placement', {}).items()
                            if k in ('GroupName', 'GroupId')}
    if chosen:
        group, room = placement.for_launch(world, chosen, pool.type, pool.az)
        if room is not None:
            limits.append((room, 'InsufficientInstanceCapacity', 'A spread placement group has at '
                           f'most 7 running instances in {pool.az}.'))
    place = (pool.type, pool.az, group['name'] if group else None)
    reserved = reservations.targeted(world, pool.data, market, place, taken)
    if reserved is not None:
        limits.append((reserved[0][1], *reservations.EXCEEDED))
    else:
        reserved = reservations.open_ones(world, pool.data, market, place, taken)
        limits += _market_limits(world, pool, market, taken, wanted, sum(n for _, n in reserved))
    each = sum(n.get('InterfaceType') != 'efa-only' for n in nics)
    limits.append((world.free_addresses(pool.subnet) // each, 'InsufficientFreeAddressesInSubnet',
                   'There are not enough free addresses in subnet '
                   f"'{pool.subnet}' to satisfy the requested number of instances."))
    return _least(limits, group, reserved)


def _market_limits(world: World, pool: Pool, market: str, taken: Usage, wanted: int, extra: int
                   ) -> list[tuple[float, str, str]]:
    """What capacity and quota allow; EXTRA instances are in open reservations."""
    kind = world.scenario.types[pool.type]
    if market == 'spot':
        spot.check_cap(world, kind, pool.az, pool.data, pool.override)
    limits: list[tuple[float, str, str]] = []
    if pool.data.get('CapacityReservationSpecification', {}).get(
            'CapacityReservationPreference') == 'capacity-reservations-only':
        return [(extra, *reservations.EXCEEDED)]
    capacity = world.capacity(pool.type, pool.az)
    if capacity is not None:
        room = capacity - taken.machines[pool.type, pool.az] + extra
        limits.append((room, *_no_capacity(world, pool, market, taken, wanted, room)))
    quota = world.scenario.quota(market, kind.quota_family)
    if quota is not None:
        room = max(0, quota - taken.vcpus[market, kind.quota_family]) // kind.vcpus + extra
        if market == 'spot':
            limits.append((room, 'MaxSpotInstanceCountExceeded', 'Max spot instance count '
                           'exceeded'))
        else:
            limits.append((room, 'VcpuLimitExceeded', 'You have requested more vCPU capacity than '
                           f'your current vCPU limit of {quota} allows for the instance bucket '
                           'that the specified instance type belongs to. Please visit '
                           'http://aws.amazon.com/contact-us/ec2-request to request an adjustment '
                           'to this limit.'))
    return limits


def take(world: World, pool: Pool, plan_: Plan, market: str, count: int, usage: Usage) -> None:
    """Note in USAGE that COUNT instances of the plan are taken."""
    for name, free in plan_.reserved:
        inside = min(count, free)
        usage.reserved[name] += inside
        count -= inside
    kind = world.scenario.types[pool.type]
    usage.machines[pool.type, pool.az] += count
    usage.vcpus[market, kind.quota_family] += count * kind.vcpus


def _mac() -> str:
    # 0a: locally administered, as EC2's own addresses are.
    number = hashlib.sha256(World.new_id('mac').encode()).hexdigest()
    return '0a:' + ':'.join(number[i:i + 2] for i in range(0, 10, 2))


def instance_tags(pool: Pool, wanted: dict[str, str]) -> dict[str, str]:
    """The template's tags for instances under those of the request."""
    out = tags.of_specifications(pool.data.get('TagSpecifications'), (
        'instance', 'volume', 'network-interface', 'spot-instances-request', 'elastic-gpu'))
    merged = {**out.get('instance', {}), **wanted}
    tags.check_limit(merged, 'an instance')
    if pool.data.get('MetadataOptions', {}).get('InstanceMetadataTags') == 'enabled':
        tags.check_imds(merged)
    return merged


def make(world: World, pool: Pool, count: int, market: str, fleet: str,
         given: dict[str, str], plan_: Plan,
         faults: list[dict[str, Any]] | None = None, first: int = 0) -> list[str]:
    """Create COUNT instances in the pool; plan() said that they fit.  FAULTS are
    those of booting, FIRST is what they call the first of these."""
    now = world.now()
    subnet = world.scenario.subnets[pool.subnet]
    kind = world.scenario.types[pool.type]
    data = pool.data
    layout = nic_layout(data, kind)
    with_address = [n.get('InterfaceType') != 'efa-only' for n in layout]
    # A fault may ask for more than plan() allowed.
    count = min(count, world.free_addresses(pool.subnet) // sum(with_address))
    addresses = iter(world.take_addresses(pool.subnet, count * sum(with_address)))
    base = {**instance_tags(pool, given), 'aws:ec2:fleet-id': fleet,
            'aws:ec2launchtemplate:id': pool.template['id'],
            'aws:ec2launchtemplate:version': str(pool.version['number'])}
    user_data = None
    if 'UserData' in data:
        user_data = hashlib.sha256(data['UserData'].encode()).hexdigest()
        if user_data not in world.store.all['blob']:
            world.store.put('blob', user_data, {'data': data['UserData']})
    default_groups = data.get('SecurityGroupIds') or list(world.scenario.security_groups)[:1]
    profile = data.get('IamInstanceProfile', {})
    cpu = data.get('CpuOptions', {})
    reservation = world.new_id('r')
    group = plan_.group
    inside = [cr for cr, free in plan_.reserved for _ in range(free)]
    capacity = data.get('CapacityReservationSpecification') or {
        'CapacityReservationPreference': 'open'}
    names = []
    for index in range(count):
        world.seq += 1
        name = world.new_id('i')
        nics = []
        for nic, addressed in zip(layout, with_address):
            nics.append({
                'id': world.new_id('eni'), 'type': nic.get('InterfaceType', 'interface'),
                'card': nic.get('NetworkCardIndex', 0), 'device': nic.get('DeviceIndex', 0),
                'mac': _mac(), 'subnet': pool.subnet, 'groups': nic.get('Groups')
                or default_groups, 'address': next(addresses) if addressed else None})
        primary = next(n for n in nics if n['card'] == 0 and n['device'] == 0)
        instance = {
            'id': name, 'region': world.scenario.region, 'seq': world.seq,
            'reservation': reservation, 'index': index,
            'fleet': fleet, 'type': pool.type, 'az': pool.az, 'subnet': pool.subnet,
            'vpc': subnet.vpc, 'address': primary['address'], 'nics': nics, 'launched': now,
            'visible': now + world.scenario.seconds('instance_invisible_ms'),
            'addressed': now + world.scenario.seconds('instance_address_ms'),
            'state': 'pending', 'times': {}, 'reason': '', 'state_reason': None,
            'groups': primary['groups'], 'tags': dict(base),
            'imds': {k: [[0, v]] for k, v in base.items() if not k.startswith('aws:')},
            # A fleet launches under a token of its own, not the caller's.
            'token': f'{fleet}-{reservation}', 'market': market,
            'template': [pool.template['id'], pool.version['number']],
            'group': group['name'] if group else None,
            'partition': index % group['partitions'] + 1
            if group and group['strategy'] == 'partition' else None,
            'cr': inside[index] if index < len(inside) else None, 'cr_wanted': capacity,
            'image': pool.image, 'key': data.get('KeyName'), 'user_data': user_data,
            'profile': profile.get('Name') or profile.get('Arn', '').rpartition('/')[2] or None,
            'metadata': data.get('MetadataOptions', {}), 'booted': world.booter is not None,
            'boot': bootfault.of_instance(faults or [], first + index),
            'protected': data.get('DisableApiTermination', False),
            'cpu': [cpu.get('CoreCount', kind.cores), cpu.get('ThreadsPerCore', kind.threads)],
            'spot_request': world.new_id('sir')[:12] if market == 'spot' else None,
        }
        for nic in nics:
            if nic['address']:
                world.by_address[nic['address']] = name
        world.store.put('instance', name, instance)
        instances.begin(world, instance)
        names.append(name)
    return names
