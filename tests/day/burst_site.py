# SPDX-License-Identifier: Apache-2.0
"""A day of a site in simulated time: the simulator's EC2 in this process, the product's state.db
and plans in the driver's, both told the time by us; what happened is kept for rules.py.

Times are milliseconds.  Whatever is drawn is drawn from one seed.
"""
import datetime
import heapq
import itertools
import os
import random
import re
import subprocess
import sys
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, '..', '..', 'contrib', 'ec2sim', 'tests'), HERE]

from bench import SUBNETS, Bench, errors, ids       # noqa: E402
from rules import Choice, Gang, Run, Start          # noqa: E402
import billing                                      # noqa: E402

BEGIN = int(datetime.datetime(2026, 11, 30, 20, tzinfo=datetime.timezone.utc).timestamp())
LIST = {'c5.18xlarge': '3.060001', 'c5n.18xlarge': '3.888', 'c6a.48xlarge': '7.344007',
        'c5.4xlarge': '0.68'}
ZONES = {'us-east-2a': SUBNETS[0], 'us-east-2b': SUBNETS[1]}
USERS = [('ada', 'cfd'), ('bob', 'cfd'), ('eve', 'bio'), ('kim', ''), ('zoe', 'bio')]
LOOK_S = 900            # how often prices are asked for
SUSPEND_S = 300
BOOT_S, RELEASE_S = 600, 180


def micro(text):
    """A price of AWS in micro-USD, upwards."""
    return int((Decimal(text) * 10 ** 6).to_integral_value('ROUND_CEILING'))


class Refused(Exception):
    """The product refused."""

    def __init__(self, kind, text):
        super().__init__(f'{kind}: {text}')
        self.kind, self.text = kind, text


class Driver:
    """The product, by day_driver."""

    def __init__(self, path, state):
        self.process = subprocess.Popen([path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True, bufsize=1)
        self.call('open', state)

    def call(self, *words):
        """One command; its answer's lines of words."""
        line = '\t'.join(str(w) for w in words)
        assert '\n' not in line
        self.process.stdin.write(line + '\n')
        self.process.stdin.flush()
        out = []
        while True:
            got = self.process.stdout.readline()
            assert got.endswith('\n'), f'the driver died at: {line}'
            got = got[:-1].split('\t')
            if got == ['ok']:
                return out
            if got[0] == 'error':
                raise Refused(got[1], got[2])
            out.append(got)

    def close(self):
        """Its exit status."""
        self.process.stdin.close()
        return self.process.wait()


class Site:
    """Jobs, nodes and money of a day."""

    def __init__(self, driver, seed, jobs):
        self.driver, self.random = driver, random.Random(seed)
        self.now = BEGIN * 1000
        self.ec2 = Bench({
            'prices': LIST, 'throttling': False, 'seed': seed,
            'spot_prices': {f'{t}/{z}': self.price(t) for t in LIST for z in ZONES},
            'timings': {'instance_invisible_ms': 0, 'instance_address_ms': 0, 'pending_ms': 0,
                        'template_invisible_ms': 0}}, start=float(BEGIN))
        self.ec2.template()
        self.now = int(self.ec2.time * 1000)
        self.heap, self.order = [], itertools.count()
        self.free = {f'aws-{i}' for i in range(1, 161)}
        self.starts, self.gangs, self.runs = [], [], {}
        self.spot = {}          # as we know them: (type, zone): (price, since)
        self.busy = {}          # instance: its starts that have it now
        self.counts = dict.fromkeys(('jobs', 'plans', 'refused', 'interrupted', 'failed', 'reused',
                                     'shared', 'pooled', 'woken', 'followed', 'over budget', 'held'), 0)
        self.job_number, self.token = itertools.count(1000), itertools.count()
        self.tell()
        driver.call('prices', 0, *[w for t, p in LIST.items() for w in ('', t, 'USD', p, 0)])
        self.until = self.now + 86400 * 1000
        self.look(LOOK_S)
        self.later(1800, self.hour)
        for _ in range(jobs):
            self.later(self.random.randrange(80000), self.submit)
        for pool in [(t, z) for t in LIST for z in ZONES]:
            self.later(self.random.randrange(60, 4000), self.change_price, pool)

    # ---- time ----------------------------------------------------------------------------

    def later(self, seconds, call, *args):
        """Call it in so many seconds; those with a fraction of their own keep it."""
        heapq.heappush(self.heap, (self.now + round(seconds * 1000), next(self.order), call, args))

    def tell(self):
        """The driver is told the time."""
        self.driver.call('clock', self.now)

    def run(self):
        """Until nothing is left to happen."""
        while self.heap:
            self.now, _, call, args = heapq.heappop(self.heap)
            due = self.ec2.scheduler._heap
            while due and due[0][0] * 1000 <= self.now:
                self.ec2.time = max(self.ec2.time, due[0][0])
                self.ec2.scheduler.run_due()
            self.ec2.time = self.now / 1000
            self.tell()
            call(*args)

    def seconds(self):
        """Now."""
        return self.now // 1000

    def jitter(self):
        """Some milliseconds, most often none."""
        return self.random.choice([0, 0, .001, .337, .999])

    # ---- prices --------------------------------------------------------------------------

    def price(self, kind):
        """Some Spot price."""
        return f'{Decimal(LIST[kind]) * self.random.randrange(20, 95) / 100:.6f}'

    def change_price(self, pool):
        """AWS changes one, at a whole second; EC2 tells whole seconds."""
        if self.now > self.until:
            return
        self.ec2.control(do='spot-price', pool='/'.join(pool), usd=self.price(pool[0]))
        self.later(self.random.choice([200, 1500, 4000, 9000]) + self.random.randrange(900),
                   self.change_price, pool)

    def look(self, every=0):
        """What the watch does: ask for prices, follow them."""
        answer = self.ec2.call('DescribeSpotPriceHistory', InstanceTypes=list(LIST),
                               StartTime=datetime.datetime.fromtimestamp(
                                   self.now / 1000, datetime.timezone.utc))
        words = []
        for p in answer['SpotPriceHistory']:
            pool, since = (p['InstanceType'], p['AvailabilityZone']), int(p['Timestamp'].timestamp())
            if pool[1] in ZONES:
                self.spot[pool] = (micro(p['SpotPrice']), since)
                words += [pool[1], pool[0], 'USD', p['SpotPrice'], since]
        self.driver.call('prices', 1, *words)
        followed = 0
        for run in self.runs.values():
            pool = (run.type, run.az)
            if not run.spot or run.ending() or not run.launched:
                continue
            price, since = self.spot[pool]
            since = max(since, run.launched)
            known = run.said[-1][1] if run.said else run.rate
            if known is None:
                run.rate = price    # the first that is said of it
                followed += 1
            elif price != known:
                # of one moment the later word counts
                run.said = [s for s in run.said if s[0] != since] + [(since, price)]
                followed += 1
        got = int(self.driver.call('follow')[0][0])
        self.check('rates that a look changed', got, followed)
        self.counts['followed'] += followed
        if every and self.goes_on():
            self.later(every, self.look, every)

    def hour(self):
        """Let everything be compared, and again."""
        self.compare()
        if self.goes_on():
            self.later(3600, self.hour)

    def goes_on(self):
        """Something is still to happen but looks and comparisons."""
        return self.now < self.until or not all(g.over for g in self.gangs)

    def check(self, what, got, want):
        """Compare."""
        raise NotImplementedError

    def compare(self):
        """Everything, at this moment."""
        raise NotImplementedError

    # ---- jobs ----------------------------------------------------------------------------

    def note(self, start):
        """Write down what is known of a start by now."""
        if not start.recorded:
            return
        whose = [start.name, start.user, start.account, start.partition]
        self.driver.call('ran', start.job, start.restart, *(whose if start.told else [''] * 4),
                         ','.join(start.nodes), start.cpus, start.began, start.ended)

    def new_start(self, job, restart, name, who, nodes, partition='aws'):
        """A job begins."""
        start = Start(job, restart, name, *who, partition, list(nodes),
                      self.random.choice([0, 1, 7, 36]) * len(nodes), self.seconds(),
                      recorded=self.random.random() < .92, told=self.random.random() < .95,
                      number=len(self.starts))
        self.starts.append(start)
        self.note(start)
        return start

    def take(self, count):
        """So many free nodes, or None."""
        if len(self.free) < count:
            return None
        nodes = self.random.sample(sorted(self.free), count)
        self.free -= set(nodes)
        return nodes

    def submit(self):
        """A job, or a few of one node each, or two that share their nodes, or a node by hand."""
        draw, who = self.random.random(), self.random.choice(USERS)
        spot, jobs = self.random.random() < .6, 1
        count = self.random.choice([1, 1, 2, 3, 4, 8])
        if draw < .12:
            jobs = count = self.random.choice([2, 3, 5])
        nodes = self.take(count)
        if nodes is None:
            self.later(600, self.submit)
            return
        if draw > .97:
            self.counts['woken'] += 1
            gang = Gang(f'node-{len(self.gangs):010x}', 0, '', '', '', 'aws', nodes, False)
            self.start_gang(gang, False, 0)
            return
        partition = 'spot' if spot else 'aws'
        numbers = [next(self.job_number) for _ in range(jobs)]
        self.counts['jobs'] += jobs
        if draw < .12:
            self.counts['pooled'] += jobs
            gang = Gang(f'pool-{len(self.gangs):010x}', 0, '', *who, partition, nodes, False)
            gang.starts = [self.new_start(n, 0, str(n), who, [node], partition)
                           for n, node in zip(numbers, nodes)]
        elif draw < .18:
            self.counts['shared'] += 1
            other = self.random.choice(USERS)
            second = next(self.job_number)
            gang = Gang(f'{numbers[0]}-{len(self.gangs):010x}', numbers[0], str(numbers[0]), *who,
                        partition, nodes, True)
            gang.starts = [self.new_start(numbers[0], 0, str(numbers[0]), who, nodes, partition),
                           self.new_start(second, 0, str(second), other, nodes[:1], partition)]
        else:
            name = self.random.choice([str(numbers[0]), f'{numbers[0]}_7'])
            self.start_job(numbers[0], 0, name, who, nodes, spot)
            return
        self.start_gang(gang, spot, 0)

    def start_job(self, job, restart, name, who, nodes, spot):
        """One job's gang."""
        partition = 'spot' if spot else 'aws'
        gang = Gang(f'{job}-{len(self.gangs):010x}', job, name, *who, partition, nodes, True)
        gang.starts = [self.new_start(job, restart, name, who, nodes, partition)]
        self.start_gang(gang, spot, restart)

    # ---- gangs ---------------------------------------------------------------------------

    def start_gang(self, gang, spot, restart):
        """Plan, write down, launch."""
        spot = spot and bool(gang.starts)
        self.gangs.append(gang)
        gang.wanted = list(gang.nodes)
        gang.disks = self.random.choice([0, 0, 12345, 130000])
        self.driver.call('gang', gang.name, gang.job, gang.starts[0].restart if gang.job else 0,
                         gang.job_name, gang.user, gang.account, gang.partition,
                         ','.join(gang.nodes), int(gang.whole), 0)
        for start in gang.starts:
            self.driver.call('gang-job', gang.name, start.job, start.restart,
                             ','.join(start.nodes))
        self.made(gang)
        pools = self.plan(gang, spot)
        if not pools:
            self.give_up(gang, 'over its limit')
            return
        if not self.hold(gang):
            self.give_up(gang, 'over a budget')
            return
        token = f'token-{next(self.token)}'
        self.driver.call('launch', token, gang.name, len(gang.wanted))
        launched = self.create_fleet(gang, pools, spot)
        if not launched:
            self.driver.call('nothing-came', token, 'InsufficientInstanceCapacity', 'none')
            self.give_up(gang, 'nothing came')
            return
        kind, zone, names = launched
        rate, listed = next(p[2] for p in pools if p[:2] == (kind, zone)), micro(LIST[kind])
        if self.random.random() < .05:
            rate = None
        if self.random.random() < .1:
            listed = None
        self.driver.call('answer', gang.name, token, kind, zone, int(spot),
                         -1 if rate is None else rate, -1 if listed is None else listed, gang.disks,
                         *names)
        for name in names:
            run = Run(name, gang, kind, zone, spot, rate, listed, disks=gang.disks)
            self.runs[name] = run
            gang.runs.append(run)
            self.busy[name] = set()
        # what is to become of it
        length = self.random.choice([self.random.randrange(1, 90), self.random.randrange(600, 9000),
                                     self.random.randrange(600, 16000)])
        if gang.starts and self.random.random() < .08:
            self.counts['failed'] += 1
            self.later(self.random.randrange(2, 50), self.fail, gang, restart)
        else:
            self.later(self.random.randrange(2, 50) + self.jitter(), self.bind, gang, length, spot)

    def create_fleet(self, gang, pools, spot):
        """Ask EC2: (type, zone, instances)."""
        overrides = [{'InstanceType': kind, 'SubnetId': ZONES[zone], 'Priority': float(i),
                      **({'MaxPrice': f'{Decimal(cap) / 10 ** 6}'} if cap else {})}
                     for i, (kind, zone, _, cap) in enumerate(pools)]
        request = self.ec2.request(len(gang.wanted), overrides)
        if spot:
            target = request['TargetCapacitySpecification']
            target.update(OnDemandTargetCapacity=0, SpotTargetCapacity=len(gang.wanted),
                          DefaultTargetCapacityType='spot')
            request['SpotOptions'] = {
                'AllocationStrategy': 'capacity-optimized-prioritized', 'SingleInstanceType': True,
                'SingleAvailabilityZone': True, 'MinTargetCapacity': len(gang.wanted)}
            del request['OnDemandOptions']
        answer = self.ec2.call('CreateFleet', **request)
        if not ids(answer):
            assert errors(answer)
            return None
        item = answer['Instances'][0]
        return (item['InstanceType'],
                item['LaunchTemplateAndOverrides']['Overrides']['AvailabilityZone'], ids(answer))

    def bind(self, gang, length, spot):
        """Instances get their nodes."""
        names = [r.instance for r in gang.runs]
        answer = self.ec2.call('DescribeInstances', InstanceIds=names)
        said = {i['InstanceId']: int(i['LaunchTime'].timestamp())
                for r in answer['Reservations'] for i in r['Instances']}
        words = []
        for run, node in zip(gang.runs, gang.wanted):
            run.launched, run.node = said[run.instance], node
            words += [run.instance, node, run.launched]
            for start in gang.starts:
                if node in start.nodes:
                    start.machines[run.instance] = True
                    self.busy[run.instance].add(id(start))
        self.driver.call('bind', *words)
        gang.bound = True
        self.driver.call('step', gang.name, 'announced')
        if gang.starts and self.random.random() < .05:
            self.counts['failed'] += 1
            self.later(self.random.randrange(5, 200) + self.jitter(), self.fail, gang, 0)
            return
        if not gang.whole and len(gang.runs) > 1 and self.random.random() < .4:
            self.later(5, self.die, gang.runs[-1])      # the others come up without it
        self.later(self.random.randrange(10, 300) + self.jitter(), self.activate, gang, length, spot)

    def activate(self, gang, length, spot):
        """The nodes are there."""
        gang.active_ms = self.now
        self.driver.call('step', gang.name, 'active')
        if not gang.starts:
            self.later(length, self.idle, gang.runs)
        for start in gang.starts:
            self.later(length if start is gang.starts[0] else length * 3 // 2, self.finish, start,
                       self.random.random() < .9)      # else nobody tells of its end
        draw = self.random.random()
        if spot and draw < .3 and len(gang.starts) == 1 and length > 300:
            self.later(self.random.randrange(length - 200) + self.jitter(), self.interrupt, gang)
        elif draw > .97:
            self.later(self.random.randrange(length), self.die, self.random.choice(gang.runs))

    def finish(self, start, told=True):
        """A job ends; its epilog tells, or nobody does."""
        if getattr(start, 'over', False):
            return
        start.over = True
        if told:
            start.ended = self.seconds()
            self.note(start)
        freed = []
        for name in start.machines:
            self.busy[name].discard(id(start))
            if not self.busy[name] and not self.runs[name].ending():
                freed.append(self.runs[name])
        if freed and told and self.random.random() < .2:
            self.later(self.random.randrange(20, 250), self.reuse, freed)
        self.later(SUSPEND_S + self.jitter(), self.idle, freed)

    def reuse(self, runs):
        """Another job takes a machine over, sometimes two together."""
        runs = [r for r in runs if not r.ending() and not self.busy[r.instance]
                and r.instance not in self.ended_by_ec2()]
        if not runs:
            return
        self.counts['reused'] += 1
        for _ in range(self.random.choice([1, 1, 2])):
            number, who = next(self.job_number), self.random.choice(USERS)
            some = runs[:self.random.randrange(len(runs)) + 1]
            start = self.new_start(number, 0, str(number), who, [r.node for r in some])
            start.recorded = True
            self.note(start)
            start.machines = {r.instance: True for r in some}
            for run in some:
                self.busy[run.instance].add(id(start))
            self.later(self.random.randrange(30, 5000), self.finish, start)

    def ended_by_ec2(self):
        """Instances that are gone, whether we have seen it or not."""
        return {n for n, i in self.ec2.world.instances.items()
                if i['state'] not in ('pending', 'running')}

    def interrupt(self, gang):
        """EC2 takes one of a job's machines back; the job begins anew elsewhere."""
        start = gang.starts[0]
        here = [r for r in gang.runs if not r.ending() and id(start) in self.busy[r.instance]]
        if getattr(start, 'over', False) or not here:
            return
        self.counts['interrupted'] += 1
        run = self.random.choice(here)
        self.ec2.control(do='interrupt', instances=[run.instance], notice_s=120)
        self.later(20, self.interrupted, gang, run)

    def interrupted(self, gang, run):
        """The job is sent back, the other machines are not kept."""
        start = gang.starts[0]
        if getattr(start, 'over', False):
            return
        start.over = True
        start.ended = self.seconds()
        self.note(start)
        for name in start.machines:
            self.busy[name].discard(id(start))
        self.later(30 + self.jitter(), self.idle, [r for r in gang.runs if r is not run])
        self.later(120 + self.random.randrange(1, 60), self.see, [run])
        self.later(self.random.randrange(60, 400), self.again, start)

    def again(self, start):
        """It has another start."""
        nodes = self.take(len(start.nodes))
        if nodes is None:
            self.later(300, self.again, start)
            return
        self.start_job(start.job, start.restart + 1, start.name, (start.user, start.account), nodes,
                       self.random.random() < .5)

    def die(self, run):
        """A host dies: EC2 says of it no time."""
        if run.instance in self.ended_by_ec2() or run.ending():
            return
        run.exact = False
        self.ec2.control(do='terminate', instances=[run.instance], reason='Server.InternalError')
        for start in self.starts:
            if run.instance in start.machines:
                self.finish(start)
        self.later(self.random.randrange(5, 200) + self.jitter(), self.see, [run])

    def fail(self, gang, _):
        """It never comes up."""
        gang.failed = True
        self.driver.call('fail', gang.name, 'no boot')
        for start in gang.starts:
            start.over, start.ended = True, self.seconds()
            self.note(start)
            for name in start.machines:
                self.busy[name].discard(id(start))
        self.end(gang.runs)
        if gang.whole and len(gang.starts) == 1 and gang.starts[0].restart < 3:
            self.later(self.random.randrange(60, 400), self.again, gang.starts[0])

    def give_up(self, gang, why):
        """Nothing was launched."""
        gang.failed = gang.over = True
        self.driver.call('fail', gang.name, why)
        self.driver.call('step', gang.name, 'failed')
        for start in gang.starts:
            start.over, start.ended = True, self.seconds()
            self.note(start)
        self.free |= set(gang.wanted)
        self.settle(gang)

    # ---- ends ----------------------------------------------------------------------------

    def idle(self, runs):
        """SuspendProgram: those that still have no job."""
        self.end([r for r in runs if not r.ending() and not self.busy[r.instance]])

    def end(self, runs):
        """TerminateInstances, written down before."""
        if not runs:
            return
        self.driver.call('end', 'test', *[r.instance for r in runs])
        for run in runs:
            run.asked_ms = self.now
        living = [r.instance for r in runs if r.instance in self.ec2.world.instances]
        self.ec2.call('TerminateInstances', InstanceIds=living)
        self.later(self.random.randrange(3, 120) + self.jitter(), self.see, runs)

    def see(self, runs):
        """What EC2 shows of them; forgotten ones have no time of their end."""
        runs = [r for r in runs if not r.seen_ms]
        if not runs:
            return
        shown = {i['InstanceId']: i for r in self.ec2.call(
            'DescribeInstances', InstanceIds=[r.instance for r in runs])['Reservations']
            for i in r['Instances']}
        for run in runs:
            one = shown[run.instance]
            assert one['State']['Name'] == 'terminated', one
            time = re.search(r'\((.*) GMT\)', one.get('StateTransitionReason', ''))
            ended = 0
            if time:
                ended = int(datetime.datetime.fromisoformat(time[1] + '+00:00').timestamp())
            elif run.spot:
                request = self.ec2.call('DescribeSpotInstanceRequests', Filters=[
                    {'Name': 'instance-id', 'Values': [run.instance]}])['SpotInstanceRequests'][0]
                ended = int(request['Status']['UpdateTime'].timestamp())
            if self.random.random() < .05:
                ended, run.exact = 0, False
            if not run.launched and self.random.random() < .8:
                run.launched = int(one['LaunchTime'].timestamp())
                self.driver.call('launched', run.instance, run.launched)
            run.exact = run.exact and bool(run.launched)
            self.driver.call('ended', run.instance, ended)
            run.seen_ms, run.ended = self.now, ended
        for gang in {id(r.gang): r.gang for r in runs}.values():
            for run in gang.runs:
                if run in runs and run.node:
                    self.free.add(run.node)
            if not gang.over and all(r.seen_ms for r in gang.runs):
                gang.over = True
                if gang.failed:
                    self.driver.call('step', gang.name, 'failed')
                    self.free |= set(gang.wanted)
                else:
                    self.driver.call('step', gang.name, 'releasing', 'released')
                self.settle(gang)

    def plan(self, gang, spot):
        """The pools that it may be launched in, (type, zone, rate, cap); none: it is refused."""
        raise NotImplementedError

    def made(self, gang):
        """It is written down."""
        raise NotImplementedError

    def hold(self, gang):
        """May it be paid for? Of a pool the jobs that may not are sent back."""
        raise NotImplementedError

    def send_back(self, gang, start):
        """A job of a pool that is not launched with the others."""
        start.over, start.ended = True, self.seconds()
        self.note(start)
        gang.wanted = [n for n in gang.wanted if n not in start.nodes]
        self.free |= set(start.nodes)

    def settle(self, gang):
        """It is over."""
        raise NotImplementedError

    def bills(self):
        """What EC2 would bill, by instance."""
        with self.ec2.world.lock:
            return {b['instance']: b for b in billing.listing(self.ec2.world)}


def choices(site, spot):
    """What the site offers a job, in an order of its own."""
    out = []
    for kind in LIST:
        for zone, subnet in ZONES.items():
            price, cap = micro(LIST[kind]), None
            if spot:
                price = site.spot[kind, zone][0]
                cap = site.random.choice([None, None, micro(LIST[kind]) * 7 // 10])
            out.append(Choice(kind, subnet, zone, price, False, micro(LIST[kind]), cap))
    site.random.shuffle(out)
    return out
