"""The judge refuses what the model does not know, both ways."""
import datetime
import unittest

from bench import Bench
from errors import ModelBreach, Refusal
from judge import Judge

VERSION = ('Version', '2016-11-15')


class Requests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.judge = Judge()

    def decode(self, action, *pairs):
        return self.judge.decode([('Action', action), VERSION, *pairs])[1]

    def test_refusals(self):
        table = [
            ('UnknownParameter', 'DescribeInstances', [('InstanceIds.1', 'i-1')]),
            ('UnknownParameter', 'CreateTags', [('ResourceId.1', 'i-1'), ('Tag.1.Name', 'x')]),
            ('UnknownParameter', 'CreateFleet', [('TagSpecifications.1.ResourceType', 'fleet')]),
            ('InvalidParameterCombination', 'DescribeInstances',
             [('MaxResults', '5'), ('MaxResults', '6')]),
            ('InvalidParameterValue', 'DescribeInstances', [('MaxResults', 'five')]),
            ('InvalidParameterValue', 'DescribeInstances', [('MaxResults', '4294967296')]),
            ('InvalidParameterValue', 'DescribeInstances', [('DryRun', 'True')]),
            ('InvalidParameterValue', 'CreatePlacementGroup', [('Strategy', 'clustered')]),
            ('MalformedQueryString', 'DescribeInstances', [('InstanceId', 'i-1')]),
            ('MalformedQueryString', 'DescribeInstances',
             [('InstanceId.1', 'i-1'), ('InstanceId.3', 'i-2')]),
            ('MalformedQueryString', 'DescribeInstances', [('InstanceId.0', 'i-1')]),
            ('MalformedQueryString', 'DescribeInstances',
             [('Filter.1', 'x'), ('Filter.1.Name', 'y')]),
            ('MissingParameter', 'TerminateInstances', []),
            ('MissingParameter', 'CreateTags', [('ResourceId.1', 'i-1')]),
            ('InvalidAction', 'DescribeEverything', []),
        ]
        for code, action, pairs in table:
            with self.subTest(f'{action} {pairs}'):
                with self.assertRaises(Refusal) as caught:
                    self.decode(action, *pairs)
                self.assertEqual(caught.exception.code, code, caught.exception)

    def test_version(self):
        with self.assertRaises(Refusal) as caught:
            self.judge.decode([('Action', 'DescribeInstances'), ('Version', '2014-01-01')])
        self.assertEqual(caught.exception.code, 'NoSuchVersion')

    def test_types_newer_than_the_model(self):
        got = self.decode('DescribeInstanceTypes', ('InstanceType.1', 'hpc8a.96xlarge'))
        self.assertEqual(got, {'InstanceTypes': ['hpc8a.96xlarge']})


class Answers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.judge = Judge()

    def test_breaches(self):
        table = [
            ('DescribeInstances', {'Instances': []}),
            ('DescribeInstances', {'Reservations': [{'Instances': [{'InstanceID': 'i-1'}]}]}),
            ('DescribeInstances', {'Reservations': {}}),
            ('DescribeInstances', {'NextToken': 5}),
            ('TerminateInstances', {'TerminatingInstances': [
                {'CurrentState': {'Name': 'dying'}}]}),
            ('CreateTags', {'Return': True}),
            ('GetConsoleOutput', {'Timestamp': 'now'}),
            ('GetConsoleOutput', {'Output': 'bell \x07'}),
        ]
        for action, out in table:
            with self.subTest(f'{action} {out}'), self.assertRaises(ModelBreach):
                self.judge.encode(action, out, 'id')

    def test_forms(self):
        self.assertIn('<return>true</return>', self.judge.encode('CreateTags', {}, 'id'))
        moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 6000, datetime.timezone.utc)
        text = self.judge.encode('GetConsoleOutput', {'Timestamp': moment, 'Output': '<&>'}, 'id')
        self.assertIn('<timestamp>2026-01-02T03:04:05.006Z</timestamp>', text)
        self.assertIn('<output>&lt;&amp;&gt;</output>', text)
        self.assertIn('<requestId>id</requestId>', text)

    def test_sts_error(self):
        text = Judge('sts').error(Refusal('AccessDenied', 'no'), 'id')
        self.assertIn('<ErrorResponse', text)
        self.assertIn('<Type>Sender</Type><Code>AccessDenied</Code>', text)


class Whole(unittest.TestCase):
    def test_unknown_parameter_and_action(self):
        bench = Bench()
        answer = bench.raw([('Action', 'DescribeInstances'), VERSION, ('Colour', 'red')])
        self.assertEqual(answer.status, 400)
        self.assertIn(b'<Response><Errors><Error><Code>UnknownParameter</Code>', answer.body)
        self.assertIn(b'<RequestID>', answer.body)
        answer = bench.raw([('Action', 'CreateVpc'), VERSION, ('CidrBlock', '10.0.0.0/16')])
        self.assertIn(b'UnsupportedOperation', answer.body)
        answer = bench.simulator.handle('GET', 'http://x/', {'host': 'x'}, b'')
        self.assertEqual(answer.status, 405)
