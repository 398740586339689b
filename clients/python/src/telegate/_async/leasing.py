"""Waiting in the queue for a session."""

from __future__ import annotations

import logging
import math
from contextlib import suppress
from typing import Any, NamedTuple

from .. import models
from ..errors import LOST_CODES, ApiError, LeaseLost, NoSessionAvailable, ServiceUnreachable, TeleGateError
from ..requests import Backoff, decoded, is_undecided, new_idempotency_key
from .calls import AsyncCalls

logger = logging.getLogger("telegate")

# The longest that the service holds one request, in seconds.
HOLD_SECONDS = 60

# How long an answer may take beyond that.
ANSWER_SECONDS = 15.0

# A lease that may be older than this part of its time is renewed before it is used.
MAX_UNCERTAIN_PART = 0.1

# How long the service may be away while a session is wanted without a limit of time.
AWAY_SECONDS = 300.0

# How long it may be away for somebody who does not wait in the queue, in seconds.
OUTAGE_SECONDS = 30.0

# How long it may take to give back what nobody waits for any more, in seconds.
ABANDON_SECONDS = 5.0


class Granted(NamedTuple):
    """A lease, and when the request was sent that it counts from."""

    lease: models.Lease
    sent_at: float


class Wanted(NamedTuple):
    """What session, and for how long to wait in the queue: `wait` seconds; None: until there is one."""

    parameters: dict[str, Any]
    ttl: int | None
    wait: float | None

    def hold(self, remaining: float) -> int:
        """How long one request may wait in the queue; the next one joins it at its end."""
        return max(0, math.floor(min(HOLD_SECONDS, remaining)))

    def is_uncertain(self, age: float) -> bool:
        """Whether too much of a lease may be over that was granted in the last `age` seconds."""
        return self.ttl is not None and age > self.ttl * MAX_UNCERTAIN_PART


async def acquire(calls: AsyncCalls, wanted: Wanted) -> Granted:
    """Leases a session, waiting in the queue for as long as wanted.

    All requests carry one idempotency key, so that however many of them get lost, one session is leased; if it is
    cancelled, none is.

    Raises NoSessionAvailable when the time is over, ServiceUnreachable if the service is away, and ApiError.
    """
    acquisition = _Acquisition(calls, wanted)
    try:
        return await acquisition.run()
    except (Exception, GeneratorExit):
        raise
    except BaseException:
        await acquisition.abandon()
        raise


class _Acquisition:
    """One wait in the queue, over as many requests as it takes."""

    def __init__(self, calls: AsyncCalls, wanted: Wanted) -> None:
        self._calls = calls
        self._wanted = wanted
        now = calls.runtime.now()
        self._ends_at = math.inf if wanted.wait is None else now + wanted.wait
        self._outage_ends_at = max(self._ends_at, now + OUTAGE_SECONDS)
        self._answered_at = now
        self.start_over()

    def start_over(self) -> None:
        self._key = new_idempotency_key()
        self._backoff = Backoff()
        # Whether a request got lost that may have been granted a lease.
        self._is_unsure = False
        # Whether one is under way, or has been granted a lease that nobody has yet.
        self._is_asking = False

    async def run(self) -> Granted:
        while True:
            sent_at = self._calls.runtime.now()
            hold = self._wanted.hold(max(0.0, self._ends_at - sent_at))
            try:
                self._is_asking = True
                granted = Granted(await self._ask(hold, hold + ANSWER_SECONDS), sent_at)
            except (ApiError, ServiceUnreachable) as error:
                self._is_asking = False
                await self._calls.runtime.sleep(self.pause_after(error, sent_at))
                continue
            age = self._calls.runtime.now() - sent_at
            if not self._is_unsure and not self._wanted.is_uncertain(age):
                return granted
            # An earlier request may have got this lease, or this one while it was held: its time is counted anew.
            try:
                return await renewed(self._calls, granted.lease, self._wanted.ttl)
            except LeaseLost:
                self.start_over()

    async def abandon(self) -> None:
        """Gives back the lease of a request whose answer nobody has read: its key says which one."""
        if not (self._is_asking or self._is_unsure):
            return
        with suppress(TeleGateError):
            lease = await self._ask(0, ABANDON_SECONDS / 4)
            body = {"session_id": lease["session_id"], "lease_id": lease["lease_id"]}
            await self._calls.attempt("POST", "/release", body=body, timeout=ABANDON_SECONDS / 4)

    async def _ask(self, hold: int, timeout: float) -> models.Lease:
        response = await self._calls.attempt(
            "POST",
            "/session",
            body={**self._wanted.parameters, "ttl": self._wanted.ttl, "wait": hold},
            idempotency_key=self._key,
            timeout=timeout,
        )
        lease: models.Lease = decoded(response)
        return lease

    def pause_after(self, error: ApiError | ServiceUnreachable, sent_at: float) -> float:
        """Seconds until the next request; raises `error` if there must be none."""
        now = self._calls.runtime.now()
        if isinstance(error, ServiceUnreachable):
            self._is_unsure = self._is_unsure or error.sent
            return self._unless_over(error, now, self._backoff.next())
        if isinstance(error, NoSessionAvailable):
            self._answered_at = now
            held = now - sent_at
            # It answers before its time if waiting is of no use now.
            return self._unless_over(error, now, max(0.0, min(error.retry_after or 1.0, 5.0) - held))
        if error.status == 409 and error.code == "lease_lost":
            # The lease that a lost request was granted has ended since.
            self.start_over()
            return 0.0
        if error.status in (429, 502, 503, 504):
            self._is_unsure = self._is_unsure or is_undecided(error)
            return self._unless_over(error, now, max(self._backoff.next(), min(error.retry_after or 0.0, 60.0)))
        raise error

    def _unless_over(self, error: ApiError | ServiceUnreachable, now: float, pause: float) -> float:
        is_away = isinstance(error, ServiceUnreachable) and now - self._answered_at > AWAY_SECONDS
        is_queued = isinstance(error, NoSessionAvailable) or (isinstance(error, ApiError) and error.status == 429)
        ends_at = self._ends_at if is_queued else self._outage_ends_at
        if now >= ends_at or is_away:
            raise error
        logger.debug("asking for a session again in %.1f s: %s", pause, error)
        return min(pause, ends_at - now)


async def renewed(calls: AsyncCalls, lease: models.Lease, ttl: int | None) -> Granted:
    """The lease, renewed just now. Raises LeaseLost."""
    sent_at = calls.runtime.now()
    body = {"session_id": lease["session_id"], "lease_id": lease["lease_id"], "ttl": ttl}
    try:
        await calls.call("POST", "/heartbeat", body=body, repeat=True)
    except ApiError as error:
        if error.code not in LOST_CODES:
            raise
        raise LeaseLost(lease["session_id"], f"the service answered {error.code}") from error
    return Granted(lease, sent_at)
