"""Spot prices: what the scenario says that pools cost, and who pays too little."""
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
