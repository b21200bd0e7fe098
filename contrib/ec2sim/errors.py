"""The one exception by which any part of the simulator refuses a request.

A Refusal carries EC2's error code, its message and the HTTP status that AWS
sends with it.  Codes without an entry in STATUS are plain client errors, 400.
"""

STATUS = {
    'AuthFailure': 401,
    'DryRunOperation': 412,
    'ExpiredToken': 403,
    'ExpiredTokenException': 403,
    'IncompleteSignature': 403,
    'InvalidClientTokenId': 403,
    'MissingAuthenticationToken': 403,
    'SignatureDoesNotMatch': 403,
    'UnauthorizedOperation': 403,
    'AccessDenied': 403,
    'InternalError': 500,
    'InternalFailure': 500,
    'InsufficientInstanceCapacity': 500,
    'InsufficientHostCapacity': 500,
    'RequestLimitExceeded': 503,
    'ServiceUnavailable': 503,
    'Unavailable': 503,
    'Throttling': 400,
}


class Refusal(Exception):
    """An answer that is an error: code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int | None = None):
        super().__init__(f'{code}: {message}')
        self.code = code
        self.message = message
        self.status = status or STATUS.get(code, 400)


class ModelBreach(Exception):
    """The simulator itself was about to utter what AWS's model forbids."""
