"""For sqlmap's --tamper: the payload behind a user name, in Basic's base64 (RFC 7617)."""

import base64

from lib.core.enums import PRIORITY

__priority__ = PRIORITY.LOWEST


def dependencies():
    pass


def tamper(payload, **kwargs):
    """sqlmap goes by the names of these."""
    del kwargs
    return base64.b64encode(f"ann{payload}:a horse, a stapler".encode()).decode()
