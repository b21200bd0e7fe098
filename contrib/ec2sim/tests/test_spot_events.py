"""contrib/aws/spot-events.yaml: its rules let through what the simulator tells, and
its queue takes it from them alone."""
import json
import os
import unittest

import yaml

from bench import Bench, ids

TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'aws',
                        'spot-events.yaml')
KINDS = {'SpotInterruption': 'spot-interruption', 'Rebalance': 'rebalance',
         'StateChange': 'state-change', 'ScheduledChange': 'health'}


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's functions."""


for tag in ('!Ref', '!GetAtt', '!Sub'):
    Loader.add_constructor(tag, lambda loader, node: (node.tag[1:], node.value))


def matches(pattern, event):
    """An EventBridge pattern of exact values."""
    return all(matches(wanted, event.get(key, {})) if isinstance(wanted, dict)
               else event.get(key) in wanted for key, wanted in pattern.items())


class SpotEvents(unittest.TestCase):
    def setUp(self):
        with open(TEMPLATE, encoding='utf-8') as f:
            self.template = yaml.load(f, Loader)
        self.resources = self.template['Resources']
        self.rules = {name: r['Properties'] for name, r in self.resources.items()
                      if r['Type'] == 'AWS::Events::Rule'}

    def test_rules_and_events(self):
        bench = Bench({'queues': [{'name': kind, 'events': [kind]} for kind in KINDS.values()]})
        bench.template()
        spot = bench.request(1)
        del spot['OnDemandOptions']
        spot['TargetCapacitySpecification'] = {'TotalTargetCapacity': 1,
                                               'DefaultTargetCapacityType': 'spot'}
        name = ids(bench.call('CreateFleet', **spot))[0]
        bench.pass_time(1)
        for action in ('schedule', 'rebalance', 'interrupt', 'terminate'):
            bench.control(do=action, instances=[name])
        bench.pass_time(3)
        seen = {kind: [json.loads(m['body']) for m in bench.control(
            do='messages', queue=kind)['messages']] for kind in KINDS.values()}
        self.assertEqual(set(self.rules), set(KINDS))
        for rule, kind in KINDS.items():
            for told, events in seen.items():
                through = [e for e in events if matches(self.rules[rule]['EventPattern'], e)]
                if told != kind:
                    self.assertEqual(through, [])
                elif kind == 'state-change':
                    # to begin is nothing that anybody waits for
                    self.assertEqual([e['detail']['state'] for e in through],
                                     ['shutting-down', 'terminated'])
                else:
                    self.assertEqual(len(through), 1)

    def test_queue(self):
        for rule in self.rules.values():
            self.assertEqual([t['Arn'] for t in rule['Targets']], [('GetAtt', 'Queue.Arn')])
        policy = self.resources['QueuePolicy']['Properties']['PolicyDocument']['Statement']
        self.assertEqual(set(policy[0]['Condition']['ArnEquals']['aws:SourceArn']),
                         {('GetAtt', f'{name}.Arn') for name in self.rules})
        self.assertEqual(policy[0]['Resource'], ('GetAtt', 'Queue.Arn'))
        for name in ('Queue', 'DeadLetters'):
            self.assertTrue(self.resources[name]['Properties']['SqsManagedSseEnabled'])
        self.assertEqual(self.resources['Queue']['Properties']['RedrivePolicy'][
            'deadLetterTargetArn'], ('GetAtt', 'DeadLetters.Arn'))
        # all that is referred to is there
        text = json.dumps(self.template)
        for kind, value in [(k, v) for k in ('Ref', 'GetAtt')
                            for v in text.split(f'["{k}", "')[1:]]:
            self.assertIn(value.partition('"')[0].partition('.')[0], self.resources, kind)


if __name__ == '__main__':
    unittest.main()
