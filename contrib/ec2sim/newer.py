"""Service models newer than Debian 12's botocore (1.29): where they are found, and
all that the simulator says or takes only with one of them.

contrib/ci/model fetches them.  Without, the simulator judges by the installed
model, and a scenario that needs more is refused with a text that says so.
"""
import os
import re
from typing import Any

import botocore

PLACE = '/var/cache/aws-slurm-burst/models'
ADVICE = "it needs a newer service model than this botocore's: contrib/ci/model fetches one"

# feature: what the model of EC2 must have for it, (shape, its member or value).
FEATURES = {
    'capacity-blocks': (('DefaultTargetCapacityType', 'capacity-block'),
                        ('MarketType', 'capacity-block'),
                        ('CapacityReservation', 'ReservationType'),
                        ('InstanceLifecycleType', 'capacity-block'),
                        ('UsageClassType', 'capacity-block')),
    'reservations-only': (('CapacityReservationPreference', 'capacity-reservations-only'),),
}


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r'\d+', version)[:3])


def newest() -> str | None:
    """The directory with the newest models (BURST_MODELS, or where contrib/ci/model
    keeps them), if they are newer than botocore's own."""
    place = os.environ.get('BURST_MODELS') or PLACE
    try:
        found = [name for name in os.listdir(place) if re.fullmatch(r'\d[\d.]*', name)]
    except OSError:
        return None
    best = max(found, key=_number, default='0')
    return os.path.join(place, best) if _number(best) > _number(botocore.__version__) else None


def _has(model: Any, shape_name: str, what: str) -> bool:
    if shape_name not in model.shape_names:
        return False
    shape = model.shape_for(shape_name)
    return what in (shape.members if shape.type_name == 'structure' else shape.enum)


def features(model: Any) -> set[str]:
    """The features that this model of EC2 knows."""
    return {name for name, needed in FEATURES.items()
            if all(_has(model, shape, what) for shape, what in needed)}
