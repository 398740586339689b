"""What the client raises."""

from __future__ import annotations

from typing import Any

# The codes of the service that say: this worker does not hold the session.
LOST_CODES = ("lease_lost", "not_lease_holder", "lease_id_required", "session_not_found")


class TeleGateError(Exception):
    """Anything that goes wrong between a worker and TeleGate."""


class ServiceUnreachable(TeleGateError):
    """The service did not answer. `sent`: it may have got the request all the same."""

    def __init__(self, message: str, *, sent: bool) -> None:
        super().__init__(message)
        self.sent = sent


class ApiError(TeleGateError):
    """The service refused a request.

    `code` is for programs to branch on, `detail` is what it said, `retry_after` is in seconds.
    """

    def __init__(
        self,
        status: int,
        detail: Any,
        *,
        code: str | None = None,
        field: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status}: {in_words(detail)}")
        self.status = status
        self.detail = detail
        self.code = code
        self.field = field
        self.request_id = request_id
        self.retry_after = retry_after


class NoSessionAvailable(ApiError):
    """No session is free that was asked for."""

    @property
    def waiting_count(self) -> int:
        """How many sessions wait for the end of a flood."""
        return int(self._facts.get("in_floodwait", 0))

    @property
    def next_release_in(self) -> int | None:
        """Seconds until the first of these floods ends; None: unknown."""
        seconds = self._facts.get("next_release_in")
        return None if seconds is None else int(seconds)

    @property
    def _facts(self) -> dict[str, Any]:
        return self.detail if isinstance(self.detail, dict) else {}


class LeaseLost(TeleGateError):
    """The session is not this worker's any more, and may be another's."""

    def __init__(self, session_id: int, reason: str) -> None:
        super().__init__(f"the lease of session {session_id} is lost: {reason}")
        self.session_id = session_id
        self.reason = reason


class NotAuthorized(TeleGateError):
    """The leased session holds no account that is logged in."""


def in_words(detail: Any) -> str:
    """The service's `detail`, which is a sentence, an object with a code, or a list of invalid fields."""
    if isinstance(detail, dict):
        return str(detail.get("message") or detail.get("error") or detail)
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(map(str, one.get('loc', [])))}: {one.get('msg')}" for one in detail)
    return str(detail)
