"""What the worker programs of both Python clients have in common: a loop that leases, works and leaves."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any

from telegate import AsyncTeleGate

API = (12345, "0123456789abcdef0123456789abcdef")
TTL = int(os.environ["LEASE_TTL"])

# Where the data centres are reached, on 127.0.0.1, number 1 first.
DATA_CENTRE_PORTS = [int(port) for port in os.environ["DATA_CENTRE_PORTS"].split(",")]

# Seconds of work with one lease, and between two calls.
WORK = (0.5, 8.0)
MAX_PAUSE = 0.4

# So that a service that is away is not asked without a pause.
PAUSE_AFTER_FAILURE = 0.2


class AskedFor(Exception):
    """The exception that SIGUSR2 asks for."""


class Exceptions:
    """The exceptions that are asked for from outside, by SIGUSR2. One stays until the work has met it."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR2, self.asked.set)

    async def during(self, call: Awaitable[Any]) -> None:
        """Awaits the call, unless an exception is asked for meanwhile, which leaves the call under way."""
        calling = asyncio.ensure_future(call)
        asking = asyncio.ensure_future(self.asked.wait())
        try:
            await asyncio.wait({calling, asking}, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                raise AskedFor("an exception in the middle")
            await calling
        finally:
            asking.cancel()
            calling.add_done_callback(lambda task: task.cancelled() or task.exception())


async def work(client: Any, exceptions: Exceptions) -> None:
    until = time.monotonic() + random.uniform(*WORK)
    while time.monotonic() < until:
        await exceptions.during(client.get_me())
        await asyncio.sleep(random.uniform(0, MAX_PAUSE))


async def work_in_loop(open_client: Callable[[AsyncTeleGate], AbstractAsyncContextManager[Any]]) -> None:
    """Leases a session, calls Telegram for a while, and leaves, again and again until SIGTERM.

    Prints `ready`, and how each lease ended, a line each.
    """
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    exceptions = Exceptions()
    print("ready", flush=True)
    async with AsyncTeleGate() as pool:
        while True:
            try:
                async with open_client(pool) as client:
                    await work(client, exceptions)
                print("done", flush=True)
            except Exception as error:
                exceptions.asked.clear()
                print(f"{type(error).__name__}: {error}".split("\n")[0], flush=True)
                await asyncio.sleep(PAUSE_AFTER_FAILURE)


def run(open_client: Callable[[AsyncTeleGate], AbstractAsyncContextManager[Any]]) -> None:
    with suppress(asyncio.CancelledError):
        asyncio.run(work_in_loop(open_client))
