"""Signatures, tokens, clocks; STS."""
import unittest

from botocore.credentials import Credentials

from bench import Bench, Failed

BASE = [('Action', 'DescribeInstances'), ('Version', '2016-11-15')]
ROLE = 'arn:aws:iam::123456789012:role/head'


class Signatures(unittest.TestCase):
    def setUp(self):
        self.bench = Bench()

    def code(self, **sign):
        with self.assertRaises(Failed) as caught:
            self.bench.call('DescribeInstances', sign=sign)
        return caught.exception.status, caught.exception.code

    def test_good(self):
        self.assertEqual(self.bench.call('DescribeInstances'), {'Reservations': []})

    def test_wrong(self):
        good = self.bench.credentials
        self.assertEqual(self.code(credentials=Credentials(good.access_key, 'wrong')),
                         (403, 'SignatureDoesNotMatch'))
        self.assertEqual(self.code(credentials=Credentials('AKIAUNKNOWN', 'x')),
                         (401, 'AuthFailure'))
        self.assertEqual(self.code(credentials=Credentials(good.access_key, good.secret_key, 't')),
                         (401, 'AuthFailure'))
        self.assertEqual(self.code(region='eu-west-1'), (403, 'SignatureDoesNotMatch'))
        self.assertEqual(self.code(age_s=901), (400, 'RequestExpired'))
        self.assertEqual(self.code(age_s=-901), (400, 'RequestExpired'))

    def test_tampered(self):
        body = b'Action=DescribeInstances&Version=2016-11-15'
        headers = self.bench.sign(body)
        handle = self.bench.simulator.handle
        url = 'http://ec2sim.test:8080/'
        self.assertEqual(handle('POST', url, headers, body).status, 200)
        self.assertEqual(handle('POST', url, headers, body + b'&MaxResults=5').status, 403)
        self.assertEqual(handle('POST', url, {**headers, 'host': 'other'}, body).status, 403)
        self.assertEqual(handle('POST', url, {**headers, 'x-amz-new': '1'}, body).status, 403)
        self.assertEqual(handle('POST', url + 'x', headers, body).status, 403)
        headers['authorization'] = 'AWS4-HMAC-SHA256 nonsense'
        self.assertIn(b'IncompleteSignature', handle('POST', url, headers, body).body)
        del headers['authorization']
        self.assertIn(b'MissingAuthenticationToken', handle('POST', url, headers, body).body)

    def test_assumed_role(self):
        got = self.bench.call('AssumeRole', 'sts', RoleArn=ROLE, RoleSessionName='test',
                              DurationSeconds=900)['Credentials']
        role = Credentials(got['AccessKeyId'], got['SecretAccessKey'], got['SessionToken'])
        self.assertEqual(self.bench.call('DescribeInstances', sign={'credentials': role}),
                         {'Reservations': []})
        who = self.bench.call('GetCallerIdentity', 'sts', sign={'credentials': role})
        self.assertEqual(who['Arn'], 'arn:aws:sts::123456789012:assumed-role/head/test')
        bare = Credentials(got['AccessKeyId'], got['SecretAccessKey'])
        self.assertEqual(self.code(credentials=bare), (401, 'AuthFailure'))
        self.bench.pass_time(901)
        self.assertEqual(self.code(credentials=role), (400, 'RequestExpired'))
        with self.assertRaises(Failed) as caught:
            self.bench.call('GetCallerIdentity', 'sts', sign={'credentials': role})
        self.assertEqual((caught.exception.status, caught.exception.code), (403, 'ExpiredToken'))

    def test_sts_refusals(self):
        self.bench.refused(self, 'AccessDenied', 'not authorized', 'AssumeRole', service='sts',
                           RoleArn=ROLE.replace('1234', '9999'), RoleSessionName='test')
        with self.assertRaises(Failed) as caught:
            self.bench.call('GetCallerIdentity', 'sts', sign={
                'credentials': Credentials('AKIAUNKNOWN', 'x')})
        self.assertEqual(caught.exception.code, 'InvalidClientTokenId')

    def test_web_identity_is_unsigned(self):
        pairs = [('Action', 'AssumeRoleWithWebIdentity'), ('Version', '2011-06-15'),
                 ('RoleArn', ROLE), ('RoleSessionName', 'pod'), ('WebIdentityToken', 'a.b.c')]
        answer = self.bench.raw(pairs, 'sts', signed=False)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertIn(b'<AssumeRoleWithWebIdentityResult>', answer.body)
        self.assertEqual(self.bench.raw(BASE, signed=False).status, 403)

    def test_no_secrets_in_the_journal(self):
        got = self.bench.call('AssumeRole', 'sts', RoleArn=ROLE, RoleSessionName='test')
        self.bench.template(UserData='c2VjcmV0LXNjcmlwdA==')
        text = str(self.bench.journal.lines)
        for secret in (got['Credentials']['SecretAccessKey'], got['Credentials']['SessionToken'],
                       'c2VjcmV0LXNjcmlwdA==', self.bench.credentials.secret_key):
            self.assertNotIn(secret, text)
