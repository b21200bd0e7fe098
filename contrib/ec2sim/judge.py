"""AWS's own service model, as carried by botocore, used as a judge.

A Judge decodes the form parameters of a request into the dict that the model's
input shape describes and refuses everything else; it encodes a dict into the
XML of the model's output shape and cannot write anything the shape lacks.
Two protocols: 'ec2' (EC2) and 'query' (STS).  Works with botocore 1.29 and
newer, and with models newer than that (newer.py, --model).
"""
import base64
import datetime
import re
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import Shape
from botocore.session import Session
from botocore.validate import ParamValidator

import newer
from errors import ModelBreach, Refusal

# AWS extends these lists all the time: the model's list is a snapshot, not a
# rule.  What is really known is checked elsewhere (catalogue, tag resources).
OPEN_ENUMS = {'InstanceType', 'RegionNames', 'AccountAttributeName', 'ResourceType'}

INTEGER = re.compile(r'-?[0-9]+')
FLOAT = re.compile(r'-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?')
TIMESTAMP = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z')
INDEX = re.compile(r'[1-9][0-9]*')
# XML 1.0 has no way to carry these, so neither has an answer of AWS.
NOT_XML = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]')
# What XML cannot carry as it is; most strings have nothing of it.
NOT_PLAIN = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff&<>]')


def load_model(service: str, model_dir: str | None = None) -> Any:
    """botocore's ServiceModel of a service, from MODEL_DIR or the newest found."""
    session = Session()
    model_dir = model_dir or newer.newest()
    if model_dir:
        session.get_component('data_loader').search_paths.insert(0, model_dir)
    return session.get_service_model(service)


def timestamp(moment: datetime.datetime) -> str:
    """A moment as EC2 writes it, in UTC with milliseconds."""
    utc = moment.astimezone(datetime.timezone.utc)
    return utc.strftime('%Y-%m-%dT%H:%M:%S.') + f'{utc.microsecond // 1000:03d}Z'


class Judge:
    """Strict decoder of requests and encoder of answers for one service."""
    content_type = 'text/xml;charset=UTF-8'

    def __init__(self, service: str = 'ec2', model_dir: str | None = None):
        self.model = load_model(service, model_dir)
        self.protocol = self.model.metadata['protocol']
        namespace = self.model.metadata.get('xmlNamespace', '')
        if isinstance(namespace, dict):
            namespace = namespace['uri']
        self.namespace = namespace.rstrip('/') + '/'
        self.version = self.model.metadata['apiVersion']
        self.operations = frozenset(self.model.operation_names)
        self._known: dict[str, dict[str, tuple[str, Shape]]] = {}
        self._members: dict[str, list[tuple[str, str, Shape]]] = {}

    # ---- names on the wire -------------------------------------------------

    def wire_in(self, member: str, shape: Shape) -> str:
        """The name a member of an input shape has in a request."""
        where = shape.serialization
        if self.protocol == 'query':
            return where.get('name', member)
        if 'queryName' in where:
            return where['queryName']
        name = where.get('name')
        return name[0].upper() + name[1:] if name else member

    # ---- requests ------------------------------------------------------------

    def decode(self, pairs: list[tuple[str, str]]) -> tuple[str, dict[str, Any]]:
        """Form parameters to (operation, parameters), or a Refusal."""
        tree = self._tree(pairs)
        action, version = tree.pop('Action', None), tree.pop('Version', None)
        if not isinstance(action, str):
            raise Refusal('MissingAction', 'The request must contain the parameter Action')
        if action not in self.operations:
            raise Refusal('InvalidAction',
                          f'The action {action} is not valid for this web service.')
        if version != self.version:
            raise Refusal('NoSuchVersion', f'The requested version ({version}) of service '
                          f'{self.model.service_name} does not exist; it is {self.version}')
        shape = self.model.operation_model(action).input_shape
        if shape is None:
            if tree:
                raise Refusal('UnknownParameter',
                              f'The parameter {next(iter(tree))} is not recognized')
            return action, {}
        params = self._structure(shape, tree, '')
        self._validate(params, shape)
        return action, params

    @staticmethod
    def _tree(pairs: list[tuple[str, str]]) -> dict[str, Any]:
        tree: dict[str, Any] = {}
        seen = set()
        for key, value in pairs:
            if key in seen:
                raise Refusal('InvalidParameterCombination', f'The parameter {key} is given twice')
            seen.add(key)
            node = tree
            parts = key.split('.')
            for part in parts[:-1]:
                node = node.setdefault(part, {})
                if not isinstance(node, dict):
                    raise Refusal('MalformedQueryString', f'{key}: both a value and a structure')
            if isinstance(node.get(parts[-1]), dict):
                raise Refusal('MalformedQueryString', f'{key}: both a value and a structure')
            node[parts[-1]] = value
        return tree

    @staticmethod
    def _validate(params: dict[str, Any], shape: Shape) -> None:
        """Required members, least lengths and ranges, by botocore's validator."""
        report = ParamValidator().validate(params, shape)
        if not report.has_errors():
            return
        text = report.generate_report()
        missing = re.search(r'Missing required parameter in ([^:]*): "(\w+)"', text)
        if missing:
            path = missing[1].removeprefix('input').removeprefix('.')
            name = f'{path}.{missing[2]}' if path else missing[2]
            raise Refusal('MissingParameter', f'The request must contain the parameter {name}')
        raise Refusal('InvalidParameterValue', text)

    def _structure(self, shape: Shape, tree: Any, path: str) -> dict[str, Any]:
        if not isinstance(tree, dict):
            raise Refusal('MalformedQueryString', f'{path} is a structure, not a value')
        known = self._known.get(shape.name)
        if known is None:
            known = {self.wire_in(name, member): (name, member)
                     for name, member in shape.members.items()}
            self._known[shape.name] = known
        out = {}
        for key, value in tree.items():
            if key not in known:
                raise Refusal('UnknownParameter', f'The parameter {path}{key} is not recognized; '
                              f'known here: {", ".join(sorted(known))}')
            name, member = known[key]
            out[name] = self._value(member, value, path + key)
        return out

    def _list(self, shape: Shape, value: Any, path: str) -> list[Any]:
        if self.protocol == 'query' and not shape.serialization.get('flattened'):
            wrapper = shape.member.serialization.get('name', 'member')
            if not isinstance(value, dict) or set(value) != {wrapper}:
                raise Refusal('MalformedQueryString', f'{path}: {path}.{wrapper}.N is expected')
            value, path = value[wrapper], f'{path}.{wrapper}'
        if not isinstance(value, dict):
            raise Refusal('MalformedQueryString', f'{path} is a list, not a value')
        for key in value:
            if not INDEX.fullmatch(key):
                raise Refusal('MalformedQueryString', f'{path}.{key}: a list index is expected')
        indices = sorted(int(key) for key in value)
        if indices != list(range(1, len(indices) + 1)):
            raise Refusal('MalformedQueryString', f'{path}: indices are not 1 to {len(indices)}')
        return [self._value(shape.member, value[str(i)], f'{path}.{i}') for i in indices]

    def _value(self, shape: Shape, value: Any, path: str) -> Any:
        kind = shape.type_name
        if kind == 'structure':
            return self._structure(shape, value, path + '.')
        if kind == 'list':
            return self._list(shape, value, path)
        if isinstance(value, dict):
            raise Refusal('MalformedQueryString', f'{path} is a value, not a structure')
        return self._scalar(shape, kind, value, path)

    @staticmethod
    def _scalar(shape: Shape, kind: str, value: str, path: str) -> Any:
        def wrong(why: str) -> Refusal:
            return Refusal('InvalidParameterValue',
                           f'Value ({value[:80]}) for parameter {path} is invalid. {why}')
        if kind in ('integer', 'long'):
            limit = 2**31 if kind == 'integer' else 2**63
            if not INTEGER.fullmatch(value) or not -limit <= int(value) < limit:
                raise wrong(f'It is no {kind}.')
            return int(value)
        if kind in ('float', 'double'):
            if not FLOAT.fullmatch(value):
                raise wrong('It is no number.')
            return float(value)
        if kind == 'boolean':
            if value not in ('true', 'false'):
                raise wrong('It is neither true nor false.')
            return value == 'true'
        if kind == 'timestamp':
            if not TIMESTAMP.fullmatch(value):
                raise wrong('It is no timestamp.')
            try:
                return datetime.datetime.fromisoformat(value.replace('Z', '+00:00'))
            except ValueError as e:
                raise wrong(str(e)) from e
        if kind == 'blob':
            try:
                return base64.b64decode(value, validate=True)
            except ValueError as e:
                raise wrong('It is not base64.') from e
        enum = getattr(shape, 'enum', None)
        if enum and value not in enum and shape.name not in OPEN_ENUMS:
            raise wrong(f'It is none of {", ".join(enum)}.')
        return value

    # ---- answers -------------------------------------------------------------

    def encode(self, action: str, out: dict[str, Any], request_id: str) -> str:
        """The XML of a good answer; ModelBreach if the model has no such answer."""
        operation = self.model.operation_model(action)
        shape = operation.output_shape
        body = ['<?xml version="1.0" encoding="UTF-8"?>\n'
                f'<{action}Response xmlns="{self.namespace}">']
        if self.protocol == 'query':
            body.append(f'<{action}Result>')
            if shape is not None:
                self._write(shape, out, None, body, action)
            body.append(f'</{action}Result><ResponseMetadata><RequestId>{request_id}</RequestId>'
                        '</ResponseMetadata>')
        else:
            body.append(f'<requestId>{request_id}</requestId>')
            if shape is not None:
                self._write(shape, out, None, body, action)
            elif out:
                raise ModelBreach(f'{action} has no output shape')
            else:
                body.append('<return>true</return>')
        body.append(f'</{action}Response>')
        return ''.join(body)

    def _write(self, shape: Shape, value: Any, tag: str | None, body: list[str],
               path: str) -> None:
        if value is None:
            return
        opening, closing = (f'<{tag}>', f'</{tag}>') if tag else ('', '')
        kind = shape.type_name
        if kind == 'structure':
            if not isinstance(value, dict):
                raise ModelBreach(f'{path}: not a structure')
            members = self._members.get(shape.name)
            if members is None:
                members = [(name, member.serialization.get('name', name), member)
                           for name, member in shape.members.items()]
                self._members[shape.name] = members
            for name in value:
                if name not in shape.members:
                    raise ModelBreach(f'{path}.{name} is not in {shape.name}')
            body.append(opening)
            for name, wire, member in members:
                if name in value:
                    self._write(member, value[name], wire, body, f'{path}.{name}')
            body.append(closing)
        elif kind == 'list':
            if shape.serialization.get('flattened'):
                raise ModelBreach(f'{path}: flattened lists are not supported')
            if not isinstance(value, list):
                raise ModelBreach(f'{path}: not a list')
            item = shape.member.serialization.get('name', 'member')
            body.append(opening)
            for member in value:
                self._write(shape.member, member, item, body, path)
            body.append(closing)
        else:
            body.append(f'{opening}{self._text(shape, kind, value, path)}{closing}')

    @staticmethod
    def _text(shape: Shape, kind: str, value: Any, path: str) -> str:
        if kind == 'boolean':
            if not isinstance(value, bool):
                raise ModelBreach(f'{path}: {value!r} is no boolean')
            return 'true' if value else 'false'
        if kind in ('integer', 'long'):
            if not isinstance(value, int) or isinstance(value, bool):
                raise ModelBreach(f'{path}: {value!r} is no integer')
            return str(value)
        if kind in ('float', 'double'):
            return repr(float(value))
        if kind == 'timestamp':
            if not isinstance(value, datetime.datetime):
                raise ModelBreach(f'{path}: {value!r} is no moment')
            return timestamp(value)
        if kind == 'blob':
            return base64.b64encode(value).decode()
        if not isinstance(value, str):
            raise ModelBreach(f'{path}: {value!r} is no string')
        enum = getattr(shape, 'enum', None)
        if enum and value not in enum and shape.name not in OPEN_ENUMS:
            raise ModelBreach(f'{path}: {value!r} is none of {enum}')
        if not NOT_PLAIN.search(value):
            return value
        if NOT_XML.search(value):
            raise ModelBreach(f'{path}: {value!r} cannot be said in XML')
        return escape(value)

    @staticmethod
    def translate(refusal: Refusal) -> Refusal:
        """The refusal as this service says it."""
        return refusal

    def error(self, refusal: Refusal, request_id: str) -> str:
        """The XML of an error, in the form of this service."""
        code, message = escape(refusal.code), escape(NOT_XML.sub('?', refusal.message))
        if self.protocol == 'query':
            kind = 'Receiver' if refusal.status >= 500 else 'Sender'
            return (f'<ErrorResponse xmlns="{self.namespace}"><Error><Type>{kind}</Type>'
                    f'<Code>{code}</Code><Message>{message}</Message></Error>'
                    f'<RequestId>{request_id}</RequestId></ErrorResponse>')
        return ('<?xml version="1.0" encoding="UTF-8"?>\n'
                f'<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message>'
                f'</Error></Errors><RequestID>{request_id}</RequestID></Response>')
