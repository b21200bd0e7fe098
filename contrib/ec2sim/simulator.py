"""One request from bytes to bytes: authenticate, decode, act, encode, record."""
import os
import signal
import time
import traceback
import uuid
from dataclasses import dataclass, field
from typing import Any, Callable, Mapping
from urllib.parse import parse_qsl, urlsplit

import control
import fleet
import instances
import journal
import network
import newer
import placement
import pricing
import quotas
import reservations
import signature
import spot
import sqs
import status
import sts
import tags
import templates
from errors import ModelBreach, Refusal
from faults import Faults
from judge import Judge
from judge_json import JsonJudge
from keys import Keys
from scenario import ScenarioError
from signature import Key
from world import World

Action = Callable[[World, dict[str, Any]], dict[str, Any]]

ACTIONS: dict[str, Action] = {
    'TerminateInstances': instances.terminate, 'DescribeInstances': instances.describe,
    'DescribeInstanceStatus': status.describe, 'GetConsoleOutput': instances.console,
    'CreateTags': tags.create, 'DeleteTags': tags.delete, 'DescribeTags': tags.describe,
    'CreatePlacementGroup': placement.create, 'DescribePlacementGroups': placement.describe,
    'DeletePlacementGroup': placement.delete, 'CreateLaunchTemplate': templates.create,
    'CreateLaunchTemplateVersion': templates.create_version,
    'DescribeLaunchTemplates': templates.describe,
    'DescribeLaunchTemplateVersions': templates.describe_versions,
    'DeleteLaunchTemplateVersions': templates.delete_versions,
    'DeleteLaunchTemplate': templates.delete, 'DescribeSubnets': network.describe_subnets,
    'DescribeSecurityGroups': network.describe_security_groups,
    'DescribeInstanceTypes': network.describe_types,
    'DescribeInstanceTypeOfferings': network.describe_offerings,
    'DescribeAvailabilityZones': network.describe_zones,
    'DescribeRegions': network.describe_regions,
    'DescribeSpotPriceHistory': spot.history, 'DescribeSpotInstanceRequests': spot.requests,
    'DescribeCapacityReservations': reservations.describe,
}
STS_VERSION = '2011-06-15'
UNSIGNED = {'AssumeRoleWithWebIdentity'}
FORM = 'application/x-www-form-urlencoded'


@dataclass
class Answer:
    """What goes back: or nothing at all (drop), or only its first bytes."""
    status: int = 200
    body: bytes = b''
    content_type: str = 'text/xml;charset=UTF-8'
    request_id: str = ''
    drop: bool = False
    truncate: int | None = None


@dataclass
class Exchange:
    """What is known so far about the request being served, for the journal."""
    world: World
    service: str = 'ec2'
    action: str | None = None
    params: Any = None
    key: Key | None = None
    access_key: str | None = None
    region: str | None = None
    error: str | None = None
    message: str | None = None
    result: dict[str, Any] | None = None
    effects: dict[str, Any] = field(default_factory=dict)


def _summary(action: str, out: dict[str, Any]) -> dict[str, Any]:
    """What the journal tells of a good answer."""
    if action == 'CreateFleet':
        return {'fleet': out['FleetId'],
                'instances': [i for item in out['Instances'] for i in item['InstanceIds']],
                'errors': [item['ErrorCode'] for item in out['Errors']]}
    if action == 'TerminateInstances':
        return {'instances': [i['InstanceId'] for i in out['TerminatingInstances']]}
    if action == 'DescribeInstances':
        return {'count': sum(len(r['Instances']) for r in out['Reservations'])}
    if action == 'CreatePlacementGroup':
        return {'group': out['PlacementGroup']['GroupName']}
    if action in ('CreateLaunchTemplate', 'DeleteLaunchTemplate'):
        return {'template': out['LaunchTemplate']['LaunchTemplateId'],
                'version': out['LaunchTemplate']['LatestVersionNumber']}
    if action == 'CreateLaunchTemplateVersion':
        version = out['LaunchTemplateVersion']
        return {'template': version['LaunchTemplateId'], 'version': version['VersionNumber']}
    for value in out.values():
        if isinstance(value, list):
            return {'count': len(value)}
    return {}


class Simulator:
    """Serves EC2 and STS requests on a World."""

    def __init__(self, world: World, faults: Faults | None = None, model_dir: str | None = None,
                 sleep: Callable[[float], None] = time.sleep):
        self.world = world
        self.keys = Keys(world)
        self.faults = faults or Faults(None)
        # by the name that requests are signed for
        self.judges: dict[str, Any] = {
            'ec2': Judge('ec2', model_dir), 'sts': Judge('sts', model_dir),
            'servicequotas': JsonJudge('service-quotas', model_dir),
            'sqs': JsonJudge('sqs', model_dir), 'pricing': JsonJudge('pricing', model_dir)}
        self._sleep = sleep
        for each in world.everywhere.values():
            each.features = newer.features(self.judges['ec2'].model)
            spot.begin(each)
            self._seed(each)

    def _seed(self, world: World) -> None:
        for one in world.scenario.reservations.values():
            if one.block and 'capacity-blocks' not in world.features:
                raise ScenarioError(f'{one.id} is a Capacity Block: {newer.ADVICE}')
            if one.group:
                placement.seed(world, one.group)
        for item in world.scenario.launch_templates:
            if any(t['name'] == item['name'] for t in world.store.all['template'].values()):
                continue
            # The scenario's data goes through the model like a request's would.
            shape = self.judges['ec2'].model.shape_for('RequestLaunchTemplateData')
            self.judges['ec2']._validate(item['data'], shape)
            templates.check_data(item['data'])
            templates.add(world, item['name'], item['data'], item.get('tags', {}),
                          ident=item.get('id'), visible=0)
        world.store.commit()

    def handle(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """The answer to one request.  HEADERS have lower-case names."""
        request_id = str(uuid.uuid4())
        if method == 'POST' and urlsplit(url).path == control.PATH:
            status_, said = control.handle(self.world, body)
            return Answer(status_, said, 'application/json', request_id)
        seen = Exchange(self.world)
        answer = Answer(request_id=request_id)
        try:
            answer = self._serve(method, url, headers, body, request_id, seen)
        except Refusal as refusal:
            seen.error, seen.message = self._refuse(seen, refusal, answer)
        except ModelBreach as breach:
            seen.error, seen.message = 'InternalError', f'ModelBreach: {breach}'
        except Exception:
            seen.error, seen.message = 'InternalError', traceback.format_exc()
        if seen.error == 'InternalError' and not answer.body:
            self._refuse(seen, Refusal('InternalError', f'ec2sim is wrong: {seen.message}'),
                         answer)
        # These hold for errors as well as for good answers.
        answer.truncate = seen.effects.get('truncate')
        if 'drop' in seen.effects or 'kill' in seen.effects:
            answer.drop = True
        self._record(seen, answer)
        if 'kill' in seen.effects:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    def _refuse(self, seen: Exchange, refusal: Refusal, answer: Answer) -> tuple[str, str]:
        judge = self.judges[seen.service]
        refusal = judge.translate(refusal)
        answer.status, answer.content_type = refusal.status, judge.content_type
        answer.body = judge.error(refusal, answer.request_id).encode()
        return refusal.code, refusal.message

    def _record(self, seen: Exchange, answer: Answer) -> None:
        line: dict[str, Any] = {
            'service': seen.service, 'action': seen.action, 'params': journal.redact(seen.params),
            'access_key': seen.access_key, 'region': seen.region,
            'status': None if answer.drop else answer.status, 'error': seen.error,
            'request_id': answer.request_id, 'result': seen.result}
        if seen.message:
            line['message'] = seen.message
        if seen.effects:
            line['fault'] = sorted(seen.effects)
        self.world.journal.write('request', **line)

    def _serve(self, method: str, url: str, headers: Mapping[str, str], body: bytes,
               request_id: str, seen: Exchange) -> Answer:
        claim = signature.scope(headers)
        if claim:
            seen.access_key, seen.region = claim.access_key, claim.region
            # A region that is none is refused with the signature.
            seen.world = self.world.everywhere.get(claim.region, self.world)
        world = seen.world
        decode = self._recognise(method, headers, body, claim, seen)
        region = world.scenario.region
        if seen.service == 'pricing' and claim and claim.region in pricing.HOMES:
            region = claim.region    # it is there whether the scenario has that region or not
        if not (seen.service == 'sts' and seen.action in UNSIGNED and claim is None):
            with world.lock:
                seen.key = signature.check(
                    seen.service, region, method, url, headers, body,
                    self.keys.find, world.now(), world.scenario.timings['max_skew_s'])
        action, params = decode()
        seen.params = params

        with world.lock:
            if self.faults.reload():
                self.world.event('faults', trouble=self.faults.trouble)
            effects = self.faults.effects(action, params, world.scenario.region)
            world.capacity_override = self.faults.capacity(world.scenario.region)
        seen.effects = effects
        judge = self.judges[seen.service]
        answer = Answer(request_id=request_id, content_type=judge.content_type)
        if effects.get('delay_ms'):
            self._sleep(effects['delay_ms'] / 1000)
        if 'before' in (effects.get('kill'), effects.get('drop')):
            return answer
        if 'answer_raw' in effects:
            raw = effects['answer_raw']
            answer.status, answer.body = raw['status'], raw['body'].encode()
            answer.content_type = raw.get('content_type', 'text/html')
            return answer
        if 'error' in effects:
            error = effects['error']
            raise Refusal(error['code'], error['message'], error.get('status'))
        out = self._act(seen, action, params, effects)
        answer.body = judge.encode(action, out, request_id).encode()
        return answer

    def _recognise(self, method: str, headers: Mapping[str, str], body: bytes,
                   claim: signature.Scope | None, seen: Exchange
                   ) -> Callable[[], tuple[str, dict[str, Any]]]:
        """Find service and action; gives what decodes the rest, once it is believed."""
        if method != 'POST':
            raise Refusal('InvalidRequest', f'ec2sim takes POST only, not {method}', 405)
        target = headers.get('x-amz-target')
        if target is not None:
            return self._recognise_json(target, headers, body, seen)
        pairs = self._pairs(headers, body)
        fields = dict(pairs)
        if fields.get('Version') == STS_VERSION or claim and claim.service == 'sts':
            seen.service = 'sts'
        seen.action = fields.get('Action')
        return lambda: self.judges[seen.service].decode(pairs)

    def _recognise_json(self, target: str, headers: Mapping[str, str], body: bytes,
                        seen: Exchange) -> Callable[[], tuple[str, dict[str, Any]]]:
        prefix, _, action = target.partition('.')
        for name, judge in self.judges.items():
            if judge.protocol == 'json' and judge.prefix == prefix:
                seen.service, seen.action = name, action
                kind = headers.get('content-type', '').partition(';')[0].strip().lower()
                if kind != judge.content_type:
                    raise Refusal('SerializationException',
                                  f'Content-Type is to be {judge.content_type}')
                return lambda: judge.decode(action, body)
        raise Refusal('InvalidAction', f'ec2sim does not simulate {target}')

    @staticmethod
    def _pairs(headers: Mapping[str, str], body: bytes) -> list[tuple[str, str]]:
        if headers.get('content-type', '').partition(';')[0].strip().lower() != FORM:
            raise Refusal('InvalidRequest', f'Content-Type is to be {FORM}')
        try:
            return parse_qsl(body.decode('ascii'), keep_blank_values=True, strict_parsing=True,
                             errors='strict')
        except ValueError as e:
            raise Refusal('MalformedQueryString', f'The body is no form: {e}') from e

    def _act(self, seen: Exchange, action: str, params: dict[str, Any], effects: dict[str, Any]
             ) -> dict[str, Any]:
        world = seen.world
        with world.lock:
            if seen.service == 'ec2':
                world.throttle.request(action, params, world.now())
            if 'capacity' in effects:
                world.capacity_override = {**world.capacity_override, **effects['capacity']}
            try:
                out = self._dispatch(seen, action, params, effects)
            finally:
                # Also after a refusal: nothing half-done may be left to the next.
                world.store.commit()
        seen.result = _summary(action, out)
        return out

    def _dispatch(self, seen: Exchange, action: str, params: dict[str, Any],
                  effects: dict[str, Any]) -> dict[str, Any]:
        world = seen.world
        if seen.service == 'sts':
            if action == 'GetCallerIdentity' and seen.key:
                return sts.get_caller_identity(world, seen.key)
            if action == 'AssumeRole':
                return sts.assume_role(world, self.keys, params)
            if action == 'AssumeRoleWithWebIdentity':
                return sts.assume_role_with_web_identity(world, self.keys, params)
        elif seen.service == 'servicequotas':
            if action in quotas.ACTIONS:
                return quotas.ACTIONS[action](world, params)
        elif seen.service == 'pricing':
            if action in pricing.ACTIONS:
                return pricing.ACTIONS[action](self.world, params)
        elif seen.service == 'sqs':
            if action in sqs.ACTIONS:
                return sqs.ACTIONS[action](world, params)
        elif action == 'CreateFleet' or action in ACTIONS:
            if params.get('DryRun'):
                if action == 'CreateFleet':
                    fleet.check(params)
                raise Refusal('DryRunOperation',
                              'Request would have succeeded, but DryRun flag is set.')
            if action == 'CreateFleet':
                return fleet.create(world, params, effects)
            return ACTIONS[action](world, params)
        raise Refusal('UnsupportedOperation', f'ec2sim does not simulate {action}')
