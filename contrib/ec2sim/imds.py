"""The instance metadata service, version 2 (and 1 where tokens are optional).

An instance is known by the address it calls from.  With a fixed instance
(--imds-listen) every caller is that one.
"""
import base64
import datetime
import http.server
import json
import secrets
from typing import Any, Callable
from urllib.parse import unquote

import events
import tags
from keys import Keys
from server import QuietServer
from signature import Key
from world import World

MOST_TTL_S = 21600
FIXED = 'i-00000000000ec2511'


def fixed_instance(world: World) -> dict[str, Any]:
    """The instance that an ordinary address (--imds-listen) answers as."""
    subnet = next(iter(world.scenario.subnets.values()))
    return {'id': FIXED, 'region': world.scenario.region, 'type': 'c7i.large',
            'address': str(subnet.cidr[4]), 'az': subnet.az,
            'image': 'ami-0ec2511', 'index': 0, 'launched': world.now(), 'user_data': None,
            'metadata': {'HttpTokens': 'required', 'InstanceMetadataTags': 'enabled'},
            'imds': {}, 'profile': world.scenario.imds_role, 'groups': [], 'state': 'running',
            'reservation': 'r-00000000000ec2511', 'key': None, 'market': 'spot',
            'nics': [{'card': 0, 'device': 0, 'mac': '0a:00:00:00:00:01'}]}


class Metadata:
    """Answers of IMDS.  Hold the world's lock around get()."""

    def __init__(self, world: World, keys: Keys, fixed: dict[str, Any] | None = None):
        self._world = world
        self._keys = keys
        self._fixed = fixed
        self._tokens: dict[str, tuple[float, str]] = {}
        self._roles: dict[str, Key] = {}

    def instance(self, address: str) -> dict[str, Any] | None:
        """The instance that calls from ADDRESS."""
        if self._fixed:
            return self._fixed
        for world in self._world.everywhere.values():
            name = world.by_address.get(address)
            if name:
                return world.instances.get(name)
        return None

    def _of(self, instance: dict[str, Any]) -> World:
        """The region that the instance is in."""
        return self._world.everywhere[instance['region']]

    def put_token(self, instance: dict[str, Any], ttl: str | None) -> tuple[int, str]:
        """PUT /latest/api/token: (status, body)."""
        if ttl is None or not ttl.isdigit() or not 1 <= int(ttl) <= MOST_TTL_S:
            return 400, ''
        token = secrets.token_urlsafe(40)
        self._tokens[token] = (self._world.now() + int(ttl), instance['id'])
        return 200, token

    def get(self, instance: dict[str, Any], path: str, token: str | None
            ) -> tuple[int, str | bytes]:
        """GET of PATH: (status, body)."""
        if instance['metadata'].get('HttpEndpoint') == 'disabled':
            return 403, ''
        if token is None:
            if instance['metadata'].get('HttpTokens') == 'required':
                return 401, ''
        else:
            expires, owner = self._tokens.get(token, (0.0, ''))
            if owner != instance['id'] or expires <= self._world.now():
                return 401, ''
        path = path.rstrip('/')
        for prefix, answer in (('/latest/meta-data', self._meta),
                               ('/latest/dynamic/instance-identity/document', self._document),
                               ('/latest/user-data', self._user_data)):
            if path == prefix or path.startswith(prefix + '/'):
                body = answer(instance, path[len(prefix) + 1:])
                return (404, '') if body is None else (200, body)
        if path in ('', '/latest'):
            return 200, 'dynamic\nmeta-data\nuser-data' if path else 'latest'
        return 404, ''

    def _user_data(self, instance: dict[str, Any], rest: str) -> bytes | None:
        blob = self._of(instance).store.all['blob'].get(instance['user_data'] or '')
        return base64.b64decode(blob['data']) if blob and not rest else None

    def _document(self, instance: dict[str, Any], rest: str) -> str | None:
        if rest:
            return None
        kind = self._of(instance).scenario.types.get(instance['type'])
        return json.dumps({
            'accountId': self._world.scenario.account, 'architecture': kind.arch if kind else None,
            'availabilityZone': instance['az'], 'imageId': instance['image'],
            'instanceId': instance['id'], 'instanceType': instance['type'],
            'pendingTime': self._iso(instance['launched']), 'privateIp': instance['address'],
            'region': instance['region'], 'version': '2017-09-30'}, indent=2)

    @staticmethod
    def _iso(moment: float) -> str:
        utc = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
        return utc.strftime('%Y-%m-%dT%H:%M:%SZ')

    def _meta(self, instance: dict[str, Any], rest: str) -> str | None:
        mac = next(n['mac'] for n in instance['nics'] if n['card'] == 0 and n['device'] == 0)
        name = f'ip-{instance["address"].replace(".", "-")}'
        host = f'{name}.{instance["region"]}.compute.internal'
        tree: dict[str, str | Callable[[], str]] = {
            'ami-id': instance['image'], 'ami-launch-index': str(instance['index']),
            'hostname': host, 'instance-id': instance['id'],
            'instance-life-cycle': instance['market'], 'instance-type': instance['type'],
            'local-hostname': host, 'local-ipv4': instance['address'], 'mac': mac,
            'placement/availability-zone': instance['az'],
            'placement/availability-zone-id': self._of(instance).scenario.zones.get(
                instance['az'], ''),
            'placement/region': instance['region'],
            'reservation-id': instance['reservation'],
            'security-groups': '\n'.join(instance['groups'])}
        if instance.get('group'):
            tree['placement/group-name'] = instance['group']
        if instance['profile']:
            role = instance['profile']
            tree[f'iam/security-credentials/{role}'] = lambda: self._credentials(instance, role)
        if instance['metadata'].get('InstanceMetadataTags') == 'enabled':
            shown = tags.imds_tags(instance, self._world.now())
            tree.update({f'tags/instance/{key}': value for key, value in shown.items()})
            if rest == 'tags/instance':
                return '\n'.join(shown)
        tree.update(self._notices(instance))
        rest = unquote(rest)
        if rest in tree:
            leaf = tree[rest]
            return leaf() if callable(leaf) else leaf
        # A directory lists what is in it, directories with a slash.
        start = rest + '/' if rest else ''
        inside = {}
        for key in tree:
            if key.startswith(start):
                head, slash, _ = key[len(start):].partition('/')
                inside[head + slash] = None
        if start == 'iam/security-credentials/' or start == 'tags/instance/':
            return '\n'.join(key[len(start):] for key in tree if key.startswith(start)) or None
        return '\n'.join(sorted(inside)) or None

    @staticmethod
    def _notices(instance: dict[str, Any]) -> dict[str, str]:
        """What is in store for the instance.  Of Spot nothing is there until there is."""
        def date(moment: float) -> str:
            utc = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
            return utc.strftime('%-d %b %Y %H:%M:%S GMT')
        planned: dict[str, list[dict[str, str]]] = {'scheduled': [], 'history': []}
        for event in instance.get('events', []):
            word = {'active': '', 'completed': '[Completed] ', 'canceled': '[Canceled] '}
            item = {'NotBefore': date(event['not_before']), 'Code': event['code'],
                    'Description': word[event['state']] + event['description'],
                    'EventId': event['id'], 'State': event['state']}
            if event['not_after']:
                item['NotAfter'] = date(event['not_after'])
            planned['scheduled' if event['state'] == 'active' else 'history'].append(item)
        out = {f'events/maintenance/{key}': json.dumps(items) for key, items in planned.items()}
        notice = instance.get('notice')
        if notice and 'imds' in notice['tell']:
            end = events.iso(notice['at'])
            out['spot/instance-action'] = json.dumps({'action': 'terminate', 'time': end})
            out['spot/termination-time'] = end
        if instance.get('rebalance'):
            out['events/recommendations/rebalance'] = json.dumps(
                {'noticeTime': events.iso(instance['rebalance'])})
        return out

    def _credentials(self, instance: dict[str, Any], role: str) -> str:
        now = self._world.now()
        lifetime = self._world.scenario.timings['role_credentials_s']
        key = self._roles.get(instance['id'])
        if key is None or key.expires is None or key.expires - now < min(300, lifetime / 2):
            arn = (f'arn:aws:sts::{self._world.scenario.account}:assumed-role/{role}/'
                   f'{instance["id"]}')
            key = self._keys.mint(lifetime, arn, f'AROAEC2SIMINSTANCE01:{instance["id"]}')
            self._roles[instance['id']] = key
            self._world.store.commit()
        return json.dumps({
            'Code': 'Success', 'LastUpdated': self._iso(now), 'Type': 'AWS-HMAC',
            'AccessKeyId': key.access_key, 'SecretAccessKey': key.secret, 'Token': key.token,
            'Expiration': self._iso(key.expires or 0)}, indent=2)


class Handler(http.server.BaseHTTPRequestHandler):
    """HTTP around Metadata."""
    protocol_version = 'HTTP/1.1'
    disable_nagle_algorithm = True
    wbufsize = -1
    metadata: Metadata
    world: World

    def _say(self, status: int, body: str | bytes, extra: dict[str, str] | None = None) -> None:
        data = body.encode() if isinstance(body, str) else body
        self.send_response_only(status)
        self.send_header('Server', 'EC2ws')
        self.send_header('Content-Type', 'text/plain')
        self.send_header('Content-Length', str(len(data)))
        for name, value in (extra or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()

    def do_GET(self) -> None:
        """Metadata, by token or without."""
        with self.world.lock:
            instance = self.metadata.instance(self.client_address[0])
            status, body = self.metadata.get(
                instance, self.path.partition('?')[0],
                self.headers.get('X-aws-ec2-metadata-token')) if instance else (404, '')
        self._say(status, body)

    def do_PUT(self) -> None:
        """A new token."""
        self.rfile.read(int(self.headers.get('Content-Length') or 0))
        ttl = self.headers.get('X-aws-ec2-metadata-token-ttl-seconds')
        with self.world.lock:
            instance = self.metadata.instance(self.client_address[0])
            if instance is None or self.path != '/latest/api/token':
                status, body = 404, ''
            elif 'X-Forwarded-For' in self.headers:
                status, body = 403, ''   # as AWS does against open proxies
            else:
                status, body = self.metadata.put_token(instance, ttl)
        self._say(status, body, {'X-aws-ec2-metadata-token-ttl-seconds': ttl or ''}
                  if status == 200 else None)

    def log_message(self, *_: Any) -> None:
        """Metadata requests are not journalled."""


def make(world: World, keys: Keys, address: tuple[str, int], fixed: bool) -> QuietServer:
    """A listening metadata server."""
    if fixed:
        world.fixed = fixed_instance(world)
    metadata = Metadata(world, keys, world.fixed if fixed else None)
    handler = type('BoundHandler', (Handler,), {'metadata': metadata, 'world': world})
    return QuietServer(address, handler)
