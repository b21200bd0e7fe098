"""Instances in time: visibility, states, paging, filters, throttling, restart."""
import os
import tempfile
import unittest

import instances
from bench import Bench, Failed, ids
from scenario import ScenarioError, build


def flat(answer):
    return [i for r in answer['Reservations'] for i in r['Instances']]


class Life(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.bench.template()

    def state(self, name):
        return flat(self.bench.call('DescribeInstances', InstanceIds=[name]))[0]['State']['Name']

    def test_eventual_consistency(self):
        bench = self.bench
        name = ids(bench.call('CreateFleet', **bench.request(1)))[0]
        for action in ('DescribeInstances', 'TerminateInstances'):
            bench.refused(self, 'InvalidInstanceID.NotFound', name, action, InstanceIds=[name])
        bench.refused(self, 'InvalidInstanceID.NotFound', name, 'CreateTags', Resources=[name],
                      Tags=[{'Key': 'a', 'Value': 'b'}])
        self.assertEqual(flat(bench.call('DescribeInstances')), [])
        bench.pass_time(0.35)
        self.assertNotIn('PrivateIpAddress', flat(bench.call('DescribeInstances'))[0])
        bench.pass_time(0.1)
        self.assertEqual(flat(bench.call('DescribeInstances'))[0]['PrivateIpAddress'],
                         '10.77.1.4')

    def test_states(self):
        bench = self.bench
        name = bench.launch(1)[0]
        self.assertEqual(self.state(name), 'running')
        got = bench.call('TerminateInstances', InstanceIds=[name])['TerminatingInstances'][0]
        self.assertEqual((got['PreviousState']['Name'], got['CurrentState']['Name']),
                         ('running', 'shutting-down'))
        bench.pass_time(1.6)
        gone = flat(bench.call('DescribeInstances'))[0]
        self.assertEqual(gone['State'], {'Code': 48, 'Name': 'terminated'})
        self.assertEqual(gone['StateReason']['Code'], 'Client.UserInitiatedShutdown')
        self.assertIn('User initiated (', gone['StateTransitionReason'])
        self.assertNotIn('PrivateIpAddress', gone)
        # again: fine
        bench.call('TerminateInstances', InstanceIds=[name])
        bench.pass_time(3601)
        self.assertEqual(flat(bench.call('DescribeInstances')), [])
        events = [line['event'] for line in bench.journal.lines if line['kind'] == 'event']
        self.assertEqual(events, ['pending', 'running', 'shutting-down', 'terminated'])

    def test_terminate_is_all_or_nothing(self):
        name = self.bench.launch(1)[0]
        self.bench.refused(self, 'InvalidInstanceID.NotFound', 'i-0123456789abcdef0',
                           'TerminateInstances', InstanceIds=[name, 'i-0123456789abcdef0'])
        self.bench.refused(self, 'InvalidInstanceID.Malformed', 'i-xyz',
                           'TerminateInstances', InstanceIds=[name, 'i-xyz'])
        self.assertEqual(self.state(name), 'running')

    def test_protection(self):
        self.bench.template('kept', DisableApiTermination=True)
        name = self.bench.launch(1, template='kept')[0]
        self.bench.refused(self, 'OperationNotPermitted', name, 'TerminateInstances',
                           InstanceIds=[name])

    def test_paging_and_filters(self):
        names = self.bench.launch(12, TagSpecifications=[{
            'ResourceType': 'instance', 'Tags': [{'Key': 'gang', 'Value': 'g 1'}]}])
        query = {'Filters': [{'Name': 'tag:gang', 'Values': ['g*']},
                             {'Name': 'instance-state-name', 'Values': ['pending', 'running']}],
                 'MaxResults': 5}
        seen, token = [], None
        while True:
            got = self.bench.call('DescribeInstances', **query,
                                  **({'NextToken': token} if token else {}))
            seen += [i['InstanceId'] for i in flat(got)]
            token = got.get('NextToken')
            if not token:
                break
            other = token
        self.assertEqual(seen, names)
        self.bench.refused(self, 'InvalidParameterValue', 'another request', 'DescribeInstances',
                           MaxResults=5, NextToken=other)
        self.bench.refused(self, 'InvalidParameterCombination', 'maxResults', 'DescribeInstances',
                           InstanceIds=names[:1], MaxResults=5)
        self.bench.refused(self, 'InvalidParameterValue', 'between 5 and 1000',
                           'DescribeInstances', MaxResults=4)
        self.bench.refused(self, 'InvalidParameterValue', 'colour', 'DescribeInstances',
                           Filters=[{'Name': 'colour', 'Values': ['red']}])
        for name, value, count in (('subnet-id', 'subnet-0aaaaaaaaaaaaaaa1', 12),
                                   ('tag-key', 'gang', 12), ('instance-id', names[3], 1),
                                   ('vpc-id', 'vpc-?aaaaaaaaaaaaaaa1', 12),
                                   ('placement-group-name', 'x', 0), ('client-token', 'x', 0)):
            got = self.bench.call('DescribeInstances', Filters=[{'Name': name, 'Values': [value]}])
            self.assertEqual(len(flat(got)), count, name)

    def test_status(self):
        name = ids(self.bench.call('CreateFleet', **self.bench.request(1)))[0]
        self.bench.pass_time(0.4)
        self.assertEqual(self.bench.call('DescribeInstanceStatus')['InstanceStatuses'], [])
        got = self.bench.call('DescribeInstanceStatus', IncludeAllInstances=True)
        self.assertEqual(got['InstanceStatuses'][0]['InstanceId'], name)
        self.bench.pass_time(1)
        got = self.bench.call('DescribeInstanceStatus')
        self.assertEqual(got['InstanceStatuses'][0]['InstanceStatus']['Status'], 'ok')

    def test_thousand(self):
        bench = Bench({'subnets': [{'id': 's', 'az': 'us-east-2a', 'cidr': '10.64.0.0/16'}]})
        bench.template()
        pool = [{'InstanceType': 'c7i.large', 'SubnetId': 's'}]
        names = []
        for _ in range(4):
            names += bench.launch(1000, overrides=pool)
        self.assertEqual(len(set(names)), 4000)
        self.assertEqual(len(flat(bench.call('DescribeInstances', MaxResults=1000))), 1000)
        bench.refused(self, 'InvalidParameterValue', '1000', 'TerminateInstances',
                      InstanceIds=names[:1001])
        bench.call('TerminateInstances', InstanceIds=names[:1000])
        # the bucket of instances is empty now and fills at 20 a second
        bench.refused(self, 'RequestLimitExceeded', 'limit', 'TerminateInstances',
                      InstanceIds=names[1000:2000])
        bench.pass_time(50)
        bench.call('TerminateInstances', InstanceIds=names[1000:2000])


class Throttling(unittest.TestCase):
    def count(self, bench, action, **params):
        for n in range(1000):
            try:
                bench.call(action, **params)
            except Failed as e:
                self.assertEqual((e.status, e.code), (503, 'RequestLimitExceeded'))
                return n
        return 1000

    def test_buckets(self):
        bench = Bench()
        bench.template()
        self.assertEqual(self.count(bench, 'DescribeInstances'), 50)
        self.assertEqual(self.count(bench, 'DescribeInstances', MaxResults=5), 100)
        bench.pass_time(1)
        self.assertEqual(self.count(bench, 'DescribeInstances', MaxResults=5), 20)
        self.assertEqual(self.count(bench, 'DescribeSubnets'), 100)

    def test_fleets_may_draw_on_instances(self):
        bench = Bench({'throttling': {'CreateFleet:instances': [5, 2]}})
        bench.template()
        bench.call('CreateFleet', **bench.request(4))
        bench.refused(self, 'RequestLimitExceeded', 'limit', 'CreateFleet', **bench.request(4))
        bench.pass_time(2)
        bench.call('CreateFleet', **bench.request(4))

    def test_settings(self):
        bench = Bench({'throttling': {'DescribeSubnets': [3, 1], 'DescribeTags': False}})
        self.assertEqual(self.count(bench, 'DescribeSubnets'), 3)
        self.assertEqual(self.count(bench, 'DescribeTags'), 1000)
        self.assertEqual(self.count(Bench({'throttling': False}), 'DescribeSubnets'), 1000)


class Restart(unittest.TestCase):
    def test_everything_is_still_there(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'state.db')
            one = Bench(state=path)
            one.template()
            one.group()
            request = one.request(3, ClientToken='tok')
            answer = one.call('CreateFleet', **request)
            one.pass_time(1)
            one.call('TerminateInstances', InstanceIds=ids(answer)[:1])
            before = one.call('DescribeInstances')
            # as after kill -9: nothing is closed
            two = Bench(state=path, start=one.time)
            self.assertEqual(two.call('DescribeInstances'), before)
            self.assertEqual(two.call('CreateFleet', **request), answer)
            self.assertEqual(len(two.call('DescribePlacementGroups')['PlacementGroups']), 1)
            two.pass_time(2)
            states = [i['State']['Name'] for i in flat(two.call('DescribeInstances'))]
            self.assertEqual(states, ['terminated', 'running', 'running'])
            # the free address is used again, the others are not
            fresh = two.launch(2)
            got = flat(two.call('DescribeInstances', InstanceIds=fresh))
            self.assertEqual([i['PrivateIpAddress'] for i in got], ['10.77.1.4', '10.77.1.7'])

    def test_booted_machines_are_lost(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'state.db')
            one = Bench(state=path)
            one.template()
            name = one.launch(1)[0]
            one.world.instances[name]['booted'] = True
            one.store.put('instance', name, one.world.instances[name])
            one.store.commit()
            two = Bench(state=path, start=one.time)
            got = flat(two.call('DescribeInstances', InstanceIds=[name]))[0]
            self.assertEqual(got['State']['Name'], 'terminated')
            self.assertEqual(got['StateReason']['Code'], instances.LOST['Code'])


class Scenarios(unittest.TestCase):
    def test_errors_name_the_place(self):
        table = [
            ({'colour': 1}, 'unknown key "colour"'),
            ({'subnets': [{'id': 's', 'az': 'us-east-2a'}]}, 'subnets[0]: "cidr" is missing'),
            ({'subnets': [{'id': 's', 'az': 'us-east-2a', 'cidr': '10.0.0.1/24'}]},
             'subnets[0].cidr'),
            ({'subnets': [{'id': 's', 'az': 'eu-west-1a', 'cidr': '10.0.0.0/24'}]},
             'not in region'),
            ({'timings': {'pending': 5}}, 'timings: unknown key'),
            ({'timings': {'pending_ms': -5}}, 'timings.pending_ms'),
            ({'capacity': {'default': '5'}}, 'capacity.default'),
            ({'credentials': [{'access_key': 'x'}]}, 'credentials[0]: "secret_key" is missing'),
            ({'instance_types': {'x.large': {'cards': 'many'}}}, 'instance_types.x.large'),
            ({'quotas': {'standard': 5}}, 'quotas'),
            ({'quotas': {'spot': {'hpd': 5}}}, 'quotas.spot: unknown family "hpd"'),
            ({'quotas': {'default': {'spot': {'hpc': -1}}}}, 'quotas.default.spot.hpc'),
            ({'quotas': {'placement-groups': '5'}}, 'quotas.placement-groups'),
            ({'fleet_errors': 'none'}, 'fleet_errors'),
        ]
        for given, text in table:
            with self.subTest(text), self.assertRaises(ScenarioError) as caught:
                build(given)
            self.assertIn(text, str(caught.exception))

    def test_types(self):
        types = build({'instance_types': {'c7i.large': {'vcpus': 99},
                                          'new.huge': {'efa': 4, 'cards': '4x2'}}}).types
        self.assertEqual(types['c7i.large'].vcpus, 99)
        self.assertEqual(types['new.huge'].efa_cards(), {0, 1, 2, 3})
        self.assertEqual(sum(bool(t.efa) for t in build({}).types.values()), 298)
