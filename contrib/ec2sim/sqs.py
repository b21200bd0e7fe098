"""SQS: the queues of the scenario, at least once and in no promised order.

A received message is hidden for the visibility timeout and then comes again,
under another receipt, unless it is deleted.  Nothing else of SQS is here: no
dead-letter queues, no FIFO, no delays, no attributes of queues.
"""
import hashlib
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from errors import Refusal
from world import World

MOST_WAIT_S, MOST_MESSAGES, LARGEST_BODY = 20, 10, 1024 * 1024
SENDER = 'AIDAEC2SIMEVENTBRIDGE'
# What neither XML nor SQS can carry.
FORBIDDEN = re.compile('[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]')


def put(world: World, queue: str, body: str) -> None:
    """A new message; those who wait for one wake up."""
    name = World.new_id('m')
    world.store.put('message', name, {
        'id': name, 'queue': queue, 'body': body, 'sent': world.now(), 'visible': 0,
        'first': None, 'received': 0, 'receipt': ''})
    world.arrived.notify_all()


def _queue(world: World, params: dict[str, Any]) -> str:
    url = urlsplit(params['QueueUrl'])
    parts = url.path.split('/')
    host = re.fullmatch(r'sqs(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com', url.hostname or '')
    if url.scheme not in ('http', 'https') or len(parts) != 3 or parts[0]:
        raise Refusal('InvalidAddress', f'The address {params["QueueUrl"]} is not valid for this '
                      'endpoint.', 404)
    if (parts[1] != world.scenario.account or parts[2] not in world.scenario.queues
            or host and host[1] != world.scenario.region):
        raise Refusal('QueueDoesNotExist', 'The specified queue does not exist.', 400)
    return parts[2]


def _between(params: dict[str, Any], key: str, low: int, high: int, default: int) -> int:
    value = params.get(key, default)
    if not low <= value <= high:
        raise Refusal('InvalidParameterValue', f'Value {value} for parameter {key} is invalid. '
                      f'Reason: Must be >= {low} and <= {high}, if provided.')
    return value


def _take(world: World, queue: str, most: int, hidden_s: int) -> list[dict[str, Any]]:
    now, out = world.now(), []
    for message in world.store.all['message'].values():
        if len(out) == most:
            break
        if message['queue'] != queue or message['visible'] > now:
            continue
        message['visible'] = now + hidden_s
        message['received'] += 1
        message['first'] = message['first'] or now
        message['receipt'] = secrets.token_urlsafe(60)
        world.store.put('message', message['id'], message)
        out.append(message)
    return out


def receive(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """ReceiveMessage; waits for one, without the lock, as long as it is asked to."""
    queue = _queue(world, params)
    most = _between(params, 'MaxNumberOfMessages', 1, MOST_MESSAGES, 1)
    wait_s = _between(params, 'WaitTimeSeconds', 0, MOST_WAIT_S, 0)
    hidden_s = _between(params, 'VisibilityTimeout', 0, 43200,
                        world.scenario.queues[queue]['visibility_s'])
    wanted = params.get('MessageSystemAttributeNames') or params.get('AttributeNames') or []
    until = world.now() + wait_s
    while True:
        found = _take(world, queue, most, hidden_s)
        left = until - world.now()
        if found or left <= 0:
            break
        # Hidden ones may come back before a new one comes.
        again = [m['visible'] for m in world.store.all['message'].values()
                 if m['queue'] == queue]
        world.arrived.wait(max(0.01, min(left, *(t - world.now() for t in again))
                               if again else left))
    return {'Messages': [_answer(m, wanted) for m in found]} if found else {}


def _answer(message: dict[str, Any], wanted: list[str]) -> dict[str, Any]:
    every = {'SenderId': SENDER, 'SentTimestamp': str(int(message['sent'] * 1000)),
             'ApproximateReceiveCount': str(message['received']),
             'ApproximateFirstReceiveTimestamp': str(int(message['first'] * 1000))}
    chosen = {k: v for k, v in every.items() if k in wanted or 'All' in wanted}
    digest = hashlib.md5(message['body'].encode(), usedforsecurity=False).hexdigest()
    out = {'MessageId': message['id'], 'ReceiptHandle': message['receipt'],
           'MD5OfBody': digest, 'Body': message['body']}
    return out | ({'Attributes': chosen} if chosen else {})


def delete_batch(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """DeleteMessageBatch.  A receipt that was given again since deletes nothing
    and is no error, as standard queues have it."""
    queue = _queue(world, params)
    entries = params['Entries']
    if not entries:
        raise Refusal('EmptyBatchRequest', 'There should be at least one '
                      'DeleteMessageBatchRequestEntry in the request.')
    if len(entries) > MOST_MESSAGES:
        raise Refusal('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are '
                      f'10. You have sent {len(entries)}.')
    if len({e['Id'] for e in entries}) < len(entries):
        raise Refusal('BatchEntryIdsNotDistinct', 'Id repeated.')
    held = {m['receipt']: m['id'] for m in world.store.all['message'].values()
            if m['queue'] == queue and m['receipt']}
    good, bad = [], []
    for entry in entries:
        if not re.fullmatch(r'[A-Za-z0-9_-]{1,80}', entry['Id']):
            raise Refusal('InvalidBatchEntryId', f'{entry["Id"]} is no id of an entry')
        if not re.fullmatch(r'[A-Za-z0-9_-]{80}', entry['ReceiptHandle']):
            bad.append({'Id': entry['Id'], 'SenderFault': True, 'Code': 'ReceiptHandleIsInvalid',
                        'Message': 'The input receipt handle is invalid.'})
            continue
        if entry['ReceiptHandle'] in held:
            world.store.drop('message', held[entry['ReceiptHandle']])
        good.append({'Id': entry['Id']})
    return {'Successful': good, 'Failed': bad}


def send(world: World, params: dict[str, Any]) -> dict[str, Any]:
    """SendMessage, of a body alone."""
    queue = _queue(world, params)
    body = params['MessageBody']
    if set(params) - {'QueueUrl', 'MessageBody'}:
        raise Refusal('UnsupportedOperation', 'ec2sim knows QueueUrl and MessageBody only')
    if not body or len(body.encode()) > LARGEST_BODY or FORBIDDEN.search(body):
        raise Refusal('InvalidMessageContents', 'The message is empty, too long or has '
                      'characters that are not allowed.')
    put(world, queue, body)
    newest = next(reversed(world.store.all['message'].values()))
    return {'MessageId': newest['id'], 'MD5OfMessageBody': hashlib.md5(
        body.encode(), usedforsecurity=False).hexdigest()}


ACTIONS = {'ReceiveMessage': receive, 'DeleteMessageBatch': delete_batch, 'SendMessage': send}
