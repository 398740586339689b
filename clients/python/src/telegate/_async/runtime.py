"""Time and concurrency, by asyncio."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

T = TypeVar("T")


class AsyncRuntime:
    """The clock, pauses and background work. Tests replace it by one whose time they set."""

    def now(self) -> float:
        """Seconds, of a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def event(self) -> asyncio.Event:
        return asyncio.Event()

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Whether the event was set within `seconds`."""
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True

    def start(self, work: Callable[[], Awaitable[None]]) -> AsyncBackground:
        return AsyncBackground(work)

    def body(self) -> AsyncBody:
        return AsyncBody()

    async def settle(self, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Lets `work` end, for `seconds` at most, although this task is cancelled meanwhile."""
        task = asyncio.ensure_future(work())
        try:
            await asyncio.wait({task}, timeout=seconds)
        except asyncio.CancelledError:
            await asyncio.wait({task}, timeout=seconds)
            raise
        finally:
            if not task.done():
                task.cancel()
                await asyncio.wait({task})

    async def limit(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        """Raises TimeoutError if `work` takes longer."""
        try:
            return await asyncio.wait_for(work(), seconds)
        except asyncio.TimeoutError as error:
            raise TimeoutError from error


class AsyncBackground:
    """Work that goes on until it is stopped."""

    def __init__(self, work: Callable[[], Awaitable[None]]) -> None:
        self._task: asyncio.Future[None] = asyncio.ensure_future(work())

    async def stop(self) -> None:
        """Ends it; it does nothing afterwards."""
        self._task.cancel()
        await asyncio.wait({self._task})


class AsyncBody:
    """The caller's code within a lease: a task that can be cancelled."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._cancelled_before = self._cancellations()
        self._is_aborted = False

    def _cancellations(self) -> int:
        if sys.version_info >= (3, 11) and self._task is not None:
            return self._task.cancelling()
        return 0

    def abort(self) -> None:
        if self._task is not None and not self._is_aborted:
            self._is_aborted = True
            self._task.cancel()

    async def absorb(self, error: BaseException | None) -> bool:
        """Whether nothing is lost by raising another error in place of `error`: None, or the abort's own."""
        if not self._is_aborted:
            return error is None
        with suppress(asyncio.CancelledError):
            # A cancellation that the body did not get: it must not strike later.
            await asyncio.sleep(0)
        if sys.version_info >= (3, 11) and self._task is not None:
            self._task.uncancel()
        by_others = self._cancellations() > self._cancelled_before
        return not by_others and (error is None or isinstance(error, asyncio.CancelledError))
