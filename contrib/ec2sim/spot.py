"""Spot: prices (what the scenario says that pools cost, and who pays too little) and
the requests behind instances."""
from decimal import Decimal
from typing import Any

import filters
from catalogue import Type
from errors import Refusal
from world import World

PRODUCT = 'Linux/UNIX'


BEFORE_S = 3600     # the first prices are so much older than the simulator


def _base(world: World, type_name: str, az: str) -> str | None:
    prices = world.scenario.spot_prices
    return prices.get(f'{type_name}/{az}', prices.get(type_name))


def begin(world: World) -> None:
    """Note when the scenario's changes are to be; once, not again after a restart."""
    changes = world.store.all['change']
    for i, item in enumerate(world.scenario.spot_changes):
        if f'scenario-{i}' not in changes:
            world.store.put('change', f'scenario-{i}', {
                'pool': item['pool'], 'usd': item['usd'], 'at': world.now() + item['after_s']})
    world.store.commit()


def change(world: World, pool: str, usd: str) -> None:
    """From now on the pool (TYPE/AZ, or TYPE for all its zones) costs USD an hour."""
    changes = world.store.all['change']
    world.store.put('change', f'{len(changes)}', {'pool': pool, 'usd': usd, 'at': world.now()})
    world.event('spot-price', pool=pool, usd=usd)


def series(world: World, type_name: str, az: str) -> list[tuple[float, Decimal]]:
    """What the pool has cost, and since when each, the oldest first; nothing of the future."""
    out = []
    base = _base(world, type_name, az)
    if base is not None:
        first = min([world.started] + [c['at'] for c in world.store.all['change'].values()])
        out.append((first - BEFORE_S, Decimal(base)))
    changes = [c for c in world.store.all['change'].values()
               if c['pool'] in (type_name, f'{type_name}/{az}') and c['at'] <= world.now()]
    # stable: of two at one moment the later counts
    out += [(c['at'], Decimal(c['usd'])) for c in sorted(changes, key=lambda c: c['at'])]
    return out


def price(world: World, type_name: str, az: str) -> Decimal | None:
    """The price of an instance-hour now, USD; None where the scenario has none."""
    every = series(world, type_name, az)
    return every[-1][1] if every else None


def cost(world: World, type_name: str, az: str, since: float, until: float) -> Decimal | None:
    """What an instance costs from SINCE to UNTIL, by the second, USD; None: no price."""
    every = series(world, type_name, az)
    if not every:
        return None
    total = Decimal(0)
    for i, (at, usd) in enumerate(every):
        begins = since if i == 0 else max(at, since)
        ends = min(every[i + 1][0], until) if i + 1 < len(every) else until
        if ends > begins:
            total += usd * (int(ends) - int(begins)) / 3600
    return total


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
    """DescribeSpotPriceHistory: the changes from StartTime to EndTime, the newest of a pool
    first, and what held at StartTime with the moment since when it did, before it."""
    match = filters.compile_filters(params.get('Filters', []), {
        'availability-zone': lambda p: [p['AvailabilityZone']],
        'instance-type': lambda p: [p['InstanceType']],
        'product-description': lambda p: [p['ProductDescription']],
        'spot-price': lambda p: [p['SpotPrice']],
    }, None)
    types, products = params.get('InstanceTypes'), params.get('ProductDescriptions')
    start, end = params.get('StartTime'), params.get('EndTime')
    found = []
    for kind in world.scenario.types.values():
        if types and kind.name not in types or products and PRODUCT not in products:
            continue
        for az in sorted(world.scenario.zones):
            if not world.scenario.offered(kind.name, az) \
                    or az != params.get('AvailabilityZone', az):
                continue
            until = None    # when the next price began to hold
            for at, usd in reversed(series(world, kind.name, az)):
                since = world.moment(at)
                over = start is not None and until is not None and until <= start
                item = {'AvailabilityZone': az, 'InstanceType': kind.name, 'Timestamp': since,
                        'ProductDescription': PRODUCT, 'SpotPrice': f'{usd:.6f}'}
                if not over and (end is None or since <= end) and match(item):
                    found.append(item)
                until = since
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
