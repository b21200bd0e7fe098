"""The instance types the simulator knows, from types.tsv and the scenario.

A Type says what the rules of launching need: vCPUs, network cards, EFA,
placement strategies, markets.  info() gives what DescribeInstanceTypes says.
"""
import dataclasses
import os
from dataclasses import dataclass
from typing import Any

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'types.tsv')

# On-demand quotas count vCPUs per family of types; the first letters decide.
QUOTA_FAMILIES = (('hpc', 'hpc'), ('inf', 'inf'), ('trn', 'trn'), ('dl', 'dl'),
                  ('u-', 'high-memory'), ('u7', 'high-memory'), ('vt', 'g'), ('p', 'p'),
                  ('g', 'g'), ('f', 'f'), ('x', 'x'))

FAMILIES = ('standard', *dict.fromkeys(family for _, family in QUOTA_FAMILIES))


@dataclass(frozen=True)
class Type:
    """One instance type; cards holds the interfaces of each network card."""
    name: str
    vcpus: int
    cores: int
    threads: int
    gib: float
    arch: str
    gpus: int
    efa: int
    cards: tuple[int, ...]
    network: str
    usage: tuple[str, ...]
    placement: tuple[str, ...]
    metal: bool
    current: bool
    usd_h: float | None

    @property
    def quota_family(self) -> str:
        """The vCPU quota that the type draws on."""
        for prefix, family in QUOTA_FAMILIES:
            if self.name.startswith(prefix):
                return family
        return 'standard'

    def efa_cards(self) -> set[int]:
        """The cards that take an EFA.  A type with fewer EFAs than cards has
        its first card for ENA alone (p6-b300)."""
        if not self.efa:
            return set()
        return set(range(max(0, len(self.cards) - self.efa), len(self.cards)))


def parse_cards(text: str) -> tuple[int, ...]:
    """'2x4,1x2' is two cards of four interfaces and one of two."""
    cards: list[int] = []
    for part in text.split(','):
        count, interfaces = part.split('x')
        cards += [int(interfaces)] * int(count)
    if not cards:
        raise ValueError('no cards')
    return tuple(cards)


def load(path: str = TABLE) -> dict[str, Type]:
    """All types of the table, by name."""
    types = {}
    with open(path, encoding='ascii') as table:
        for line in table:
            if line.startswith('#'):
                continue
            (name, vcpus, cores, threads, gib, arch, gpus, efa, cards, network, usage, placement,
             metal, current, usd_h) = line.rstrip('\n').split('\t')
            types[name] = Type(name, int(vcpus), int(cores), int(threads), float(gib), arch,
                               int(gpus), int(efa), parse_cards(cards), network,
                               tuple(usage.split(',')), tuple(placement.split(',')),
                               metal == '1', current == '1',
                               None if usd_h == '-' else float(usd_h))
    return types


def override(types: dict[str, Type], name: str, changes: dict[str, Any]) -> Type:
    """The type NAME with the scenario's changes; a new name needs all fields."""
    changes = dict(changes)
    if 'cards' in changes:
        changes['cards'] = parse_cards(changes['cards'])
    for field in ('usage', 'placement'):
        if field in changes:
            changes[field] = tuple(changes[field])
    if name in types:
        return dataclasses.replace(types[name], **changes)
    base = Type(name, 2, 1, 2, 4.0, 'x86_64', 0, 0, (2,), 'Up to 5 Gigabit', ('on-demand', 'spot'),
                ('cluster', 'partition', 'spread'), False, True, None)
    return dataclasses.replace(base, **changes)


def info(t: Type, blocks: bool = False) -> dict[str, Any]:
    """The type as DescribeInstanceTypes describes it; BLOCKS: the model knows
    Capacity Blocks."""
    efa = {'EfaInfo': {'MaximumEfaInterfaces': t.efa}} if t.efa else {}
    gpus = {'GpuInfo': {'Gpus': [{'Name': 'GPU', 'Manufacturer': 'simulated',
                                  'Count': t.gpus}]}} if t.gpus else {}
    return {
        'InstanceType': t.name, 'CurrentGeneration': t.current, 'FreeTierEligible': False,
        'SupportedUsageClasses': [u for u in t.usage if blocks or u != 'capacity-block'],
        'SupportedRootDeviceTypes': ['ebs'], 'SupportedVirtualizationTypes': ['hvm'],
        'BareMetal': t.metal, **({} if t.metal else {'Hypervisor': 'nitro'}),
        'ProcessorInfo': {'SupportedArchitectures': [t.arch]},
        'VCpuInfo': {'DefaultVCpus': t.vcpus, 'DefaultCores': t.cores,
                     'DefaultThreadsPerCore': t.threads},
        'MemoryInfo': {'SizeInMiB': int(t.gib * 1024)},
        'NetworkInfo': {
            'NetworkPerformance': t.network, 'MaximumNetworkInterfaces': sum(t.cards),
            'MaximumNetworkCards': len(t.cards), 'DefaultNetworkCardIndex': 0,
            'NetworkCards': [{'NetworkCardIndex': i, 'NetworkPerformance': t.network,
                              'MaximumNetworkInterfaces': n} for i, n in enumerate(t.cards)],
            'Ipv4AddressesPerInterface': 50, 'Ipv6AddressesPerInterface': 50,
            'Ipv6Supported': True, 'EnaSupport': 'required', 'EfaSupported': bool(t.efa), **efa},
        'PlacementGroupInfo': {'SupportedStrategies': list(t.placement)}, **gpus,
        'HibernationSupported': False,
        'BurstablePerformanceSupported': t.name.startswith('t'),
        'DedicatedHostsSupported': False, 'AutoRecoverySupported': not t.metal,
    }
