"""The program itself: start, stop, kill -9, TLS, namespaces that leave nothing.

Tests of --boot netns need root and run in a network namespace of their own, so
that the bridge and 169.254.169.254 are nobody else's.
"""
import base64
import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request
from typing import Any, Callable

import bench
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer
from botocore.parsers import create_parser

PROGRAM = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'ec2sim')
PATIENCE_S = 30


def until(condition: Callable[[], Any], what: str) -> Any:
    """Wait until CONDITION gives something true."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f'waited in vain: {what}')


def read(path: str) -> str:
    """The file's text, or '' while there is none."""
    try:
        with open(path, encoding='utf-8') as f:
            return f.read().strip()
    except FileNotFoundError:
        return ''


class Program:
    """A running ec2sim in DIRECTORY, optionally below PREFIX (unshare ...)."""

    def __init__(self, directory: str, *options: str, prefix: tuple[str, ...] = (),
                 scenario: dict | None = None):
        self.state = os.path.join(directory, 'state')
        self.journal = os.path.join(directory, 'journal.jsonl')
        path = os.path.join(directory, 'scenario.json')
        with open(path, 'w', encoding='ascii') as f:
            json.dump(scenario or {}, f)
        # After a kill -9 the old one is still there.
        if os.path.exists(os.path.join(self.state, 'ready')):
            os.unlink(os.path.join(self.state, 'ready'))
        self.process = subprocess.Popen(
            [*prefix, PROGRAM, '--listen', '127.0.0.1:0', '--state', self.state, '--journal',
             self.journal, '--scenario', path, *options], stderr=subprocess.PIPE)
        self.address = until(lambda: read(os.path.join(self.state, 'ready'))
                             or self.process.poll() is not None, 'ready')
        if self.process.poll() is not None:
            raise AssertionError(self.process.stderr.read().decode())

    def call(self, action: str, scheme: str = 'http', context: Any = None, **params: Any) -> dict:
        """One EC2 call over HTTP."""
        model = bench.MODELS['ec2'].operation_model(action)
        body = create_serializer('ec2', False).serialize_to_request(params, model)['body']
        request = AWSRequest('POST', f'{scheme}://{self.address}/', data=body, headers={
            'Content-Type': 'application/x-www-form-urlencoded'})
        key = bench.scenario.DEFAULT['credentials'][0]
        SigV4Auth(Credentials(key['access_key'], key['secret_key']), 'ec2',
                  'us-east-2').add_auth(request)
        prepared = request.prepare()
        data = prepared.body if isinstance(prepared.body, bytes) else prepared.body.encode()
        with urllib.request.urlopen(urllib.request.Request(
                prepared.url, data, dict(prepared.headers.items())), context=context,
                timeout=PATIENCE_S) as answer:
            text = answer.read()
        return create_parser('ec2').parse({'status_code': 200, 'headers': {}, 'body': text},
                                          model.output_shape)

    def events(self, name: str) -> list[dict]:
        """The journal's events of that name."""
        lines = [json.loads(line) for line in read(self.journal).splitlines()]
        return [line for line in lines if line.get('event') == name]

    def control(self, *words: str) -> subprocess.CompletedProcess:
        """ec2sim-control."""
        return subprocess.run([PROGRAM + '-control', self.state, *words], capture_output=True,
                              text=True, check=False, timeout=PATIENCE_S)

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Signal it and wait."""
        self.process.send_signal(number)
        self.process.stderr.close()
        return self.process.wait(PATIENCE_S)


class Plain(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)

    def test_start_stop_restart(self):
        program = Program(self.directory.name)
        program.call('CreatePlacementGroup', GroupName='g', Strategy='cluster')
        self.assertEqual(program.stop(signal.SIGKILL), -signal.SIGKILL)
        program = Program(self.directory.name)
        until(lambda: program.call('DescribePlacementGroups')['PlacementGroups'], 'the group')
        self.assertEqual(program.stop(), 0)
        self.assertEqual(read(os.path.join(program.state, 'ready')), '')
        sequence = [json.loads(line)['seq'] for line in read(program.journal).splitlines()]
        self.assertEqual(sequence, sorted(set(sequence)))

    def test_faults_kill(self):
        faults = os.path.join(self.directory.name, 'faults.json')
        with open(faults, 'w', encoding='ascii') as f:
            json.dump([{'action': 'CreatePlacementGroup', 'call': 1, 'kill': True}], f)
        program = Program(self.directory.name, '--faults', faults)
        with self.assertRaises(OSError):
            program.call('CreatePlacementGroup', GroupName='g', Strategy='cluster')
        self.assertEqual(program.process.wait(PATIENCE_S), -signal.SIGKILL)
        program.process.stderr.close()
        program = Program(self.directory.name)
        until(lambda: program.call('DescribePlacementGroups')['PlacementGroups'], 'the group')
        program.stop()

    def test_bad_scenario(self):
        with self.assertRaises(AssertionError) as caught:
            Program(self.directory.name, scenario={'colour': 'red'})
        self.assertIn('unknown key "colour"', str(caught.exception))

    def test_tls(self):
        cert, key = (os.path.join(self.directory.name, n) for n in ('cert.pem', 'key.pem'))
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                        'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj',
                        '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key,
                        '-out', cert], check=True, capture_output=True)
        program = Program(self.directory.name, '--tls-cert', cert, '--tls-key', key)
        self.addCleanup(program.stop)
        context = ssl.create_default_context(cafile=cert)
        got = program.call('DescribeSubnets', 'https', context)
        self.assertEqual(len(got['Subnets']), 3)

    def test_imds_on_an_ordinary_address(self):
        program = Program(self.directory.name, '--imds-listen', '127.0.0.1:0')
        self.addCleanup(program.stop)
        base = f'http://{read(os.path.join(program.state, "ready-imds"))}/latest'
        token = urllib.request.urlopen(urllib.request.Request(
            base + '/api/token', method='PUT',
            headers={'X-aws-ec2-metadata-token-ttl-seconds': '60'})).read().decode()

        def get(path: str) -> str:
            return urllib.request.urlopen(urllib.request.Request(
                f'{base}/meta-data/{path}', headers={'X-aws-ec2-metadata-token': token})
            ).read().decode()
        role = get('iam/security-credentials/')
        self.assertEqual(role, 'ec2sim-role')
        self.assertEqual(json.loads(get('iam/security-credentials/' + role))['Code'], 'Success')
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(base + '/meta-data/instance-id')
        self.assertEqual(caught.exception.code, 401)
        caught.exception.close()
        # what befalls that instance
        self.assertEqual(get('events/maintenance/scheduled'), '[]')
        done = program.control('interrupt', 'notice_s=0.01', 'i-00000000000ec2511')
        self.assertEqual((done.returncode, json.loads(done.stdout)), (
            0, {'instances': [{'id': 'i-00000000000ec2511', 'state': 'running'}]}))
        self.assertEqual(json.loads(get('spot/instance-action'))['action'], 'terminate')
        time.sleep(0.1)
        self.assertEqual(get('instance-id'), 'i-00000000000ec2511')

    def test_control(self):
        program = Program(self.directory.name, scenario={'queues': [{'name': 'q'}]})
        self.addCleanup(program.stop)
        done = program.control('message', 'body=some text', 'queue="q"')
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, '{}\n', ''))
        self.assertEqual(json.loads(program.control('messages').stdout),
                         {'messages': [{'body': 'some text', 'received': 0}]})
        done = program.control('stop', 'i-1')
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (1, '', 'ec2sim-control: instances: there is no i-1\n'))
        self.assertEqual(program.control().returncode, 2)
        program.state += '-not'
        done = program.control('billing')
        self.assertEqual(done.returncode, 1)
        self.assertIn('No such file', done.stderr)
        program.state = program.state[:-4]


SCRIPT = '''#!/bin/sh
md=http://169.254.169.254/latest
token=$(curl -sf -X PUT -H "X-aws-ec2-metadata-token-ttl-seconds: 60" $md/api/token)
get() { curl -sf -H "X-aws-ec2-metadata-token: $token" $md/meta-data/$1; }
id=$(get instance-id)
{ get tags/instance/role; echo; get local-ipv4; echo; hostname; cat /proc/1/comm; } > SHARED/$id.new
echo "console of $id"
touch /tmp/private /dev/shm/private
mv SHARED/$id.new SHARED/$id
sleep 3600
'''


@unittest.skipUnless(os.geteuid() == 0, 'needs root: network namespaces')
class Namespaces(unittest.TestCase):
    """Each test runs this file again in a network namespace (see below)."""

    def within(self, test: str, *unshare: str) -> None:
        done = subprocess.run(['unshare', *unshare, sys.executable, os.path.abspath(__file__),
                               test], capture_output=True, text=True, check=False, timeout=180)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_life(self):
        self.within('life', '--net')

    def test_killed(self):
        self.within('killed', '--net')

    def test_boot_faults(self):
        self.within('boot_faults', '--net')

    def test_all_namespaces(self):
        self.within('life', '--net', '--uts', '--mount', '--pid', '--fork', '--kill-child',
                    '--mount-proc')


def links() -> list[str]:
    """Names of all links but lo and the kernel's fallback devices."""
    done = subprocess.run(['ip', '-json', 'link', 'show'], capture_output=True, check=True)
    return [n['ifname'] for n in json.loads(done.stdout)
            if n['ifname'].startswith(('ve', 'ec2sim'))]


# The PID namespaces of our machines, once seen: held open, so that the kernel
# gives their numbers to nobody else meanwhile.
SPACES: dict[str, int] = {}


def machines(names: list[str]) -> list[str]:
    """Processes of those instances: by name, or by a PID namespace of theirs."""
    found = []
    own = os.readlink('/proc/self/ns/pid')
    for pid in filter(str.isdigit, os.listdir('/proc')):
        line = read_bytes(f'/proc/{pid}/cmdline')
        try:
            space = os.readlink(f'/proc/{pid}/ns/pid')
        except OSError:
            continue
        if any(name.encode() in line for name in names):
            hold(pid, own)
            found.append(f'{pid} {line!r}')
        elif space in SPACES:
            found.append(f'{pid} {line!r}')
    return found


def hold(pid: str, own: str) -> None:
    """Note the process's PID namespace, unless it is ours."""
    try:
        fd = os.open(f'/proc/{pid}/ns/pid', os.O_RDONLY)
    except OSError:
        return
    space = os.readlink(f'/proc/self/fd/{fd}')
    if space == own or space in SPACES:
        os.close(fd)
    else:
        SPACES[space] = fd


def read_bytes(path: str) -> bytes:
    """The file's bytes, or none if the process is gone."""
    try:
        with open(path, 'rb') as f:
            return f.read()
    except OSError:
        return b''


def boot_two(directory: str) -> tuple[Program, list[str], str]:
    """A simulator with two running machines that have said who they are."""
    shared = os.path.join(directory, 'shared')
    os.makedirs(shared, exist_ok=True)
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    program = Program(directory, '--boot', 'netns', scenario={'shared_paths': [shared]})
    data = {'ImageId': 'ami-1', 'MetadataOptions': {'HttpTokens': 'required',
                                                    'InstanceMetadataTags': 'enabled'},
            'UserData': base64.b64encode(SCRIPT.replace('SHARED', shared).encode()).decode()}
    program.call('CreateLaunchTemplate', LaunchTemplateName='burst', LaunchTemplateData=data)
    until(lambda: program.call('DescribeLaunchTemplates')['LaunchTemplates'], 'the template')
    answer = program.call('CreateFleet', **bench.Bench.request(2, TagSpecifications=[
        {'ResourceType': 'instance', 'Tags': [{'Key': 'role', 'Value': 'node'}]}]))
    names = bench.ids(answer)
    assert len(names) == 2, answer
    for i, name in enumerate(names):
        text = until(lambda: read(os.path.join(shared, name)), f'{name} to boot')
        assert text.split('\n') == ['node', f'10.77.1.{4 + i}', f'ip-10-77-1-{4 + i}',
                                    'python3'], text
    until(lambda: len(program.events('running')) == 2, 'running')
    assert len(links()) == 3, links()
    assert len(machines(names)) >= 4, 'unshare and init of each'
    assert len(SPACES) == 2, SPACES
    assert not os.path.exists('/tmp/private')
    assert not os.path.exists('/dev/shm/private')
    return program, names, shared


def life(directory: str) -> None:
    """Boot, console, terminate one, stop."""
    program, names, _ = boot_two(directory)
    output = program.call('GetConsoleOutput', InstanceId=names[0])['Output']
    assert f'console of {names[0]}' in base64.b64decode(output).decode(), output
    program.call('TerminateInstances', InstanceIds=names[:1])
    until(lambda: len(links()) == 2, 'the veth to go')
    until(lambda: len(program.events('terminated')) == 1, 'terminated')
    assert program.stop() == 0
    assert links() == [], links()
    assert machines(names) == [], machines(names)


def killed(directory: str) -> None:
    """kill -9 leaves no process and no veth; the next start finds them lost."""
    program, names, _ = boot_two(directory)
    program.stop(signal.SIGKILL)
    until(lambda: not machines(names), 'processes to die')
    until(lambda: links() in ([], ['ec2sim0']), 'the veths to go')
    program = Program(directory, '--boot', 'netns')
    got = program.call('DescribeInstances', InstanceIds=names)['Reservations'][0]['Instances']
    assert [i['State']['Name'] for i in got] == ['terminated'] * 2, got
    assert {i['StateReason']['Code'] for i in got} == {'Server.InternalError'}
    assert program.stop() == 0
    assert links() == [], links()


def boot_faults(directory: str) -> None:
    """One hangs, one dies, one has the wrong image: only the second gets to its user data."""
    path = os.path.join(directory, 'faults.json')
    with open(path, 'w', encoding='ascii') as f:
        json.dump([{'action': 'CreateFleet', 'call': 1, 'boot': kind, 'instances': [i],
                    'after_ms': 2000} for i, kind in enumerate(('hang', 'die', 'wrong-image'))], f)
    subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
    program = Program(directory, '--boot', 'netns', '--faults', path)
    script = base64.b64encode(b'#!/bin/sh\necho alive\nsleep 3600\n').decode()
    program.call('CreateLaunchTemplate', LaunchTemplateName='burst',
                 LaunchTemplateData={'ImageId': 'ami-1', 'UserData': script})
    until(lambda: program.call('DescribeLaunchTemplates')['LaunchTemplates'], 'the template')
    names = bench.ids(program.call('CreateFleet', **bench.Bench.request(3)))

    def console(name: str) -> str:
        answer = program.call('GetConsoleOutput', InstanceId=name)
        return base64.b64decode(answer.get('Output', '')).decode()
    until(lambda: len(program.events('running')) == 3, 'running')
    until(lambda: 'alive' in console(names[1]), 'the user data to begin')
    until(lambda: program.events('terminated'), 'its end')
    assert program.events('terminated')[0]['instance'] == names[1]
    assert 'emergency mode' in console(names[0]) and 'alive' not in console(names[0])
    assert 'command not found' in console(names[2]) and 'alive' not in console(names[2])
    states = [i['State']['Name'] for r in program.call('DescribeInstances', InstanceIds=names)[
        'Reservations'] for i in r['Instances']]
    assert states == ['running', 'terminated', 'running'], states
    assert program.stop() == 0
    assert links() == [], links()


if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as place:
        {'life': life, 'killed': killed, 'boot_faults': boot_faults}[sys.argv[1]](place)
