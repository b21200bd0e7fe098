# SPDX-License-Identifier: Apache-2.0
"""Budgets and holds by the rules of lib/state/budget.h and doc/money.md; nothing of the program."""
import datetime
from dataclasses import dataclass

from rules import DAY, Gang, ceil, divide

FOREVER = 2 ** 62


@dataclass
class Budget:
    """What may be spent in a period."""
    name: str
    scope: str
    who: str
    period: str
    limit: int

    def key(self, payer):
        """By which name a payer counts; None: not at all."""
        key = '' if self.scope == 'site' else payer[('user', 'account', 'partition')
                                                    .index(self.scope)] or None
        return key if not self.who or key == self.who else None

    def bounds(self, now):
        """The period that it is now."""
        now = int(now)
        if self.period == 'day':
            return now // DAY * DAY, now // DAY * DAY + DAY
        if self.period == 'month':
            day = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).replace(
                day=1, hour=0, minute=0, second=0)
            then = (day + datetime.timedelta(days=32)).replace(day=1)
            return int(day.timestamp()), int(then.timestamp())
        return 0, FOREVER


@dataclass
class Hold:
    """A job's part of a gang."""
    gang: Gang
    job: int
    restart: int
    payer: tuple                # user, account, partition
    hour: int = 0
    most: int = 0
    asked: bool = False


def before(run, moment, now):
    """What a run cost before a moment, rounded up; at its end what the least of 60 s adds, too."""
    begin, end = run.period(now)
    if moment <= begin or run.rates() is None:
        return 0
    return run.total(now) if moment >= end else ceil(run.costs(begin, moment)) \
        + run.disk_cost(begin, moment)


class Books:
    """All holds of all gangs."""

    def __init__(self, budgets):
        self.budgets, self.holds = budgets, {}

    def made(self, gang):
        """A gang is written down: a hold of nothing."""
        first = gang.starts[0].restart if gang.job else 0
        self.holds[gang.name] = [Hold(gang, gang.job, first,
                                      (gang.user, gang.account, gang.partition))]

    def costs(self, gang, moment, now):
        """What each part of a gang cost before a moment: run by run, by those who have its node."""
        parts = self.holds[gang.name]
        sums = [0] * len(parts)
        for run in gang.runs:
            who = [i for i, h in enumerate(parts) if run.node and len(parts) > 1 and any(
                (s.job, s.restart) == (h.job, h.restart) and run.node in s.nodes
                for s in gang.starts)] or list(range(len(parts)))
            for i, share in zip(who, divide(before(run, moment, now), [1] * len(who))):
                sums[i] += share
        return sums

    @staticmethod
    def stands(hold):
        """Not of a job of a pool that is up, whose own node is not, or not any more."""
        gang = hold.gang
        if gang.over or gang.failed or not gang.bound or gang.job or not gang.starts:
            return not gang.over
        mine = {n for s in gang.starts if (s.job, s.restart) == (hold.job, hold.restart)
                for n in s.nodes}
        return any(r.node in mine and not r.seen_ms for r in gang.runs)

    def counts(self, budget, now):
        """Of each part of all gangs: (hold, key, spent in the period, held beyond that)."""
        begin, end = budget.bounds(now)
        for parts in self.holds.values():
            gang = parts[0].gang
            if budget.period == 'hour':
                for hold in parts:
                    yield hold, budget.key(hold.payer), 0, hold.hour if self.stands(hold) else 0
                continue
            # of one that runs: until now
            until = self.costs(gang, end if gang.over else FOREVER, now)
            for hold, to, since in zip(parts, until, self.costs(gang, begin, now)):
                held = max(0, hold.most - to) if self.stands(hold) else 0
                yield hold, budget.key(hold.payer), to - since, held

    def use(self, budget, key, now, without=()):
        """(spent, held) of one who pays."""
        spent = held = 0
        for hold, own, a, b in self.counts(budget, now):
            if own == key and not any(hold is w for w in without):
                spent, held = spent + a, held + b
        return spent, held

    def uses(self, now):
        """(budget, key): spent, held, left; of those who spent or hold anything."""
        out = {}
        for budget in self.budgets:
            sums = {}
            for _, key, a, b in self.counts(budget, now):
                if key is not None:
                    x, y = sums.get(key, (0, 0))
                    sums[key] = (x + a, y + b)
            for key, (spent, held) in sums.items():
                if spent or held:
                    out[budget.name, key] = (spent, held, budget.limit - spent - held)
        return out

    def ask(self, gang, asks, whole, now):
        """Hold them, all or none, or those that fit: whether each is held, and why the first is
        not."""
        parts, taken, why, held = self.holds[gang.name], [], None, []
        replaced = [p for p in parts if not p.asked or whole and any(
            (p.job, p.restart) == (a.job, a.restart) for a in asks)]
        for ask in asks:
            refused = None
            for budget in self.budgets:
                key = budget.key(ask.payer)
                if key is None:
                    continue
                takes = (lambda a, b=budget: a.hour if b.period == 'hour' else a.most)
                spent, holds = self.use(budget, key, now, replaced)
                holds += sum(takes(t) for t in taken if budget.key(t.payer) == key)
                if spent + holds + takes(ask) > budget.limit:
                    refused = (budget.name, key, spent, holds, budget.limit - spent - holds,
                               takes(ask), int(takes(ask) > budget.limit))
                    break
            why = why or refused
            held.append(not refused)
            if not refused:
                ask.asked = True
                taken.append(ask)
            elif whole:
                return [False] * len(asks), why
        if taken:
            kept = [p for p in parts if p.asked and not any(
                (p.job, p.restart) == (t.job, t.restart) for t in taken)]
            self.holds[gang.name] = sorted(kept + taken, key=lambda h: (h.job, h.restart))
        return held, why
