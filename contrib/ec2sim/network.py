"""What stands still: zones, subnets, security groups, types and their offer."""
from typing import Any

import catalogue
import filters
from errors import Refusal
from world import World


def describe_zones(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeAvailabilityZones."""
    region = world.scenario.region
    match = filters.compile_filters(params.get('Filters', []), {
        'zone-name': lambda z: [z['ZoneName']], 'zone-id': lambda z: [z['ZoneId']],
        'region-name': lambda z: [z['RegionName']], 'state': lambda z: [z['State']],
        'zone-type': lambda z: [z['ZoneType']], 'group-name': lambda z: [z['GroupName']],
        'opt-in-status': lambda z: [z['OptInStatus']],
    }, None)
    zones = [{'State': 'available', 'OptInStatus': 'opt-in-not-required', 'Messages': [],
              'RegionName': region, 'ZoneName': name, 'ZoneId': ident, 'GroupName': region,
              'NetworkBorderGroup': region, 'ZoneType': 'availability-zone'}
             for name, ident in sorted(world.scenario.zones.items())]
    for key, member in (('ZoneNames', 'ZoneName'), ('ZoneIds', 'ZoneId')):
        wanted = params.get(key)
        for name in wanted or []:
            if not any(z[member] == name for z in zones):
                raise Refusal('InvalidParameterValue', f'Invalid availability zone: [{name}]')
        if wanted:
            zones = [z for z in zones if z[member] in wanted]
    return {'AvailabilityZones': [z for z in zones if match(z)]}


def describe_regions(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeRegions: those of the scenario."""
    match = filters.compile_filters(params.get('Filters', []), {
        'region-name': lambda r: [r['RegionName']], 'endpoint': lambda r: [r['Endpoint']],
        'opt-in-status': lambda r: [r['OptInStatus']],
    }, None)
    wanted = params.get('RegionNames')
    for name in wanted or []:
        if name not in world.everywhere:
            raise Refusal('InvalidParameterValue', f'Invalid region: [{name}]')
    regions = [{'RegionName': name, 'Endpoint': f'ec2.{name}.amazonaws.com',
                'OptInStatus': 'opt-in-not-required'} for name in world.everywhere]
    return {'Regions': [r for r in regions if match(r)
                        and (not wanted or r['RegionName'] in wanted)]}


def describe_subnets(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeSubnets, with the addresses that are left."""
    match = filters.compile_filters(params.get('Filters', []), {
        'subnet-id': lambda s: [s.id], 'vpc-id': lambda s: [s.vpc],
        'availability-zone': lambda s: [s.az], 'availabilityZone': lambda s: [s.az],
        'availability-zone-id': lambda s: [s.az_id], 'cidr-block': lambda s: [str(s.cidr)],
        'state': lambda s: ['available'],
    }, lambda s: {})
    known = world.scenario.subnets
    for name in params.get('SubnetIds', []):
        if name not in known:
            raise Refusal('InvalidSubnetID.NotFound', f"The subnet ID '{name}' does not exist")
    wanted = params.get('SubnetIds') or list(known)
    found, token = filters.page([s for s in known.values() if s.id in wanted and match(s)],
                                params, 5, 1000)
    account = world.scenario.account
    return {'NextToken': token, 'Subnets': [
        {'AvailabilityZone': s.az, 'AvailabilityZoneId': s.az_id, 'CidrBlock': str(s.cidr),
         'AvailableIpAddressCount': world.free_addresses(s.id), 'DefaultForAz': False,
         'MapPublicIpOnLaunch': False, 'State': 'available', 'SubnetId': s.id, 'VpcId': s.vpc,
         'OwnerId': account, 'AssignIpv6AddressOnCreation': False,
         'Ipv6CidrBlockAssociationSet': [], 'Tags': [], 'SubnetArn':
         f'arn:aws:ec2:{world.scenario.region}:{account}:subnet/{s.id}'} for s in found]}


def describe_security_groups(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeSecurityGroups."""
    match = filters.compile_filters(params.get('Filters', []), {
        'group-id': lambda g: [g.id], 'group-name': lambda g: [g.name],
        'vpc-id': lambda g: [g.vpc],
    }, lambda g: {})
    known = world.scenario.security_groups
    for name in params.get('GroupIds', []):
        if name not in known:
            raise Refusal('InvalidGroup.NotFound', f"The security group '{name}' does not exist")
    names = params.get('GroupNames', [])
    for name in names:
        if not any(g.name == name for g in known.values()):
            raise Refusal('InvalidGroup.NotFound', f"The security group '{name}' does not exist")
    account = world.scenario.account

    def answer(g: Any) -> dict[str, Any]:
        # EFA asks for a rule that names the group itself, in both directions.
        own = {'IpProtocol': '-1', 'IpRanges': [], 'Ipv6Ranges': [], 'PrefixListIds': [],
               'UserIdGroupPairs': [{'GroupId': g.id, 'UserId': account}]}
        world_out = {'IpProtocol': '-1', 'IpRanges': [{'CidrIp': '0.0.0.0/0'}], 'Ipv6Ranges': [],
                     'PrefixListIds': [], 'UserIdGroupPairs': []}
        return {'GroupId': g.id, 'GroupName': g.name, 'Description': g.name, 'VpcId': g.vpc,
                'OwnerId': account, 'Tags': [],
                'IpPermissions': [own] if g.self_referencing else [],
                'IpPermissionsEgress': [world_out] + ([own] if g.self_referencing else [])}
    chosen = [g for g in known.values() if match(g)
              and (not params.get('GroupIds') or g.id in params['GroupIds'])
              and (not names or g.name in names)]
    found, token = filters.page(chosen, params, 5, 1000)
    return {'SecurityGroups': [answer(g) for g in found], 'NextToken': token}


def describe_types(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeInstanceTypes."""
    def flag(value: Any) -> list[str]:
        return ['true' if value else 'false']
    match = filters.compile_filters(params.get('Filters', []), {
        'instance-type': lambda t: [t.name], 'bare-metal': lambda t: flag(t.metal),
        'current-generation': lambda t: flag(t.current),
        'network-info.efa-supported': lambda t: flag(t.efa),
        'network-info.efa-info.maximum-efa-interfaces': lambda t: [str(t.efa)] if t.efa else [],
        'network-info.maximum-network-cards': lambda t: [str(len(t.cards))],
        'processor-info.supported-architecture': lambda t: [t.arch],
        'supported-usage-class': lambda t: t.usage,
        'vcpu-info.default-vcpus': lambda t: [str(t.vcpus)],
        'vcpu-info.default-cores': lambda t: [str(t.cores)],
        'memory-info.size-in-mib': lambda t: [str(int(t.gib * 1024))],
        'burstable-performance-supported': lambda t: flag(t.name.startswith('t')),
        'hypervisor': lambda t: [] if t.metal else ['nitro'],
    }, None)
    types = world.scenario.types
    wanted = params.get('InstanceTypes')
    if wanted and 'MaxResults' in params:
        raise Refusal('InvalidParameterCombination', 'The parameter instanceTypes cannot be used '
                      'with the parameter maxResults')
    unknown = [n for n in wanted or [] if n not in types]
    if unknown:
        raise Refusal('InvalidInstanceType', 'The following supplied instance types do not '
                      f'exist: [{", ".join(unknown)}]')
    chosen = [types[n] for n in sorted(set(wanted or types)) if match(types[n])]
    if not wanted:
        # EC2 gives 100 at most in one answer, asked or not.
        params = {'MaxResults': 100, **params}
    found, token = filters.page(chosen, params, 5, 100)
    return {'InstanceTypes': [catalogue.info(t, 'capacity-blocks' in world.features)
                              for t in found], 'NextToken': token}


def describe_offerings(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeInstanceTypeOfferings: sold there at all, not free there now."""
    location = params.get('LocationType', 'region')
    zones = world.scenario.zones
    match = filters.compile_filters(params.get('Filters', []), {
        'instance-type': lambda o: [o['InstanceType']], 'location': lambda o: [o['Location']],
    }, None)
    found = []
    for name in sorted(world.scenario.types):
        where = [az for az in sorted(zones) if world.scenario.offered(name, az)]
        places = where if location == 'availability-zone' else [zones[z] for z in where] \
            if location == 'availability-zone-id' else [world.scenario.region] if where else []
        found += [{'InstanceType': name, 'LocationType': location, 'Location': p} for p in places]
    chosen, token = filters.page([o for o in found if match(o)], params, 5, 1000)
    return {'InstanceTypeOfferings': chosen, 'NextToken': token}
