"""Newer service models: how they are found, and what goes without."""
import os
import tempfile
import unittest
from unittest import mock

import judge
import newer
from bench import Bench, needs_newer
from botocore.session import Session


class Models(unittest.TestCase):
    def place(self, *versions):
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        for version in versions:
            os.mkdir(os.path.join(place.name, version))
        self.enterContext(mock.patch.dict(os.environ, {'BURST_MODELS': place.name}))
        return place.name

    def test_the_newest_is_taken(self):
        place = self.place('99.9.1', '99.10.0', '1.2.3', '.100.1.42', 'trash')
        self.assertEqual(newer.newest(), os.path.join(place, '99.10.0'))

    def test_not_what_is_older_than_the_installed(self):
        self.place('1.2.3', '1.29.27')
        self.assertIsNone(newer.newest())
        with mock.patch.dict(os.environ, {'BURST_MODELS': '/nonexistent'}):
            self.assertIsNone(newer.newest())

    def test_without_one_the_installed_judges(self):
        self.place()
        model = judge.load_model('ec2')
        self.assertEqual(len(model.operation_names),
                         len(Session().get_service_model('ec2').operation_names))
        self.assertEqual(Bench().call('DescribeSubnets')['Subnets'][0]['State'], 'available')

    def test_features_of_the_installed(self):
        # Debian 12's own knows none of what newer.py lists.
        with mock.patch.dict(os.environ, {'BURST_MODELS': '/nonexistent'}):
            if newer.botocore.__version__.startswith('1.29.'):
                self.assertEqual(newer.features(judge.load_model('ec2')), set())

    @needs_newer
    def test_features_of_the_newest(self):
        self.assertEqual(newer.features(judge.load_model('ec2')), set(newer.FEATURES))


if __name__ == '__main__':
    unittest.main()
