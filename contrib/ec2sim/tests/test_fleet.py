"""CreateFleet's rules."""
import unittest

from bench import SUBNETS, GROUP, Bench, errors, ids

FOUR = [{'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[0]},
        {'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[1]},
        {'InstanceType': 'c6i.large', 'SubnetId': SUBNETS[0]},
        {'InstanceType': 'c6i.large', 'SubnetId': SUBNETS[1]}]


def efa(*places: tuple[int, int, str]) -> list[dict]:
    return [{'NetworkCardIndex': c, 'DeviceIndex': d, 'InterfaceType': t, 'Groups': [GROUP]}
            for c, d, t in places]


class Fleet(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.bench.template()

    def test_happy(self):
        answer = self.bench.call('CreateFleet', **self.bench.request(3))
        self.assertEqual(len(ids(answer)), 3)
        self.assertEqual(errors(answer), [])
        self.assertEqual(answer['Instances'][0]['InstanceType'], 'c7i.large')
        self.assertEqual(answer['Instances'][0]['Lifecycle'], 'on-demand')

    def test_rules_between_parameters(self):
        table = [
            ('InvalidParameterValue', 'MinTargetCapacity is 1 to 1000',
             {'OnDemandOptions': {'MinTargetCapacity': 1001, 'SingleInstanceType': True}}),
            ('InvalidParameterCombination', 'needs SingleInstanceType',
             {'OnDemandOptions': {'MinTargetCapacity': 2}}),
            ('InvalidParameterCombination', 'exceeds its target capacity',
             {'OnDemandOptions': {'MinTargetCapacity': 3, 'SingleInstanceType': True}}),
            ('InvalidParameterValue', 'TotalTargetCapacity is 1 to 10000',
             {'TargetCapacitySpecification': {'TotalTargetCapacity': 10001}}),
            ('InvalidParameterCombination', 'Spot units',
             {'TargetCapacitySpecification': {'TotalTargetCapacity': 2, 'SpotTargetCapacity': 1,
                                              'OnDemandTargetCapacity': 1},
              'OnDemandOptions': {}}),
            ('UnsupportedOperation', 'type instant only', {'Type': 'request'}),
            ('InvalidParameterValue', 'not a valid taggable resource',
             {'TagSpecifications': [{'ResourceType': 'volume', 'Tags': [{'Key': 'a'}]}]}),
            ('InvalidParameterValue', '1 to 64', {'ClientToken': 'x' * 65}),
        ]
        for code, text, more in table:
            with self.subTest(text):
                self.bench.refused(self, code, text, 'CreateFleet',
                                   **{**self.bench.request(2), **more})

    def test_overrides(self):
        one = {'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[0]}
        table = [
            ('InvalidParameter', 'Placement.Tenancy is not supported',
             [{**one, 'Placement': {'Tenancy': 'default'}}]),
            ('InvalidParameterCombination', 'GroupName and GroupId',
             [{**one, 'Placement': {'GroupName': 'a', 'GroupId': 'pg-1'}}]),
            ('InvalidParameterCombination', 'SubnetId or an AvailabilityZone',
             [{**one, 'AvailabilityZone': 'us-east-2a'}]),
            ('InvalidParameterValue', 'only one subnet ID',
             [{**one, 'SubnetId': ','.join(SUBNETS[:2])}]),
            ('InvalidParameterValue', 'Invalid spot price', [{**one, 'MaxPrice': '0.001'}]),
            ('InvalidParameterValue', 'whole number', [{**one, 'Priority': 0.5}]),
            ('InvalidSubnetID.NotFound', 'subnet-9', [{**one, 'SubnetId': 'subnet-9'}]),
            ('InvalidFleetConfiguration', 'duplicate instance pools', [one, one]),
        ]
        for code, text, overrides in table:
            with self.subTest(text):
                self.bench.refused(self, code, text, 'CreateFleet',
                                   **self.bench.request(2, overrides))

    def test_two_subnets_of_one_zone(self):
        bench = Bench({'subnets': [
            {'id': 'subnet-a', 'az': 'us-east-2a', 'cidr': '10.77.1.0/24'},
            {'id': 'subnet-b', 'az': 'us-east-2a', 'cidr': '10.77.2.0/24'}]})
        bench.template()
        bench.refused(self, 'InvalidFleetConfiguration', 'same Availability Zone', 'CreateFleet',
                      **bench.request(1, [{'InstanceType': t, 'SubnetId': s} for t, s in
                                          (('c7i.large', 'subnet-a'), ('c6i.large', 'subnet-b'))]))

    def test_all_or_nothing_per_pool(self):
        bench = Bench({'capacity': {'default': 3}})
        bench.template()
        answer = bench.call('CreateFleet', **bench.request(4, FOUR))
        self.assertEqual(ids(answer), [])
        self.assertEqual(errors(answer), ['InsufficientInstanceCapacity'] * 4)
        self.assertIn('(us-east-2a)', answer['Errors'][0]['ErrorMessage'])
        self.assertEqual(bench.world.instances, {})

    def message(self, scenario, count, overrides=None, **more):
        bench = Bench(scenario)
        bench.template()
        answer = bench.call('CreateFleet', **bench.request(count, overrides, **more))
        return answer['Errors'][0]['ErrorMessage'] if answer['Errors'] else ''

    def test_zones_that_have_room_are_named(self):
        full = ('We currently do not have sufficient c7i.large capacity in the Availability Zone '
                'you requested (us-east-2a). Our system will be working on provisioning '
                'additional capacity.')
        hint = (' You can currently get c7i.large capacity by not specifying an Availability Zone '
                'in your request or choosing ')
        table = [
            ({'us-east-2a': 3}, hint + 'us-east-2b, us-east-2c.'),
            ({'us-east-2a': 0, 'us-east-2b': 4}, hint + 'us-east-2b, us-east-2c.'),
            ({'us-east-2a': 0, 'us-east-2b': 3}, hint + 'us-east-2c.'),    # too few for four
            ({'default': 3}, ''),
        ]
        for capacity, more in table:
            with self.subTest(capacity):
                self.assertEqual(self.message({'capacity': capacity}, 4), full + more)
        self.assertEqual(self.message({'capacity': {'us-east-2a': 0},
                                       'offerings': {'c7i.large': ['us-east-2a', 'us-east-2c']}},
                                      1), full + hint + 'us-east-2c.')

    def test_zones_that_are_used_up_are_not_named(self):
        bench = Bench({'capacity': {'default': 2, 'us-east-2c': 0}})
        bench.template()
        bench.launch(1, overrides=[FOUR[1]])
        answer = bench.call('CreateFleet', **bench.request(3))
        self.assertNotIn('choosing', answer['Errors'][0]['ErrorMessage'])
        bench = Bench({'capacity': {'us-east-2a': 0, 'us-east-2b': 3}})
        bench.template()
        bench.launch(1, overrides=[FOUR[1]])
        answer = bench.call('CreateFleet', **bench.request(3))
        self.assertIn('choosing us-east-2c.', answer['Errors'][0]['ErrorMessage'])

    def test_spot_words_it_differently(self):
        spot = {'TargetCapacitySpecification': {'TotalTargetCapacity': 2,
                                                'DefaultTargetCapacityType': 'spot'},
                'OnDemandOptions': {},
                'SpotOptions': {'SingleInstanceType': True, 'MinTargetCapacity': 2}}
        self.assertEqual(self.message({'capacity': {'default': 0}}, 2, **spot),
                         'There is no Spot capacity available that matches your request.')
        self.assertIn('Unable to fulfill capacity due to your request configuration',
                      self.message({'capacity': {'default': 1}}, 2, **spot))

    def test_error_of_the_first_pool_only(self):
        bench = Bench({'capacity': {'default': 3}, 'fleet_errors': 'first'})
        bench.template()
        answer = bench.call('CreateFleet', **bench.request(4, FOUR))
        self.assertEqual(errors(answer), ['InsufficientInstanceCapacity'])
        self.assertEqual(answer['Errors'][0]['LaunchTemplateAndOverrides']['Overrides'],
                         {**FOUR[0], 'AvailabilityZone': 'us-east-2a'})

    def test_errors_beside_a_full_set(self):
        bench = Bench({'capacity': {'c7i.large/us-east-2a': 0, 'c7i.large/us-east-2b': 3}})
        bench.template()
        answer = bench.call('CreateFleet', **bench.request(4, FOUR))
        self.assertEqual(len(ids(answer)), 4)
        self.assertEqual(answer['Instances'][0]['InstanceType'], 'c6i.large')
        self.assertEqual(errors(answer), ['InsufficientInstanceCapacity'] * 2)

    def test_partial_without_minimum(self):
        bench = Bench({'capacity': {'default': 3}})
        bench.template()
        request = bench.request(10, FOUR)
        request['OnDemandOptions'] = {'AllocationStrategy': 'prioritized'}
        answer = bench.call('CreateFleet', **request)
        self.assertEqual(len(ids(answer)), 10)
        self.assertEqual(len(answer['Instances']), 4)
        request['TargetCapacitySpecification'] = {'TotalTargetCapacity': 5}
        self.assertEqual(len(ids(bench.call('CreateFleet', **request))), 2)

    def test_priority_and_price(self):
        overrides = [{**o, 'Priority': float(p)} for o, p in zip(FOUR, (3, 2, 1, 0))]
        answer = self.bench.call('CreateFleet', **self.bench.request(1, overrides))
        self.assertEqual(answer['Instances'][0]['LaunchTemplateAndOverrides']['Overrides']
                         ['SubnetId'], SUBNETS[1])
        request = self.bench.request(1, [{'InstanceType': t, 'SubnetId': SUBNETS[0]}
                                         for t in ('c7i.24xlarge', 'c7i.large')])
        request['OnDemandOptions']['AllocationStrategy'] = 'lowest-price'
        self.assertEqual(self.bench.call('CreateFleet', **request)['Instances'][0]['InstanceType'],
                         'c7i.large')

    def test_quota(self):
        bench = Bench({'quotas': {'on-demand': {'standard': 4}}})
        bench.template()
        self.assertEqual(errors(bench.call('CreateFleet', **bench.request(3))),
                         ['VcpuLimitExceeded'])
        self.assertEqual(len(ids(bench.call('CreateFleet', **bench.request(2)))), 2)

    def test_addresses(self):
        bench = Bench({'subnets': [{'id': 's', 'az': 'us-east-2a', 'cidr': '10.0.0.0/28'}]})
        bench.template()
        pool = [{'InstanceType': 'c7i.large', 'SubnetId': 's'}]
        self.assertEqual(errors(bench.call('CreateFleet', **bench.request(12, pool))),
                         ['InsufficientFreeAddressesInSubnet'])
        names = bench.launch(11, overrides=pool)
        self.assertEqual(bench.call('DescribeSubnets')['Subnets'][0]['AvailableIpAddressCount'], 0)
        bench.call('TerminateInstances', InstanceIds=names)
        bench.pass_time(2)
        self.assertEqual(bench.call('DescribeSubnets')['Subnets'][0]['AvailableIpAddressCount'], 11)

    def test_spot(self):
        request = self.bench.request(1)
        request['TargetCapacitySpecification'] = {'TotalTargetCapacity': 1,
                                                  'DefaultTargetCapacityType': 'spot'}
        request['OnDemandOptions'] = {}
        self.assertEqual(self.bench.call('CreateFleet', **request)['Instances'][0]['Lifecycle'],
                         'spot')
        request['LaunchTemplateConfigs'][0]['Overrides'][0]['InstanceType'] = 'hpc7a.96xlarge'
        self.assertEqual(errors(self.bench.call('CreateFleet', **request)),
                         ['UnsupportedOperation'])

    def test_offerings(self):
        bench = Bench({'offerings': {'c7i.large': ['us-east-2b']}})
        bench.template()
        self.assertEqual(errors(bench.call('CreateFleet', **bench.request())), ['Unsupported'])
        found = bench.call('DescribeInstanceTypeOfferings', LocationType='availability-zone',
                           Filters=[{'Name': 'instance-type', 'Values': ['c7i.large']}])
        self.assertEqual([o['Location'] for o in found['InstanceTypeOfferings']], ['us-east-2b'])

    def test_described(self):
        found = Bench().call('DescribeInstanceTypes',
                             InstanceTypes=['c7i.large', 'g5.12xlarge'])['InstanceTypes']
        self.assertNotIn('GpuInfo', found[0])
        self.assertEqual([g['Count'] for g in found[1]['GpuInfo']['Gpus']], [4])

    def test_efa(self):
        table = [
            ('hpc7a.96xlarge', efa((0, 0, 'efa'), (1, 1, 'efa')), None),
            ('hpc7a.96xlarge', efa((0, 0, 'interface'), (0, 1, 'efa-only'), (1, 0, 'efa-only')),
             None),
            ('hpc6id.32xlarge', efa((0, 0, 'efa'), (1, 0, 'efa-only')), None),
            ('hpc6id.32xlarge', efa((0, 0, 'efa'), (1, 1, 'efa')), 'AttachmentLimitExceeded'),
            ('hpc6id.32xlarge', efa((0, 0, 'interface'), (0, 1, 'efa-only')),
             'AttachmentLimitExceeded'),
            ('hpc7a.96xlarge', efa((0, 0, 'efa-only')), 'InvalidParameterCombination'),
            ('hpc7a.96xlarge', efa((1, 0, 'efa')), 'InvalidParameterCombination'),
            ('hpc7a.96xlarge', efa((0, 0, 'efa'), (0, 1, 'efa')), 'InvalidParameterCombination'),
            ('hpc7a.96xlarge', efa((0, 0, 'efa'), (2, 0, 'efa')), 'InvalidParameterCombination'),
            ('c7i.large', efa((0, 0, 'efa')), 'InvalidParameterCombination'),
            ('p6-b300.48xlarge', efa((0, 0, 'efa')), 'InvalidParameterCombination'),
            ('p6-b300.48xlarge', efa((0, 0, 'interface'), *((k, 0, 'efa-only')
                                                            for k in range(1, 17))), None),
        ]
        for i, (kind, nics, code) in enumerate(table):
            with self.subTest(f'{kind} {i}'):
                self.bench.template(f'nics-{i}', NetworkInterfaces=nics)
                answer = self.bench.call('CreateFleet', **self.bench.request(
                    1, [{'InstanceType': kind, 'SubnetId': SUBNETS[0]}], f'nics-{i}'))
                self.assertEqual(errors(answer), [code] if code else [], answer)

    def test_efa_details(self):
        self.bench.template('layout', NetworkInterfaces=efa(
            (0, 0, 'interface'), (0, 1, 'efa-only'), (1, 0, 'efa')))
        name = self.bench.launch(1, overrides=[{
            'InstanceType': 'hpc7a.96xlarge', 'SubnetId': SUBNETS[0]}], template='layout')[0]
        instance = self.bench.call('DescribeInstances', InstanceIds=[name])[
            'Reservations'][0]['Instances'][0]
        nics = instance['NetworkInterfaces']
        self.assertEqual([(n['InterfaceType'], n['Attachment']['NetworkCardIndex'],
                           n['Attachment']['DeviceIndex'], 'PrivateIpAddress' in n)
                          for n in nics],
                         [('interface', 0, 0, True), ('efa-only', 0, 1, False),
                          ('efa', 1, 0, True)])
        self.assertEqual(instance['PrivateIpAddress'], '10.77.1.4')

    def test_public_address_and_groups(self):
        two = efa((0, 0, 'efa'), (1, 1, 'efa'))
        two[0]['AssociatePublicIpAddress'] = True
        self.bench.template('public', NetworkInterfaces=two)
        self.bench.template('nogroup', SecurityGroupIds=['sg-9'])
        pool = [{'InstanceType': 'hpc7a.96xlarge', 'SubnetId': SUBNETS[0]}]
        self.assertEqual(errors(self.bench.call('CreateFleet', **self.bench.request(
            1, pool, 'public'))), ['InvalidParameterCombination'])
        self.assertEqual(errors(self.bench.call('CreateFleet', **self.bench.request(
            1, pool, 'nogroup'))), ['InvalidGroup.NotFound'])

    def test_tokens(self):
        request = self.bench.request(2, ClientToken='tok')
        first = self.bench.call('CreateFleet', **request)
        self.assertEqual(self.bench.call('CreateFleet', **request), first)
        self.assertEqual(len(self.bench.world.instances), 2)
        self.bench.refused(self, 'IdempotentParameterMismatch', 'inconsistent', 'CreateFleet',
                           **self.bench.request(3, ClientToken='tok'))
        bench = Bench({'idempotency': 'empty'})
        bench.template()
        fleet = bench.call('CreateFleet', **request)
        again = bench.call('CreateFleet', **request)
        self.assertEqual((again['FleetId'], ids(again)), (fleet['FleetId'], []))

    def test_refused_request_uses_no_token(self):
        request = self.bench.request(2, template='later-on', ClientToken='tok')
        self.bench.refused(self, 'InvalidLaunchTemplateName.NotFoundException', 'later-on',
                           'CreateFleet', **request)
        self.bench.template('later-on')
        self.assertEqual(len(ids(self.bench.call('CreateFleet', **request))), 2)

    def test_dry_run(self):
        self.bench.refused(self, 'DryRunOperation', 'would have succeeded', 'CreateFleet',
                           DryRun=True, **self.bench.request(2))
        self.assertEqual(self.bench.world.instances, {})

    def test_tags(self):
        answer = self.bench.call('CreateFleet', **self.bench.request(1, TagSpecifications=[
            {'ResourceType': 'instance', 'Tags': [{'Key': 'burst:gang', 'Value': '7'}]}]))
        self.bench.pass_time(1)
        found = self.bench.call('DescribeInstances', Filters=[
            {'Name': 'tag:burst:gang', 'Values': ['7']}])['Reservations'][0]['Instances'][0]
        tags = {t['Key']: t['Value'] for t in found['Tags']}
        self.assertEqual(tags['aws:ec2:fleet-id'], answer['FleetId'])
        self.assertEqual(tags['aws:ec2launchtemplate:version'], '1')
        self.assertNotEqual(found['ClientToken'], '')


if __name__ == '__main__':
    unittest.main()
