"""The account as it stands: scenario, stored objects, clock, address use.

Every action works on a World under its lock.  visible() is the one place that
knows about eventual consistency: what exists is not at once to be seen.
"""
import collections
import dataclasses
import datetime
import os
import random
import threading
from typing import Any, Callable

from journal import Journal
from scenario import Scenario
from scheduler import Scheduler
from store import Store
from throttle import Throttle


@dataclasses.dataclass
class Usage:
    """What the living instances take."""
    machines: collections.Counter[tuple[str, str]]     # of (type, zone), outside reservations
    vcpus: collections.Counter[tuple[str, str]]        # of (market, quota family)
    reserved: collections.Counter[str]                 # instances in a Capacity Reservation

    def copy(self) -> 'Usage':
        """A copy to try things with."""
        return Usage(self.machines.copy(), self.vcpus.copy(), self.reserved.copy())


class World:
    """State shared by all actions.  Hold `lock` while using anything in it."""

    def __init__(self, scenario: Scenario, store: Store, journal: Journal,
                 clock: Callable[[], float], scheduler: Scheduler, home: 'World | None' = None):
        self.scenario = scenario
        self.store = store
        self.journal = journal
        self.now = clock
        self.scheduler = scheduler
        self.throttle = Throttle(scenario.throttling)
        self.random = random.Random(scenario.seed)
        self.lock = home.lock if home else threading.RLock()
        # There is a new message in a queue.
        self.arrived: threading.Condition = home.arrived if home \
            else threading.Condition(self.lock)
        # The account in all its regions, this one first; all have one lock.
        self.everywhere: dict[str, 'World'] = home.everywhere if home else {}
        self.everywhere[scenario.region] = self
        self.started = clock()
        # What only newer models can say; see newer.py.
        self.features: set[str] = set()
        # A fault file may change the capacity while we run.
        self.capacity_override: dict[str, int] = {}
        # What boots instances; None only simulates.
        self.booter: Any = None
        # What --imds-listen answers as; it is no instance of EC2's.
        self.fixed: dict[str, Any] | None = None
        # How many instances each of the scenario's troubles befell since we started.
        self.troubled: collections.Counter[int] = collections.Counter()
        self.used: dict[str, set[str]] = {name: set() for name in scenario.subnets}
        self.by_address: dict[str, str] = {}
        self.seq = 0
        for instance in self.instances.values():
            self.seq = max(self.seq, instance['seq'])
            if instance['state'] != 'terminated':
                for nic in instance['nics']:
                    if nic['address']:
                        self.used.setdefault(nic['subnet'], set()).add(nic['address'])
                        self.by_address[nic['address']] = instance['id']

        for region, other in scenario.regions.items():
            World(other, store.of_region(region), journal, clock, scheduler, self)

    @property
    def instances(self) -> dict[str, dict[str, Any]]:
        """All instances, by id."""
        return self.store.all['instance']

    @staticmethod
    def new_id(prefix: str) -> str:
        """A fresh id in EC2's long form; not from the seed, ids never recur."""
        return f'{prefix}-{os.urandom(9).hex()[:17]}'

    @staticmethod
    def moment(seconds: float) -> datetime.datetime:
        """Seconds since 1970 as the moment that answers carry."""
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)

    def visible(self, kind: str, name: str) -> dict[str, Any] | None:
        """The object, if it exists and can already be seen."""
        thing = self.store.all[kind].get(name)
        if thing is None or thing.get('visible', 0) > self.now():
            return None
        return thing

    def arn(self, kind: str, name: str) -> str:
        """The ARN of a thing of EC2."""
        return f'arn:aws:ec2:{self.scenario.region}:{self.scenario.account}:{kind}/{name}'

    def event(self, event: str, **fields: Any) -> None:
        """Journal something that happened by itself."""
        self.journal.write('event', event=event, region=self.scenario.region, **fields)

    # ---- addresses ---------------------------------------------------------

    def free_addresses(self, subnet: str) -> int:
        """How many addresses the subnet has left; AWS keeps five."""
        return self.scenario.subnets[subnet].cidr.num_addresses - 5 - len(self.used[subnet])

    def take_addresses(self, subnet: str, count: int) -> list[str]:
        """COUNT free addresses, lowest first; the caller knows there are enough."""
        used, out = self.used[subnet], []
        cidr = self.scenario.subnets[subnet].cidr
        first = int(cidr.network_address)
        for number in range(first + 4, first + cidr.num_addresses - 1):
            if len(out) == count:
                break
            address = '.'.join(str(number >> s & 255) for s in (24, 16, 8, 0))
            if address not in used:
                out.append(address)
        used.update(out)
        return out

    def release_addresses(self, instance: dict[str, Any]) -> None:
        """Give back all addresses of an instance."""
        for nic in instance['nics']:
            if nic['address']:
                self.used[nic['subnet']].discard(nic['address'])
                self.by_address.pop(nic['address'], None)

    # ---- capacity ------------------------------------------------------------

    def in_use(self) -> Usage:
        """What is taken now of capacity, quotas and reservations."""
        machines: collections.Counter[tuple[str, str]] = collections.Counter()
        vcpus: collections.Counter[tuple[str, str]] = collections.Counter()
        reserved: collections.Counter[str] = collections.Counter()
        for one in self.scenario.reservations.values():
            # The quota pays for a reservation whole, whether it is used or not.
            if not one.block and one.state == 'active':
                kind = self.scenario.types[one.type]
                vcpus['on-demand', kind.quota_family] += one.total * kind.vcpus
        for instance in self.instances.values():
            if instance['state'] in ('terminated', 'stopped'):
                continue
            if instance.get('cr'):
                reserved[instance['cr']] += 1
                continue
            machines[instance['type'], instance['az']] += 1
            kind = self.scenario.types.get(instance['type'])
            if kind and instance['state'] in ('pending', 'running'):
                vcpus[instance['market'], kind.quota_family] += kind.vcpus
        return Usage(machines, vcpus, reserved)

    def capacity(self, type_name: str, az: str) -> int | None:
        """The most instances of a type in a zone; None is without limit."""
        for table in (self.capacity_override, self.scenario.capacity):
            for key in (f'{type_name}/{az}', type_name, az, 'default'):
                if key in table:
                    return table[key]
        return None
