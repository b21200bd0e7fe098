"""Service Quotas: the vCPU quotas of EC2 that launches are held to.

A quota that was raised is the account's own ("quotas" of the scenario); one that
never was may have no value of its own ("quotas.default"), which Service Quotas
calls NoSuchResourceException and answers from AWS's defaults.
"""
from typing import Any

import filters
from errors import Refusal
from world import World

NO_LIMIT = 1_000_000

STANDARD = 'Standard (A, C, D, H, I, M, R, T, Z)'
# code: (market, family, name, AWS's default for a new account)
QUOTAS = {
    'L-1216C47A': ('on-demand', 'standard', f'Running On-Demand {STANDARD} instances', 5),
    'L-F7808C92': ('on-demand', 'hpc', 'Running On-Demand HPC instances', 0),
    'L-417A185B': ('on-demand', 'p', 'Running On-Demand P instances', 0),
    'L-DB2E81BA': ('on-demand', 'g', 'Running On-Demand G and VT instances', 0),
    'L-2C3B7624': ('on-demand', 'trn', 'Running On-Demand Trn instances', 0),
    'L-7295265B': ('on-demand', 'x', 'Running On-Demand X instances', 0),
    'L-43DA4232': ('on-demand', 'high-memory', 'Running On-Demand High Memory instances', 0),
    'L-74FC7D96': ('on-demand', 'f', 'Running On-Demand F instances', 0),
    'L-1945791B': ('on-demand', 'inf', 'Running On-Demand Inf instances', 0),
    'L-6E869C2A': ('on-demand', 'dl', 'Running On-Demand DL instances', 0),
    'L-34B43A08': ('spot', 'standard', f'All {STANDARD} Spot Instance Requests', 5),
    'L-7212CCBC': ('spot', 'p', 'All P Spot Instance Requests', 0),
    'L-3819A6DF': ('spot', 'g', 'All G and VT Spot Instance Requests', 0),
    'L-E3A00192': ('spot', 'x', 'All X Spot Instance Requests', 0),
    'L-6B0D517C': ('spot', 'trn', 'All Trn Spot Instance Requests', 0),
    'L-B5D1601B': ('spot', 'inf', 'All Inf Spot Instance Requests', 0),
}


def _service(params: dict[str, Any]) -> None:
    if params['ServiceCode'] != 'ec2':
        raise Refusal('NoSuchResourceException', 'The request failed because the specified '
                      f'service {params["ServiceCode"]} does not exist.')


def _known(params: dict[str, Any]) -> str:
    _service(params)
    code = params['QuotaCode']
    if code not in QUOTAS:
        raise Refusal('NoSuchResourceException', 'The request failed because the specified '
                      'service quota does not exist.')
    return code


def _applied(world: World, code: str) -> int | None:
    """The account's own value; None if it has but the default."""
    market, family, _, _ = QUOTAS[code]
    scenario = world.scenario
    if family in scenario.quotas.get(market, {}):
        return scenario.quotas[market][family]
    return None if family in scenario.default_quotas.get(market, {}) else NO_LIMIT


def _default(world: World, code: str) -> int:
    market, family, _, value = QUOTAS[code]
    return world.scenario.default_quotas.get(market, {}).get(family, value)


def _answer(world: World, code: str, value: int, account: str) -> dict[str, Any]:
    return {'ServiceCode': 'ec2', 'ServiceName': 'Amazon Elastic Compute Cloud (Amazon EC2)',
            'QuotaArn': f'arn:aws:servicequotas:{world.scenario.region}:{account}:ec2/{code}',
            'QuotaCode': code, 'QuotaName': QUOTAS[code][2], 'Value': value, 'Unit': 'None',
            'Adjustable': True, 'GlobalQuota': False}


def _page(every: list[dict[str, Any]], params: dict[str, Any]) -> dict[str, Any]:
    try:
        found, token = filters.page(every, params, 1, 100)
    except Refusal as refusal:
        raise Refusal('InvalidPaginationTokenException' if 'NextToken' in params
                      else 'IllegalArgumentException', refusal.message) from refusal
    return {'Quotas': found, 'NextToken': token}


def get(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """GetServiceQuota."""
    code = _known(params)
    value = _applied(world, code)
    if value is None:
        raise Refusal('NoSuchResourceException', 'The request failed because the specified '
                      'service quota has no value of its own; it has its default.')
    return {'Quota': _answer(world, code, value, world.scenario.account)}


def get_default(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """GetAWSDefaultServiceQuota."""
    code = _known(params)
    return {'Quota': _answer(world, code, _default(world, code), '')}


def list_applied(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """ListServiceQuotas: those with a value of their own."""
    _service(params)
    every = [(code, _applied(world, code)) for code in QUOTAS]
    return _page([_answer(world, code, value, world.scenario.account)
                  for code, value in every if value is not None], params)


def list_defaults(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """ListAWSDefaultServiceQuotas."""
    _service(params)
    return _page([_answer(world, code, _default(world, code), '') for code in QUOTAS], params)


ACTIONS = {'GetServiceQuota': get, 'GetAWSDefaultServiceQuota': get_default,
           'ListServiceQuotas': list_applied, 'ListAWSDefaultServiceQuotas': list_defaults}
