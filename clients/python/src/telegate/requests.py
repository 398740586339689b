"""Requests and answers of the service, without the sending."""

from __future__ import annotations

import json
import random
import re
import sys
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar, Union
from urllib.parse import quote as quote_text

if sys.version_info >= (3, 11):
    import httpx2 as httpx
else:
    import httpx

from . import models
from .errors import ApiError, NoSessionAvailable, ServiceUnreachable, TeleGateError

__all__ = [
    "Backoff",
    "Channels",
    "Event",
    "Page",
    "UploadedFile",
    "decoded",
    "error_of",
    "given",
    "httpx",
    "is_transient",
    "is_undecided",
    "names_of",
    "new_idempotency_key",
    "quote",
    "session_string_of",
    "unreachable",
    "username_of",
]

Channels = Union[str, int, "Sequence[str | int]"]
"""One channel or several: `@name`, its id or a link to it."""

UploadedFile = Union[bytes, "tuple[str, bytes]"]
"""The bytes of a file, or its name and its bytes."""

NO_SESSION_CODES = ("no_free_session", "no_sessions_directory", "resolve_budget")

# The one 503 of the service's own after which it may have been done: its database was lost during the commit.
OUTCOME_UNKNOWN = "storage_unavailable"

# The request did not leave this machine.
NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


class Event(NamedTuple):
    """One event of the service's stream."""

    id: str | None
    event: str
    data: Any


Item = TypeVar("Item")


class Page(list[Item]):
    """A part of a list."""

    total: int | None
    """How many entries the whole list has; None: the service has not said."""

    def __init__(self, items: Iterable[Item], headers: Mapping[str, str]) -> None:
        super().__init__(items)
        total = headers.get("x-total-count")
        self.total = None if total is None else int(total)


class Backoff:
    """Pauses between attempts, in seconds: doubled from a fifth of a second to five, with jitter."""

    def __init__(self) -> None:
        self._pause = 0.2

    def next(self) -> float:
        pause = self._pause * (0.5 + random.random() / 2)
        self._pause = min(self._pause * 2, 5.0)
        return pause


def given(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that are given: None means not given."""
    return {name: value for name, value in fields.items() if value is not None}


def new_idempotency_key() -> str:
    """A key that makes a repeated request get the same lease."""
    return uuid.uuid4().hex


def names_of(channels: Channels) -> list[str]:
    """The channels, one by one."""
    return [str(channels)] if isinstance(channels, (str, int)) else [str(channel) for channel in channels]


def username_of(channel: str) -> str | None:
    """The name that a channel was asked for, without `@`; None: by its id."""
    found = re.fullmatch(r"(?:.*[/@])?([A-Za-z]\w{3,31})/?", channel.strip())
    return found and found[1]


def session_string_of(lease: models.Lease) -> str:
    """The session itself. Raises ValueError if it was not asked for."""
    string = lease.get("session_string")
    if string is None:
        raise ValueError('the lease has no session string: ask for it with credentials="string"')
    return string


def quote(value: object) -> str:
    """One segment of a path."""
    return quote_text(str(value), safe="")


def unreachable(error: Exception) -> ServiceUnreachable:
    """The network's error."""
    message = f"the service did not answer: {error or type(error).__name__}"
    return ServiceUnreachable(message, sent=not isinstance(error, NOT_SENT))


def error_of(status: int, headers: Mapping[str, str], content: bytes) -> ApiError:
    """The service's refusal; whoever answered in its place, such as a proxy, counts as the service."""
    try:
        body = json.loads(content)
    except ValueError:
        body = None
    if not isinstance(body, dict):
        body = {"detail": content[:200].decode(errors="replace") or f"HTTP {status}"}
    detail = body.get("detail")
    code = detail.get("error") if isinstance(detail, dict) else body.get("code")
    kind = NoSessionAvailable if code in NO_SESSION_CODES else ApiError
    return kind(
        status,
        detail,
        code=code,
        field=body.get("field"),
        request_id=headers.get("x-request-id"),
        retry_after=seconds_of(headers.get("retry-after")),
    )


def seconds_of(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None


def decoded(response: httpx.Response) -> Any:
    """The JSON of an answer. Raises ApiError if it is something else."""
    try:
        return json.loads(response.content)
    except ValueError as error:
        raise ApiError(response.status_code, "the answer is not JSON: is base_url right?") from error


def is_undecided(error: ApiError) -> bool:
    """Whether it may have been done all the same. The service's own 503 says that it was not, a proxy's does not."""
    by_service = error.code is not None and error.code != OUTCOME_UNKNOWN
    return error.status >= 500 and not (error.status == 503 and by_service)


def is_transient(error: TeleGateError, repeatable: bool) -> bool:
    """Whether the same request may succeed a moment later, and does no harm if it was carried out already."""
    if isinstance(error, ServiceUnreachable):
        return repeatable or not error.sent
    if isinstance(error, NoSessionAvailable) or not isinstance(error, ApiError):
        return False
    return repeatable and error.status in (502, 503, 504)
