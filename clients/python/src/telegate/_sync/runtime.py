"""Time and concurrency, by threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

# How long the thread that waits for renewals stays when there is none to wait for, in seconds.
LINGER_SECONDS = 1.0


class Runtime:
    """The clock, pauses and background work. Tests replace it by one whose time they set."""

    def __init__(self) -> None:
        self._timer = TimerThread(self)

    def now(self) -> float:
        """Seconds, of a clock that never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def wait(self, event: threading.Event, until: float) -> None:
        """Returns when the event is set, or when it is `until`, by the clock of `now`."""
        event.wait(max(0.0, until - self.now()))

    def repeat(self, step: Callable[[], float], seconds: float) -> Repeated:
        """Runs `step` in a thread after `seconds`, and again after as many as it returns, until that is stopped."""
        return Repeated(self._timer, step, self.now() + seconds)

    def body(self) -> Body:
        return Body()

    def close(self) -> None:
        """Ends the thread that waits for renewals."""
        self._timer.close()

    def settle(self, work: Callable[[], None], seconds: float) -> None:
        """Lets `work` end; the timeouts of its requests bound it."""
        work()

    def limit(self, seconds: float, work: Callable[[], T]) -> T:
        """A request in a thread can't be cancelled: its own timeouts bound it."""
        return work()


class Repeated:
    """Work that is done again and again, each time in a thread of its own: it may have to wait for an answer."""

    def __init__(self, timer: TimerThread, step: Callable[[], float], at: float) -> None:
        self._timer = timer
        self._step = step
        self._is_stopped = False
        self.at = at
        timer.add(self)

    def start(self) -> None:
        threading.Thread(target=self._run, name="telegate-renewal", daemon=True).start()

    def _run(self) -> None:
        seconds = self._step()
        if not self._is_stopped:
            self.at = self._timer.now() + seconds
            self._timer.add(self)

    def stop(self) -> None:
        """Ends it. A request that is under way ends by itself, and changes nothing any more."""
        self._is_stopped = True
        self._timer.remove(self)


class TimerThread:
    """One thread, for all sessions of a pool, that waits for the next renewal; there only while there is one."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._lock = threading.Lock()
        self._waiting: set[Repeated] = set()
        self._woken = threading.Event()
        self._wakes_at = 0.0
        self._thread: threading.Thread | None = None
        self._is_closed = False

    def now(self) -> float:
        return self._runtime.now()

    def add(self, repeated: Repeated) -> None:
        with self._lock:
            self._is_closed = False
            self._waiting.add(repeated)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="telegate-timer", daemon=True)
                self._thread.start()
            elif repeated.at < self._wakes_at:
                self._woken.set()

    def remove(self, repeated: Repeated) -> None:
        with self._lock:
            self._waiting.discard(repeated)

    def close(self) -> None:
        with self._lock:
            self._is_closed = True
            thread = self._thread
            self._woken.set()
        if thread is not None:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._lock:
                self._woken.clear()
                now = self.now()
                due = {one for one in self._waiting if one.at <= now}
                self._waiting -= due
                was_idle = self._wakes_at <= now and not self._waiting and not due
                if self._is_closed or was_idle:
                    self._thread = None
                    return
                next_at = min((one.at for one in self._waiting), default=now + LINGER_SECONDS)
                self._wakes_at = next_at
            for one in due:
                one.start()
            self._runtime.wait(self._woken, next_at)


class Body:
    """The caller's code within a lease: a thread, which nothing can stop from outside."""

    def abort(self) -> None:
        pass

    def end(self) -> None:
        pass

    def absorb(self, error: BaseException | None) -> bool:
        """Whether nothing is lost by raising another error in place of `error`."""
        return error is None
