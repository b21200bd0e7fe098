"""CreateFleet, type instant: one attempt, answered at once.

Rules that the request itself breaks refuse the whole call; what a pool cannot
give is told in the answer's error set, with HTTP 200.
"""
import math
from typing import Any

import idempotency
import launch
import reservations
import spot
import tags
import templates
from errors import Refusal
from launch import Pool
from world import Usage, World

MOST = 10000
MOST_MINIMUM = 1000


def _bad(text: str) -> Refusal:
    return Refusal('InvalidParameterValue', text)


def _combination(text: str) -> Refusal:
    return Refusal('InvalidParameterCombination', text)


def _check_override(override: dict[str, Any]) -> None:
    unsupported = set(override) & {'InstanceRequirements', 'BlockDeviceMappings'}
    if unsupported:
        raise Refusal('UnsupportedOperation', f'ec2sim does not simulate {min(unsupported)}')
    place = override.get('Placement', {})
    for member in place:
        if member not in ('GroupName', 'GroupId'):
            raise Refusal('InvalidParameter', f'Placement.{member} is not supported for '
                          'CreateFleet')
    if 'GroupName' in place and 'GroupId' in place:
        raise _combination('Placement: GroupName and GroupId exclude each other')
    if 'SubnetId' in override and 'AvailabilityZone' in override:
        raise _combination('An override has a SubnetId or an AvailabilityZone, not both')
    if ',' in override.get('SubnetId', ''):
        raise _bad('A request of type instant can have only one subnet ID per override')
    if 'MaxPrice' in override:
        try:
            if float(override['MaxPrice']) <= 0.001:
                raise ValueError
        except ValueError as e:
            raise _bad(f"Invalid spot price: {override['MaxPrice']}") from e
    priority = override.get('Priority', 0.0)
    if priority < 0 or priority != int(priority):
        raise _bad('Priority is a whole number from 0')
    if override.get('WeightedCapacity', 1.0) < 1:
        raise _bad('WeightedCapacity is at least 1')


def _check_market(name: str, options: dict[str, Any], target: int) -> None:
    least = options.get('MinTargetCapacity')
    if least is None:
        return
    if not 1 <= least <= MOST_MINIMUM:
        raise _bad(f'{name}.MinTargetCapacity is 1 to {MOST_MINIMUM}')
    if not options.get('SingleInstanceType') and not options.get('SingleAvailabilityZone'):
        raise _combination(f'{name}.MinTargetCapacity needs SingleInstanceType or '
                           'SingleAvailabilityZone')
    if least > target:
        raise _combination(f'{name}.MinTargetCapacity {least} exceeds its target capacity '
                           f'{target}')


def _targets(params: dict[str, Any]) -> dict[str, int]:
    spec = params['TargetCapacitySpecification']
    total = spec['TotalTargetCapacity']
    on_demand, spot = spec.get('OnDemandTargetCapacity', 0), spec.get('SpotTargetCapacity', 0)
    if not 1 <= total <= MOST:
        raise _bad(f'TotalTargetCapacity is 1 to {MOST}')
    if on_demand < 0 or spot < 0 or on_demand + spot > total:
        raise _combination('OnDemandTargetCapacity and SpotTargetCapacity exceed '
                           'TotalTargetCapacity')
    if on_demand and spot:
        raise _combination('If you specify a target capacity for Spot units, you cannot specify '
                           'a target capacity for On-Demand units')
    if spec.get('TargetCapacityUnitType', 'units') != 'units':
        raise Refusal('UnsupportedOperation', 'ec2sim simulates units only')
    targets = {'on-demand': on_demand, 'spot': spot, 'capacity-block': 0}
    rest = total - on_demand - spot
    if rest:
        default = spec.get('DefaultTargetCapacityType', 'on-demand')
        if default == 'capacity-block' and (on_demand or spot):
            raise _combination('Capacity Blocks cannot be mixed with other markets')
        if default not in targets:
            raise Refusal('UnsupportedOperation', f'ec2sim does not simulate {default}')
        targets[default] += rest
    return targets


def check(params: dict[str, Any]) -> dict[str, int]:
    """The rules between parameters; returns the target per market."""
    if params.get('Type', 'maintain') != 'instant':
        raise Refusal('UnsupportedOperation', 'ec2sim simulates fleets of type instant only')
    for name in ('ValidFrom', 'ValidUntil', 'ReplaceUnhealthyInstances',
                 'ExcessCapacityTerminationPolicy'):
        if params.get(name):
            raise _combination(f'{name} is not supported for fleets of type instant')
    if len(params['LaunchTemplateConfigs']) > 50:
        raise _bad('At most 50 launch template configurations are allowed')
    targets = _targets(params)
    _check_market('OnDemandOptions', params.get('OnDemandOptions', {}), targets['on-demand'])
    if targets['capacity-block'] and params.get('OnDemandOptions', {}).get(
            'CapacityReservationOptions'):
        raise _combination('CapacityReservationOptions are not supported for Capacity Blocks')
    spot = params.get('SpotOptions', {})
    _check_market('SpotOptions', spot, targets['spot'])
    if 'InstancePoolsToUseCount' in spot and \
            spot.get('AllocationStrategy', 'lowest-price') != 'lowest-price':
        raise _combination('InstancePoolsToUseCount is for the lowest-price strategy only')
    if 'MaintenanceStrategies' in spot:
        raise _combination('MaintenanceStrategies is for fleets of type maintain only')
    for config in params['LaunchTemplateConfigs']:
        for override in config.get('Overrides', []):
            _check_override(override)
    return targets


def _subnet_of(world: World, data: dict[str, Any], override: dict[str, Any]) -> str:
    primary = [n['SubnetId'] for n in data.get('NetworkInterfaces', []) if 'SubnetId' in n]
    if 'SubnetId' in override:
        name = override['SubnetId']
        if primary:
            raise _combination('SubnetId stands in the override and in the network interfaces of '
                               'the launch template')
    elif 'AvailabilityZone' in override:
        zone = override['AvailabilityZone']
        inside = [s.id for s in world.scenario.subnets.values() if s.az == zone]
        if not inside:
            raise _bad(f'Invalid availability zone: [{zone}]')
        name = inside[0]
    else:
        name = primary[0] if primary else next(iter(world.scenario.subnets))
    if name not in world.scenario.subnets:
        raise Refusal('InvalidSubnetID.NotFound', f"The subnet ID '{name}' does not exist")
    return name


def pools(world: World, params: dict[str, Any]) -> list[Pool]:
    """The pools of the request, in its order."""
    out: list[Pool] = []
    for config in params['LaunchTemplateConfigs']:
        spec = config.get('LaunchTemplateSpecification') or {}
        if 'Version' not in spec:
            raise Refusal('MissingParameter', 'The request must contain the parameter '
                          'LaunchTemplateSpecification.Version')
        template = templates.find(world, spec)
        version = templates.resolve(world, template, spec['Version'])
        data = version['data']
        for override in config.get('Overrides') or [{}]:
            kind = override.get('InstanceType') or data.get('InstanceType')
            if not kind:
                raise Refusal('MissingParameter', 'An instance type stands neither in the '
                              'override nor in the launch template')
            image = override.get('ImageId') or data.get('ImageId')
            if not image:
                raise Refusal('MissingParameter', 'The request must contain the parameter '
                              'ImageId')
            subnet = world.scenario.subnets[_subnet_of(world, data, override)]
            out.append(Pool(template, version, override, kind, subnet.id, subnet.az,
                            override.get('Placement', {}), override.get('WeightedCapacity', 1.0),
                            override.get('Priority'), image))
    if len({(p.type, p.subnet, p.template['id'], p.image) for p in out}) < len(out):
        raise Refusal('InvalidFleetConfiguration',
                      'The fleet configuration contains duplicate instance pools')
    by_zone: dict[str, str] = {}
    for pool in out:
        if by_zone.setdefault(pool.az, pool.subnet) != pool.subnet:
            raise Refusal('InvalidFleetConfiguration', f'Subnets {by_zone[pool.az]} and '
                          f'{pool.subnet} are in the same Availability Zone {pool.az}')
    return out


def _ordered(world: World, every: list[Pool], market: str, options: dict[str, Any]
             ) -> list[Pool]:
    strategy = options.get('AllocationStrategy', 'lowest-price')

    def key(pool: Pool) -> float:
        if strategy in ('prioritized', 'capacity-optimized-prioritized'):
            return math.inf if pool.priority is None else pool.priority
        if strategy == 'lowest-price':
            return _price(world, pool, market)
        room = world.capacity(pool.type, pool.az)
        return -math.inf if room is None else -room

    def unreserved(pool: Pool) -> bool:
        place = (pool.type, pool.az, pool.group.get('GroupName'))
        return not reservations.open_ones(world, pool.data, market, place, usage)
    # Sorting is stable: equals stay in the request's order.
    if strategy == 'price-capacity-optimized':
        every = sorted(every, key=lambda pool: _price(world, pool, market))
    every = sorted(every, key=key)
    if options.get('CapacityReservationOptions'):    # has one value, reservations first
        usage = world.in_use()
        every.sort(key=unreserved)
    return every


def _price(world: World, pool: Pool, market: str) -> float:
    kind = world.scenario.types.get(pool.type)
    price = spot.price(world, pool.type, pool.az) if market == 'spot' else None
    if price is None and kind:
        price = kind.usd_h
    # Without a known price: by size, behind those with one.
    return float(price) if price is not None else 1e6 + (kind.vcpus if kind else 0)



def _answer_pool(pool: Pool) -> dict[str, Any]:
    override = {**pool.override}
    override.update({'InstanceType': pool.type, 'AvailabilityZone': pool.az})
    return {'LaunchTemplateSpecification': {'LaunchTemplateId': pool.template['id'],
                                            'Version': str(pool.version['number'])},
            'Overrides': override}


def _fault(pool: Pool, faults: list[dict[str, str]]) -> launch.Plan | None:
    """The error that a fault gives this pool."""
    for fault in faults:
        if all(fault.get(key, value) == value for key, value in
               (('type', pool.type), ('az', pool.az), ('subnet', pool.subnet))):
            return launch.Plan(0, fault['code'], fault['message'])
    return None


def _attempt(world: World, group: list[Pool], market: str, target: int, taken: Usage,
             faults: list[dict[str, str]]
             ) -> tuple[list[tuple[Pool, launch.Plan, int]], int, list[tuple[Pool, launch.Plan]]]:
    """What GROUP's pools would give towards TARGET, in order; and what failed."""
    chosen, failed, units = [], [], 0
    taken = taken.copy()
    for pool in group:
        if units >= target:
            break
        wanted = math.ceil((target - units) / pool.weight)
        plan = _fault(pool, faults) or launch.plan(world, pool, market, taken, wanted)
        count = min(wanted, plan.most)
        if count < wanted:
            failed.append((pool, plan))
        if count:
            chosen.append((pool, plan, count))
            units += math.ceil(count * pool.weight)
            launch.take(world, pool, plan, market, count, taken)
    return chosen, units, failed


def _market(world: World, every: list[Pool], market: str, options: dict[str, Any], target: int,
            faults: list[dict[str, str]]
            ) -> tuple[list[tuple[Pool, launch.Plan, int]], list[tuple[Pool, launch.Plan]]]:
    """The best choice for one market: whole if possible, else the most that
    MinTargetCapacity allows, else nothing."""
    taken = world.in_use()
    groups: dict[tuple[str, str], list[Pool]] = {}
    for pool in _ordered(world, every, market, options):
        key = (pool.type if options.get('SingleInstanceType') else '',
               pool.az if options.get('SingleAvailabilityZone') else '')
        groups.setdefault(key, []).append(pool)
    best: tuple[int, list[tuple[Pool, launch.Plan, int]]] = (0, [])
    errors: list[tuple[Pool, launch.Plan]] = []
    for group in groups.values():
        chosen, units, failed = _attempt(world, group, market, target, taken, faults)
        errors += failed
        if units >= target:
            return chosen, errors
        if units > best[0]:
            best = (units, chosen)
    if best[0] < options.get('MinTargetCapacity', 1):
        return [], errors
    return best[1], errors


def create(world: World, params: dict[str, Any], effects: dict[str, Any] | None = None
           ) -> dict[str, Any]:
    """CreateFleet.  EFFECTS are those of faults: fewer, more, pool_error, boot."""
    effects = effects or {}
    targets = check(params)
    given = tags.of_specifications(params.get('TagSpecifications'), ('fleet', 'instance'))
    with idempotency.Once(world, 'CreateFleet', params) as once:
        if once.answer is not None:
            if world.scenario.idempotency == 'empty':
                return {'FleetId': once.answer['FleetId'], 'Errors': [], 'Instances': []}
            return once.answer
        # Without a bucket unless the scenario gives one: AWS lists none.
        world.throttle.resources('CreateFleet', sum(targets.values()), world.now())
        every = pools(world, params)
        for pool in every:
            launch.instance_tags(pool, given.get('instance', {}))
        name = world.new_id('fleet')
        launched: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        count_so_far = 0
        for market, target in targets.items():
            if not target:
                continue
            options = params.get({'spot': 'SpotOptions', 'on-demand': 'OnDemandOptions'}.get(
                market, ''), {})
            # The model has no word for the lifecycle of a block's instances here.
            lifecycle = {} if market == 'capacity-block' else {'Lifecycle': market}
            chosen, failed = _market(world, every, market, options, target,
                                     effects.get('pool_error', []))
            for pool, plan in failed:
                errors.append({'LaunchTemplateAndOverrides': _answer_pool(pool),
                               'ErrorCode': plan.code, 'ErrorMessage': plan.message, **lifecycle})
            for pool, plan, count in chosen:
                count = max(0, count - effects.get('fewer', 0) + effects.get('more', 0))
                if not count:
                    continue
                ids = launch.make(world, pool, count, market, name, given.get('instance', {}),
                                  plan, effects.get('boot'), count_so_far)
                count_so_far += len(ids)
                launched.append({'LaunchTemplateAndOverrides': _answer_pool(pool),
                                 'InstanceIds': ids, 'InstanceType': pool.type, **lifecycle})
        if world.scenario.fleet_errors == 'first':
            del errors[1:]
        answer = {'FleetId': name, 'Errors': errors, 'Instances': launched}
        world.store.put('fleet', name, {
            'id': name, 'created': world.now(), 'tags': given.get('fleet', {}),
            'visible': world.now(), 'answer': answer})
        once.remember(answer)
        return answer
