"""Request token buckets, one per action, with AWS's published numbers.

Source: EC2 developer guide, "Request throttling for the Amazon EC2 API".
All times are arguments, so the arithmetic needs no clock.
"""
from dataclasses import dataclass
from typing import Any

from errors import Refusal

# (bucket size, refill per second)
DESCRIBE = (100.0, 20.0)
DESCRIBE_ALL = (50.0, 10.0)
MUTATING = (50.0, 5.0)
OWN: dict[str, tuple[float, float]] = {
    'RunInstances': (5, 2), 'StartInstances': (5, 2), 'TerminateInstances': (100, 5),
    'CreateTags': (100, 10), 'DeleteTags': (100, 10), 'CreateLaunchTemplateVersion': (100, 5),
    'ModifyLaunchTemplate': (100, 5), 'CreateNetworkInterface': (100, 5),
    'DescribeInstanceTopology': (1, 1),
}
# Unfiltered and unpaginated calls of these cost more.
HEAVY = {'DescribeInstances', 'DescribeInstanceStatus', 'DescribeSecurityGroups',
         'DescribeNetworkInterfaces', 'DescribeVolumes', 'DescribeSnapshots',
         'DescribeSpotInstanceRequests'}
# Buckets of instances rather than requests.
RESOURCES: dict[str, tuple[float, float]] = {'TerminateInstances:instances': (1000, 20)}


@dataclass
class Bucket:
    """A token bucket; level is as of the moment `at`."""
    size: float
    refill: float
    level: float
    at: float

    def take(self, count: float, now: float) -> bool:
        """Take COUNT tokens if there are so many."""
        self.level = min(self.size, self.level + max(0.0, now - self.at) * self.refill)
        self.at = now
        if self.level + 1e-9 < count:
            return False
        self.level -= count
        return True


class Throttle:
    """The buckets of one account and region.

    SETTINGS is the scenario's "throttling": false for none at all, or
    {bucket: [size, refill] or false} over the defaults.
    """

    def __init__(self, settings: Any):
        self.off = settings is False
        self.settings = settings or {}
        self.buckets: dict[str, Bucket] = {}

    def _limits(self, name: str) -> tuple[float, float] | None:
        if name in self.settings:
            given = self.settings[name]
            return None if given is False else (given[0], given[1])
        if name in RESOURCES:
            return RESOURCES[name]
        action = name.removesuffix(':all')
        if action in OWN:
            return OWN[action]
        if name.endswith(':all'):
            return DESCRIBE_ALL
        return DESCRIBE if action.startswith(('Describe', 'Get')) else MUTATING

    def _take(self, name: str, count: float, now: float) -> None:
        limits = self._limits(name)
        if self.off or limits is None:
            return
        bucket = self.buckets.setdefault(name, Bucket(*limits, level=limits[0], at=now))
        if not bucket.take(count, now):
            raise Refusal('RequestLimitExceeded', 'Request limit exceeded.')

    def request(self, action: str, params: dict[str, Any], now: float) -> None:
        """Pay for one request, or refuse it."""
        ids = any(name.endswith(('Ids', 'Names')) and params[name] for name in params)
        everything = (action in HEAVY and not ids and not params.get('Filters')
                      and not params.get('MaxResults') and not params.get('NextToken'))
        self._take(action + ':all' if everything else action, 1, now)

    def resources(self, action: str, count: int, now: float) -> None:
        """Pay for COUNT instances where the action has a resource bucket."""
        name = action + ':instances'
        if name in RESOURCES or name in self.settings:
            self._take(name, count, now)
