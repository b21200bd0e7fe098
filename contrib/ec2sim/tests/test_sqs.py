"""The queues."""
import threading
import time
import unittest

from bench import URL, Bench, Failed
from scenario import ScenarioError, build

QUEUE = 'https://sqs.us-east-2.amazonaws.com/123456789012/burst'


class Queues(unittest.TestCase):
    def setUp(self):
        self.bench = Bench({'queues': [{'name': 'burst', 'visibility_s': 20}, {'name': 'b-2'}],
                            'regions': {'us-west-2': {'queues': [{'name': 'west'}]}}})

    def call(self, action, url=QUEUE, **params):
        return self.bench.json('sqs', action, QueueUrl=url, **params)

    def receive(self, **params):
        return self.call('ReceiveMessage', **params).get('Messages', [])

    def refused(self, code, text, action, **params):
        with self.assertRaises(Failed) as caught:
            self.call(action, **params)
        self.assertEqual(caught.exception.code, code)
        self.assertIn(text, caught.exception.message)

    def test_at_least_once(self):
        sent = self.call('SendMessage', MessageBody='one & "two"')
        self.call('SendMessage', MessageBody='three')
        [first] = self.receive(AttributeNames=['All'])
        self.assertEqual((first['Body'], first['MessageId']), ('one & "two"', sent['MessageId']))
        self.assertEqual(first['MD5OfBody'], sent['MD5OfMessageBody'])
        self.assertEqual(first['Attributes'], {
            'SentTimestamp': '1800000000000', 'ApproximateReceiveCount': '1',
            'ApproximateFirstReceiveTimestamp': '1800000000000',
            'SenderId': 'AIDAEC2SIMEVENTBRIDGE'})
        [second] = self.receive(MaxNumberOfMessages=10)
        self.assertEqual((second['Body'], 'Attributes' in second), ('three', False))
        self.assertEqual(self.call('ReceiveMessage'), {})
        # not deleted: it comes again, and an old receipt deletes nothing
        self.bench.pass_time(21)
        again = self.receive(MaxNumberOfMessages=10, AttributeNames=['All'])
        self.assertEqual([(m['Body'], m['Attributes']['ApproximateReceiveCount'])
                          for m in again], [('one & "two"', '2'), ('three', '2')])
        entries = [{'Id': 'a', 'ReceiptHandle': first['ReceiptHandle']},
                   {'Id': 'b', 'ReceiptHandle': again[1]['ReceiptHandle']},
                   {'Id': 'c', 'ReceiptHandle': 'nonsense'}]
        answer = self.call('DeleteMessageBatch', Entries=entries)
        self.assertEqual([e['Id'] for e in answer['Successful']], ['a', 'b'])
        self.assertEqual([(e['Id'], e['Code'], e['SenderFault']) for e in answer['Failed']],
                         [('c', 'ReceiptHandleIsInvalid', True)])
        self.bench.pass_time(21)
        self.assertEqual([m['Body'] for m in self.receive(MaxNumberOfMessages=10)],
                         ['one & "two"'])

    def test_which_queue(self):
        self.call('SendMessage', url=QUEUE.replace('burst', 'b-2'), MessageBody='x')
        self.assertEqual(self.receive(), [])
        self.assertEqual(len(self.receive(url=URL + '123456789012/b-2')), 1)
        for url in (QUEUE + 'x', QUEUE.replace('123456789012', '210987654321'),
                    QUEUE.replace('us-east-2', 'us-west-2'), QUEUE.replace('burst', 'west')):
            self.refused('QueueDoesNotExist', 'does not exist', 'ReceiveMessage', url=url)
        self.refused('InvalidAddress', 'not valid', 'ReceiveMessage', url='burst')
        west = self.bench.json('sqs', 'ReceiveMessage', sign={'region': 'us-west-2'}, QueueUrl=
                               'https://sqs.us-west-2.amazonaws.com/123456789012/west')
        self.assertEqual(west, {})

    def test_what_is_refused(self):
        for key, value in (('MaxNumberOfMessages', 11), ('MaxNumberOfMessages', 0),
                           ('WaitTimeSeconds', 21), ('VisibilityTimeout', -1)):
            self.refused('ValidationException', key, 'ReceiveMessage', **{key: value})
        self.refused('SerializationException', 'Nonsense is not recognized', 'ReceiveMessage',
                     Nonsense=1)
        one = {'Id': 'a', 'ReceiptHandle': 'x'}
        for code, entries in (('EmptyBatchRequest', []), ('BatchEntryIdsNotDistinct', [one, one]),
                              ('TooManyEntriesInBatchRequest', [one] * 11),
                              ('InvalidBatchEntryId', [dict(one, Id='a b')])):
            self.refused(code, '', 'DeleteMessageBatch', Entries=entries)
        self.refused('InvalidMessageContents', '', 'SendMessage', MessageBody='\x01')
        self.refused('UnsupportedOperation', '', 'SendMessage', MessageBody='a', DelaySeconds=1)
        self.refused('UnsupportedOperation', 'does not simulate', 'PurgeQueue')
        answer = self.bench.json_raw('sqs', 'ReceiveMessage', QueueUrl=QUEUE, sign={'age_s': 9999})
        self.assertIn(b'"com.amazonaws.sqs#', answer.body)

    def test_long_poll(self):
        got = []
        real = self.bench.world.now
        begin = time.monotonic()
        self.bench.world.now = lambda: real() + time.monotonic() - begin
        waiter = threading.Thread(target=lambda: got.append(self.receive(WaitTimeSeconds=10)))
        waiter.start()
        time.sleep(0.3)
        # others are served meanwhile
        self.bench.control(do='message', body='hello')
        waiter.join(5)
        self.assertEqual([m['Body'] for m in got[0]], ['hello'])
        self.assertLess(time.monotonic() - begin, 5)
        # and in vain it ends in time
        begin_2 = time.monotonic()
        self.assertEqual(self.receive(WaitTimeSeconds=1), [])
        self.assertAlmostEqual(time.monotonic() - begin_2, 1, delta=0.5)

    def test_events(self):
        bench = Bench({'queues': [{'name': 'few', 'events': ['rebalance']},
                                  {'name': 'burst', 'events': ['state-change'], 'copies': 2}]})
        bench.template()
        name = bench.launch(1)[0]
        bench.pass_time(1)
        self.assertEqual(bench.control(do='messages', queue='few'), {'messages': []})
        bodies = [m['body'] for m in bench.control(do='messages', queue='burst')['messages']]
        self.assertEqual(len(bodies), 4)
        self.assertEqual(bodies[0], bodies[1])
        self.assertIn(f'"resources":["arn:aws:ec2:us-east-2:123456789012:instance/{name}"]',
                      bodies[0])

    def test_scenario(self):
        for wrong, text in (([{'name': 'a b'}], 'queues[0].name'),
                            ([{'name': 'a'}, {'name': 'a'}], 'queues[1].name'),
                            ([{'name': 'a', 'events': ['rain']}], 'queues[0].events'),
                            ([{'name': 'a', 'visibility_s': -1}], 'visibility_s'),
                            ([{'name': 'a', 'copies': -1}], 'copies')):
            with self.assertRaises(ScenarioError) as caught:
                build({'queues': wrong})
            self.assertIn(text, str(caught.exception))


if __name__ == '__main__':
    unittest.main()
