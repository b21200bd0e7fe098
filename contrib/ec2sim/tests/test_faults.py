"""Faults by script."""
import base64
import json
import os
import tempfile
import unittest

from bench import SUBNETS, Bench, Failed, errors, ids
from faults import Faults, check
from scenario import ScenarioError

BASE = [('Action', 'DescribePlacementGroups'), ('Version', '2016-11-15')]


class Rules(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.directory.name, 'faults.json')
        self.stamp = 1
        self.bench = Bench(faults=self.path)
        self.bench.template()

    def tearDown(self):
        self.directory.cleanup()

    def rules(self, *rules):
        with open(self.path, 'w', encoding='ascii') as f:
            json.dump(rules, f)
        # two writes within one tick of the file system's clock count as well
        self.stamp += 1
        os.utime(self.path, ns=(self.stamp, self.stamp))

    def outcome(self, **params):
        try:
            self.bench.call('DescribePlacementGroups', **params)
        except Failed as e:
            return e.code
        return 'ok'

    def test_counting(self):
        error = {'error': {'code': 'InternalError', 'message': 'x'}}
        self.rules({'action': 'DescribePlacementGroups', 'call': 2, **error})
        self.assertEqual([self.outcome() for _ in range(3)], ['ok', 'InternalError', 'ok'])
        self.rules({'action': 'DescribePlacementGroups', 'from': 2, **error})
        self.assertEqual([self.outcome() for _ in range(3)], ['ok'] + ['InternalError'] * 2)
        self.rules({'action': '*', 'every': True, **error})
        self.assertEqual([self.outcome() for _ in range(2)], ['InternalError'] * 2)
        self.rules({'action': 'CreateFleet', 'every': True, **error})
        self.assertEqual(self.outcome(), 'ok')

    def test_match(self):
        self.rules({'action': 'DescribePlacementGroups', 'every': True,
                    'match': {'Filters.1.Values.1': 'pending'},
                    'error': {'code': 'Unavailable', 'message': 'x', 'status': 503}})
        self.assertEqual(self.outcome(), 'ok')
        self.assertEqual(self.outcome(Filters=[{'Name': 'state', 'Values': ['pending']}]),
                         'Unavailable')

    def test_drop(self):
        make = [('Action', 'CreatePlacementGroup'), ('Version', '2016-11-15'),
                ('Strategy', 'cluster')]
        self.rules({'action': 'CreatePlacementGroup', 'call': 1, 'drop': 'before'},
                   {'action': 'CreatePlacementGroup', 'call': 2, 'drop': 'after'})
        self.assertTrue(self.bench.raw(make + [('GroupName', 'a')]).drop)
        self.assertTrue(self.bench.raw(make + [('GroupName', 'b')]).drop)
        self.bench.pass_time(1)
        got = self.bench.call('DescribePlacementGroups')['PlacementGroups']
        self.assertEqual([g['GroupName'] for g in got], ['b'])
        # dropped even where the answer would have been an error
        self.rules({'action': 'CreatePlacementGroup', 'every': True, 'drop': 'after'})
        self.assertTrue(self.bench.raw(make + [('GroupName', 'b')]).drop)

    def test_raw_truncate_delay(self):
        self.rules({'action': 'DescribePlacementGroups', 'every': True, 'delay_ms': 250,
                    'answer_raw': {'status': 502, 'content_type': 'text/html',
                                   'body': '<html>Bad'}, 'truncate': 4})
        answer = self.bench.raw(BASE)
        self.assertEqual((answer.status, answer.body, answer.truncate), (502, b'<html>Bad', 4))
        self.assertEqual(self.bench.slept, [0.25])

    def test_capacity_fewer_more(self):
        self.rules({'action': 'CreateFleet', 'call': 1, 'capacity': {'default': 1}},
                   {'action': 'CreateFleet', 'call': 2, 'fewer': 1},
                   {'action': 'CreateFleet', 'call': 3, 'more': 2})
        counts = [len(ids(self.bench.call('CreateFleet', **self.bench.request(3))))
                  for _ in range(4)]
        self.assertEqual(counts, [0, 2, 5, 3])

    def test_pool_errors(self):
        self.rules({'action': 'CreateFleet', 'every': True, 'pool_error': {
            'type': 'c7i.large', 'az': 'us-east-2a', 'code': 'RequestLimitExceeded',
            'message': 'Request limit exceeded.'}},
                   {'action': 'CreateFleet', 'call': 2, 'pool_error': {
                       'subnet': SUBNETS[1], 'code': 'Unsupported', 'message': 'no'}})
        pools = [{'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[0]},
                 {'InstanceType': 'c7i.large', 'SubnetId': SUBNETS[1]}]
        answer = self.bench.call('CreateFleet', **self.bench.request(2, pools))
        self.assertEqual((errors(answer), len(ids(answer))), (['RequestLimitExceeded'], 2))
        answer = self.bench.call('CreateFleet', **self.bench.request(2, pools))
        self.assertEqual((errors(answer), ids(answer)),
                         (['RequestLimitExceeded', 'Unsupported'], []))

    def instance(self, name):
        return self.bench.call('DescribeInstances', InstanceIds=[name])[
            'Reservations'][0]['Instances'][0]

    def test_boot_die(self):
        self.rules({'action': 'CreateFleet', 'call': 1, 'boot': 'die', 'instances': 1},
                   {'action': 'CreateFleet', 'call': 1, 'boot': 'die', 'instances': [2],
                    'reason': 'Server.InternalError'})
        names = ids(self.bench.call('CreateFleet', **self.bench.request(3)))
        self.bench.pass_time(0.6)
        states = [self.instance(n)['State']['Name'] for n in names]
        self.assertEqual(states, ['running', 'running', 'terminated'])
        self.bench.pass_time(0.6)
        first, second, third = (self.instance(n) for n in names)
        self.assertEqual(first['State']['Name'], 'shutting-down')
        self.assertEqual(first['StateReason'], {
            'Code': 'Client.InstanceInitiatedShutdown',
            'Message': 'Client.InstanceInitiatedShutdown: Instance initiated shutdown'})
        self.assertEqual(third['StateReason']['Code'], 'Server.InternalError')
        self.assertEqual(second['State']['Name'], 'running')
        self.bench.pass_time(2)
        self.assertEqual(self.instance(names[0])['State']['Name'], 'terminated')
        events = [(e['event'], e['instance']) for e in self.bench.journal.lines
                  if e.get('event') == 'boot-fault']
        self.assertEqual(events, [('boot-fault', names[0]), ('boot-fault', names[2])])

    def test_boot_die_later(self):
        self.rules({'action': 'CreateFleet', 'every': True, 'boot': 'die', 'after_ms': 5000})
        name = self.bench.launch(1)[0]
        self.bench.pass_time(4)
        self.assertEqual(self.instance(name)['State']['Name'], 'running')
        self.bench.pass_time(1)
        self.assertEqual(self.instance(name)['State']['Name'], 'shutting-down')

    def test_boot_consoles(self):
        self.rules({'action': 'CreateFleet', 'call': 1, 'boot': 'hang', 'instances': [0]},
                   {'action': 'CreateFleet', 'call': 1, 'boot': 'wrong-image',
                    'instances': [1]})
        names = ids(self.bench.call('CreateFleet', **self.bench.request(3)))
        self.bench.pass_time(0.45)
        self.assertNotIn('Output', self.bench.call('GetConsoleOutput', InstanceId=names[0]))
        self.bench.pass_time(5)
        self.assertEqual([self.instance(n)['State']['Name'] for n in names], ['running'] * 3)
        texts = [self.bench.call('GetConsoleOutput', InstanceId=n).get('Output') for n in names]
        hang, wrong = (base64.b64decode(t).decode() for t in texts[:2])
        self.assertIn('emergency mode', hang)
        self.assertIn('slurmd: command not found', wrong)
        self.assertIsNone(texts[2])

    def test_journal_names_the_fault(self):
        self.rules({'action': 'DescribePlacementGroups', 'every': True, 'delay_ms': 1})
        self.outcome()
        self.assertEqual(self.bench.journal.lines[-1]['fault'], ['delay_ms'])

    def test_file_comes_goes_and_breaks(self):
        self.assertEqual(self.outcome(), 'ok')
        self.rules({'action': '*', 'every': True, 'error': {'code': 'X', 'message': 'x'}})
        self.assertEqual(self.outcome(), 'X')
        with open(self.path, 'a', encoding='ascii') as f:
            f.write(']')
        self.assertEqual(self.outcome(), 'X')     # the old rules stay in force
        self.assertIn('trouble', self.bench.journal.lines[-2])
        os.unlink(self.path)
        self.assertEqual(self.outcome(), 'ok')

    def test_strict(self):
        table = [
            ({}, 'expected a list'), ([{'call': 1}], '"action" is missing'),
            ([{'action': 'X', 'call': 1}], 'no effect'),
            ([{'action': 'X', 'drop': 'before'}], 'exactly one of'),
            ([{'action': 'X', 'call': 1, 'drop': 'during'}], 'drop'),
            ([{'action': 'X', 'call': 1, 'eror': {}}], 'unknown key "eror"'),
            ([{'action': 'X', 'call': 1, 'error': {'code': 'x'}}], '"message" is missing'),
            ([{'action': 'X', 'call': 1, 'boot': 'slowly'}], 'one of die, hang, wrong-image'),
            ([{'action': 'X', 'call': 1, 'boot': 'die', 'reason': 'X'}], 'one of Client.Inst'),
            ([{'action': 'X', 'call': 1, 'boot': 'die', 'instances': [-1]}], 'indices from 0'),
            ([{'action': 'X', 'call': 1, 'drop': 'after', 'instances': 1}], 'belongs to "boot"'),
            ([{'action': 'X', 'call': 1, 'pool_error': {'code': 'x'}}], '"message" is missing'),
        ]
        for rules, text in table:
            with self.subTest(text), self.assertRaises(ScenarioError) as caught:
                check(rules)
            self.assertIn(text, str(caught.exception))
        self.assertEqual(Faults(None).effects('X', {}), {})
