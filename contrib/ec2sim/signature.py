"""Checks Signature Version 4 by computing it again with botocore's signer.

check() takes the request as received and a look-up of keys; it returns the
key that signed or raises a Refusal with the code that the service would send.
"""
import datetime
import re
from dataclasses import dataclass
from typing import Callable, Mapping

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from errors import Refusal

AUTHORIZATION = re.compile(
    r'AWS4-HMAC-SHA256 Credential=([^/, ]+)/(\d{8})/([^/, ]+)/([^/, ]+)/aws4_request, ?'
    r'SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})')


@dataclass(frozen=True)
class Key:
    """One access key; token and expiry (seconds since 1970) if temporary."""
    access_key: str
    secret: str
    token: str | None = None
    expires: float | None = None
    arn: str = ''
    user_id: str = ''


@dataclass(frozen=True)
class Scope:
    """What the Authorization header claims, before it is believed."""
    access_key: str
    day: str
    region: str
    service: str
    signed: tuple[str, ...]
    signature: str


def scope(headers: Mapping[str, str]) -> Scope | None:
    """The claims of a well-formed Authorization header, else None."""
    match = AUTHORIZATION.fullmatch(headers.get('authorization', ''))
    if not match:
        return None
    access_key, day, region, service, signed, signature = match.groups()
    return Scope(access_key, day, region, service, tuple(signed.split(';')), signature)


def _only(request: AWSRequest, names: tuple[str, ...]) -> HTTPHeaders:
    chosen = HTTPHeaders()
    for name in names:
        chosen[name] = request.headers[name]
    return chosen


def _mismatch(why: str) -> Refusal:
    return Refusal('SignatureDoesNotMatch', 'The request signature we calculated does not match '
                   'the signature you provided. Check your AWS Secret Access Key and signing '
                   f'method. ({why})')


def check(service: str, region: str, method: str, url: str, headers: Mapping[str, str],
          body: bytes, lookup: Callable[[str], Key | None], now: float,
          max_skew_s: float = 900) -> Key:
    """The Key that signed this request.  Header names are lower case."""
    claim = scope(headers)
    if claim is None:
        if 'authorization' in headers:
            raise Refusal('IncompleteSignature', 'Authorization header is not well-formed')
        raise Refusal('MissingAuthenticationToken', 'Request is missing Authentication Token')
    unknown = ('AuthFailure', 'AWS was not able to validate the provided access credentials')
    if service != 'ec2':
        unknown = ('InvalidClientTokenId', 'The security token included in the request is invalid.')
    key = lookup(claim.access_key)
    if key is None:
        raise Refusal(*unknown)
    if list(claim.signed) != sorted(set(claim.signed)):
        raise _mismatch('SignedHeaders are not sorted')
    if 'host' not in claim.signed:
        raise _mismatch("'Host' must be a 'SignedHeader'")
    for name in headers:
        if name.startswith('x-amz-') and name not in claim.signed:
            raise _mismatch(f'header {name} is not signed')
    for name in claim.signed:
        if name not in headers:
            raise _mismatch(f'signed header {name} is absent')
    if claim.service != service:
        raise _mismatch(f'Credential should be scoped to correct service: {service}')
    if claim.region != region:
        raise _mismatch(f'Credential should be scoped to a valid region, {region}')
    date = headers.get('x-amz-date', '')
    if not re.fullmatch(r'\d{8}T\d{6}Z', date) or date[:8] != claim.day:
        raise _mismatch('X-Amz-Date is absent or is not the day of the scope')

    request = AWSRequest(method=method, url=url, data=body)
    for name in claim.signed:
        request.headers[name] = headers[name]
    request.context['timestamp'] = date
    signer = SigV4Auth(Credentials(key.access_key, key.secret, key.token), service, region)
    signer.headers_to_sign = lambda req: _only(req, claim.signed)
    canonical = signer.canonical_request(request)
    if signer.signature(signer.string_to_sign(request, canonical), request) != claim.signature:
        raise _mismatch('canonical request here:\n' + canonical)

    # Only a request whose signature holds learns more about its key.
    if headers.get('x-amz-security-token') != key.token:
        raise Refusal(*unknown)
    moment = datetime.datetime.strptime(date, '%Y%m%dT%H%M%SZ')
    signed_at = moment.replace(tzinfo=datetime.timezone.utc).timestamp()
    if abs(now - signed_at) > max_skew_s:
        here = datetime.datetime.fromtimestamp(now, datetime.timezone.utc)
        if service != 'ec2':
            raise Refusal('SignatureDoesNotMatch', f'Signature expired: {date} is not within '
                          f'{max_skew_s:g} s of {here:%Y%m%dT%H%M%SZ}')
        raise Refusal('RequestExpired', f'Request has expired. It is of {date}, here it is '
                      f'{here:%Y%m%dT%H%M%SZ}')
    if key.expires is not None and now >= key.expires:
        if service != 'ec2':
            raise Refusal('ExpiredToken',
                          'The security token included in the request is expired')
        raise Refusal('RequestExpired', 'Request has expired.')
    return key
