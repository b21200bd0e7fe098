#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A day of 200 jobs in simulated time: every number that the product has of money against
doc/cost.md's rules in fractions (rules.py), every hour and at the end; and the ledger's seconds
and money against what the simulator's EC2 bills.

    day.py DRIVER STATE_DIR [SEED [JOBS]]

Prints what was compared how often; status 1 and the first differences where any differ.
"""
import collections
import os
import sys
import time
from fractions import Fraction

from burst_site import Driver, Refused, Site, choices, micro, BEGIN, BOOT_S, LIST, RELEASE_S
from budgets import Books, Budget, Hold
import rules
import spot

USD = 10 ** 6
BUDGETS = [
    Budget('site', 'site', '', 'day', 1100 * USD),
    Budget('each', 'user', '', 'day', 420 * USD),
    Budget('cfd', 'account', 'cfd', 'month', 800 * USD),
    Budget('rate', 'partition', 'spot', 'hour', 140 * USD),
    Budget('bio', 'account', 'bio', 'total', 800 * USD),
]


class Day(Site):
    """A site with its own calculation beside it."""

    def __init__(self, driver, seed, jobs):
        self.compared, self.differ = collections.Counter(), []
        self.books = Books(BUDGETS)
        for b in BUDGETS:
            driver.call('budget', b.name, b.scope, b.who, b.period, b.limit, 0)
        super().__init__(driver, seed, jobs)

    def check(self, what, got, want):
        """Count a comparison."""
        self.compared[what] += 1
        if got != want:
            self.differ.append(f'{self.seconds() - BEGIN} s: {what}: {got}, but by the rules {want}')

    # ---- plans ---------------------------------------------------------------------------

    def spent(self, job):
        """What a job's ended machines have cost; of a pool its own alone."""
        total = 0
        for gang in self.gangs:
            if not any(s.job == job for s in gang.starts):
                continue
            nodes = {n for s in gang.starts if s.job == job for n in s.nodes}
            several = any(s.job != job for s in gang.starts)
            for run in gang.runs:
                if run.ending() and not (several and not gang.whole and run.node not in nodes):
                    total += run.total(self.seconds()) or 0
        return total

    def failures(self, job):
        """How often it failed since it last came up."""
        count = 0
        for gang in self.gangs:
            if any(s.job == job for s in gang.starts):
                count = 0 if gang.active_ms and not gang.failed else count + gang.failed
        return count

    def plan(self, gang, on_spot):
        every = choices(self, on_spot)
        nodes = len(gang.nodes) if gang.whole else 1
        spent = 0
        if gang.job and gang.starts[0].restart:
            spent = self.spent(gang.job)
            got = self.driver.call('history', gang.job)[0]
            self.check('failures and money behind a job', [int(x) for x in got],
                       [self.failures(gang.job), spent])
        limit_s = self.random.choice([1800, 3600, 14400, 86399])
        seconds = BOOT_S + limit_s + RELEASE_S
        limit, per_hour = 0, self.random.random() < .4
        if gang.starts and self.random.random() < .5:
            limit = nodes * self.random.randrange(600000, 9000000)
            if not per_hour:
                limit = spent + limit * seconds // 3600
        self.counts['plans'] += 1
        words = [len(gang.nodes), int(gang.whole), nodes, limit, int(per_hour), limit_s, BOOT_S,
                 RELEASE_S, spent, int(on_spot), gang.disks]
        for c in every:
            words += [c.type, c.subnet, c.az, c.price, int(c.stale), c.list_rate, c.cap or -1]
        kept, hour, whole, capped = rules.worst(every, nodes, seconds, spent, on_spot, limit,
                                                 per_hour, gang.disks)
        try:
            got = self.driver.call('plan', *words)
        except Refused as refused:
            self.check('a plan that is refused', refused.kind,
                       'capacity' if capped else 'budget')
            self.check('a plan that is refused', kept, [])
            self.counts['refused'] += 1
            return None
        self.check('worst cost of a plan', [int(x) for x in got[0]], [hour, whole])
        self.check('pools of a plan', [(p[0], p[1], int(p[2]), int(p[3])) for p in got[1:]],
                   [(c.type, c.az, now, most) for c, now, most, _, _ in kept])
        gang.worst = hour, whole - spent, seconds
        return [(c.type, c.az, now, c.cap) for c, now, _, _, _ in kept]

    # ---- budgets -------------------------------------------------------------------------

    def made(self, gang):
        self.books.made(gang)

    def ask(self, gang, asks):
        """Hold, in both books: what is held."""
        words = []
        for a in asks:
            words += [a.job, a.restart, *a.payer, a.hour, a.most, gang.worst[2] // 2]
        got = self.driver.call('hold', gang.name, int(gang.whole), *words)
        held, why = self.books.ask(gang, asks, gang.whole, Fraction(self.now, 1000))
        self.check('holds', [bool(int(g[0])) for g in got[:len(asks)]], held)
        said = got[len(asks):]
        if said or why:
            self.check('refusals', (*said[0][:2], *map(int, said[0][2:])) if said else None, why)
        self.counts['over budget'] += held.count(False)
        self.counts['held'] += held.count(True)
        return held

    def hold(self, gang):
        if not gang.starts:     # woken by hand: nobody asks, it costs all the same
            return True
        hour, whole, _ = gang.worst
        n = len(gang.starts) if gang.whole else 1

        def asks(times):
            return [Hold(gang, s.job, s.restart, (s.user, s.account, s.partition),
                         hour * times // n, whole * times // n + (s is gang.starts[0]))
                    for s in gang.starts]
        if gang.whole and self.random.random() < .2:
            self.ask(gang, asks(3))     # a try that is followed by another
        held = self.ask(gang, asks(1))
        for start, yes in zip(gang.starts, held):
            if not yes and not gang.whole and any(held):
                self.send_back(gang, start)
        return any(held)

    # ---- what stands in the books --------------------------------------------------------

    def parts(self):
        """All parts of all runs as of now."""
        now, on_machine = self.seconds(), collections.defaultdict(list)
        for start in self.starts:
            for name in start.machines:
                on_machine[name].append(start)
        return [p for run in self.runs.values()
                for p in rules.parts(run, on_machine[run.instance], now)]

    def report(self, every, by, since, until):
        """One report of the product against the parts."""
        want = rules.report(every, by, since, until)
        got = {}
        for row in self.driver.call('report', by, since, until):
            key = row[0]
            if by == 'day':
                key = int(time.mktime(time.strptime(key + ' UTC', '%Y-%m-%d %Z'))) - time.timezone
            got[key, row[1], row[2]] = [int(x) for x in row[3:]]
        for key in {**want, **got}:
            for i, name in enumerate(
                    ('instances', 'unpriced', 'list price unknown', 'seconds', 'jobs', 'idle',
                     'failed', 'total', 'spot', 'on demand', 'known', 'disks')):
                a, b = got.get(key, [None] * 12)[i], want.get(key, [None] * 12)[i]
                if a != b:
                    self.differ.append(f'{self.seconds() - BEGIN} s: {name} of {by} {key}: {a}, '
                                       f'but by the rules {b}')
                self.compared[f'report by {by}'] += 1

    def compare(self):
        """Every report, and what each gang costs until now."""
        every, midnight = self.parts(), BEGIN // rules.DAY * rules.DAY
        for by in ('job', 'user', 'account', 'partition', 'day', 'type', 'all'):
            self.report(every, by, midnight, midnight + 4 * rules.DAY)
        for day in (0, 1, 2):
            self.report(every, 'account', midnight + day * rules.DAY,
                        midnight + (day + 1) * rules.DAY)
        for gang in self.gangs:
            if gang.runs and (not gang.over or not self.heap):
                totals = [r.total(self.seconds()) for r in gang.runs]
                self.check('cost of a gang', [int(x) for x in self.driver.call(
                    'gang-cost', gang.name)[0]], [sum(t or 0 for t in totals), totals.count(None)])

        got = {(u[0], u[1]): tuple(int(x) for x in u[2:]) for u in self.driver.call('uses')}
        want = self.books.uses(self.seconds())
        for key in {**got, **want}:
            if want.get(key) or got[key][:2] != (0, 0):
                self.check('budgets: spent, held and left', got.get(key), want.get(key))

    def settle(self, gang):
        """It is over: what its parts have cost is what it has cost."""
        got = [(int(p[0]), int(p[1]), int(p[2]), int(p[3]))
               for p in self.driver.call('parts', gang.name)]
        holds = self.books.holds[gang.name]
        costs = self.books.costs(gang, 2 ** 62, self.seconds())
        self.check('settled holds', got, [(h.job, h.restart, 1, c) for h, c in zip(holds, costs)])
        self.check('settled holds of a gang', sum(p[3] for p in got),
                   sum(r.total(self.seconds()) or 0 for r in gang.runs))

    # ---- EC2's side ----------------------------------------------------------------------

    def bill(self):
        """The ledger's seconds and money against what EC2 bills."""
        bills = self.bills()
        runs = {r[0]: r for r in self.driver.call('runs', 0, 2 ** 40)}
        self.check('instances that EC2 bills', sorted(runs), sorted(bills))
        exact = 0
        for name, run in self.runs.items():
            bill, (_, begin, end, vain) = bills[name], runs[name]
            begin, end = int(begin), int(end)
            self.check('failed launches', bool(int(vain)), run.in_vain(self.seconds()))
            self.check('period of a run', (begin, end), run.period(self.seconds()))
            if run.exact:
                self.check("seconds against EC2's", end - begin, bill['seconds'])
                self.check("billed seconds against EC2's", max(60, end - begin), bill['billed_s'])
            elif run.launched:
                # the ledger never has less than EC2 bills
                self.check('an upper bound of the seconds', end - begin >= bill['seconds'], True)
            if run.exact and run.rates() and self.told_all(run, begin, max(end, begin + 60)):
                exact += 1
                money = run.costs(begin, max(end, begin + 60))
                self.check("money against EC2's", abs(Fraction(bill['usd']) * 10 ** 6 - money)
                           < Fraction(1, 10 ** 9), True)
        print(f'{len(runs)} instances, of {exact} all prices were known')

    def told_all(self, run, begin, end):
        """Did the site know each price that held while it ran?"""
        if not run.spot:
            return run.rate == micro(LIST[run.type])
        series = [(int(at), micro(str(usd)))
                  for at, usd in spot.series(self.ec2.world, run.type, run.az)]
        truth = lambda s: [usd for at, usd in series if at <= s][-1]                # noqa: E731
        known = lambda s: [r for at, r in run.rates() if at is None or at <= s][-1]     # noqa: E731
        moments = {begin} | {at for at, _ in series} | {at for at, _ in run.rates()[1:]}
        return all(truth(m) == known(m) for m in moments if begin <= m < end)


def main():
    """Run a day."""
    program, state = sys.argv[1:3]
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    jobs = int(sys.argv[4]) if len(sys.argv) > 4 else 200
    os.makedirs(state, mode=0o700, exist_ok=True)
    driver = Driver(program, state)
    day = Day(driver, seed, jobs)
    day.run()
    day.compare()
    day.bill()
    status = driver.close()
    print(', '.join(f'{n} {what}' for what, n in day.counts.items()))
    for what, n in sorted(day.compared.items()):
        print(f'{n:7} {what}')
    print(f'{sum(day.compared.values())} comparisons, {len(day.differ)} differ')
    for line in day.differ[:40]:
        print(line)
    return 1 if day.differ or status else 0


if __name__ == '__main__':
    sys.exit(main())
