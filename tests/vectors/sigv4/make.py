#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Make the vectors of this directory with botocore's signer as the oracle.

Each case is a directory: context (key=value), request (as it is sent, unsigned), canonical,
string-to-sign, signature. "published" is AWS's own known answer and only checked here.
Run by hand; the results are committed. Every key below is a documentation example or made up.
"""
import calendar
import datetime
import pathlib
import sys
import time
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

HERE = pathlib.Path(__file__).parent
FORM = "application/x-www-form-urlencoded; charset=utf-8"
KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")


def case(host="ec2.us-east-2.amazonaws.com", path="/", region="us-east-2", service="ec2",
         when="20261122T024515Z", body=b"Action=DescribeInstances&Version=2016-11-15",
         token="", scheme="https", ctype=FORM, key=KEY, extra=()):
    return dict(locals())


CASES = {
    "published": case(host="example.amazonaws.com", region="us-east-1", service="service",
                      when="20150830T123600Z", body=b"Param1=value1",
                      ctype="application/x-www-form-urlencoded"),
    "plain": case(),
    "session-token": case(token="IQoJb3JpZ2luX2VjEXAMPLE//////////wEaCXVzLWVhc3Qt+/=="),
    "port": case(host="127.0.0.1:15002", scheme="http"),
    "default-port": case(host="localhost", scheme="http"),
    "ipv6-port": case(host="[::1]:8080", scheme="http"),
    "path-prefix": case(host="vpce.example.com", path="/ec2/v1"),
    "path-escaped": case(host="vpce.example.com", path="/a%20b/~c"),
    "empty-body": case(body=b""),
    "large-body": case(body=b"Action=TerminateInstances&Version=2016-11-15" + b"".join(
        b"&InstanceId.%d=i-%017x" % (i, i) for i in range(1, 1001))),
    "utf8-body": case(body="Action=CreateTags&Tag.1.Value=Gr%C3%BC%C3%9Fe+~%2A%2F".encode()),
    "sts": case(host="sts.eu-central-1.amazonaws.com", region="eu-central-1", service="sts",
                body=b"Action=GetCallerIdentity&Version=2011-06-15"),
    "gov": case(host="ec2.us-gov-west-1.amazonaws.com", region="us-gov-west-1"),
    "new-year": case(when="20270101T000000Z"),
    "leap-day": case(when="20280229T235959Z"),
    "folded-blanks": case(extra=(("X-Amz-Meta", "  a   b  c "),)),
    "long-secret": case(key=("ASIAEXAMPLEEXAMPLE00", "x" * 128)),
}


def make(name, c):
    directory = HERE / name
    directory.mkdir(exist_ok=True)
    stamp = calendar.timegm(time.strptime(c["when"], "%Y%m%dT%H%M%SZ"))
    moment = datetime.datetime.utcfromtimestamp(stamp)
    request = AWSRequest("POST", f"{c['scheme']}://{c['host']}{c['path']}", data=c["body"],
                         headers={"Content-Type": c["ctype"], **dict(c["extra"])})
    request.context["timestamp"] = c["when"]
    signer = botocore.auth.SigV4Auth(Credentials(*c["key"], c["token"] or None), c["service"],
                                     c["region"])
    with mock.patch.object(botocore.auth, "datetime") as clock:
        clock.datetime.utcnow.return_value = moment
        signer.add_auth(request)
    del request.headers["Authorization"]
    canonical = signer.canonical_request(request)
    to_sign = signer.string_to_sign(request, canonical)
    signature = signer.signature(to_sign, request)
    headers = [("Host", c["host"]), ("Content-Type", c["ctype"]), ("X-Amz-Date", c["when"]),
               *c["extra"]]
    if c["token"]:
        headers.append(("X-Amz-Security-Token", c["token"]))
    head = "".join(f"{k}: {v}\n" for k, v in headers)
    files = {
        "context": f"key_id={c['key'][0]}\nsecret={c['key'][1]}\nregion={c['region']}\n"
                   f"service={c['service']}\ntime={stamp}\n",
        "request": f"POST {c['path']}\n{head}\n".encode() + c["body"],
        "canonical": canonical,
        "string-to-sign": to_sign,
        "signature": signature,
    }
    for file, text in files.items():
        (directory / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return signature


def main():
    signatures = {name: make(name, c) for name, c in CASES.items()}
    known = "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
    if signatures["published"] != known:
        sys.exit("the oracle disagrees with AWS's published answer")


if __name__ == "__main__":
    main()
