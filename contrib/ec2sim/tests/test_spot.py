"""Spot prices."""
import datetime
import unittest

from bench import SUBNETS, Bench, errors, ids
from scenario import ScenarioError, build

PRICES = {'c7i.large/us-east-2a': '0.05', 'c7i.large': '0.04', 'c6i.large': '99'}


class Spot(unittest.TestCase):
    def setUp(self):
        self.bench = Bench({'spot_prices': PRICES})
        self.bench.template()

    def fleet(self, overrides, template='burst', **options):
        request = self.bench.request(1, overrides, template)
        request['TargetCapacitySpecification'] = {'TotalTargetCapacity': 1,
                                                  'DefaultTargetCapacityType': 'spot'}
        del request['OnDemandOptions']
        return self.bench.call('CreateFleet', **request, SpotOptions={
            'SingleInstanceType': True, 'MinTargetCapacity': 1, **options})

    def pool(self, kind='c7i.large', zone=0, **more):
        return {'InstanceType': kind, 'SubnetId': SUBNETS[zone], **more}

    def test_cap_of_the_override(self):
        answer = self.fleet([self.pool(MaxPrice='0.049999')])
        self.assertEqual((errors(answer), ids(answer)), (['SpotMaxPriceTooLow'], []))
        self.assertEqual(answer['Errors'][0]['ErrorMessage'],
                         'Your Spot request price of 0.049999 is lower than the minimum required '
                         'Spot request fulfillment price of 0.05.')
        self.assertEqual(len(ids(self.fleet([self.pool(MaxPrice='0.05')]))), 1)
        # the next pool is cheaper
        answer = self.fleet([self.pool(MaxPrice='0.045'), self.pool(zone=1, MaxPrice='0.045')])
        self.assertEqual(answer['Instances'][0]['LaunchTemplateAndOverrides']['Overrides'][
            'AvailabilityZone'], 'us-east-2b')

    def test_cap_of_the_template_and_of_on_demand(self):
        self.bench.template('low', InstanceMarketOptions={
            'MarketType': 'spot', 'SpotOptions': {'MaxPrice': '0.03'}})
        self.assertEqual(errors(self.fleet([self.pool()], 'low')), ['SpotMaxPriceTooLow'])
        self.assertEqual(errors(self.fleet([self.pool('c6i.large')])), ['SpotMaxPriceTooLow'])
        self.assertEqual(len(ids(self.fleet([self.pool('m6i.large')]))), 1)    # price unknown

    def test_on_demand_has_no_cap(self):
        answer = self.bench.call('CreateFleet', **self.bench.request(1, [
            self.pool(MaxPrice='0.01')]))
        self.assertEqual(len(ids(answer)), 1)

    def test_the_cheapest_first(self):
        for strategy in ('lowest-price', 'price-capacity-optimized'):
            answer = self.fleet([self.pool(), self.pool(zone=1)], AllocationStrategy=strategy)
            self.assertEqual(answer['Instances'][0]['LaunchTemplateAndOverrides']['Overrides'][
                'AvailabilityZone'], 'us-east-2b')

    def test_history(self):
        now = datetime.datetime.fromtimestamp(self.bench.time, datetime.timezone.utc)

        def ask(**params):
            answer = self.bench.call('DescribeSpotPriceHistory', StartTime=now, **params)
            return [(p['AvailabilityZone'], p['SpotPrice']) for p in answer['SpotPriceHistory']]
        self.assertEqual(ask(InstanceTypes=['c7i.large'], ProductDescriptions=['Linux/UNIX']),
                         [('us-east-2a', '0.050000'), ('us-east-2b', '0.040000'),
                          ('us-east-2c', '0.040000')])
        self.assertEqual(ask(InstanceTypes=['m6i.large']), [])
        self.assertEqual(ask(ProductDescriptions=['Windows']), [])
        self.assertEqual(ask(AvailabilityZone='us-east-2a', Filters=[
            {'Name': 'instance-type', 'Values': ['c6i.*']}]), [('us-east-2a', '99.000000')])
        first = self.bench.call('DescribeSpotPriceHistory', MaxResults=4)
        rest = self.bench.call('DescribeSpotPriceHistory', MaxResults=4,
                               NextToken=first['NextToken'])
        self.assertEqual((len(first['SpotPriceHistory']), len(rest['SpotPriceHistory']),
                          rest['NextToken']), (4, 2, ''))

    def test_scenario(self):
        for value in (0.05, '-1', 'x', '0.1234567'):
            with self.subTest(value), self.assertRaises(ScenarioError):
                build({'spot_prices': {'c7i.large': value}})


if __name__ == '__main__':
    unittest.main()
