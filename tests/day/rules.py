# SPDX-License-Identifier: Apache-2.0
"""What a site's machines cost, and whom, by the rules of doc/cost.md, in fractions.

Nothing here is taken from the program or read from its state.db: the site (burst_site.py) knows what it
did and what EC2 answered, and these are the document's rules on that.
"""
from dataclasses import dataclass, field
from fractions import Fraction

DAY = 86400
LEAST_S = 60


@dataclass
class Start:
    """A start of a job."""
    job: int
    restart: int
    name: str
    user: str
    account: str
    partition: str
    nodes: list
    cpus: int
    began: int
    ended: int = 0              # 0: it runs, or nobody said
    recorded: bool = True       # prolog told of it
    told: bool = True           # … and slurmctld whose it is
    number: int = 0             # in the order in which they were written down
    machines: dict = field(default_factory=dict)   # instances that it really had, in order

    def party(self, gang):
        """Whom it is: what nobody told of one of a gang's own jobs is its gang's."""
        if self.recorded and self.told:
            return (self.name, self.user, self.account, self.partition)
        if any(self is s for s in gang.starts) and gang.job in (0, self.job):
            return (gang.job_name or str(self.job), gang.user, gang.account, gang.partition)
        return (str(self.job), '', '', gang.partition)


@dataclass
class Gang:
    """What was launched together, and for whom."""
    name: str
    job: int                    # 0: of several jobs, or of none
    job_name: str
    user: str
    account: str
    partition: str
    nodes: list
    whole: bool                 # all or nothing
    starts: list = field(default_factory=list)
    runs: list = field(default_factory=list)
    active_ms: int = 0
    bound: bool = False         # its instances have their nodes
    failed: bool = False
    over: bool = False


@dataclass
class Run:
    """An instance from its launch to its end."""
    instance: str
    gang: Gang
    type: str
    az: str
    spot: bool
    rate: int | None
    list_rate: int | None
    disks: int = 0              # what its disks cost an hour
    launched: int = 0           # EC2's time, once we know it
    node: str = ''
    said: list = field(default_factory=list)       # (since, price): what AWS said later
    asked_ms: int = 0           # our first TerminateInstances
    seen_ms: int = 0            # seen terminated
    ended: int = 0              # EC2's time of the end, where it gave one
    exact: bool = True          # the ledger knows all that EC2 bills by

    # ---- rules 1 to 4 ----

    def period(self, now):
        """From when to when."""
        if self.ended:
            end = self.ended
        elif self.asked_ms or self.seen_ms:
            end = ceil(Fraction(min(t for t in (self.asked_ms, self.seen_ms) if t), 1000))
        else:
            end = ceil(now)
        begin = self.launched or end
        return begin, max(begin, end)

    def rates(self):
        """(since, rate), the first from ever on; None: no rate is known."""
        return None if self.rate is None else [(None, self.rate), *self.said]

    def costs(self, begin, end):
        """Rate x time, in micro-USD; exact."""
        rates, total = self.rates(), Fraction(0)
        for i, (since, rate) in enumerate(rates):
            a = begin if since is None else max(begin, since)
            b = min(end, rates[i + 1][0]) if i + 1 < len(rates) else end
            if b > a:
                total += Fraction(rate * (b - a), 3600)
        return total

    def total(self, now):
        """What it costs; None: no rate is known."""
        begin, end = self.period(now)
        if self.rates() is None:
            return None
        end = max(end, begin + LEAST_S)
        return ceil(self.costs(begin, end)) + self.disk_cost(begin, end)

    def disk_cost(self, begin, end):
        """Rule 10."""
        return ceil(Fraction(self.disks * (end - begin), 3600))

    def on_demand(self):
        """The list rate when it was launched."""
        if self.list_rate:
            return self.list_rate
        return None if self.spot else self.rate

    def ending(self):
        """EC2 was told to end it, or it was seen terminated."""
        return bool(self.asked_ms or self.seen_ms)

    def in_vain(self, now):
        """Of no use: its gang was never up, it never became a node, or ended before the gang was
        up."""
        gang = self.gang
        if gang.failed and not gang.active_ms:
            return True
        if not self.ending():
            return False
        return not self.node or bool(gang.active_ms
                                     and self.period(now)[1] * 1000 < gang.active_ms)


def ceil(value):
    """Up to the next whole."""
    value = Fraction(value)
    return -(-value.numerator // value.denominator)


def divide(total, weights):
    """Rule 7: by largest remainder, of equals the first."""
    if not any(weights):
        weights = [1] * len(weights)
    due = [Fraction(total * w, sum(weights)) for w in weights]
    whole = [int(d) for d in due]
    over = sorted(range(len(due)), key=lambda i: whole[i] - due[i])
    for i in over[:total - sum(whole)]:
        whole[i] += 1
    return whole


@dataclass
class Part:
    """What one bears of one piece of a run."""
    run: Run
    who: tuple
    kind: str
    day: int
    seconds: int
    money: int                  # with the disks
    disks: int
    list_money: int | None
    priced: bool


def holders(run, starts, begin, end):
    """Who had the machine, from when to when, and their weights; in the order of records."""
    out, first = [], True
    mine = run.gang.starts
    if not run.node:    # before it is known which node it is, it is its job's
        return [(s, begin, end, 0) for s in owned(run)]
    recorded = sorted((s for s in starts if s.recorded and run.instance in s.machines),
                      key=lambda s: (s.began, s.number))
    for start in recorded:
        own = any(start is s for s in mine)
        if start.began >= end or (start.ended and start.ended <= begin):
            continue
        # the boot is of the job that it was launched for; of several, of the first
        since = begin if own and first else start.began
        first = first and not own
        out.append((start, since, start.ended or end, start.cpus * 1000 // len(start.nodes)))
    for start in sorted((s for s in mine if not s.recorded and run.instance in s.machines),
                        key=lambda s: (s.job, s.restart)):
        out.append((start, begin, end, 0))
    return out


def owned(run):
    """The starts that it was launched for: in the order of their records, those without last."""
    gang = run.gang
    mine = [s for s in gang.starts if (run.node in s.nodes if run.node else s.job == gang.job)]
    return sorted(mine, key=lambda s: (0, s.began, s.number) if s.recorded
                  else (1, s.job, s.restart))


def owners(run):
    """Whom it was launched for; without a job whose gang it was."""
    gang = run.gang
    return [s.party(gang) for s in owned(run)] or \
        [(gang.job_name, gang.user, gang.account, gang.partition)]


def parts(run, starts, now):
    """Rules 5 to 9: all parts of one run."""
    begin, end = run.period(now)
    vain = run.in_vain(now)
    held = [] if vain else holders(run, starts, begin, end)
    cuts = {begin, end}
    cuts.update(c for h in held for c in h[1:3])
    cuts.update(since for since, _ in run.said)
    cuts.update(range(begin // DAY * DAY, end, DAY))
    cuts = sorted(c for c in cuts if begin <= c <= end)
    pieces = list(zip(cuts, cuts[1:])) or [(begin, begin)]
    # what the least of 60 s adds is of the last piece
    billed = [b for _, b in pieces[:-1]] + [max(end, begin + LEAST_S)]
    spans = [(a, b) for (a, _), b in zip(pieces, billed)]
    priced = run.rates() is not None
    money, disks, listed = [0] * len(pieces), [0] * len(pieces), [None] * len(pieces)
    lengths = [b - a for a, b in spans]
    if priced:
        exact = [run.costs(a, b) for a, b in spans]
        money = divide(ceil(sum(exact)), exact)
        disks = divide(run.disk_cost(0, sum(lengths)), lengths)
    rate = run.on_demand()
    if rate is not None:
        listed = divide(ceil(Fraction(rate * sum(lengths), 3600)), lengths)
    for (a, b), paid, disk, would in zip(pieces, money, disks, listed):
        here = [h for h in held if h[1] <= a < h[2]]
        if a == b and not here:
            here = held[:1]
        kind = 'vain' if vain else 'job' if here else 'idle'
        if here:
            who = [h[0].party(run.gang) for h in here]
            weights = [h[3] for h in here]
            if not all(weights):
                weights = [1] * len(who)
        else:
            who = owners(run)
            weights = [1] * len(who)
        lists = [None] * len(who) if would is None else divide(would, weights)
        for one, s, m, d, o in zip(who, divide(b - a, weights), divide(paid, weights),
                                   divide(disk, weights), lists):
            yield Part(run, one, kind, a // DAY * DAY, s, m + d, d, o, priced)


KEYS = {
    'job': lambda p: (p.who[0], p.who[1], p.who[2]), 'user': lambda p: (p.who[1], '', ''),
    'account': lambda p: (p.who[2], '', ''), 'partition': lambda p: (p.who[3], '', ''),
    'day': lambda p: (p.day, '', ''), 'type': lambda p: (p.run.type, '', ''),
    'all': lambda p: ('', '', ''),
}


def report(every, by, since, until):
    """The rows of a report: key to its numbers, in the order in which the driver prints them."""
    rows = {}
    for p in every:
        if not since <= p.day < until:
            continue
        row = rows.setdefault(KEYS[by](p), [set(), set(), set()] + [0] * 9)
        row[0].add(p.run.instance)
        if not p.priced:
            row[1].add(p.run.instance)
        elif p.list_money is None:
            row[2].add(p.run.instance)
        row[3] += p.seconds
        row[{'job': 4, 'idle': 5, 'vain': 6}[p.kind]] += p.money
        row[7] += p.money
        if p.run.spot:
            row[8] += p.money - p.disks
        if p.priced and p.list_money is not None:
            row[9] += p.list_money
            row[10] += p.money - p.disks
        row[11] += p.disks
    return {k: [len(x) if isinstance(x, set) else x for x in row] for k, row in rows.items()}


# ---- plans: doc/prices.md, and the worst case of a job ----------------------------------------


@dataclass
class Choice:
    """A type in a zone, as the site offers it."""
    type: str
    subnet: str
    az: str
    price: int | None           # of its market
    stale: bool
    list_rate: int
    cap: int | None


def worst(choices, nodes, seconds, spent, spot, limit, per_hour, disks):
    """Those that may be had, with now and at most of each; then the worst an hour and of the
    whole; and whether some would be within the limit, but are above their own cap."""
    kept, capped = [], False
    for c in choices:
        most = min(c.list_rate, c.cap or c.list_rate) if spot else c.price
        now = c.price if c.price is not None else most
        hour = (most + disks) * nodes
        whole = spent + ceil(Fraction(hour * seconds, 3600))
        if limit and (hour if per_hour else whole) > limit:
            continue
        if spot and c.cap and not c.stale and now > c.cap:
            capped = True
            continue
        kept.append((c, now, most, hour, whole))
    return (kept, max((k[3] for k in kept), default=None), max((k[4] for k in kept), default=None),
            capped)
