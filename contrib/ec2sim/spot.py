"""Spot: prices (what the scenario says that pools cost, and who pays too little) and
the requests behind instances."""
from decimal import Decimal
from typing import Any

import filters
from catalogue import Type
from errors import Refusal
from world import World

PRODUCT = 'Linux/UNIX'


def price(world: World, type_name: str, az: str) -> Decimal | None:
    """The price of an instance-hour now, USD; None where the scenario has none."""
    for key in (f'{type_name}/{az}', type_name):
        if key in world.scenario.spot_prices:
            return Decimal(world.scenario.spot_prices[key])
    return None


def check_cap(world: World, kind: Type, az: str, data: dict[str, Any], override: dict[str, Any]
              ) -> None:
    """Refuse a pool whose price is above what the request would pay at most: the
    override's, the template's, else the on-demand price."""
    now = price(world, kind.name, az)
    options = data.get('InstanceMarketOptions', {}).get('SpotOptions', {})
    cap = override.get('MaxPrice') or options.get('MaxPrice') or kind.usd_h
    if now is not None and cap is not None and Decimal(str(cap)) < now:
        raise Refusal('SpotMaxPriceTooLow', f'Your Spot request price of {cap} is lower than the '
                      f'minimum required Spot request fulfillment price of {now}.')


def history(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeSpotPriceHistory.  Prices here never change: what holds at StartTime
    is told with the moment since when it does, before it."""
    match = filters.compile_filters(params.get('Filters', []), {
        'availability-zone': lambda p: [p['AvailabilityZone']],
        'instance-type': lambda p: [p['InstanceType']],
        'product-description': lambda p: [p['ProductDescription']],
        'spot-price': lambda p: [p['SpotPrice']],
    }, None)
    types, products = params.get('InstanceTypes'), params.get('ProductDescriptions')
    since = world.moment(world.started - 3600)
    found = []
    for kind in world.scenario.types.values():
        if types and kind.name not in types or products and PRODUCT not in products:
            continue
        for az in sorted(world.scenario.zones):
            now = price(world, kind.name, az)
            if now is None or not world.scenario.offered(kind.name, az) or az != params.get(
                    'AvailabilityZone', az) or 'EndTime' in params and params['EndTime'] < since:
                continue
            item = {'AvailabilityZone': az, 'InstanceType': kind.name, 'Timestamp': since,
                    'ProductDescription': PRODUCT, 'SpotPrice': f'{now:.6f}'}
            if match(item):
                found.append(item)
    query = {k: v for k, v in params.items() if k not in ('StartTime', 'EndTime')}
    chosen, token = filters.page(found, query, 1, 1000)
    return {'SpotPriceHistory': chosen, 'NextToken': token or ''}    # EC2 ends with an empty one


# ---- requests ---------------------------------------------------------------------------

TEXTS = {
    'fulfilled': 'Your Spot request is fulfilled.',
    'marked-for-termination': 'Your Spot instance is marked for termination.',
    'instance-terminated-no-capacity': 'Your Spot instance was terminated because there is no '
                                       'Spot capacity available that matches your request.',
    'instance-terminated-by-price': 'Your Spot instance was terminated because your Spot request '
                                    'price is lower than the current Spot price.',
    'instance-terminated-capacity-oversubscribed': 'Your Spot instance was terminated because '
                                                   'the capacity is oversubscribed.',
    'instance-terminated-by-user': 'Spot Instance terminated due to user-initiated termination.',
}


def request_status(i: dict[str, Any]) -> tuple[str, str, float]:
    """State of the instance's Spot request, the code of its status, and since when."""
    ends = [i['times'][s] for s in ('shutting-down', 'terminated') if s in i['times']]
    notice = i.get('notice')
    if ends:
        taken = (i['state_reason'] or {}).get('Code') == 'Server.SpotInstanceTermination'
        code = (notice['code'] if notice else 'instance-terminated-no-capacity') if taken \
            else 'instance-terminated-by-user'
        return 'closed', code, min(ends)
    if notice and 'request' in notice['tell']:
        return 'active', 'marked-for-termination', notice['given']
    return 'active', 'fulfilled', i['launched']


REQUEST_FILTERS: dict[str, filters.Getter] = {
    'spot-instance-request-id': lambda i: [i['spot_request']],
    'instance-id': lambda i: [i['id']], 'state': lambda i: [request_status(i)[0]],
    'status-code': lambda i: [request_status(i)[1]], 'type': lambda i: ['one-time'],
    'launched-availability-zone': lambda i: [i['az']],
    'launch.instance-type': lambda i: [i['type']],
}


def requests(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DescribeSpotInstanceRequests: those that fleets made for their instances."""
    match = filters.compile_filters(params.get('Filters', []), REQUEST_FILTERS, lambda i: {})
    every = [i for i in world.instances.values()
             if i['spot_request'] and i['visible'] <= world.now()]
    ids = params.get('SpotInstanceRequestIds')
    if ids:
        missing = set(ids) - {i['spot_request'] for i in every}
        if missing:
            raise Refusal('InvalidSpotInstanceRequestID.NotFound', 'The spot instance request ID '
                          f"'{', '.join(sorted(missing))}' does not exist")
        every = [i for i in every if i['spot_request'] in ids]
    chosen, token = filters.page(sorted((i for i in every if match(i)), key=lambda i: i['seq']),
                                 params, 5, 1000)
    out = []
    for i in chosen:
        state, code, since = request_status(i)
        out.append({
            'SpotInstanceRequestId': i['spot_request'], 'InstanceId': i['id'], 'State': state,
            'Status': {'Code': code, 'Message': TEXTS[code], 'UpdateTime': world.moment(since)},
            'CreateTime': world.moment(i['launched']), 'Type': 'one-time',
            'ProductDescription': PRODUCT, 'LaunchedAvailabilityZone': i['az'],
            'LaunchSpecification': {'ImageId': i['image'], 'InstanceType': i['type'],
                                    'SubnetId': i['subnet'],
                                    'Placement': {'AvailabilityZone': i['az']}},
            'InstanceInterruptionBehavior': 'terminate', 'Tags': []})
    return {'SpotInstanceRequests': out, 'NextToken': token}
