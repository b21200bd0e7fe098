"""The Price List service: GetProducts of EC2, on-demand Linux, for all regions of the scenario.

It is in two regions only and knows the prices of all.  A type that has no price (of the
table or of "prices") is no product; one that is sold as Capacity Blocks only costs 0, as
with AWS.
"""
import json
from decimal import Decimal
from typing import Any

import filters
from catalogue import Type
from errors import Refusal
from world import World

HOMES = ('us-east-1', 'eu-central-1', 'ap-south-1')
EFFECTIVE = '2026-11-01T00:00:00Z'


def price(world: World, kind: Type) -> Decimal | None:
    """What an instance-hour costs on demand, USD."""
    if kind.name in world.scenario.prices:
        return Decimal(world.scenario.prices[kind.name])
    return None if kind.usd_h is None else Decimal(str(kind.usd_h))


def _attributes(world: World, kind: Type) -> dict[str, str]:
    return {
        'servicecode': 'AmazonEC2', 'regionCode': world.scenario.region,
        'locationType': 'AWS Region', 'instanceType': kind.name, 'vcpu': str(kind.vcpus), 'memory': f'{kind.gib:g} GiB',
        'operatingSystem': 'Linux', 'tenancy': 'Shared', 'preInstalledSw': 'NA',
        'capacitystatus': 'Used', 'marketoption': 'OnDemand', 'licenseModel': 'No License required'}


def _product(world: World, kind: Type, usd: Decimal) -> dict[str, Any]:
    sku = kind.name.upper().replace('.', '')
    rate = f'{sku}.JRTCKXETXF.6YS6EN2CT7'
    return {
        'serviceCode': 'AmazonEC2', 'version': '20261120000000',
        'publicationDate': '2026-11-20T00:00:00Z',
        'product': {
            'productFamily': 'Compute Instance (bare metal)' if kind.metal else 'Compute Instance',
            'sku': sku, 'attributes': _attributes(world, kind)},
        'terms': {'OnDemand': {f'{sku}.JRTCKXETXF': {
            'sku': sku, 'offerTermCode': 'JRTCKXETXF', 'effectiveDate': EFFECTIVE,
            'termAttributes': {},
            'priceDimensions': {rate: {
                'rateCode': rate, 'unit': 'Hrs', 'beginRange': '0', 'endRange': 'Inf',
                'appliesTo': [], 'pricePerUnit': {'USD': f'{usd:.10f}'},
                'description': f'${usd} per On Demand Linux {kind.name} Instance Hour'}}}}}}


def _matches(product: dict[str, Any], wanted: list[dict[str, str]]) -> bool:
    inner = product['product']
    facts = {**inner['attributes'], 'productFamily': inner['productFamily'], 'sku': inner['sku'],
             'ServiceCode': 'AmazonEC2'}
    return all(facts.get(f['Field']) == f['Value'] for f in wanted)


def products(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """GetProducts."""
    if params['ServiceCode'] != 'AmazonEC2':
        raise Refusal('NotFoundException', f'No products of {params["ServiceCode"]}')
    if params.get('FormatVersion', 'aws_v1') != 'aws_v1':
        raise Refusal('InvalidParameterException', 'FormatVersion: aws_v1 is known')
    wanted = params.get('Filters', [])
    for one in wanted:
        if one['Type'] != 'TERM_MATCH':
            raise Refusal('InvalidParameterException', f'{one["Type"]} is no type of filter')
    found = []
    for each in world.everywhere.values():
        for kind in each.scenario.types.values():
            usd = price(each, kind)
            if usd is None:
                continue
            product = _product(each, kind, usd)
            if _matches(product, wanted):
                found.append(json.dumps(product))
    # 100 at a time, also where the request does not say
    try:
        chosen, token = filters.page(found, {'MaxResults': 100, **params}, 1, 100)
    except Refusal as refusal:
        raise Refusal('InvalidNextTokenException' if params.get('NextToken')
                      else 'InvalidParameterException', refusal.message) from refusal
    return {'FormatVersion': 'aws_v1', 'PriceList': chosen, 'NextToken': token}


ACTIONS = {'GetProducts': products}
