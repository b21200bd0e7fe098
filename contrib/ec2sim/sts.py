"""STS: who is calling, and temporary keys for roles."""
import re
from typing import Any

from errors import Refusal
from keys import Keys
from signature import Key
from world import World

ROLE = re.compile(r'arn:aws[a-z-]*:iam::(\d{12}):role/([\w+=,.@/-]+)')
SESSION = re.compile(r'[\w+=,.@-]{2,64}')


def _session(world: World, keys: Keys, params: dict[str, Any]) -> dict[str, Any]:
    match = ROLE.fullmatch(params['RoleArn'])
    if not match or not SESSION.fullmatch(params['RoleSessionName']):
        raise Refusal('ValidationError', 'RoleArn or RoleSessionName is not well-formed')
    duration = params.get('DurationSeconds', 3600)
    if not 900 <= duration <= 43200:
        raise Refusal('ValidationError', 'DurationSeconds is 900 to 43200')
    account, role = match[1], match[2].rpartition('/')[2]
    if account != world.scenario.account:
        raise Refusal('AccessDenied', 'User is not authorized to perform: sts:AssumeRole on '
                      f'resource: {params["RoleArn"]}')
    arn = f'arn:aws:sts::{account}:assumed-role/{role}/{params["RoleSessionName"]}'
    user_id = f'AROAEC2SIMEXAMPLE0001:{params["RoleSessionName"]}'
    key = keys.mint(duration, arn, user_id)
    return {'Credentials': {'AccessKeyId': key.access_key, 'SecretAccessKey': key.secret,
                            'SessionToken': key.token, 'Expiration': world.moment(key.expires)},
            'AssumedRoleUser': {'AssumedRoleId': user_id, 'Arn': arn}, 'PackedPolicySize': 0}


def get_caller_identity(world: World, key: Key) -> dict[str, Any]:
    """GetCallerIdentity."""
    return {'UserId': key.user_id, 'Account': world.scenario.account, 'Arn': key.arn}


def assume_role(world: World, keys: Keys, params: dict[str, Any]) -> dict[str, Any]:
    """AssumeRole."""
    return _session(world, keys, params)


def assume_role_with_web_identity(world: World, keys: Keys, params: dict[str, Any]
                                  ) -> dict[str, Any]:
    """AssumeRoleWithWebIdentity; any token of three parts will do."""
    if params['WebIdentityToken'].count('.') != 2:
        raise Refusal('InvalidIdentityToken', 'The web identity token is no JWT')
    return {**_session(world, keys, params), 'SubjectFromWebIdentityToken': 'ec2sim',
            'Provider': 'ec2sim', 'Audience': 'sts.amazonaws.com'}
