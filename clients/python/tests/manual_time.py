"""Time that passes only when a test says so, for both clients."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable

from telegate._async.runtime import AsyncRuntime
from telegate._sync.runtime import Runtime

TICK = 0.002

# How long something may take that takes a moment, on a machine that is busy.
LONGEST_SECONDS = 30


class ManualAsyncRuntime(AsyncRuntime):
    def __init__(self) -> None:
        self.time = 1000.0
        # Whether timers are late, as in a process that has just been woken.
        self.is_late = False

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        await self.reach(self.time + seconds)

    async def reach(self, until: float) -> None:
        while self.time < until or self.is_late:
            await asyncio.sleep(TICK)

    def later(self, seconds: float, callback: Callable[[], object]) -> asyncio.Task[None]:
        # The task begins only when the loop comes to it: the time that passes until then counts.
        until = self.time + seconds

        async def wait() -> None:
            await self.reach(until)
            callback()

        return asyncio.ensure_future(wait())


class ManualRuntime(Runtime):
    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.wait(threading.Event(), self.time + seconds)

    def wait(self, event: threading.Event, until: float) -> None:
        while not event.is_set() and self.time < until:
            time.sleep(TICK)


async def until(condition: Callable[[], object]) -> None:
    """Returns when the condition holds, which it must before long, even on a busy machine."""
    ends_at = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, f"it did not come about; tasks: {asyncio.all_tasks()}"
        await asyncio.sleep(TICK)


def blocking_until(condition: Callable[[], object]) -> None:
    ends_at = time.monotonic() + LONGEST_SECONDS
    while not condition():
        assert time.monotonic() < ends_at, "it did not come about"
        time.sleep(TICK)
