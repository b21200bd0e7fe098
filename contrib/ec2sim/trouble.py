"""What befalls instances that run: Spot interruptions, failed checks, scheduled
events, stops and ends that nobody of ours asked for.

Each is an action of control.py, and of the scenario's "troubles", which do it to
instances some time after they began to run.
"""
import time
from typing import Any, Callable

import events
import instances
from scenario import ScenarioError, check_object
from world import World

LIVING = ('pending', 'running')
NOTICE_S = 120
# Where a notice is told: EventBridge, the instance's metadata, the Spot request's status.
CHANNELS = ('events', 'imds', 'request')
CODES = ('instance-retirement', 'instance-stop', 'instance-reboot', 'system-reboot',
         'system-maintenance')
CHECKS = ('system', 'instance')
CHECK_STATES = ('ok', 'impaired', 'insufficient-data', 'initializing')
# StateReason's codes for ends from outside, with the words that EC2 has for them.
REASONS = {
    'Client.UserInitiatedShutdown': 'User initiated shutdown',
    'Client.InstanceInitiatedShutdown': 'Instance initiated shutdown',
    'Server.InternalError': 'Internal error',
    'Server.SpotInstanceTermination': 'Spot instance termination',
    'Server.SpotInstanceShutdown': 'Spot instance shutdown',
    'Server.ScheduledStop': 'Stopped due to a scheduled retirement',
}
SPOT_ENDS = ('instance-terminated-no-capacity', 'instance-terminated-by-price',
             'instance-terminated-capacity-oversubscribed')

NUMBER = (int, float)
# action: its parameters besides the instances
PARAMETERS: dict[str, dict[str, tuple[Any, bool]]] = {
    'interrupt': {'notice_s': (NUMBER, False), 'tell': (list, False), 'code': (str, False)},
    'rebalance': {'tell': (list, False)},
    'impair': {'check': (str, False), 'status': (str, False)},
    'mend': {},
    'schedule': {'code': (str, False), 'in_s': (NUMBER, False), 'for_s': (NUMBER, False)},
    'cancel': {},
    'stop': {'reason': (str, False)},
    'terminate': {'reason': (str, False)},
    'hide': {'for_s': (NUMBER, False)},
    'forget': {},
}
LIMITED = {'reason': REASONS, 'check': (*CHECKS, 'both'), 'status': CHECK_STATES}


def check(action: str, params: dict[str, Any], where: str) -> None:
    """Refuse parameters that ACTION does not have."""
    if action not in PARAMETERS:
        raise ScenarioError(f'{where}: unknown action "{action}"; known: {", ".join(PARAMETERS)}')
    check_object(params, PARAMETERS[action], where)
    limits = dict(LIMITED, code=SPOT_ENDS if action == 'interrupt' else CODES)
    for key, value in params.items():
        if key in limits and value not in limits[key]:
            raise ScenarioError(f'{where}.{key}: expected one of {", ".join(limits[key])}')
        if key.endswith('_s') and value < 0:
            raise ScenarioError(f'{where}.{key}: expected a number, not negative')
    for channel in params.get('tell', []):
        if channel not in CHANNELS:
            raise ScenarioError(f'{where}.tell: expected some of {", ".join(CHANNELS)}')


def do(world: World, action: str, instance: dict[str, Any], params: dict[str, Any]) -> None:
    """Do ACTION to one instance; PARAMS have been checked."""
    ACTIONS[action](world, instance, **params)
    if instance is not world.fixed and instance['id'] in world.instances:
        world.store.put('instance', instance['id'], instance)


def _needs(instance: dict[str, Any], states: tuple[str, ...], what: str) -> None:
    if instance['state'] not in states:
        raise ScenarioError(f'{instance["id"]} is {instance["state"]}: {what}')


def stamp(moment: float) -> str:
    """A moment as StateTransitionReason has it."""
    return time.strftime('%Y-%m-%d %H:%M:%S GMT', time.gmtime(moment))


def _why(code: str) -> tuple[dict[str, str], str]:
    """StateReason and StateTransitionReason of an end that begins now."""
    text = f'User initiated ({instances.AT})' if code == 'Client.UserInitiatedShutdown' \
        else '' if code.startswith('Client.') else code
    return {'Code': code, 'Message': f'{code}: {REASONS[code]}'}, text


# ---- Spot -------------------------------------------------------------------------

def interrupt(world: World, instance: dict[str, Any], notice_s: float = NOTICE_S,
              tell: list[str] | None = None, code: str = SPOT_ENDS[0]) -> None:
    """EC2 takes a Spot instance back in NOTICE_S; 0 is without warning."""
    _needs(instance, LIVING, 'only a living instance is interrupted')
    if instance['market'] != 'spot':
        raise ScenarioError(f'{instance["id"]} is {instance["market"]}: only Spot instances are '
                            'interrupted')
    if instance.get('notice'):
        raise ScenarioError(f'{instance["id"]} has its notice already')
    now, channels = world.now(), CHANNELS if tell is None else tuple(tell)
    instance['notice'] = {'given': now, 'at': now + notice_s, 'code': code,
                          'tell': list(channels) if notice_s else []}
    if notice_s:
        world.event('interruption-notice', instance=instance['id'], deadline=events.iso(
            now + notice_s), type=instance['type'], az=instance['az'])
        if 'events' in channels:
            events.tell(world, 'spot-interruption', instance, {
                'instance-id': instance['id'], 'instance-action': 'terminate'})
    if instance is world.fixed:
        return
    if notice_s:
        world.scheduler.at(now + notice_s, _take_back, world, instance['id'])
    else:
        _end_spot(world, instance)


def _take_back(world: World, name: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is not None and instance['state'] in LIVING:
            _end_spot(world, instance)
            world.store.commit()


def _end_spot(world: World, instance: dict[str, Any]) -> None:
    instances.stop(world, instance, *_why('Server.SpotInstanceTermination'))


def rebalance(world: World, instance: dict[str, Any], tell: list[str] | None = None) -> None:
    """EC2 says that a Spot instance is more likely than others to be interrupted."""
    _needs(instance, LIVING, 'it cannot be at risk')
    if instance['market'] != 'spot':
        raise ScenarioError(f'{instance["id"]} is {instance["market"]}, not spot')
    channels = CHANNELS if tell is None else tell
    world.event('rebalance-recommendation', instance=instance['id'])
    if 'imds' in channels:
        instance['rebalance'] = world.now()
    if 'events' in channels:
        events.tell(world, 'rebalance', instance, {'instance-id': instance['id']})


# ---- checks and scheduled events ------------------------------------------------------

def impair(world: World, instance: dict[str, Any], check: str = 'instance',
           status: str = 'impaired') -> None:
    """A status check of a running instance fails, or says otherwise."""
    _needs(instance, ('running',), 'it has no checks')
    for one in CHECKS if check == 'both' else (check,):
        instance.setdefault('checks', {})[one] = [status, world.now()]
        world.event('check', instance=instance['id'], check=one, status=status)


def mend(world: World, instance: dict[str, Any]) -> None:
    """All checks are as they should be again."""
    instance['checks'] = {}
    world.event('check', instance=instance['id'], check='both', status='ok')


TEXTS = {'instance-retirement': 'The instance is running on degraded hardware',
         'instance-stop': 'The instance is scheduled to be stopped',
         'instance-reboot': 'scheduled reboot', 'system-reboot': 'scheduled reboot',
         'system-maintenance': 'scheduled network maintenance'}


def schedule(world: World, instance: dict[str, Any], code: str = CODES[0],
             in_s: float = 14 * 86400, for_s: float = 0) -> None:
    """AWS plans something for the instance in IN_S, done FOR_S later at the latest."""
    _needs(instance, LIVING, 'nothing is planned for it')
    at = world.now() + in_s
    event = {'id': world.new_id('instance-event'), 'code': code, 'description': TEXTS[code],
             'not_before': at, 'not_after': at + for_s if for_s else None, 'state': 'active'}
    instance.setdefault('events', []).append(event)
    world.event('scheduled', instance=instance['id'], code=code, not_before=events.iso(at))
    events.health(world, instance, event)
    world.scheduler.at(at, _carry_out, world, instance['id'], event['id'])


def _carry_out(world: World, name: str, event_id: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is None or instance['state'] not in LIVING:
            return
        for event in instance.get('events', []):
            if event['id'] != event_id or event['state'] != 'active':
                continue
            event['state'] = 'completed'
            world.event('carried-out', instance=name, code=event['code'])
            if event['code'] in ('instance-retirement', 'instance-stop'):
                # A one-time Spot request cannot come back, so it has no stopped instances.
                end = instances.stop if instance['market'] == 'spot' else instances.halt
                end(world, instance, *_why('Server.ScheduledStop'))
            world.store.put('instance', name, instance)
        world.store.commit()


def cancel(world: World, instance: dict[str, Any]) -> None:
    """AWS does none of what it planned."""
    for event in instance.get('events', []):
        if event['state'] == 'active':
            event['state'] = 'canceled'


# ---- ends -----------------------------------------------------------------------------

def stop(world: World, instance: dict[str, Any], reason: str = 'Client.UserInitiatedShutdown'
         ) -> None:
    """Somebody stops an instance: it is not terminated."""
    _needs(instance, LIVING, 'it cannot be stopped')
    if instance['market'] == 'spot':
        raise ScenarioError(f'{instance["id"]} is of a one-time Spot request: EC2 stops none')
    instances.halt(world, instance, *_why(reason))


def terminate(world: World, instance: dict[str, Any],
              reason: str = 'Client.UserInitiatedShutdown') -> None:
    """Somebody else terminates an instance, or AWS loses it."""
    _needs(instance, (*LIVING, 'stopping', 'stopped'), 'it cannot be terminated')
    instances.stop(world, instance, *_why(reason))


def hide(world: World, instance: dict[str, Any], for_s: float = 1e9) -> None:
    """EC2 shows nobody that there is such an instance."""
    instance['visible'] = world.now() + for_s
    world.event('hidden', instance=instance['id'])


def forget(world: World, instance: dict[str, Any]) -> None:
    """A terminated instance is no longer shown, as some time after its end."""
    _needs(instance, ('terminated',), 'EC2 forgets only terminated ones')
    instances.drop(world, instance)


ACTIONS: dict[str, Callable[..., None]] = {
    'interrupt': interrupt, 'rebalance': rebalance, 'impair': impair, 'mend': mend,
    'schedule': schedule, 'cancel': cancel, 'stop': stop, 'terminate': terminate,
    'hide': hide, 'forget': forget}


# ---- the scenario's ---------------------------------------------------------------------

def on_running(world: World, instance: dict[str, Any]) -> None:
    """An instance began to run: is there trouble in store for it?"""
    for number, rule in enumerate(world.scenario.troubles):
        if any(instance[key] != rule[key] for key in ('type', 'az', 'market') if key in rule) \
                or any(instance['tags'].get(k) != v for k, v in rule.get('tags', {}).items()) \
                or world.troubled[number] >= rule.get('times', 1):
            continue
        world.troubled[number] += 1
        world.scheduler.at(world.now() + rule.get('after_s', 0), _befall, world, rule,
                           instance['id'])


def _befall(world: World, rule: dict[str, Any], name: str) -> None:
    with world.lock:
        instance = world.instances.get(name)
        if instance is None or instance['state'] not in LIVING:
            return
        try:
            do(world, rule['do'], instance, rule.get('with', {}))
        except ScenarioError as e:
            world.event('trouble', instance=name, trouble=str(e))
        world.store.commit()


def resume(world: World, instance: dict[str, Any]) -> None:
    """After a restart: what was announced still comes."""
    if instance['state'] not in LIVING:
        return
    if instance.get('notice'):
        world.scheduler.at(instance['notice']['at'], _take_back, world, instance['id'])
    for event in instance.get('events', []):
        if event['state'] == 'active':
            world.scheduler.at(event['not_before'], _carry_out, world, instance['id'],
                               event['id'])
