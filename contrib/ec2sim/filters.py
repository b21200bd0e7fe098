"""Filter.N and NextToken, the same for every Describe action.

Values of one filter are alternatives, filters are all to be met; * and ? are
wildcards, as in EC2.
"""
import base64
import hashlib
import json
import re
from typing import Any, Callable, Iterable, TypeVar

from errors import Refusal

T = TypeVar('T')
Getter = Callable[[Any], Iterable[str]]


def _pattern(value: str) -> re.Pattern[str]:
    out = ''
    escaped = False
    for c in value:
        if escaped:
            out += re.escape(c)
            escaped = False
        elif c == '\\':
            escaped = True
        else:
            out += '.*' if c == '*' else '.' if c == '?' else re.escape(c)
    return re.compile(out, re.DOTALL)


def compile_filters(given: list[dict[str, Any]], known: dict[str, Getter],
                    tags: Callable[[Any], dict[str, str]] | None) -> Callable[[Any], bool]:
    """A predicate for the Filters parameter.

    KNOWN gives the values that an object has for each filter's name; TAGS its
    tags, for tag:KEY, tag-key and tag-value.
    """
    tests: list[tuple[Getter, set[str], list[re.Pattern[str]]]] = []
    for i, item in enumerate(given or [], 1):
        name = item.get('Name')
        if not name:
            raise Refusal('MissingParameter', f'The request must contain the parameter '
                          f'Filter.{i}.Name')
        getter = known.get(name)
        if getter is None and tags is not None:
            getter = _tag_getter(name, tags)
        if getter is None:
            raise Refusal('InvalidParameterValue', f"The filter '{name}' is invalid")
        values = item.get('Values') or []
        if not values:
            raise Refusal('InvalidParameterValue', f"The filter '{name}' has no value")
        if len(values) > 200:
            raise Refusal('FilterLimitExceeded', 'The maximum number of filter values is 200')
        exact = {v for v in values if not any(c in v for c in '*?\\')}
        tests.append((getter, exact, [_pattern(v) for v in values if v not in exact]))

    def match(thing: Any) -> bool:
        for getter, exact, patterns in tests:
            if not any(v in exact or any(p.fullmatch(v) for p in patterns)
                       for v in getter(thing)):
                return False
        return True
    return match


def _tag_getter(name: str, tags: Callable[[Any], dict[str, str]]) -> Getter | None:
    if name.startswith('tag:') and len(name) > 4:
        key = name[4:]

        def one(thing: Any) -> list[str]:
            value = tags(thing).get(key)
            return [] if value is None else [value]
        return one
    if name == 'tag-key':
        return lambda thing: tags(thing).keys()
    if name == 'tag-value':
        return lambda thing: tags(thing).values()
    return None


def page(items: list[T], params: dict[str, Any], low: int, high: int
         ) -> tuple[list[T], str | None]:
    """One page of ITEMS, which are in an order that does not change, and the
    token of the next.  MaxResults is to be within LOW and HIGH."""
    size = params.get('MaxResults')
    if size is not None and not low <= size <= high:
        raise Refusal('InvalidParameterValue', f'Value ( {size} ) for parameter maxResults is '
                      f'invalid. Expecting a value between {low} and {high}.')
    # A token belongs to its query: with other filters it is refused.
    query = {k: v for k, v in params.items() if k not in ('NextToken', 'MaxResults', 'DryRun')}
    digest = hashlib.sha256(json.dumps(query, sort_keys=True).encode()).hexdigest()[:16]
    start = 0
    token = params.get('NextToken')
    if token:
        try:
            start, wanted = json.loads(base64.urlsafe_b64decode(token))
        except (ValueError, TypeError) as e:
            raise Refusal('InvalidParameterValue', 'Unable to parse pagination token') from e
        if wanted != digest:
            raise Refusal('InvalidParameterValue',
                          'The pagination token belongs to another request')
    if size is None:
        return items[start:], None
    rest = start + size
    if rest >= len(items):
        return items[start:], None
    following = json.dumps([rest, digest]).encode()
    return items[start:rest], base64.urlsafe_b64encode(following).decode()
