"""A leased session: kept, reported on and given back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any

from .. import models
from ..errors import LOST_CODES, ApiError, LeaseLost
from ..lease_timer import LeaseTimer
from ..requests import decoded, session_string_of
from ..telegram_errors import counts_twice, telegram_error
from ..verdicts import Verdict, known_verdict, remember_verdict, verdict_of
from .calls import AsyncCalls
from .leasing import Granted

logger = logging.getLogger("telegate")

# How long one renewal may take, in seconds.
RENEWAL_SECONDS = 10.0

# How long the report of an error may hold up the code that met it, in seconds.
NOTICE_SECONDS = 5.0

# How many peers the service takes at once.
MAX_PEERS = 200

# How long the release of a session may take, in seconds.
RELEASE_SECONDS = 10.0


class AsyncSession:
    """A session that this worker holds, renewed until it is released or lost."""

    def __init__(self, calls: AsyncCalls, granted: Granted, ttl: int) -> None:
        self.lease: models.Lease = granted.lease
        """What the service answered; of a resumed session, only its ids."""
        self._calls = calls
        self._runtime = calls.runtime
        self._ttl = ttl
        self._timer = LeaseTimer(ttl, granted.sent_at)
        self._body = self._runtime.body()
        self.renewals = 0
        """How often the lease was renewed."""
        self._is_over = False
        self._holds = True
        self._lost: LeaseLost | None = None
        self._noticed: BaseException | None = None
        self._callbacks: list[Callable[[], object]] = []
        self._keeper = self._runtime.repeat(self._keep, self._timer.pause(self._runtime.now()))

    @property
    def session_id(self) -> int:
        return self.lease["session_id"]

    @property
    def lease_id(self) -> str:
        """Save it with `session_id` to resume the session after a restart."""
        return self.lease["lease_id"]

    @property
    def session_name(self) -> str:
        return self.lease.get("session_name", "")

    @property
    def session_string(self) -> str:
        """The session itself, if it was asked for with `credentials="string"`."""
        return session_string_of(self.lease)

    @property
    def peer(self) -> models.Peer | None:
        """The one channel that it was asked for, as this session knows it; None: it has to be resolved, once."""
        return self.lease.get("peer")

    @property
    def peers(self) -> list[models.Peer | None]:
        """The channels that it was asked for, in their order."""
        return self.lease.get("peers", [])

    @property
    def lost(self) -> bool:
        """Whether the session must not be used any more."""
        return self._lost is not None or self._is_over or self._timer.is_over(self._runtime.now())

    def raise_if_lost(self) -> None:
        """Raises LeaseLost. For loops in threads, which nothing can interrupt."""
        if self.lost:
            raise self._lost or LeaseLost(self.session_id, "it is over")

    def on_end(self, callback: Callable[[], object]) -> None:
        """Has `callback` called at once when the session may not be used any more, however that comes."""
        if self._is_over:
            callback()
        else:
            self._callbacks.append(callback)

    async def report(
        self,
        error: BaseException | str,
        *,
        method: str | None = None,
        channel: str | int | None = None,
        within: float | None = None,
    ) -> Verdict:
        """Tells the pool of Telegram's error, and answers what to do: wait, swap, stop or retry.

        `error`: of Telethon, Pyrogram or kurigram, or Telegram's name such as `FLOOD_WAIT_35`; `method`: such as
        `messages.getHistory`, if the error does not say; `channel`: what the call was about, which is forgotten after
        `CHANNEL_INVALID` and the like; `within`: how long it may take, in seconds. An error that was reported
        before is not reported again. Raises LeaseLost.
        """
        known = known_verdict(error)
        if known is not None:
            return known
        name, called = telegram_error(error)
        method = method or called or ("upload.getFile" if name.startswith("FLOOD_PREMIUM_WAIT_") else None)
        repeat = not counts_twice(name)
        fields = {"error": name, "method": method, "channel": None if channel is None else str(channel)}
        answer: models.Report = await self._ask("/report", fields, repeat=repeat, within=within)
        verdict = verdict_of(answer)
        remember_verdict(error, verdict)
        if verdict.ends_lease:
            self._hand_over()
        return verdict

    async def notice(self, error: BaseException, *, within: float = NOTICE_SECONDS) -> None:
        """Reports the error if it concerns the session, once. Raises nothing: the error itself matters more."""
        if known_verdict(error) is not None or self.lost or not telegram_error(error).concerns_session:
            return
        if counts_twice(telegram_error(error).name):
            # It may have arrived although nobody has read the answer.
            if error is self._noticed:
                return
            self._noticed = error
        try:
            await self.report(error, within=within)
        except Exception as failure:
            logger.warning("an error of session %d is not reported: %s", self.session_id, failure)

    async def save_peers(self, peers: Sequence[models.NewPeer], *, resolved: bool = True) -> None:
        """Saves channels that this session knows now, so that nobody resolves them with it again.

        `resolved`: whether those with a username were found by it, which counts towards the session's budget; False:
        in its dialogs, for example. Raises LeaseLost.
        """
        for at in range(0, len(peers), MAX_PEERS):
            body = {"peers": list(peers[at : at + MAX_PEERS]), "resolved": resolved}
            await self._ask("/peers", body)

    async def flood_wait(self, seconds: int, *, method: str | None = None) -> None:
        """Records a flood wait; without a method it blocks the whole session, whose lease ends. Raises LeaseLost."""
        await self._ask("/floodwait", {"wait_seconds": seconds, "method": method})
        if method is None:
            self._hand_over()

    async def invalidate(self, reason: str | None = None) -> None:
        """Takes the session out of the pool until somebody restores it; the lease ends. Raises LeaseLost."""
        await self._ask("/invalidate", {"reason": reason})
        self._hand_over()

    def body_ended(self) -> None:
        """The code within has ended, so that nothing need be cancelled when the lease is lost from now on."""
        self._body.end()

    async def release(self) -> None:
        """Gives the session back now. Nothing happens if it is over already."""
        self._end()
        await self._keeper.stop()
        await self._give_back(RELEASE_SECONDS)

    async def close(self, error: BaseException | None, within: float) -> None:
        """Reports `error` if it concerns the session, releases it, and ends the renewals. Raises nothing."""
        self.body_ended()
        started = self._runtime.now()
        if error is not None:
            await self.notice(error, within=within / 2)
        self._give_up_if_over()
        self._end()
        await self._keeper.stop()
        try:
            await self._give_back(within - (self._runtime.now() - started))
        except Exception as failure:
            logger.warning("session %d is not released; its lease runs out: %s", self.session_id, failure)

    async def outcome(self, error: BaseException | None) -> LeaseLost | None:
        """What to raise when the caller's code has ended with `error`; None: that error, if any."""
        return self._lost if await self._body.absorb(error) else None

    async def _give_back(self, within: float) -> None:
        if not self._holds:
            return
        try:
            await self._calls.call("POST", "/release", body=self._named(), repeat=True, within=within)
        except ApiError as error:
            if error.code not in LOST_CODES:
                raise
        self._holds = False

    async def _ask(
        self, path: str, fields: dict[str, Any], *, repeat: bool = True, within: float | None = None
    ) -> Any:
        self.raise_if_lost()
        body = {**self._named(), **fields}
        try:
            response = await self._calls.call("POST", path, body=body, repeat=repeat, within=within)
        except ApiError as error:
            if error.code in LOST_CODES:
                self._holds = False
                raise self._lose(f"the service answered {error.code}", abort=False) from error
            raise
        return decoded(response)

    def _named(self) -> dict[str, Any]:
        return {"session_id": self.session_id, "lease_id": self.lease_id}

    async def _keep(self) -> float:
        """Renews the lease if that is due, or gives it up; returns the seconds until the next time."""
        self._give_up_if_over()
        now = self._runtime.now()
        if self._timer.is_due(now) and not self._is_over:
            await self._renew(now)
        return self._timer.ttl if self._is_over else self._timer.pause(self._runtime.now())

    def _give_up_if_over(self) -> None:
        if self._timer.is_over(self._runtime.now()):
            self._lose("it could not be renewed in time")

    async def _renew(self, now: float) -> None:
        seconds = min(RENEWAL_SECONDS, self._timer.deadline - now)
        body = {**self._named(), "ttl": self._ttl}
        try:
            await self._runtime.limit(
                seconds, lambda: self._calls.attempt("POST", "/heartbeat", body=body, timeout=seconds / 3)
            )
        except ApiError as error:
            if error.code in LOST_CODES:
                self._holds = False
                self._lose(f"the service answered {error.code}")
            else:
                self._not_renewed(error)
        except Exception as error:
            self._not_renewed(error)
        else:
            self._timer.renewed(now)
            self.renewals += 1

    def _not_renewed(self, error: Exception) -> None:
        logger.info("the lease of session %d is not renewed yet: %s", self.session_id, error)
        self._timer.failed(self._runtime.now())

    def _lose(self, reason: str, *, abort: bool = True) -> LeaseLost:
        if self._lost is None and not self._is_over:
            self._lost = LeaseLost(self.session_id, reason)
            logger.warning("%s", self._lost)
            self._end()
            if abort:
                self._body.abort()
        return self._lost or LeaseLost(self.session_id, reason)

    def _hand_over(self) -> None:
        """The service has taken the session out of the pool, and ended its lease."""
        self._holds = False
        self._end()

    def _end(self) -> None:
        self._is_over = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            try:
                callback()
            except Exception:
                logger.exception("a callback failed at the end of session %d", self.session_id)


class AsyncHeld:
    """`async with` a session: leased on the way in, reported on and released on the way out.

    If the lease is lost, the code within is cancelled, and LeaseLost is raised in its place. An error of its own
    stays what it is.
    """

    def __init__(
        self, calls: AsyncCalls, lease: Callable[[], Awaitable[Granted]], ttl: int, exit_seconds: float
    ) -> None:
        self._calls = calls
        self._lease = lease
        self._ttl = ttl
        self._exit_seconds = exit_seconds
        self._session: AsyncSession | None = None

    async def __aenter__(self) -> AsyncSession:
        granted = await self._lease()
        self._session = AsyncSession(self._calls, granted, self._ttl)
        return self._session

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        interruption: BaseException | None = None
        try:
            await self._calls.runtime.settle(
                lambda: session.close(error, self._exit_seconds), self._exit_seconds
            )
        except BaseException as raised:
            interruption = raised
        lost = await session.outcome(error or interruption)
        if lost is not None:
            raise lost from error
        if interruption is not None:
            raise interruption
