"""Gangs of thousands: the simulator must not be what a test waits for."""
import re
import time
import unittest
import urllib.parse

import bench
from bench import SUBNETS, Bench

SCENARIO = {'throttling': False,
            'subnets': [{'id': SUBNETS[0], 'az': 'us-east-2a', 'cidr': '10.64.0.0/16'}]}
TAGS = [{'ResourceType': 'instance', 'Tags': [{'Key': f'burst:{i}', 'Value': 'x' * 40}
                                              for i in range(8)]}]


class Load(unittest.TestCase):
    def timed(self, action, **params):
        """One call's answer as text; CPU time, since others may use this machine."""
        model = bench.MODELS['ec2'].operation_model(action)
        form = bench.create_serializer('ec2', False).serialize_to_request(params, model)['body']
        body = urllib.parse.urlencode(list(form.items())).encode()
        headers = self.bench.sign(body)
        before = time.process_time()
        answer = self.bench.simulator.handle('POST', bench.URL, headers, body)
        self.assertEqual(answer.status, 200, answer.body[:500])
        self.assertLess(time.process_time() - before, 2, action)
        return answer.body.decode()

    def test_four_thousand(self):
        self.bench = Bench(SCENARIO)
        self.bench.template(MetadataOptions={'InstanceMetadataTags': 'enabled'})
        names = [re.findall(r'<item>(i-[0-9a-f]+)</item>', self.timed(
            'CreateFleet', **Bench.request(1000, TagSpecifications=TAGS))) for _ in range(4)]
        self.assertEqual([len(n) for n in names], [1000] * 4)
        before = time.process_time()
        self.bench.pass_time(1)
        self.assertLess(time.process_time() - before, 5)
        for some in names:
            text = self.timed('DescribeInstances', InstanceIds=some)
            self.assertEqual(text.count('<name>running</name>'), 1000)
            self.timed('CreateTags', Resources=some, Tags=[{'Key': 'burst:k0', 'Value': ''}])
        text = self.timed('DescribeInstances', MaxResults=1000, Filters=[
            {'Name': 'tag:burst:7', 'Values': ['x' * 40]},
            {'Name': 'instance-state-name', 'Values': ['running']}])
        self.assertEqual(text.count('<instanceId>'), 1000)
        for some in names:
            self.timed('TerminateInstances', InstanceIds=some)
        self.bench.pass_time(2)
        self.assertEqual(self.bench.world.free_addresses(SUBNETS[0]), 65531)


if __name__ == '__main__':
    unittest.main()
