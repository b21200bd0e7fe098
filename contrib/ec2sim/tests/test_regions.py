"""Several regions in one simulator."""
import json
import os
import tempfile
import unittest

from bench import GROUP, SUBNETS, Bench, Failed, errors, ids
from imds import Metadata
from scenario import ScenarioError, build

WEST = {'region': 'us-west-2'}
SUBNET = 'subnet-0bbbbbbbbbbbbbbb1'
POOL = [{'InstanceType': 'c7i.large', 'SubnetId': SUBNET}]


class Regions(unittest.TestCase):
    def bench(self, **west):
        bench = Bench({'regions': {'us-west-2': west}, **self.more})
        bench.template()
        return bench

    def setUp(self):
        self.more = {}

    def west(self, bench, action, **params):
        return bench.call(action, sign=WEST, **params)

    def template(self, bench, **data):
        self.west(bench, 'CreateLaunchTemplate', LaunchTemplateName='burst',
                  LaunchTemplateData={'ImageId': 'ami-1', **data})
        bench.pass_time(1)

    def test_each_has_its_own(self):
        bench = self.bench()
        self.assertEqual([s['AvailabilityZone'] for s in self.west(
            bench, 'DescribeSubnets')['Subnets']], ['us-west-2a', 'us-west-2b', 'us-west-2c'])
        self.assertEqual(bench.call('DescribeSubnets')['Subnets'][0]['SubnetId'], SUBNETS[0])
        self.assertEqual(self.west(bench, 'DescribeLaunchTemplates')['LaunchTemplates'], [])
        with self.assertRaises(Failed) as caught:
            self.west(bench, 'CreateFleet', **bench.request(1, POOL))
        self.assertEqual(caught.exception.code, 'InvalidLaunchTemplateName.NotFoundException')
        self.template(bench)
        names = ids(self.west(bench, 'CreateFleet', **bench.request(2, POOL)))
        bench.pass_time(1)
        got = self.west(bench, 'DescribeInstances', InstanceIds=names)['Reservations'][0]
        self.assertEqual(got['Instances'][0]['Placement']['AvailabilityZone'], 'us-west-2a')
        self.assertEqual(got['Instances'][0]['PrivateIpAddress'], '10.77.17.4')
        self.assertIn('us-west-2.compute.internal', got['Instances'][0]['PrivateDnsName'])
        bench.refused(self, 'InvalidInstanceID.NotFound', names[0], 'TerminateInstances',
                      InstanceIds=names)
        self.assertEqual(bench.call('DescribeInstances')['Reservations'], [])
        self.west(bench, 'TerminateInstances', InstanceIds=names)
        regions = bench.call('DescribeRegions')['Regions']
        self.assertEqual([r['RegionName'] for r in regions], ['us-east-2', 'us-west-2'])
        bench.refused(self, 'InvalidParameterValue', 'eu-west-1', 'DescribeRegions',
                      RegionNames=['eu-west-1'])

    def test_another_region_is_none(self):
        with self.assertRaises(Failed) as caught:
            self.bench().call('DescribeSubnets', sign={'region': 'eu-west-1'})
        self.assertEqual(caught.exception.code, 'SignatureDoesNotMatch')

    def test_tokens_groups_and_quotas_are_regional(self):
        bench = self.bench(quotas={'placement-groups': 1, 'on-demand': {'standard': 2}},
                           capacity={'us-west-2b': 0})
        self.template(bench)
        here = bench.call('CreateFleet', **bench.request(2, ClientToken='t'))
        answer = self.west(bench, 'CreateFleet', **bench.request(2, POOL, ClientToken='t'))
        self.assertEqual((len(ids(here)), errors(answer)), (2, ['VcpuLimitExceeded']))
        for call in (bench.call, lambda *a, **p: self.west(bench, *a, **p)):
            call('CreatePlacementGroup', GroupName='g', Strategy='cluster')
        self.assertEqual(bench.quota('GetServiceQuota', sign=WEST, ServiceCode='ec2',
                                     QuotaCode='L-1216C47A')['Quota']['Value'], 2.0)
        with self.assertRaises(Failed) as caught:
            self.west(bench, 'CreatePlacementGroup', GroupName='h', Strategy='cluster')
        self.assertEqual(caught.exception.code, 'PlacementGroupLimitExceeded')

    def test_faults_and_journal_name_the_region(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'faults.json')
            with open(path, 'w', encoding='ascii') as f:
                json.dump([{'action': '*', 'every': True, 'region': 'us-west-2',
                            'capacity': {'default': 0}}], f)
            bench = Bench({'regions': {'us-west-2': {}}}, faults=path)
            bench.template()
            self.template(bench)
            self.assertEqual(len(ids(bench.call('CreateFleet', **bench.request(1)))), 1)
            self.assertEqual(errors(self.west(bench, 'CreateFleet', **bench.request(1, POOL))),
                             ['InsufficientInstanceCapacity'])
            self.assertEqual(bench.journal.lines[-1]['region'], 'us-west-2')
            pending = [e for e in bench.journal.lines if e.get('event') == 'pending']
            self.assertEqual([e['region'] for e in pending], ['us-east-2'])

    def test_metadata(self):
        bench = self.bench()
        self.template(bench, MetadataOptions={'HttpTokens': 'optional'})
        names = ids(self.west(bench, 'CreateFleet', **bench.request(1, POOL)))
        metadata = Metadata(bench.world, bench.simulator.keys)
        instance = metadata.instance('10.77.17.4')
        self.assertEqual(instance['id'], names[0])
        self.assertEqual(metadata.get(instance, '/latest/meta-data/placement/region', None),
                         (200, 'us-west-2'))
        document = json.loads(metadata.get(
            instance, '/latest/dynamic/instance-identity/document', None)[1])
        self.assertEqual(document['region'], 'us-west-2')

    def test_all_survive_a_restart(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, 'state.db')
            given = {'regions': {'us-west-2': {}}}
            one = Bench(given, state=path)
            one.template()
            self.template(one)
            names = ids(self.west(one, 'CreateFleet', **one.request(1, POOL)))
            two = Bench(given, state=path, start=one.time)
            two.pass_time(1)
            got = self.west(two, 'DescribeInstances', InstanceIds=names)['Reservations'][0]
            self.assertEqual(got['Instances'][0]['State']['Name'], 'running')
            self.assertEqual(two.call('DescribeInstances')['Reservations'], [])
            self.assertEqual(len(two.call('DescribeLaunchTemplates')['LaunchTemplates']), 1)

    def test_scenario(self):
        own = [{'id': 's', 'az': 'us-west-2a', 'cidr': '10.0.0.0/24'}]
        scenario = build({'account': '999999999999', 'regions': {'us-west-2': {
            'subnets': own, 'security_groups': [{'id': GROUP, 'self_referencing': True}]}}})
        self.assertEqual(list(scenario.regions['us-west-2'].subnets), ['s'])
        self.assertEqual(scenario.regions['us-west-2'].account, '999999999999')
        table = [({'us-east-2': {}}, 'others than the region itself'),
                 ({'us-west-2': {'account': 'x'}}, 'regions.us-west-2: unknown key "account"'),
                 ({'us-west-2': {'capacity': {'default': -1}}}, 'regions.us-west-2: capacity'),
                 ({f'us-west-{i}': {} for i in range(6)}, 'up to five')]
        for given, text in table:
            with self.subTest(text), self.assertRaises(ScenarioError) as caught:
                build({'regions': given})
            self.assertIn(text, str(caught.exception))


if __name__ == '__main__':
    unittest.main()
