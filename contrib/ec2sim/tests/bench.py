"""A simulator without network and with a clock that the test moves.

call() serialises, signs and parses with botocore, so that the answers are read
by AWS's own client code and not by ours.
"""
import functools
import json
import os
import sys
import urllib.parse
from typing import Any

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from botocore.auth import SigV4Auth                       # noqa: E402
from botocore.awsrequest import AWSRequest                # noqa: E402
from botocore.credentials import Credentials              # noqa: E402
from botocore.parsers import create_parser                # noqa: E402
from botocore.serialize import create_serializer          # noqa: E402

import instances                                          # noqa: E402
import newer                                              # noqa: E402
import scenario                                           # noqa: E402
from faults import Faults                                 # noqa: E402
from judge import load_model                              # noqa: E402
from journal import Journal                               # noqa: E402
from scheduler import Scheduler                           # noqa: E402
from simulator import Answer, Simulator                   # noqa: E402
from store import Store                                   # noqa: E402
from world import World                                   # noqa: E402

URL = 'http://ec2sim.test:8080/'
SUBNETS = ('subnet-0aaaaaaaaaaaaaaa1', 'subnet-0aaaaaaaaaaaaaaa2', 'subnet-0aaaaaaaaaaaaaaa3')
GROUP = 'sg-0aaaaaaaaaaaaaaa1'
MODELS = {name: load_model(name) for name in ('ec2', 'sts',
                                                               'service-quotas')}
TARGET = 'ServiceQuotasV20190624.'


def needs_newer(test: Any) -> Any:
    """Decorates a test of what only a newer service model can say: without one it
    fails, rather than being passed over, and says what to do."""
    @functools.wraps(test)
    def wrapped(case: Any, *args: Any) -> Any:
        missing = set(newer.FEATURES) - newer.features(MODELS['ec2'])
        if missing:
            case.fail(f'no {", ".join(sorted(missing))}: {newer.ADVICE}')
        return test(case, *args)
    return wrapped


class Failed(Exception):
    """The simulator answered with an error."""

    def __init__(self, status: int, code: str, message: str):
        super().__init__(f'{status} {code}: {message}')
        self.status, self.code, self.message = status, code, message


class Bench:
    """One simulator and one client."""

    def __init__(self, given: dict[str, Any] | None = None, state: str = ':memory:',
                 faults: str | None = None, start: float = 1_800_000_000.0):
        self.time = start
        self.scenario = scenario.build(given or {})
        self.journal = Journal(None, lambda: self.time)
        self.scheduler = Scheduler(lambda: self.time)
        self.store = Store(state, self.scenario.region)
        self.world = World(self.scenario, self.store, self.journal, lambda: self.time,
                           self.scheduler)
        self.slept: list[float] = []
        self.simulator = Simulator(self.world, Faults(faults), sleep=self.slept.append)
        for each in self.world.everywhere.values():
            instances.resume(each)
        key = self.scenario.credentials[0]
        self.credentials = Credentials(key['access_key'], key['secret_key'])

    def pass_time(self, seconds: float) -> None:
        """Let SECONDS go by, with all that happens in them, in small steps."""
        end = self.time + seconds
        while self.time < end:
            self.time = min(end, self.time + max(0.05, seconds / 100))
            self.scheduler.run_due()

    def sign(self, body: bytes, service: str = 'ec2', credentials: Credentials | None = None,
             region: str | None = None, age_s: float = 0,
             more: dict[str, str] | None = None) -> dict[str, str]:
        """The headers of a signed request, lower case."""
        import datetime
        from unittest import mock
        request = AWSRequest('POST', URL, data=body, headers={
            'Host': 'ec2sim.test:8080',
            'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8', **(more or {})})
        moment = datetime.datetime.utcfromtimestamp(self.time - age_s)
        with mock.patch('botocore.auth.datetime') as fake:
            fake.datetime.utcnow.return_value = moment
            SigV4Auth(credentials or self.credentials, service,
                      region or self.scenario.region).add_auth(request)
        return {k.lower(): v for k, v in request.headers.items()}

    def raw(self, pairs: list[tuple[str, str]], service: str = 'ec2', signed: bool = True,
            **sign: Any) -> Answer:
        """Send form parameters as they are."""
        body = urllib.parse.urlencode(pairs).encode()
        headers = self.sign(body, service, **sign) if signed else {
            'content-type': 'application/x-www-form-urlencoded', 'host': 'ec2sim.test:8080'}
        return self.simulator.handle('POST', URL, headers, body)

    def call(self, action: str, service: str = 'ec2', sign: dict[str, Any] | None = None,
             **params: Any) -> dict[str, Any]:
        """One API call by botocore's code; Failed if it is refused."""
        model = MODELS[service].operation_model(action)
        body = create_serializer(MODELS[service].metadata['protocol'], False) \
            .serialize_to_request(params, model)['body']
        answer = self.raw(list(body.items()), service, **(sign or {}))
        assert not answer.drop, 'no answer'
        parsed = create_parser(MODELS[service].metadata['protocol']).parse(
            {'status_code': answer.status, 'headers': {}, 'body': answer.body},
            model.output_shape)
        if answer.status >= 300:
            raise Failed(answer.status, parsed['Error']['Code'], parsed['Error']['Message'])
        parsed.pop('ResponseMetadata', None)
        return parsed

    def quota(self, action: str, sign: dict[str, Any] | None = None, **params: Any
              ) -> dict[str, Any]:
        """One call of Service Quotas by botocore's code; Failed if it is refused."""
        model = MODELS['service-quotas'].operation_model(action)
        request = create_serializer('json', False).serialize_to_request(params, model)
        headers = self.sign(request['body'], 'servicequotas', more=request['headers'],
                            **(sign or {}))
        answer = self.simulator.handle('POST', URL, headers, request['body'])
        parsed = create_parser('json').parse(
            {'status_code': answer.status, 'headers': {}, 'body': answer.body},
            model.output_shape)
        if answer.status >= 300:
            raise Failed(answer.status, parsed['Error']['Code'], parsed['Error']['Message'])
        parsed.pop('ResponseMetadata', None)
        return parsed

    def json_raw(self, service: str, action: str, sign: dict[str, Any] | None = None,
                 **params: Any) -> Answer:
        """One call of a JSON service, as the wire has it."""
        judge = self.simulator.judges[service]
        body = json.dumps(params).encode()
        headers = self.sign(body, service, more={
            'X-Amz-Target': f'{judge.prefix}.{action}', 'Content-Type': judge.content_type},
            **(sign or {}))
        return self.simulator.handle('POST', URL, headers, body)

    def json(self, service: str, action: str, **params: Any) -> dict[str, Any]:
        """The same, parsed; for SQS, of which Debian 12's botocore speaks no JSON."""
        answer = self.json_raw(service, action, **params)
        parsed = json.loads(answer.body)
        if answer.status >= 300:
            raise Failed(answer.status, parsed['__type'].rpartition('#')[2],
                         parsed.get('message') or parsed.get('Message') or '')
        return parsed

    def post_control(self, body: bytes) -> tuple[int, dict[str, Any]]:
        """What control.py answers."""
        answer = self.simulator.handle('POST', URL + 'ec2sim/control', {}, body)
        return answer.status, json.loads(answer.body)

    def control(self, **given: Any) -> dict[str, Any]:
        """Do something from outside of EC2; ScenarioError if it cannot be."""
        status, said = self.post_control(json.dumps(given).encode())
        if status != 200:
            raise scenario.ScenarioError(said['error'])
        return said

    def refused(self, case: Any, code: str, text: str, action: str, **params: Any) -> None:
        """Assert that a call fails with CODE and a message with TEXT."""
        with case.assertRaises(Failed) as caught:
            self.call(action, **params)
        case.assertEqual(caught.exception.code, code)
        case.assertIn(text, caught.exception.message)

    # ---- what most tests begin with --------------------------------------------

    def template(self, name: str = 'burst', **data: Any) -> str:
        """A launch template that can be seen; returns its id."""
        data.setdefault('ImageId', 'ami-1')
        answer = self.call('CreateLaunchTemplate', LaunchTemplateName=name,
                           LaunchTemplateData=data)
        self.pass_time(1)
        return answer['LaunchTemplate']['LaunchTemplateId']

    def group(self, name: str = 'gang', **more: Any) -> None:
        """A placement group that is available."""
        self.call('CreatePlacementGroup', GroupName=name, **{'Strategy': 'cluster', **more})
        self.pass_time(1)

    @staticmethod
    def request(count: int = 2, overrides: list[dict[str, Any]] | None = None,
                template: str = 'burst', **more: Any) -> dict[str, Any]:
        """Parameters of an all-or-nothing fleet."""
        if overrides is None:
            overrides = [{'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[0]}]
        return {
            'Type': 'instant', 'LaunchTemplateConfigs': [{
                'LaunchTemplateSpecification': {'LaunchTemplateName': template,
                                                'Version': '$Latest'}, 'Overrides': overrides}],
            'TargetCapacitySpecification': {'TotalTargetCapacity': count,
                                            'OnDemandTargetCapacity': count,
                                            'DefaultTargetCapacityType': 'on-demand'},
            'OnDemandOptions': {'AllocationStrategy': 'prioritized', 'SingleInstanceType': True,
                                'SingleAvailabilityZone': True,
                                'MinTargetCapacity': min(count, 1000)}, **more}

    def launch(self, count: int = 2, **more: Any) -> list[str]:
        """Launch, wait until running, return the ids."""
        answer = self.call('CreateFleet', **self.request(count, **more))
        self.pass_time(1)
        return ids(answer)


def ids(answer: dict[str, Any]) -> list[str]:
    """The instance ids in CreateFleet's answer."""
    return [i for item in answer.get('Instances', []) for i in item['InstanceIds']]


def errors(answer: dict[str, Any]) -> list[str]:
    """The codes of CreateFleet's error set."""
    return [item['ErrorCode'] for item in answer.get('Errors', [])]
