"""Prices: on demand by the Price List service, of Spot as they change, and what was billed."""
import datetime
import json
import unittest
from decimal import Decimal

from bench import SUBNETS, Bench, Failed, ids
from scenario import ScenarioError, build

FILTERS = {'regionCode': 'us-east-2', 'operatingSystem': 'Linux', 'tenancy': 'Shared',
           'preInstalledSw': 'NA', 'capacitystatus': 'Used', 'marketoption': 'OnDemand',
           'productFamily': 'Compute Instance'}


def ask(bench, region='us-east-1', more=None, **params):
    filters = [{'Type': 'TERM_MATCH', 'Field': k, 'Value': v}
               for k, v in {**FILTERS, **(more or {})}.items()]
    answer = bench.json_raw('pricing', 'GetProducts', sign={'region': region},
                            **{'ServiceCode': 'AmazonEC2', 'Filters': filters, **params})
    parsed = json.loads(answer.body)
    if answer.status != 200:
        raise Failed(answer.status, parsed['__type'],
                     parsed.get('message') or parsed.get('Message'))
    return parsed


def usd(text):
    product = json.loads(text)
    term, = product['terms']['OnDemand'].values()
    rate, = term['priceDimensions'].values()
    return product['product']['attributes']['instanceType'], rate['pricePerUnit']['USD']


class Products(unittest.TestCase):
    def test_prices(self):
        bench = Bench({'prices': {'c7i.large': '0.0892500000'}})
        one = ask(bench, more={'instanceType': 'c7i.large'})
        self.assertEqual([usd(p) for p in one['PriceList']], [('c7i.large', '0.0892500000')])
        self.assertEqual((one['FormatVersion'], 'NextToken' in one), ('aws_v1', False))
        one = ask(bench, more={'instanceType': 'hpc7a.96xlarge'})
        self.assertEqual([usd(p) for p in one['PriceList']], [('hpc7a.96xlarge', '7.2000000000')])
        # sold as blocks only, or in no region of ours
        self.assertEqual(ask(bench, more={'instanceType': 'trn2.48xlarge'})['PriceList'], [])
        self.assertEqual(ask(bench, more={'regionCode': 'eu-west-1'})['PriceList'], [])

    def test_pages(self):
        bench = Bench()
        found, token = [], {}
        for _ in range(100):
            page = ask(bench, **token)
            self.assertLessEqual(len(page['PriceList']), 100)
            found += [usd(p)[0] for p in page['PriceList']]
            if 'NextToken' not in page:
                break
            token = {'NextToken': page['NextToken']}
        self.assertEqual(len(found), len(set(found)))
        self.assertEqual(len(found), sum(
            1 for t in bench.scenario.types.values() if t.usd_h is not None and not t.metal))
        metal = ask(bench, more={'productFamily': 'Compute Instance (bare metal)'})
        self.assertTrue(all('metal' in usd(p)[0] for p in metal['PriceList']))

    def test_regions(self):
        bench = Bench({'regions': {'us-west-2': {'prices': {'c7i.large': '0.5'}}}})
        one = ask(bench, more={'instanceType': 'c7i.large', 'regionCode': 'us-west-2'})
        self.assertEqual([usd(p) for p in one['PriceList']], [('c7i.large', '0.5000000000')])

    def test_refused(self):
        bench = Bench()
        for code, text, given in (
                ('InvalidSignatureException', 'region, us-east-2', {'region': 'us-west-2'}),
                ('NotFoundException', 'AmazonS3', {'ServiceCode': 'AmazonS3'}),
                ('InvalidParameterException', 'aws_v1', {'FormatVersion': 'aws_v2'}),
                ('InvalidParameterException', 'between 1 and 100', {'MaxResults': 101}),
                ('InvalidNextTokenException', 'token', {'NextToken': 'x'}),
                ('ValidationException', 'TERM_MATCH', {'Filters': [
                    {'Type': 'ANY', 'Field': 'a', 'Value': 'b'}]})):
            with self.subTest(given), self.assertRaises(Failed) as caught:
                ask(bench, **given)
            self.assertEqual(caught.exception.code, code)
            self.assertIn(text, caught.exception.message)
        for value in (0.05, '-1', '0.12345678901'):
            with self.subTest(value), self.assertRaises(ScenarioError):
                build({'prices': {'c7i.large': value}})


class Changes(unittest.TestCase):
    def history(self, bench, start, **more):
        answer = bench.call('DescribeSpotPriceHistory', InstanceTypes=['c7i.large'],
                            AvailabilityZone='us-east-2a', StartTime=datetime.datetime.
                            fromtimestamp(start, datetime.timezone.utc), **more)
        return [(p['SpotPrice'], int(p['Timestamp'].timestamp() - 1_800_000_000))
                for p in answer['SpotPriceHistory']]

    def test_history(self):
        bench = Bench({'spot_prices': {'c7i.large': '0.05'}, 'spot_changes': [
            {'pool': 'c7i.large/us-east-2a', 'usd': '0.06', 'after_s': 100},
            {'pool': 'c7i.large', 'usd': '0.07', 'after_s': 200}]})
        begin = bench.time
        self.assertEqual(self.history(bench, begin), [('0.050000', -3600)])
        bench.pass_time(150)
        self.assertEqual(self.history(bench, bench.time), [('0.060000', 100)])
        self.assertEqual(self.history(bench, begin), [('0.060000', 100), ('0.050000', -3600)])
        bench.pass_time(100)
        bench.control(do='spot-price', pool='c7i.large/us-east-2a', usd=0.0312)
        self.assertEqual(self.history(bench, bench.time), [('0.031200', 250)])
        self.assertEqual(self.history(bench, bench.time - 100),
                         [('0.031200', 250), ('0.070000', 200), ('0.060000', 100)])
        end = datetime.datetime.fromtimestamp(begin + 199, datetime.timezone.utc)
        self.assertEqual(self.history(bench, begin + 120, EndTime=end), [('0.060000', 100)])

    def test_refused(self):
        bench = Bench()
        for given in ({'pool': 'c9.large', 'usd': '1'}, {'pool': 'c7i.large/us-x', 'usd': '1'},
                      {'pool': 'c7i.large', 'usd': '-1'}, {'pool': 'c7i.large'}):
            with self.subTest(given), self.assertRaises(ScenarioError):
                bench.control(do='spot-price', **given)
        for given in ({'pool': 'c7i.large', 'usd': 1, 'after_s': 1},
                      {'pool': 'c7i.large', 'usd': '1', 'after_s': -1}, {'usd': '1'}):
            with self.subTest(given), self.assertRaises(ScenarioError):
                build({'spot_changes': [given]})

    def test_bill_follows_the_price(self):
        bench = Bench({'spot_prices': {'c7i.large': '0.036'}, 'timings': {'pending_ms': 0}})
        bench.template()
        request = bench.request(1, [{'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[0]}])
        request['TargetCapacitySpecification'] = {'TotalTargetCapacity': 1,
                                                  'DefaultTargetCapacityType': 'spot'}
        del request['OnDemandOptions']
        launched = ids(bench.call('CreateFleet', **request))
        bench.pass_time(100)
        bench.control(do='spot-price', pool='c7i.large', usd='0.072')
        bench.pass_time(50)
        bench.call('TerminateInstances', InstanceIds=launched)
        bench.pass_time(5)
        line, = bench.control(do='billing')['instances']
        # 100 s at 0.00001 a second, 50 at 0.00002
        self.assertAlmostEqual(Decimal(line['usd']), Decimal('0.002'), delta=Decimal('0.00003'))


if __name__ == '__main__':
    unittest.main()
