"""Faults by script."""
import json
import os
import tempfile
import unittest

from bench import Bench, Failed, ids
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
        ]
        for rules, text in table:
            with self.subTest(text), self.assertRaises(ScenarioError) as caught:
                check(rules)
            self.assertIn(text, str(caught.exception))
        self.assertEqual(Faults(None).effects('X', {}), {})
