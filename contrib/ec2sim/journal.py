"""The record of what was asked, answered and what happened: JSON lines.

Secrets never reach it: redact() removes them from decoded parameters.
"""
import base64
import datetime
import json
import threading
from typing import Any, Callable, TextIO

# Bodies that may hold secrets; their size is all that is told.
SECRET = {'UserData', 'WebIdentityToken', 'TokenCode', 'ExternalId'}


def iso(moment: float) -> str:
    """Seconds since 1970 as ISO 8601 in UTC with milliseconds."""
    utc = datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
    return utc.strftime('%Y-%m-%dT%H:%M:%S.') + f'{utc.microsecond // 1000:03d}Z'


def redact(value: Any) -> Any:
    """VALUE as JSON can say it, without secrets."""
    if isinstance(value, dict):
        return {k: f'<{len(v)} characters>' if k in SECRET and isinstance(v, str) else redact(v)
                for k, v in value.items()}
    if isinstance(value, list):
        return [redact(v) for v in value]
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return value


class Journal:
    """Writes one line per request and per event, whole and in order."""

    def __init__(self, path: str | None, clock: Callable[[], float]):
        self._clock = clock
        self._lock = threading.Lock()
        self._seq = 0
        self._file: TextIO | None = None
        if path:
            self._file = open(path, 'a+', encoding='utf-8')
            self._file.seek(0)
            for line in self._file:
                try:
                    self._seq = max(self._seq, json.loads(line)['seq'])
                except (ValueError, KeyError):
                    continue   # a line cut short by kill -9
        self.lines: list[dict[str, Any]] = []   # kept only where there is no file

    def write(self, kind: str, **fields: Any) -> None:
        """Append a line of KIND ('request' or 'event')."""
        with self._lock:
            self._seq += 1
            line = {'time': iso(self._clock()), 'seq': self._seq, 'kind': kind, **fields}
            if self._file:
                self._file.write(json.dumps(line) + '\n')
                self._file.flush()
            else:
                self.lines.append(line)

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
