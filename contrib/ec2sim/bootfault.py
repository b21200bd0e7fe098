"""Boots that go wrong: what a fault's "boot" does to instances of a launch.

"die": the instance ends by itself, for one of EC2's reasons.  "hang": it comes
up and never gets to its user data.  "wrong-image": its user data fails in an
image that lacks what it needs, and the console says so.
"""
from typing import Any

KINDS = ('die', 'hang', 'wrong-image')

# The state reasons that instances can end for by themselves, as EC2 words them.
REASONS = {
    'Client.InstanceInitiatedShutdown': 'Instance initiated shutdown',
    'Server.SpotInstanceTermination': 'Spot instance termination',
    'Server.InternalError': 'Internal error on launch',
    'Server.InsufficientInstanceCapacity': 'Insufficient capacity to satisfy the launch request',
    'Client.InternalError': 'Client error on launch',
    'Client.InvalidSnapshot.NotFound': 'The snapshot does not exist',
    'Client.VolumeLimitExceeded': 'Volume limit exceeded',
}
AFTER_RUNNING = {'Client.InstanceInitiatedShutdown', 'Server.SpotInstanceTermination'}

# Serial consoles end lines with CR LF and carry colours; nobody there is polite.
KERNEL = ('[    0.000000] Linux version 6.1.0-28-cloud-amd64\r\n'
          '[    0.912345] xhci_hcd 0000:00:04.0: xHCI Host Controller\r\n'
          '[    1.402211] ena 0000:00:05.0: Elastic Network Adapter (ENA) found\r\n')
CONSOLES = {
    'die': KERNEL + '[\x1b[0;32m  OK  \x1b[0m] Reached target \x1b[0;1;39mPower-Off\x1b[0m.\r\n'
                    '[    9.118273] reboot: Power down\r\n',
    'hang': KERNEL + '[\x1b[0;1;33mDEPEND\x1b[0m] Dependency failed for '
                     '\x1b[0;1;39m/shared\x1b[0m.\r\n'
                     'You are in emergency mode. Press Enter for maintenance ',
    'wrong-image': KERNEL + 'cloud-init[812]: /var/lib/cloud/instance/scripts/part-001: line 3: '
                            'slurmd: command not found\r\n'
                            '[\x1b[0;1;31mFAILED\x1b[0m] Failed to start '
                            '\x1b[0;1;39mcloud-final.service\x1b[0m.\r\n',
}


def of_instance(faults: list[dict[str, Any]], index: int) -> dict[str, Any] | None:
    """The boot fault, if any, of the INDEXth instance (from 0) of a fleet."""
    for fault in faults:
        which = fault.get('instances')
        if which is None or (index in which if isinstance(which, list) else index < which):
            return {'kind': fault['boot'], 'after_ms': fault.get('after_ms', 300),
                    'reason': fault.get('reason', 'Client.InstanceInitiatedShutdown')}
    return None


def on_launch(fault: dict[str, Any] | None) -> bool:
    """Whether the instance ends before it is running."""
    return bool(fault and fault['kind'] == 'die' and fault['reason'] not in AFTER_RUNNING)


def state_reason(fault: dict[str, Any]) -> dict[str, str]:
    """Why the instance ended, as StateReason."""
    code = fault['reason']
    return {'Code': code, 'Message': f'{code}: {REASONS[code]}'}
