"""What befalls instances: interruptions, checks, scheduled events, stops, ends; bills."""
import json
import os
import tempfile
import unittest

import imds
from bench import SUBNETS, Bench, ids
from scenario import ScenarioError, build

QUEUE = 'https://sqs.us-east-2.amazonaws.com/123456789012/burst'
SPOT = {'TargetCapacitySpecification': {'TotalTargetCapacity': 1,
                                        'DefaultTargetCapacityType': 'spot'}}


def flat(answer):
    return [i for r in answer['Reservations'] for i in r['Instances']]


class Trouble(unittest.TestCase):
    def setUp(self):
        self.bench = Bench({'queues': [{'name': 'burst'}], 'spot_prices': {'c7i.large': '0.05'}})
        self.bench.template()

    def spot(self, count=1, **more):
        request = self.bench.request(count, **more)
        del request['OnDemandOptions']
        request['TargetCapacitySpecification'] = {'TotalTargetCapacity': count,
                                                  'DefaultTargetCapacityType': 'spot'}
        answer = self.bench.call('CreateFleet', **request)
        self.bench.pass_time(1.2)
        self.drain()
        return ids(answer)

    def drain(self):
        """All messages, received and deleted."""
        out = []
        while True:
            got = self.bench.json('sqs', 'ReceiveMessage', QueueUrl=QUEUE,
                                  MaxNumberOfMessages=10).get('Messages', [])
            if not got:
                return out
            self.bench.json('sqs', 'DeleteMessageBatch', QueueUrl=QUEUE, Entries=[
                {'Id': str(i), 'ReceiptHandle': m['ReceiptHandle']} for i, m in enumerate(got)])
            out += [json.loads(m['Body']) for m in got]

    def do(self, action, *names, **params):
        return self.bench.control(do=action, **({'instances': list(names)} if names else {}),
                                  **params)

    def refused(self, text, action, *names, **params):
        with self.assertRaises(ScenarioError) as caught:
            self.do(action, *names, **params)
        self.assertIn(text, str(caught.exception))

    def instance(self, name):
        return flat(self.bench.call('DescribeInstances', InstanceIds=[name]))[0]

    def request_of(self, name):
        [one] = self.bench.call('DescribeSpotInstanceRequests', Filters=[
            {'Name': 'instance-id', 'Values': [name]}])['SpotInstanceRequests']
        return one

    def metadata(self, name, path):
        data = imds.Metadata(self.bench.world, self.bench.simulator.keys)
        instance = self.bench.world.instances[name]
        _, token = data.put_token(instance, '60')
        status, body = data.get(instance, '/latest/meta-data/' + path, token)
        return body if status == 200 else status

    def test_interruption(self):
        bench, names = self.bench, self.spot(2)
        name, other = names
        self.assertEqual(self.metadata(name, 'spot/instance-action'), 404)
        self.assertNotIn('spot/', self.metadata(name, ''))
        self.assertEqual(self.request_of(name)['Status']['Code'], 'fulfilled')
        given = bench.time
        self.do('interrupt', name)
        bench.pass_time(0.5)
        # the event
        [event] = self.drain()
        self.assertEqual((event['detail-type'], event['source'], event['detail']),
                         ('EC2 Spot Instance Interruption Warning', 'aws.ec2',
                          {'instance-id': name, 'instance-action': 'terminate'}))
        self.assertEqual(event['resources'], [f'arn:aws:ec2:us-east-2a:instance/{name}'])
        self.assertEqual(event['time'], '2027-01-15T08:00:02Z')
        # the metadata
        self.assertEqual(json.loads(self.metadata(name, 'spot/instance-action')),
                         {'action': 'terminate', 'time': '2027-01-15T08:02:02Z'})
        self.assertEqual(self.metadata(name, 'spot/termination-time'), '2027-01-15T08:02:02Z')
        self.assertEqual(self.metadata(other, 'spot/termination-time'), 404)
        # the request's status
        marked = bench.call('DescribeSpotInstanceRequests', Filters=[
            {'Name': 'status-code', 'Values': ['marked-for-*']}])['SpotInstanceRequests']
        self.assertEqual([(r['InstanceId'], r['State'], r['Status']['UpdateTime'].timestamp())
                          for r in marked], [(name, 'active', round(given, 3))])
        # and at the deadline the end
        bench.pass_time(119)
        self.assertEqual(self.instance(name)['State']['Name'], 'running')
        bench.pass_time(3)
        gone = self.instance(name)
        self.assertEqual((gone['State']['Name'], gone['StateReason']['Code'],
                          gone['StateTransitionReason']),
                         ('terminated', 'Server.SpotInstanceTermination',
                          'Server.SpotInstanceTermination'))
        self.assertEqual((self.request_of(name)['State'], self.request_of(name)['Status']['Code']),
                         ('closed', 'instance-terminated-no-capacity'))
        self.assertEqual([e['detail']['state'] for e in self.drain()],
                         ['shutting-down', 'terminated'])
        self.assertEqual(self.instance(other)['State']['Name'], 'running')

    def test_interruption_that_we_forestall(self):
        name = self.spot()[0]
        self.do('interrupt', name, notice_s=5, code='instance-terminated-by-price')
        self.bench.call('TerminateInstances', InstanceIds=[name])
        self.bench.pass_time(6)
        self.assertEqual(self.instance(name)['StateReason']['Code'],
                         'Client.UserInitiatedShutdown')
        self.assertEqual(self.request_of(name)['Status']['Code'], 'instance-terminated-by-user')
        events = [line['event'] for line in self.bench.journal.lines if line['kind'] == 'event']
        self.assertEqual(events.count('shutting-down'), 1)

    def test_interruption_told_in_one_way_or_none(self):
        for tell, seen in (['events'], (1, 404, 'fulfilled')), (['imds'], (0, True, 'fulfilled')), \
                (['request'], (0, 404, 'marked-for-termination')), ([], (0, 404, 'fulfilled')):
            name = self.spot()[0]
            self.do('interrupt', name, tell=tell)
            self.bench.pass_time(0.5)
            action = self.metadata(name, 'spot/instance-action')
            self.assertEqual((len(self.drain()), action if action == 404 else True,
                              self.request_of(name)['Status']['Code']), seen)
        # without any warning
        name = self.spot()[0]
        self.do('interrupt', name, notice_s=0)
        self.bench.pass_time(2)
        self.assertEqual([e['detail'].get('state') for e in self.drain()],
                         ['shutting-down', 'terminated'])

    def test_what_cannot_be(self):
        name = self.bench.launch(1)[0]
        self.refused('only Spot instances are interrupted', 'interrupt', name)
        self.refused('on-demand, not spot', 'rebalance', name)
        self.refused('there is no i-1', 'stop', 'i-1')
        self.refused('expected a list of ids', 'stop')
        self.refused('unknown action "melt"', 'melt', name)
        self.refused('unknown key "in_s"', 'stop', name, in_s=3)
        self.refused('notice_s: expected a number, not negative', 'interrupt', name, notice_s=-1)
        self.refused('tell: expected some of events', 'interrupt', name, tell=['smoke'])
        self.refused('reason: expected one of', 'terminate', name, reason='Server.Fire')
        self.refused('code: expected one of instance-terminated', 'interrupt', name,
                     code='instance-stop')
        self.refused('code: expected one of instance-retirement', 'schedule', name, code='x')
        self.refused('only terminated ones', 'forget', name)
        self.refused('region: us-west-9 is not', 'stop', name, region='us-west-9')
        self.refused('there is no nil', 'messages', queue='nil')
        for body in b'{', b'[]', b'{"do": 1}':
            self.assertEqual(self.bench.post_control(body)[0], 400)
        spot = self.spot()[0]
        self.refused('EC2 stops none', 'stop', spot)
        self.do('interrupt', spot)
        self.refused('has its notice already', 'interrupt', spot)
        self.do('terminate', spot)
        self.refused('is shutting-down: it cannot be terminated', 'terminate', spot)
        self.refused('is shutting-down: it has no checks', 'impair', spot)

    def test_rebalance(self):
        name = self.spot()[0]
        self.do('rebalance', name)
        self.bench.pass_time(0.5)
        self.assertEqual([(e['detail-type'], e['detail']) for e in self.drain()],
                         [('EC2 Instance Rebalance Recommendation', {'instance-id': name})])
        self.assertEqual(json.loads(self.metadata(name, 'events/recommendations/rebalance')),
                         {'noticeTime': '2027-01-15T08:00:02Z'})

    def statuses(self, *filters, **more):
        return self.bench.call('DescribeInstanceStatus', Filters=[
            {'Name': n, 'Values': [v]} for n, v in filters], **more)['InstanceStatuses']

    def test_checks(self):
        good, bad = self.bench.launch(2)
        self.do('impair', bad, check='system')
        [one] = self.statuses(('system-status.status', 'impaired'))
        self.assertEqual((one['InstanceId'], one['SystemStatus']['Details'][0]['Status'],
                          one['InstanceStatus']['Status']), (bad, 'failed', 'ok'))
        self.assertEqual(one['SystemStatus']['Details'][0]['ImpairedSince'].timestamp(),
                         self.bench.time)
        self.assertEqual([s['InstanceId'] for s in self.statuses(
            ('instance-status.reachability', 'passed'))], [good, bad])
        self.do('impair', bad, check='both', status='insufficient-data')
        self.assertEqual(self.statuses()[1]['InstanceStatus']['Status'], 'insufficient-data')
        self.do('mend', bad)
        self.assertEqual([s['SystemStatus']['Status'] for s in self.statuses()], ['ok', 'ok'])
        self.bench.refused(self, 'InvalidParameterValue', "'tag:a' is invalid",
                           'DescribeInstanceStatus',
                           Filters=[{'Name': 'tag:a', 'Values': ['b']}])

    def test_checks_begin(self):
        bench = Bench({'timings': {'checks_ms': 5000}})
        bench.template()
        bench.launch(1)

        def status():
            return bench.call('DescribeInstanceStatus')['InstanceStatuses'][0]['SystemStatus']
        self.assertEqual(status()['Status'], 'initializing')
        bench.pass_time(5)
        self.assertEqual(status()['Status'], 'ok')

    def test_retirement(self):
        name = self.bench.launch(1)[0]
        self.bench.pass_time(1)
        self.drain()
        self.do('schedule', name, in_s=60, for_s=3600)
        self.bench.pass_time(1)
        [status] = self.statuses(('event.code', 'instance-retirement'))
        [event] = status['Events']
        self.assertEqual((event['NotAfter'] - event['NotBefore']).total_seconds(), 3600)
        [told] = self.drain()
        self.assertEqual((told['source'], told['resources']), ('aws.health', [name]))
        detail = told['detail']
        self.assertEqual((detail['eventTypeCode'], detail['eventTypeCategory'],
                          detail['affectedEntities'], detail['startTime']),
                         ('AWS_EC2_PERSISTENT_INSTANCE_RETIREMENT_SCHEDULED', 'scheduledChange',
                          [{'entityValue': name}], 'Fri, 15 Jan 2027 08:01:03 GMT'))
        [planned] = json.loads(self.metadata(name, 'events/maintenance/scheduled'))
        self.assertEqual((planned['NotBefore'], planned['State'], planned['EventId']),
                         ('15 Jan 2027 08:01:03 GMT', 'active', event['InstanceEventId']))
        # AWS does it: an instance on EBS is stopped
        self.bench.pass_time(62)
        gone = self.instance(name)
        self.assertEqual((gone['State'], gone['StateReason']['Code']),
                         ({'Code': 80, 'Name': 'stopped'}, 'Server.ScheduledStop'))
        [status] = self.statuses(IncludeAllInstances=True)
        self.assertEqual(status['Events'][0]['Description'],
                         '[Completed] The instance is running on degraded hardware')
        self.assertEqual(status['SystemStatus'], {'Status': 'not-applicable'})
        # and can be terminated still
        self.bench.call('TerminateInstances', InstanceIds=[name])
        self.assertEqual(self.instance(name)['State']['Name'], 'terminated')

    def test_plans_that_come_to_nothing_or_to_little(self):
        name, other = self.bench.launch(2)
        self.do('schedule', name, code='instance-stop', in_s=5)
        self.do('cancel', name)
        self.do('schedule', other, code='system-reboot', in_s=5)
        self.bench.pass_time(7)
        self.assertEqual([i['State']['Name'] for i in flat(self.bench.call('DescribeInstances'))],
                         ['running', 'running'])
        self.assertEqual([s['Events'][0]['Description'] for s in self.statuses()],
                         ['[Canceled] The instance is scheduled to be stopped',
                          '[Completed] scheduled reboot'])
        self.assertEqual(self.metadata(name, 'events/maintenance/scheduled'), '[]')
        self.assertIn('canceled', self.metadata(name, 'events/maintenance/history'))
        # a Spot instance is not stopped
        spot = self.spot()[0]
        self.do('schedule', spot, in_s=1)
        self.bench.pass_time(4)
        self.assertEqual(self.instance(spot)['State']['Name'], 'terminated')

    def test_stop_and_ends_from_outside(self):
        names = self.bench.launch(4)
        address = self.instance(names[0])['PrivateIpAddress']
        self.do('stop', names[0])
        self.assertEqual(self.instance(names[0])['State'], {'Code': 64, 'Name': 'stopping'})
        self.bench.pass_time(2)
        stopped = self.instance(names[0])
        self.assertEqual((stopped['State']['Name'], stopped['PrivateIpAddress']),
                         ('stopped', address))
        self.assertRegex(stopped['StateTransitionReason'],
                         r'^User initiated \(2027-01-15 08:00:\d\d GMT\)$')
        self.do('terminate', names[1])
        self.do('terminate', names[2], reason='Server.InternalError')
        self.do('terminate', names[3], reason='Client.InstanceInitiatedShutdown')
        self.bench.pass_time(2)
        self.assertEqual([(self.instance(n)['StateReason']['Code'],
                           self.instance(n)['StateTransitionReason'][:14]) for n in names[1:]],
                         [('Client.UserInitiatedShutdown', 'User initiated'),
                          ('Server.InternalError', 'Server.Interna'),
                          ('Client.InstanceInitiatedShutdown', '')])
        # a stopped instance takes no capacity
        self.assertEqual(self.bench.world.in_use().machines.total(), 0)

    def test_hidden_and_forgotten(self):
        name, other = self.bench.launch(2)
        self.do('hide', name, for_s=10)
        self.bench.refused(self, 'InvalidInstanceID.NotFound', name, 'DescribeInstances',
                           InstanceIds=[name])
        self.assertEqual([i['InstanceId'] for i in flat(self.bench.call('DescribeInstances'))],
                         [other])
        self.bench.pass_time(11)
        self.assertEqual(self.instance(name)['State']['Name'], 'running')
        self.do('terminate', other)
        self.bench.pass_time(2)
        self.do('forget', other)
        self.assertEqual([i['InstanceId'] for i in flat(self.bench.call('DescribeInstances'))],
                         [name])

    def test_bills(self):
        bench = self.bench
        forgotten, living, stopped = bench.launch(3)
        spot = self.spot()[0]
        bench.pass_time(100)
        self.do('terminate', forgotten, spot)
        self.do('stop', stopped)
        reason = self.instance(forgotten)['StateTransitionReason']
        bench.pass_time(10)
        self.do('forget', forgotten)
        self.do('terminate', stopped)
        bench.pass_time(10)
        bills = {b['instance']: b for b in self.do('billing')['instances']}
        self.assertEqual(list(bills), sorted(bills, key=lambda n: (bills[n]['launched'], n)))
        self.assertEqual(len(bills), 4)
        one = bills[forgotten]
        self.assertIn('(2027-01-15 08:01:43 GMT)', reason)
        self.assertEqual((one['ended'] - 1_800_000_000, one['seconds'], one['state']),
                         (103, 102, 'terminated'))
        self.assertEqual((one['billed_s'], one['usd_h'], one['market']),
                         (102, '0.08925', 'on-demand'))
        self.assertEqual(bills[stopped]['seconds'], 102)
        self.assertEqual((bills[living]['ended'], bills[living]['seconds']), (None, 122))
        self.assertEqual(bills[spot]['usd_h'], '0.05')
        # a minute at least, and nothing for what never ran
        short = bench.launch(1)[0]
        early = ids(bench.call('CreateFleet', **bench.request(1)))[0]
        self.do('terminate', short)
        self.do('terminate', early)
        bills = {b['instance']: b['billed_s'] for b in self.do('billing')['instances']}
        self.assertEqual((bills[short], bills[early]), (60, 0))

    def test_of_the_scenario(self):
        bench = Bench({'troubles': [
            {'do': 'terminate', 'az': 'us-east-2a', 'times': 2, 'after_s': 1,
             'with': {'reason': 'Server.InternalError'}, 'tags': {'gang': 'g1'}},
            {'do': 'interrupt', 'type': 'c7i.large'}]})
        bench.template()
        tags = [{'ResourceType': 'instance', 'Tags': [{'Key': 'gang', 'Value': 'g1'}]}]
        bench.launch(1)
        names = bench.launch(3, TagSpecifications=tags)
        bench.launch(1, TagSpecifications=tags, overrides=[
            {'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[1]}])
        bench.pass_time(3)
        ended = [i['InstanceId'] for i in flat(bench.call('DescribeInstances'))
                 if i['State']['Name'] != 'running']
        self.assertEqual(ended, names[:2])
        # on demand there are no interruptions: said in the journal
        [trouble] = [line for line in bench.journal.lines if line.get('event') == 'trouble']
        self.assertIn('only Spot instances', trouble['trouble'])
        for wrong, text in (({'do': 'melt'}, 'troubles[0].with: unknown action "melt"'),
                            ({'do': 'stop', 'with': {'x': 1}}, 'unknown key "x"'),
                            ({'do': 'stop', 'after_s': -1}, 'troubles[0].after_s'),
                            ({'do': 'stop', 'times': True}, 'times: wrong type')):
            with self.assertRaises(ScenarioError) as caught:
                build({'troubles': [wrong]})
            self.assertIn(text, str(caught.exception))

    def test_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            state = os.path.join(directory, 'state.db')
            self.bench = Bench(state=state)
            self.bench.template()
            plan, on_notice, halting = *self.bench.launch(1), *[
                ids(self.bench.call('CreateFleet', **{k: v for k, v in self.bench.request(
                    1, **SPOT).items() if k != 'OnDemandOptions'}))[0]], *self.bench.launch(1)
            self.do('schedule', plan, in_s=50, code='instance-stop')
            self.do('interrupt', on_notice, notice_s=60)
            self.do('stop', halting)
            later = Bench(state=state, start=self.bench.time + 2)
            later.pass_time(1)
            self.bench.store.close()
            self.bench = later
            states = [self.instance(n)['State']['Name'] for n in (plan, on_notice, halting)]
            self.assertEqual(states, ['running', 'running', 'stopped'])
            later.pass_time(62)
            states = [self.instance(n)['State']['Name'] for n in (plan, on_notice, halting)]
            self.assertEqual(states, ['stopped', 'terminated', 'stopped'])
            later.store.close()


if __name__ == '__main__':
    unittest.main()
