"""Time and concurrency, by asyncio."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

T = TypeVar("T")


class Cancellable(Protocol):
    def cancel(self) -> object: ...


class AsyncRuntime:
    """The clock, pauses and background work. Tests replace it by one whose time they set."""

    def now(self) -> float:
        """Seconds, of a clock that never goes back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def later(self, seconds: float, callback: Callable[[], object]) -> Cancellable:
        """Calls back after `seconds`, unless it is cancelled."""
        return asyncio.get_running_loop().call_later(seconds, callback)

    def repeat(self, step: Callable[[], Awaitable[float]], seconds: float) -> AsyncRepeated:
        """Runs `step` after `seconds`, and again after as many as it returns, until that is stopped."""
        return AsyncRepeated(self, step, seconds)

    def body(self) -> AsyncBody:
        return AsyncBody()

    async def aclose(self) -> None:
        """Nothing runs for longer than what it was started for."""

    async def settle(self, work: Callable[[], Awaitable[None]], seconds: float) -> None:
        """Lets `work` end although this task is cancelled: then it is done again, for `seconds` at most."""
        try:
            await work()
        except asyncio.CancelledError:
            task = asyncio.ensure_future(work())
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task}, timeout=seconds)
            task.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.wait({task})
            raise

    async def limit(self, seconds: float, work: Callable[[], Awaitable[T]]) -> T:
        """Raises TimeoutError if `work` takes longer."""
        try:
            return await asyncio.wait_for(work(), seconds)
        except asyncio.TimeoutError as error:
            raise TimeoutError from error


class AsyncRepeated:
    """Work that is done again and again."""

    def __init__(self, runtime: AsyncRuntime, step: Callable[[], Awaitable[float]], seconds: float) -> None:
        self._runtime = runtime
        self._step = step
        self._task: asyncio.Task[None] | None = None
        # A task is made when there is something to do: most sessions are released before.
        self._waiting: Cancellable | None = runtime.later(seconds, self._start)

    def _start(self) -> None:
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        seconds = await self._step()
        if self._waiting is not None:
            self._waiting = self._runtime.later(seconds, self._start)

    async def stop(self) -> None:
        """Ends it; nothing runs afterwards."""
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None
        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait({self._task})


class AsyncBody:
    """The caller's code within a lease: a task that can be cancelled."""

    def __init__(self) -> None:
        self._task = asyncio.current_task()
        self._cancelled_before = self._cancellations()
        self._is_aborted = False
        self._has_ended = False

    def _cancellations(self) -> int:
        if sys.version_info >= (3, 11) and self._task is not None:
            return self._task.cancelling()
        return 0

    def abort(self) -> None:
        if self._task is not None and not self._is_aborted and not self._has_ended:
            self._is_aborted = True
            self._task.cancel()

    def end(self) -> None:
        """It has ended: there is nothing to abort from now on, and an error of its own stays what it is."""
        self._has_ended = True

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
