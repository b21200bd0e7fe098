"""Service Quotas, and the judge of JSON."""
import unittest

from bench import TARGET, URL, Bench, Credentials, Failed, errors, ids
from errors import ModelBreach, Refusal
from judge_json import JsonJudge

STANDARD, HPC, SPOT = 'L-1216C47A', 'L-F7808C92', 'L-34B43A08'


class Quotas(unittest.TestCase):
    def refused(self, bench, code, text, action, **params):
        with self.assertRaises(Failed) as caught:
            bench.quota(action, **params)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(text, caught.exception.message)
        return caught.exception.status

    def test_values(self):
        bench = Bench({'quotas': {'on-demand': {'standard': 640},
                                  'default': {'on-demand': {'hpc': 192}}}})

        def get(code, default=False):
            return bench.quota('GetAWSDefaultServiceQuota' if default else 'GetServiceQuota',
                               ServiceCode='ec2', QuotaCode=code)['Quota']
        one = get(STANDARD)
        self.assertEqual((one['Value'], one['QuotaCode'], one['Adjustable']),
                         (640.0, STANDARD, True))
        self.assertEqual(one['QuotaArn'],
                         f'arn:aws:servicequotas:us-east-2:123456789012:ec2/{STANDARD}')
        self.assertEqual(get(STANDARD, True)['Value'], 5.0)
        # without a value of its own
        self.refused(bench, 'NoSuchResourceException', 'no value of its own', 'GetServiceQuota',
                     ServiceCode='ec2', QuotaCode=HPC)
        self.assertEqual(get(HPC, True)['Value'], 192.0)
        # not limited
        self.assertEqual(get(SPOT)['Value'], 1e6)

    def test_launches_are_held_to_both(self):
        bench = Bench({'quotas': {'on-demand': {'standard': 4},
                                  'default': {'on-demand': {'hpc': 192, 'standard': 99}}}})
        bench.template()
        self.assertEqual(errors(bench.call('CreateFleet', **bench.request(3))),
                         ['VcpuLimitExceeded'])
        hpc = [{'InstanceType': 'hpc7a.96xlarge'}]
        answer = bench.call('CreateFleet', **bench.request(2, hpc))
        self.assertEqual(errors(answer), ['VcpuLimitExceeded'])
        self.assertIn('vCPU limit of 192', answer['Errors'][0]['ErrorMessage'])
        self.assertEqual(len(ids(bench.call('CreateFleet', **bench.request(1, hpc)))), 1)

    def test_lists(self):
        bench = Bench({'quotas': {'default': {'on-demand': {'hpc': 192}}}})
        first = bench.quota('ListServiceQuotas', ServiceCode='ec2', MaxResults=10)
        rest = bench.quota('ListServiceQuotas', ServiceCode='ec2', MaxResults=10,
                           NextToken=first['NextToken'])
        codes = [q['QuotaCode'] for q in first['Quotas'] + rest['Quotas']]
        self.assertEqual((len(codes), HPC in codes, 'NextToken' in rest), (15, False, False))
        every = bench.quota('ListAWSDefaultServiceQuotas', ServiceCode='ec2')['Quotas']
        self.assertEqual({q['QuotaCode']: q['Value'] for q in every}[HPC], 192.0)
        self.refused(bench, 'InvalidPaginationTokenException', 'token', 'ListServiceQuotas',
                     ServiceCode='ec2', NextToken='x')

    def test_refused(self):
        bench = Bench()
        self.refused(bench, 'NoSuchResourceException', 'service s3', 'GetServiceQuota',
                     ServiceCode='s3', QuotaCode=HPC)
        self.refused(bench, 'NoSuchResourceException', 'quota does not', 'GetServiceQuota',
                     ServiceCode='ec2', QuotaCode='L-00000000')
        self.assertEqual(self.refused(
            bench, 'UnrecognizedClientException', 'security token', 'GetServiceQuota',
            ServiceCode='ec2', QuotaCode=HPC, sign={'credentials': Credentials('x', 'y')}), 400)
        self.refused(bench, 'InvalidSignatureException', 'does not match', 'GetServiceQuota',
                     ServiceCode='ec2', QuotaCode=HPC, sign={'credentials': Credentials(
                         bench.credentials.access_key, 'wrong')})
        self.refused(bench, 'UnsupportedOperation', 'not simulate', 'ListServices')

    def raw(self, bench, target, body, kind='application/x-amz-json-1.1', service='servicequotas'):
        headers = bench.sign(body, service, more={'X-Amz-Target': target, 'Content-Type': kind})
        answer = bench.simulator.handle('POST', URL, headers, body)
        return answer.status, answer.body.decode()

    def test_strict(self):
        bench = Bench()
        table = [
            (TARGET + 'GetServiceQuota', b'{"ServiceCode":"ec2"}', 'ValidationException'),
            (TARGET + 'GetServiceQuota', b'{"ServiceCode":"ec2","QuotaCode":"L-1","X":1}',
             'SerializationException'),
            (TARGET + 'GetServiceQuota', b'{"ServiceCode":"ec2","QuotaCode":1}',
             'SerializationException'),
            (TARGET + 'GetServiceQuota', b'{"ServiceCode":"ec2","ServiceCode":"ec2"}',
             'SerializationException'),
            (TARGET + 'GetServiceQuota', b'[]', 'SerializationException'),
            (TARGET + 'GetServiceQuota', b'{', 'SerializationException'),
            (TARGET + 'ListServiceQuotas', b'{"ServiceCode":"ec2","MaxResults":101}',
             'IllegalArgumentException'),
            (TARGET + 'GetServiceQuotas', b'{}', 'UnknownOperationException'),
            ('Pricing.GetProducts', b'{}', 'InvalidAction'),
        ]
        for target, body, code in table:
            with self.subTest(body):
                status, text = self.raw(bench, target, body)
                self.assertEqual(status, 400)
                self.assertIn(code, text)
        self.assertIn('SerializationException', self.raw(
            bench, TARGET + 'GetServiceQuota', b'{}', 'application/json')[1])
        self.assertIn('InvalidSignatureException', self.raw(
            bench, TARGET + 'GetServiceQuota', b'{}', service='ec2')[1])

    def test_what_the_model_lacks_cannot_be_said(self):
        judge = JsonJudge('service-quotas')
        for out in ({'Quota': {'Colour': 'red'}}, {'Quota': {'Value': 'many'}},
                    {'Quota': {'Adjustable': 1}}, {'Quota': []}):
            with self.subTest(out), self.assertRaises(ModelBreach):
                judge.encode('GetServiceQuota', out, 'id')
        self.assertEqual(judge.translate(Refusal('InternalError', 'x')).code, 'InternalFailure')
        with self.assertRaises(ModelBreach):
            JsonJudge('ec2')

    def test_faults_and_journal(self):
        bench = Bench()
        bench.quota('GetServiceQuota', ServiceCode='ec2', QuotaCode=HPC)
        line = bench.journal.lines[-1]
        self.assertEqual((line['service'], line['action'], line['status'], line['params']),
                         ('servicequotas', 'GetServiceQuota', 200,
                          {'ServiceCode': 'ec2', 'QuotaCode': HPC}))


if __name__ == '__main__':
    unittest.main()
