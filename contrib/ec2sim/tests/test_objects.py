"""Placement groups, launch templates, tags, metadata."""
import json
import unittest

from botocore.credentials import Credentials

import imds
from bench import GROUP, SUBNETS, Bench, errors, ids


class Placement(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.bench.template()

    def launch(self, kind, zone, group, count=1):
        return self.bench.call('CreateFleet', **self.bench.request(count, [{
            'InstanceType': kind, 'SubnetId': SUBNETS[zone], 'Placement': {'GroupName': group}}]))

    def test_limit(self):
        bench = Bench({'quotas': {'placement-groups': 2}})
        for name in 'ab':
            bench.call('CreatePlacementGroup', GroupName=name, Strategy='cluster')
        bench.refused(self, 'PlacementGroupLimitExceeded', 'maximum number',
                      'CreatePlacementGroup', GroupName='c', Strategy='cluster')
        bench.pass_time(1)
        bench.call('DeletePlacementGroup', GroupName='a')
        bench.call('CreatePlacementGroup', GroupName='c', Strategy='cluster')
        self.assertEqual(Bench().scenario.placement_groups, 500)

    def test_life(self):
        bench = self.bench
        made = bench.call('CreatePlacementGroup', GroupName='g', Strategy='cluster')
        self.assertEqual(made['PlacementGroup']['State'], 'pending')
        bench.refused(self, 'InvalidPlacementGroup.Unknown', "'g'", 'DescribePlacementGroups',
                      GroupNames=['g'])
        self.assertEqual(errors(self.launch('c7i.large', 0, 'g')),
                         ['InvalidPlacementGroup.Unknown'])
        bench.pass_time(0.1)
        got = bench.call('DescribePlacementGroups', GroupNames=['g'])['PlacementGroups'][0]
        self.assertEqual(got['State'], 'pending')
        self.assertEqual(errors(self.launch('c7i.large', 0, 'g')),
                         ['InvalidPlacementGroup.Unknown'])
        bench.pass_time(0.2)
        name = ids(self.launch('c7i.large', 0, 'g'))
        bench.refused(self, 'InvalidPlacementGroup.Duplicate', 'exists', 'CreatePlacementGroup',
                      GroupName='g', Strategy='cluster')
        bench.pass_time(1)
        bench.call('TerminateInstances', InstanceIds=name)
        bench.refused(self, 'InvalidPlacementGroup.InUse', "'g'", 'DeletePlacementGroup',
                      GroupName='g')
        bench.pass_time(2)
        bench.call('DeletePlacementGroup', GroupName='g')
        bench.refused(self, 'InvalidPlacementGroup.Unknown', "'g'", 'DeletePlacementGroup',
                      GroupName='g')

    def test_cluster_zone_and_types(self):
        self.bench.group('g')
        self.assertEqual(len(ids(self.launch('c7i.large', 0, 'g', 2))), 2)
        self.assertEqual(errors(self.launch('c7i.large', 1, 'g')), ['InvalidParameterValue'])
        self.assertEqual(errors(self.launch('t3.micro', 0, 'g')), ['InvalidParameterCombination'])

    def test_spread(self):
        self.bench.group('s', Strategy='spread')
        self.assertEqual(errors(self.launch('c7i.large', 0, 's', 8)),
                         ['InsufficientInstanceCapacity'])
        self.assertEqual(len(ids(self.launch('c7i.large', 0, 's', 7))), 7)
        self.assertEqual(len(ids(self.launch('c7i.large', 1, 's', 7))), 7)


class Templates(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.id = self.bench.template(ImageId='ami-1', InstanceType='c7i.large', UserData='IyEK',
                                      NetworkInterfaces=[{'DeviceIndex': 0, 'Groups': [GROUP]},
                                                         {'DeviceIndex': 1, 'Groups': [GROUP]}])

    def test_version_inherits(self):
        new = self.bench.call(
            'CreateLaunchTemplateVersion', LaunchTemplateName='burst', SourceVersion='1',
            LaunchTemplateData={'NetworkInterfaces': [{'DeviceIndex': 0, 'Groups': [GROUP],
                                                       'InterfaceType': 'efa'}]})
        self.assertEqual(new['LaunchTemplateVersion']['VersionNumber'], 2)
        self.bench.refused(self, 'InvalidLaunchTemplateId.VersionNotFound', 'version 2',
                           'DescribeLaunchTemplateVersions', LaunchTemplateId=self.id,
                           Versions=['2'])
        self.bench.pass_time(0.1)
        data = self.bench.call('DescribeLaunchTemplateVersions', LaunchTemplateId=self.id,
                               Versions=['$Latest'])['LaunchTemplateVersions'][0][
                                   'LaunchTemplateData']
        self.assertEqual(data['UserData'], 'IyEK')
        self.assertEqual(len(data['NetworkInterfaces']), 1)
        default = self.bench.call('DescribeLaunchTemplateVersions', LaunchTemplateId=self.id,
                                  Versions=['$Default'])['LaunchTemplateVersions'][0]
        self.assertEqual(default['VersionNumber'], 1)
        alone = self.bench.call('CreateLaunchTemplateVersion', LaunchTemplateName='burst',
                                LaunchTemplateData={'ImageId': 'ami-3'})
        self.assertEqual(alone['LaunchTemplateVersion']['LaunchTemplateData'],
                         {'ImageId': 'ami-3'})

    def test_rules(self):
        table = [
            ('InvalidUserData.Malformed', 'BASE64', {'UserData': '#!'}),
            ('InvalidParameterValue', '16384', {'UserData': 'QUFB' * 6000}),
            ('InvalidParameterValue', 'interface type',
             {'NetworkInterfaces': [{'InterfaceType': 'infiniband'}]}),
            ('InvalidParameterValue', 'Two network interfaces',
             {'NetworkInterfaces': [{'DeviceIndex': 0}, {'DeviceIndex': 0}]}),
            ('InvalidParameterCombination', 'security groups',
             {'SecurityGroupIds': [GROUP], 'NetworkInterfaces': [{'DeviceIndex': 0}]}),
            ('InvalidParameterValue', 'Cost Center',
             {'MetadataOptions': {'InstanceMetadataTags': 'enabled'}, 'TagSpecifications': [
                 {'ResourceType': 'instance', 'Tags': [{'Key': 'Cost Center', 'Value': '1'}]}]}),
            ('InvalidLaunchTemplateName.AlreadyExistsException', 'in use', {'ImageId': 'ami-1'}),
        ]
        for code, text, data in table:
            with self.subTest(code):
                self.bench.refused(self, code, text, 'CreateLaunchTemplate',
                                   LaunchTemplateName='burst', LaunchTemplateData=data)

    def test_delete(self):
        for _ in range(2):
            self.bench.call('CreateLaunchTemplateVersion', LaunchTemplateName='burst',
                            LaunchTemplateData={'ImageId': 'ami-2'})
        got = self.bench.call('DeleteLaunchTemplateVersions', LaunchTemplateName='burst',
                              Versions=['1', '2', '9'])
        self.assertEqual([v['VersionNumber'] for v in
                          got['SuccessfullyDeletedLaunchTemplateVersions']], [2])
        self.assertEqual([v['VersionNumber'] for v in
                          got['UnsuccessfullyDeletedLaunchTemplateVersions']], [1, 9])
        self.bench.call('DeleteLaunchTemplate', LaunchTemplateName='burst')
        self.bench.refused(self, 'InvalidLaunchTemplateName.NotFoundException', 'burst',
                           'DeleteLaunchTemplate', LaunchTemplateName='burst')

    def test_client_token(self):
        params = {'LaunchTemplateName': 'burst', 'ClientToken': 't',
                  'LaunchTemplateData': {'ImageId': 'ami-2'}}
        first = self.bench.call('CreateLaunchTemplateVersion', **params)
        self.assertEqual(self.bench.call('CreateLaunchTemplateVersion', **params), first)

    def test_preset(self):
        bench = Bench({'launch_templates': [{'name': 'site', 'id': 'lt-1',
                                             'data': {'ImageId': 'ami-9'}}]})
        got = bench.call('DescribeLaunchTemplates', LaunchTemplateNames=['site'])
        self.assertEqual(got['LaunchTemplates'][0]['LaunchTemplateId'], 'lt-1')


class Tags(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.bench.template(MetadataOptions={'InstanceMetadataTags': 'enabled',
                                             'HttpTokens': 'required'})
        self.names = self.bench.launch(3)

    def test_create_describe_delete(self):
        bench = self.bench
        bench.call('CreateTags', Resources=self.names, Tags=[{'Key': 'k', 'Value': 'v'},
                                                             {'Key': 'e', 'Value': ''}])
        got = bench.call('DescribeTags', Filters=[{'Name': 'key', 'Values': ['k']}])['Tags']
        self.assertEqual([t['ResourceId'] for t in got], self.names)
        bench.call('DeleteTags', Resources=self.names[:1], Tags=[{'Key': 'k', 'Value': 'other'},
                                                                 {'Key': 'e'}])
        got = bench.call('DescribeTags', Filters=[
            {'Name': 'resource-id', 'Values': self.names[:1]}, {'Name': 'key', 'Values': ['?']}])
        self.assertEqual([t['Key'] for t in got['Tags']], ['k'])

    def test_rules(self):
        one = self.names[:1]
        table = [
            ('InvalidParameterValue', 'reserved', one, [{'Key': 'aws:x', 'Value': ''}]),
            ('InvalidParameterValue', 'valid tag key', one, [{'Key': 'a b', 'Value': ''}]),
            ('InvalidParameterValue', 'valid tag key', one, [{'Key': 'a/b', 'Value': ''}]),
            ('InvalidParameterValue', '128', one, [{'Key': 'a' * 129, 'Value': ''}]),
            ('InvalidParameterValue', '256', one, [{'Key': 'a', 'Value': 'x' * 257}]),
            ('TagLimitExceeded', '50', one,
             [{'Key': f'k{i}', 'Value': ''} for i in range(51)]),
            ('InvalidInstanceID.NotFound', 'exist', one + ['i-0123456789abcdef0'],
             [{'Key': 'a', 'Value': ''}]),
            ('InvalidID', 'not valid', ['vol.1'], [{'Key': 'a', 'Value': ''}]),
            ('InvalidParameterValue', '1000', one * 1001, [{'Key': 'a', 'Value': ''}]),
        ]
        for code, text, resources, tags in table:
            with self.subTest(f'{code} {text}'):
                self.bench.refused(self, code, text, 'CreateTags', Resources=resources, Tags=tags)
        self.assertEqual(len(self.bench.call('DescribeTags', Filters=[
            {'Name': 'resource-id', 'Values': one}])['Tags']), 3)    # EC2's own

    def test_other_resources(self):
        self.bench.group('g')
        group = self.bench.call('DescribePlacementGroups')['PlacementGroups'][0]['GroupId']
        template = self.bench.call('DescribeLaunchTemplates')['LaunchTemplates'][0]
        self.bench.call('CreateTags', Resources=[group, template['LaunchTemplateId']],
                        Tags=[{'Key': 'a b/c', 'Value': 'x'}])
        got = self.bench.call('DescribePlacementGroups', Filters=[
            {'Name': 'tag:a b/c', 'Values': ['x']}])
        self.assertEqual(len(got['PlacementGroups']), 1)


class Metadata(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()
        self.bench.template(MetadataOptions={'InstanceMetadataTags': 'enabled',
                                             'HttpTokens': 'required'}, UserData='IyEvYmluL3NoCg==',
                            IamInstanceProfile={'Name': 'node'})
        self.name = self.bench.launch(1, TagSpecifications=[{
            'ResourceType': 'instance', 'Tags': [{'Key': 'gang', 'Value': '7'}]}])[0]
        self.metadata = imds.Metadata(self.bench.world, self.bench.simulator.keys)
        self.instance = self.metadata.instance('10.77.1.4')

    def get(self, path):
        token = self.metadata.put_token(self.instance, '60')[1]
        return self.metadata.get(self.instance, '/latest/' + path, token)

    def test_tokens(self):
        self.assertEqual(self.metadata.put_token(self.instance, None)[0], 400)
        self.assertEqual(self.metadata.put_token(self.instance, '21601')[0], 400)
        token = self.metadata.put_token(self.instance, '5')[1]
        path = '/latest/meta-data/instance-id'
        self.assertEqual(self.metadata.get(self.instance, path, None)[0], 401)
        self.assertEqual(self.metadata.get(self.instance, path, 'x')[0], 401)
        self.assertEqual(self.metadata.get(self.instance, path, token), (200, self.name))
        self.bench.pass_time(6)
        self.assertEqual(self.metadata.get(self.instance, path, token)[0], 401)

    def test_paths(self):
        for path, body in (('meta-data/instance-type', 'c7i.large'),
                           ('meta-data/instance-life-cycle', 'on-demand'),
                           ('meta-data/local-ipv4', '10.77.1.4'),
                           ('meta-data/placement/availability-zone', 'us-east-2a'),
                           ('meta-data/placement/region', 'us-east-2'),
                           ('meta-data/tags/instance/', 'gang'),
                           ('meta-data/tags/instance/gang', '7'),
                           ('meta-data/iam/security-credentials/', 'node'),
                           ('user-data', b'#!/bin/sh\n')):
            self.assertEqual(self.get(path), (200, body), path)
        self.assertEqual(self.get('meta-data/none')[0], 404)
        self.assertEqual(self.get('meta-data/tags/instance/none')[0], 404)
        self.assertIn('placement/', self.get('meta-data/')[1])
        document = json.loads(self.get('dynamic/instance-identity/document')[1])
        self.assertEqual(document['instanceId'], self.name)
        self.assertIsNone(self.metadata.instance('10.77.1.5'))

    def test_role(self):
        got = json.loads(self.get('meta-data/iam/security-credentials/node')[1])
        role = Credentials(got['AccessKeyId'], got['SecretAccessKey'], got['Token'])
        self.bench.call('DescribeInstances', sign={'credentials': role})

    def test_tags_come_late_and_in_no_order(self):
        keys = [f'k{i}' for i in range(10)]
        for key in keys:
            self.bench.call('CreateTags', Resources=[self.name], Tags=[{'Key': key, 'Value': ''}])
        self.assertEqual(self.get('meta-data/tags/instance/k0')[0], 404)
        order = []
        for _ in range(110):
            self.bench.pass_time(0.003)
            shown = self.get('meta-data/tags/instance')[1].split('\n')
            order += [k for k in shown if k in keys and k not in order]
        self.assertEqual(sorted(order), keys)
        self.assertNotEqual(order, keys)

    def test_without_tags(self):
        self.instance['metadata'] = {}
        self.assertEqual(self.get('meta-data/tags/instance/gang')[0], 404)
        self.assertEqual(self.metadata.get(self.instance, '/latest/meta-data/mac', None)[0], 200)
