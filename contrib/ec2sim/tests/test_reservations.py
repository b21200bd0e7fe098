"""Capacity Reservations and Capacity Blocks."""
import os
import unittest
from unittest import mock

from bench import SUBNETS, Bench, errors, ids, needs_newer
from scenario import ScenarioError, build

POOL = [{'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[0]}]
BLOCK = {'id': 'cr-block', 'type': 'p5.48xlarge', 'az': 'us-east-2a', 'total': 2,
         'kind': 'capacity-block'}


def one(**more):
    return {'id': 'cr-1', 'type': 'c7i.large', 'az': 'us-east-2a', 'total': 3, **more}


def target(name):
    return {'CapacityReservationSpecification': {
        'CapacityReservationTarget': {'CapacityReservationId': name}}}


class Reservations(unittest.TestCase):
    def bench(self, *given, **more):
        bench = Bench({'capacity_reservations': list(given), **more})
        bench.template()
        return bench

    def free(self, bench):
        return {r['CapacityReservationId']: r['AvailableInstanceCount']
                for r in bench.call('DescribeCapacityReservations')['CapacityReservations']}

    def launch(self, bench, count, template='burst', overrides=None):
        answer = bench.call('CreateFleet', **bench.request(count, overrides or POOL, template))
        bench.pass_time(1)
        return answer

    def test_describe(self):
        bench = self.bench(one(), one(id='cr-2', match='targeted', group='g', az='us-east-2b'),
                           one(id='cr-3', state='scheduled'))
        got = bench.call('DescribeCapacityReservations')['CapacityReservations']
        first = got[0]
        self.assertEqual(
            (first['TotalInstanceCount'], first['AvailableInstanceCount'], first['State'],
             first['InstanceMatchCriteria'], first['Tenancy'], first['EndDateType']),
            (3, 3, 'active', 'open', 'default', 'unlimited'))
        self.assertEqual(got[1]['PlacementGroupArn'],
                         'arn:aws:ec2:us-east-2:123456789012:placement-group/g')
        self.assertEqual(got[2]['AvailableInstanceCount'], 0)
        found = bench.call('DescribeCapacityReservations', Filters=[
            {'Name': 'instance-match-criteria', 'Values': ['targeted']}])['CapacityReservations']
        self.assertEqual([r['CapacityReservationId'] for r in found], ['cr-2'])
        found = bench.call('DescribeCapacityReservations', CapacityReservationIds=['cr-3'])
        self.assertEqual(len(found['CapacityReservations']), 1)
        bench.refused(self, 'InvalidCapacityReservationId.NotFound', 'cr-9',
                      'DescribeCapacityReservations', CapacityReservationIds=['cr-9'])

    def test_targeted(self):
        bench = self.bench(one(match='targeted'), capacity={'default': 0},
                           quotas={'on-demand': {'standard': 6}})
        bench.template('aimed', **target('cr-1'))
        # neither capacity nor quota is asked, but the reservation has only three
        answer = self.launch(bench, 4, 'aimed')
        self.assertEqual(errors(answer), ['ReservationCapacityExceeded'])
        self.assertIn('does not have sufficient', answer['Errors'][0]['ErrorMessage'])
        names = ids(self.launch(bench, 2, 'aimed'))
        self.assertEqual((len(names), self.free(bench)), (2, {'cr-1': 1}))
        got = bench.call('DescribeInstances', Filters=[
            {'Name': 'capacity-reservation-id', 'Values': ['cr-1']}])
        instance = got['Reservations'][0]['Instances'][0]
        self.assertEqual((instance['CapacityReservationId'],
                          instance['CapacityReservationSpecification']),
                         ('cr-1', {'CapacityReservationTarget': {'CapacityReservationId': 'cr-1'}}))
        self.assertEqual(errors(self.launch(bench, 2, 'aimed')), ['ReservationCapacityExceeded'])
        # without a target it is not for us
        self.assertEqual(errors(self.launch(bench, 1)), ['InsufficientInstanceCapacity'])
        bench.call('TerminateInstances', InstanceIds=names)
        bench.pass_time(2)
        self.assertEqual(self.free(bench), {'cr-1': 3})

    def test_targets_that_do_not_fit(self):
        bench = self.bench(one(id='cr-b', az='us-east-2b'), one(id='cr-t', type='c6i.large'),
                           one(id='cr-g', group='other'), one(id='cr-p', state='pending'),
                           one(id='cr-x', state='expired'))
        table = [('cr-b', 'ReservationCapacityExceeded'), ('cr-t', 'ReservationCapacityExceeded'),
                 ('cr-g', 'ReservationCapacityExceeded'),
                 ('cr-p', 'InvalidCapacityReservationState.PendingActivation'),
                 ('cr-x', 'InvalidCapacityReservationState'),
                 ('cr-9', 'InvalidCapacityReservationId.NotFound')]
        for name, code in table:
            with self.subTest(name):
                bench.template(name, **target(name))
                self.assertEqual(errors(self.launch(bench, 1, name)), [code])
        bench.template('spot', **target('cr-b'))
        request = bench.request(1, POOL, 'spot')
        request['TargetCapacitySpecification'] = {'TotalTargetCapacity': 1,
                                                  'DefaultTargetCapacityType': 'spot'}
        request['OnDemandOptions'] = {}
        self.assertEqual(errors(bench.call('CreateFleet', **request)),
                         ['InvalidParameterCombination'])
        bench.refused(self, 'InvalidParameterCombination', 'exclude each other',
                      'CreateLaunchTemplate', LaunchTemplateName='both', LaunchTemplateData={
                          'ImageId': 'ami-1', 'CapacityReservationSpecification': {
                              'CapacityReservationPreference': 'open',
                              'CapacityReservationTarget': {'CapacityReservationId': 'cr-b'}}})

    def test_of_a_placement_group(self):
        bench = self.bench(one(group='g'), capacity={'default': 0})
        self.assertEqual(errors(self.launch(bench, 1)), ['InsufficientInstanceCapacity'])
        inside = [{**POOL[0], 'Placement': {'GroupName': 'g'}}]
        names = ids(self.launch(bench, 3, overrides=inside))
        self.assertEqual((len(names), self.free(bench)), (3, {'cr-1': 0}))
        bench.call('TerminateInstances', InstanceIds=names)
        bench.pass_time(2)
        # empty, but for the reservation
        bench.refused(self, 'InvalidPlacementGroup.InUse', "'g'", 'DeletePlacementGroup',
                      GroupName='g')

    def test_open(self):
        bench = self.bench(one(), capacity={'default': 2}, quotas={'on-demand': {'standard': 10}})
        # three reserved (6 vCPUs of the quota, used or not) and two more
        self.assertEqual(errors(self.launch(bench, 6)), ['InsufficientInstanceCapacity'])
        self.assertEqual(len(ids(self.launch(bench, 5))), 5)
        self.assertEqual(self.free(bench), {'cr-1': 0})
        self.assertEqual(errors(self.launch(bench, 1)), ['InsufficientInstanceCapacity'])
        bench = self.bench(one(), quotas={'on-demand': {'standard': 10}})
        self.assertEqual(errors(self.launch(bench, 6)), ['VcpuLimitExceeded'])

    def test_not_open_to_those_who_will_not(self):
        bench = self.bench(one(), capacity={'default': 0})
        bench.template('none', CapacityReservationSpecification={
            'CapacityReservationPreference': 'none'})
        self.assertEqual(errors(self.launch(bench, 1, 'none')), ['InsufficientInstanceCapacity'])

    @needs_newer
    def test_reservations_only(self):
        bench = self.bench(one())
        bench.template('only', CapacityReservationSpecification={
            'CapacityReservationPreference': 'capacity-reservations-only'})
        self.assertEqual(errors(self.launch(bench, 4, 'only')), ['ReservationCapacityExceeded'])
        self.assertEqual(len(ids(self.launch(bench, 3, 'only'))), 3)

    def test_reservations_first(self):
        pools = [{'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[i], 'Priority': float(i)}
                 for i in range(3)]
        for strategy, zone in ((None, 'us-east-2a'),
                               ('use-capacity-reservations-first', 'us-east-2c')):
            bench = self.bench(one(az='us-east-2c'))
            request = bench.request(2, pools)
            if strategy:
                request['OnDemandOptions']['CapacityReservationOptions'] = {
                    'UsageStrategy': strategy}
            got = bench.call('CreateFleet', **request)['Instances'][0]
            self.assertEqual(got['LaunchTemplateAndOverrides']['Overrides']['AvailabilityZone'],
                             zone)
            self.assertEqual(self.free(bench), {'cr-1': 1 if strategy else 3})

    def test_scenario(self):
        table = [({'id': 'x'}, 'expected cr-'), ({'type': 'x.large'}, '.type'),
                 ({'az': 'us-east-2z'}, '.az'), ({'kind': 'x'}, '.kind'),
                 ({'kind': 'capacity-block', 'match': 'open'}, 'targeted'),
                 ({'total': -1}, 'total'), ({'state': 'x'}, '.state')]
        for more, text in table:
            with self.subTest(text), self.assertRaises(ScenarioError) as caught:
                build({'capacity_reservations': [one(**more)]})
            self.assertIn(text, str(caught.exception))

    # ---- blocks --------------------------------------------------------------------

    def block_request(self, bench, count, template='block', **more):
        return {'Type': 'instant', 'LaunchTemplateConfigs': bench.request(
            1, [{'InstanceType': 'p5.48xlarge', 'SubnetId': SUBNETS[0]}],
            template)['LaunchTemplateConfigs'], 'TargetCapacitySpecification': {
                'TotalTargetCapacity': count, 'DefaultTargetCapacityType': 'capacity-block'},
            **more}

    @needs_newer
    def test_block(self):
        bench = self.bench(BLOCK, capacity={'default': 0}, quotas={'on-demand': {'p': 0}})
        described = bench.call('DescribeCapacityReservations')['CapacityReservations'][0]
        self.assertEqual((described['ReservationType'], described['EndDateType']),
                         ('capacity-block', 'limited'))
        market = {'InstanceMarketOptions': {'MarketType': 'capacity-block'}}
        bench.template('block', **market, **target('cr-block'))
        names = ids(bench.call('CreateFleet', **self.block_request(bench, 1)))
        bench.pass_time(1)
        instance = bench.call('DescribeInstances', InstanceIds=names)[
            'Reservations'][0]['Instances'][0]
        self.assertEqual((instance['InstanceLifecycle'], instance['CapacityReservationId']),
                         ('capacity-block', 'cr-block'))
        # what the block has left, and the error beside it
        answer = bench.call('CreateFleet', **self.block_request(bench, 3))
        self.assertEqual((len(ids(answer)), errors(answer)), (1, ['ReservationCapacityExceeded']))
        self.assertEqual(self.free(bench), {'cr-block': 0})

    @needs_newer
    def test_block_rules(self):
        bench = self.bench(BLOCK, one())
        market = {'InstanceMarketOptions': {'MarketType': 'capacity-block'}}
        bench.template('block', **market, **target('cr-block'))
        bench.template('no-market', **target('cr-block'))
        bench.template('no-target', **market)
        bench.template('no-block', **market, **target('cr-1'))
        for template, code in (('no-market', 'InvalidParameterCombination'),
                               ('no-target', 'MissingParameter'),
                               ('no-block', 'InvalidParameterCombination'),
                               ('burst', 'InvalidParameterCombination')):
            with self.subTest(template):
                answer = bench.call('CreateFleet', **self.block_request(bench, 1, template))
                self.assertEqual(errors(answer), [code])
        pool = [{'InstanceType': 'p5.48xlarge', 'SubnetId': SUBNETS[0]}]
        self.assertEqual(errors(self.launch(bench, 1, 'block', pool)),
                         ['InvalidParameterCombination'])
        self.assertEqual(errors(self.launch(bench, 1, 'no-market', pool)),
                         ['InvalidParameterCombination'])
        bench.refused(self, 'InvalidParameterCombination', 'not supported for Capacity Blocks',
                      'CreateFleet', **self.block_request(bench, 1, OnDemandOptions={
                          'CapacityReservationOptions': {
                              'UsageStrategy': 'use-capacity-reservations-first'}}))
        types = bench.call('DescribeInstanceTypes', InstanceTypes=['p5.48xlarge'])
        self.assertIn('capacity-block', types['InstanceTypes'][0]['SupportedUsageClasses'])

    def test_block_without_a_newer_model(self):
        with mock.patch.dict(os.environ, {'BURST_MODELS': '/nonexistent'}):
            if 'capacity-blocks' in Bench().world.features:
                return    # the installed one is new enough
            with self.assertRaises(ScenarioError) as caught:
                Bench({'capacity_reservations': [BLOCK]})
            self.assertIn('contrib/ci/model', str(caught.exception))
            self.assertEqual(len(self.free(self.bench(one()))), 1)


if __name__ == '__main__':
    unittest.main()
