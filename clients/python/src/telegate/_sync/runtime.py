"""Time and concurrency, by threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class Runtime:
    """The clock, pauses and background work. Tests replace it by one whose time they set."""

    def now(self) -> float:
        """Seconds, of a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def event(self) -> threading.Event:
        return threading.Event()

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Whether the event was set within `seconds`."""
        return event.wait(seconds)

    def start(self, work: Callable[[], None]) -> Background:
        return Background(work)

    def body(self) -> Body:
        return Body()

    def settle(self, work: Callable[[], None], seconds: float) -> None:
        """Lets `work` end; the timeouts of its requests bound it."""
        work()

    def limit(self, seconds: float, work: Callable[[], T]) -> T:
        """A request in a thread can't be cancelled: its own timeouts bound it."""
        return work()


class Background:
    """Work that goes on until its session ends."""

    def __init__(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, name="telegate-lease", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Waits until it has ended, unless it waits for an answer: then it ends after that, and changes nothing."""
        if self._thread is not threading.current_thread():
            self._thread.join(1.0)


class Body:
    """The caller's code within a lease: a thread, which nothing can stop from outside."""

    def abort(self) -> None:
        pass

    def absorb(self, error: BaseException | None) -> bool:
        """Whether nothing is lost by raising another error in place of `error`."""
        return error is None
