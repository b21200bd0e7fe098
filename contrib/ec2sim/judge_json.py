"""The judge for services that speak JSON (Service Quotas, SQS).

The operation stands in X-Amz-Target, parameters and answers are JSON objects
in the shapes of the model.  Real services overlook members that they do not
know; this one refuses them, as they can only be mistakes.
"""
import datetime
import json
from typing import Any

from botocore.model import Shape

from errors import ModelBreach, Refusal
from judge import Judge, load_model

# What signature.py calls by the names of STS has others in JSON.
NAMES = {'InvalidClientTokenId': 'UnrecognizedClientException',
         'SignatureDoesNotMatch': 'InvalidSignatureException',
         'IncompleteSignature': 'IncompleteSignatureException',
         'MissingAuthenticationToken': 'MissingAuthenticationTokenException',
         'ExpiredToken': 'ExpiredTokenException',
         'MissingParameter': 'ValidationException',
         'InvalidParameterValue': 'ValidationException',
         'InvalidAction': 'UnknownOperationException',
         'InternalError': 'InternalFailure'}


# Debian 12's model of SQS is of the time before it spoke JSON.  Its shapes are those of
# today; how they are spoken is said here.
SINCE_2023 = {'sqs': {'protocol': 'json', 'jsonVersion': '1.0', 'targetPrefix': 'AmazonSQS'}}
# Before the code in errors.
NAMESPACES = {'sqs': 'com.amazonaws.sqs#'}


class JsonJudge:
    """Strict decoder of requests and encoder of answers for one JSON service."""
    protocol = 'json'

    def __init__(self, service: str, model_dir: str | None = None):
        self.model = load_model(service, model_dir)
        metadata = {**self.model.metadata, **SINCE_2023.get(service, {})}
        if metadata['protocol'] != 'json':
            raise ModelBreach(f'{service}: {metadata["protocol"]}, not json')
        self.prefix = metadata['targetPrefix']
        self.content_type = f'application/x-amz-json-{metadata["jsonVersion"]}'
        self.namespace = NAMESPACES.get(service, '')

    def decode(self, action: str, body: bytes) -> tuple[str, dict[str, Any]]:
        """A body to (operation, parameters), or a Refusal."""
        if action not in self.model.operation_names:
            raise Refusal('UnknownOperationException', f'No operation {action}')
        try:
            given = json.loads(body or b'{}', object_pairs_hook=self._object)
        except ValueError as e:
            raise Refusal('SerializationException', f'The body is no JSON: {e}') from e
        shape = self.model.operation_model(action).input_shape
        self._read(shape, given, 'body')
        Judge._validate(given, shape)
        return action, given

    @staticmethod
    def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) < len(pairs):
            raise ValueError('a name stands twice in one object')
        return dict(pairs)

    def _read(self, shape: Shape, value: Any, path: str) -> None:
        kind = shape.type_name
        wanted = {'structure': dict, 'map': dict, 'list': list, 'string': str, 'boolean': bool,
                  'integer': int, 'long': int, 'float': (int, float), 'double': (int, float)}[kind]
        if not isinstance(value, wanted) or isinstance(value, bool) and kind != 'boolean':
            raise Refusal('SerializationException', f'{path}: {type(value).__name__} where the '
                          f'model has {kind}')
        if kind == 'structure':
            for name, item in value.items():
                if name not in shape.members:
                    raise Refusal('SerializationException', f'{path}.{name} is not recognized; '
                                  f'known here: {", ".join(sorted(shape.members))}')
                self._read(shape.members[name], item, f'{path}.{name}')
        elif kind == 'list':
            for item in value:
                self._read(shape.member, item, path)
        elif kind == 'map':
            for name, item in value.items():
                self._read(shape.value, item, f'{path}.{name}')
        elif getattr(shape, 'enum', None) and value not in shape.enum:
            raise Refusal('ValidationException', f'{path}: {value} is none of '
                          f'{", ".join(shape.enum)}')

    def encode(self, action: str, out: dict[str, Any], request_id: str) -> str:
        """The JSON of a good answer; ModelBreach if the model has no such answer."""
        shape = self.model.operation_model(action).output_shape
        return json.dumps(self._write(shape, out, action))

    def _write(self, shape: Shape, value: Any, path: str) -> Any:
        kind = shape.type_name
        if kind == 'structure' and isinstance(value, dict):
            for name in value:
                if name not in shape.members:
                    raise ModelBreach(f'{path}.{name} is not in {shape.name}')
            return {name: self._write(shape.members[name], item, f'{path}.{name}')
                    for name, item in value.items() if item is not None}
        if kind == 'list' and isinstance(value, list):
            return [self._write(shape.member, item, path) for item in value]
        if kind == 'map' and isinstance(value, dict):
            return {name: self._write(shape.value, item, f'{path}.{name}')
                    for name, item in value.items()}
        if kind == 'timestamp' and isinstance(value, datetime.datetime):
            return value.timestamp()
        if kind == 'boolean' and isinstance(value, bool):
            return value
        if kind in ('integer', 'long') and isinstance(value, int) and not isinstance(value, bool):
            return value
        if kind in ('float', 'double') and isinstance(value, (int, float)):
            return float(value)
        if kind == 'string' and isinstance(value, str):
            if getattr(shape, 'enum', None) and value not in shape.enum:
                raise ModelBreach(f'{path}: {value!r} is none of {shape.enum}')
            return value
        raise ModelBreach(f'{path}: {value!r} is no {kind}')

    def translate(self, refusal: Refusal) -> Refusal:
        """The refusal as this service says it: its own codes, and 400 for what is the client's."""
        status = refusal.status if refusal.status >= 500 or refusal.code not in NAMES else 400
        return Refusal(NAMES.get(refusal.code, refusal.code), refusal.message, status)

    def error(self, refusal: Refusal, request_id: str) -> str:
        """The JSON of an error."""
        shape = self.model.shape_for(refusal.code) \
            if refusal.code in self.model.shape_names else None
        # Services differ in the letter that it begins with.
        member = 'Message' if shape is not None and 'Message' in shape.members else 'message'
        return json.dumps({'__type': self.namespace + refusal.code, member: refusal.message})
