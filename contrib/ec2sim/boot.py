"""Instances as unnamed namespaces: boots them, kills them, keeps their console.

The processes hang on ours (PR_SET_PDEATHSIG), their namespaces on them, and
their veth pairs on the network namespaces: when we die, even by kill -9, the
kernel clears all of it away.  Only the bridge may stay; the next start takes it.

PDEATHSIG follows the *thread* that started the process, so the booting threads
live as long as the simulator.
"""
import ipaddress
import json
import os
import queue
import signal
import subprocess
import threading
import time
import traceback
from typing import Any, Callable

from scenario import Scenario, Subnet

HERE = os.path.dirname(os.path.abspath(__file__))
IMDS = '169.254.169.254'
ALIAS = 'ec2sim'
THREADS = 4


class BootError(Exception):
    """The network for instances could not be made."""


def ip(*commands: str) -> None:
    """Run ip(8) commands as one batch."""
    done = subprocess.run(['ip', '-batch', '-'], input='\n'.join(commands) + '\n', text=True,
                          capture_output=True, check=False)
    if done.returncode:
        raise BootError(f'ip: {done.stderr.strip()} ({"; ".join(commands)})')


def _links() -> list[dict[str, Any]]:
    done = subprocess.run(['ip', '-json', 'link', 'show'], capture_output=True, check=True)
    return json.loads(done.stdout)


def take_bridge(name: str, patience_s: float = 10) -> None:
    """Remove a bridge that an earlier simulator left; refuse one in use."""
    deadline = time.monotonic() + patience_s
    while True:
        links = _links()
        mine = [n for n in links if n['ifname'] == name]
        if not mine:
            return
        if mine[0].get('ifalias') != ALIAS:
            raise BootError(f'{name} exists and is not of ec2sim')
        # After a kill -9 the kernel takes a moment to clear the veth pairs away.
        if not any(n.get('master') == name for n in links):
            ip(f'link del {name}')
            return
        if time.monotonic() > deadline:
            raise BootError(f'{name} has instances of another simulator')
        time.sleep(0.05)


def _kill_init(machine: subprocess.Popen[bytes]) -> None:
    """Kill the machine's init rather than unshare(1) above it: unshare then ends
    only after every process of the PID namespace has."""
    try:
        with open(f'/proc/{machine.pid}/task/{machine.pid}/children', encoding='ascii') as f:
            children = [int(pid) for pid in f.read().split()]
        for pid in children:
            os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        children = []
    if not children:
        machine.send_signal(signal.SIGKILL)


class Booter:
    """The bridge and the running machines."""

    def __init__(self, scenario: Scenario, state_dir: str):
        self._scenario = scenario
        # Of all regions: they have one bridge.
        self._subnets = {s.id: s for each in (scenario, *scenario.regions.values())
                         for s in each.subnets.values()}
        self._consoles = os.path.join(state_dir, 'console')
        os.makedirs(self._consoles, mode=0o700, exist_ok=True)
        self._lock = threading.Lock()
        self._machines: dict[str, subprocess.Popen[bytes]] = {}
        self._jobs: queue.Queue[Callable[[], None] | None] = queue.Queue()
        self._closing = False
        self._threads = [threading.Thread(target=self._work, name=f'boot{i}', daemon=True)
                         for i in range(THREADS)]
        self._make_bridge()
        for thread in self._threads:
            thread.start()

    def _make_bridge(self) -> None:
        name, controller = self._scenario.bridge, self._scenario.controller_address
        take_bridge(name)
        inside = ipaddress.IPv4Interface(controller)
        commands = ['link set lo up', f'link add {name} address 0a:ec:25:00:00:01 type bridge',
                    f'link set {name} alias {ALIAS}', f'link set {name} addrgenmode none',
                    f'link set {name} up', f'addr add {controller} dev {name}',
                    f'addr add {IMDS}/32 dev {name}']
        taken: list[Subnet] = []
        for subnet in self._subnets.values():
            for other in taken:
                if other.cidr.overlaps(subnet.cidr):
                    raise BootError(f'{subnet.id}: {subnet.cidr} overlaps {other.id}; with '
                                    '--boot netns all regions share a bridge')
            taken.append(subnet)
            if subnet.gateway != str(inside.ip):
                # As /32 inside the controller's network, so that what we send
                # comes from the controller's address.
                prefix = 32 if subnet.cidr.subnet_of(inside.network) else subnet.cidr.prefixlen
                commands.append(f'addr add {subnet.gateway}/{prefix} dev {name}')
        try:
            ip(*commands)
        except BootError:
            subprocess.run(['ip', 'link', 'del', name], capture_output=True, check=False)
            raise

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            if job is None:
                return
            try:
                job()
            except Exception:
                traceback.print_exc()
            finally:
                self._jobs.task_done()

    def submit(self, job: Callable[[], None]) -> None:
        """Run JOB in a booting thread."""
        self._jobs.put(job)

    @staticmethod
    def _port(name: str) -> str:
        return 've' + name[-12:]

    def _spec(self, instance: dict[str, Any], script: bytes | None) -> dict[str, Any]:
        region = self._scenario.regions.get(instance['region'], self._scenario)
        subnet = self._subnets[instance['subnet']]
        # Other subnets of the VPC are on the same bridge: no forwarding needed.
        others = [str(s.cidr) for s in region.subnets.values()
                  if s.id != subnet.id and s.vpc == subnet.vpc]
        controller = ipaddress.IPv4Interface(self._scenario.controller_address).ip
        hosts = f'{controller}/32'
        return {'id': instance['id'], 'address': instance['address'], 'gateway': subnet.gateway,
                'prefix': subnet.cidr.prefixlen, 'routes': [hosts] + others,
                'hostname': 'ip-' + instance['address'].replace('.', '-'),
                'region': instance['region'],
                'private_paths': self._scenario.private_paths,
                'private_files': self._scenario.private_files,
                'shared_paths': self._scenario.shared_paths,
                'script': script.decode('utf-8', 'surrogateescape') if script else None}

    def boot(self, instance: dict[str, Any], script: bytes | None,
             instead: bytes | None = None) -> None:
        """Make the machine and start its user data; returns when it is up.  With
        INSTEAD nothing is started: the console shows that text."""
        name = instance['id']
        if self._closing:
            raise BootError(f'{name}: the simulator stops')
        log = os.open(os.path.join(self._consoles, name + '.log'),
                      os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            if instead is not None:
                os.write(log, instead)    # the machine goes on writing behind it
            machine = subprocess.Popen(
                ['setpriv', '--pdeathsig', 'KILL', 'unshare', '--net', '--mount', '--pid', '--uts',
                 '--fork', '--kill-child=SIGKILL', '/usr/bin/python3', '-I', '-S',
                 os.path.join(HERE, 'machine.py'), name],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, cwd='/', env={})
        finally:
            os.close(log)
        with self._lock:
            self._machines[name] = machine
        assert machine.stdin and machine.stdout
        try:
            # It speaks only once it is inside its namespaces.
            if machine.stdout.readline() != b'inside\n':
                raise BootError(f'{name}: no namespaces')
            mac = next(n['mac'] for n in instance['nics'] if n['address'] == instance['address'])
            port = self._port(name)
            ip(f'link add {port} type veth peer name eth0 address {mac} netns {machine.pid}',
               f'link set {port} master {self._scenario.bridge}', f'link set {port} up')
            machine.stdin.write(json.dumps({
                **self._spec(instance, script), 'idle': instead is not None}).encode() + b'\n')
            machine.stdin.flush()
            if machine.stdout.readline() != b'up\n':
                raise BootError(f'{name}: not up')
        except (BootError, OSError):
            self.kill(name)
            raise
        finally:
            for pipe in (machine.stdin, machine.stdout):
                try:
                    pipe.close()
                except OSError:
                    pass

    def kill(self, name: str) -> None:
        """End a machine at once, with everything that runs in it."""
        with self._lock:
            machine = self._machines.pop(name, None)
        if machine is None:
            return
        _kill_init(machine)
        # The rest may take its time: the caller holds the world's lock.
        self._jobs.put(lambda: self._bury(name, machine))

    def _bury(self, name: str, machine: subprocess.Popen[bytes]) -> None:
        machine.wait()
        # The kernel would do it too, a little later.
        subprocess.run(['ip', 'link', 'del', self._port(name)], capture_output=True, check=False)

    def console(self, name: str) -> bytes:
        """What the machine has written so far."""
        try:
            with open(os.path.join(self._consoles, name + '.log'), 'rb') as log:
                return log.read()
        except FileNotFoundError:
            return b''

    def close(self) -> None:
        """Kill all machines and remove the bridge."""
        self._closing = True
        with self._lock:
            names = list(self._machines)
        for name in names:
            self.kill(name)
        # No thread may end before the machines it started have: PDEATHSIG would
        # take unshare(1) away before it has seen its child off.
        self._jobs.join()
        for name in list(self._machines):    # booted while we were waiting
            self.kill(name)
        self._jobs.join()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(10)
        subprocess.run(['ip', 'link', 'del', self._scenario.bridge], capture_output=True,
                       check=False)
