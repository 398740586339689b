"""The sockets of a Telegram client, to be shut from outside."""

from __future__ import annotations

import asyncio
import weakref
from typing import Any


class SocketGuard:
    """Knows the connections of one client. Once it is shut, none is open and none can be opened."""

    def __init__(self) -> None:
        self.is_shut = False
        self._writers: weakref.WeakSet[Any] = weakref.WeakSet()

    def shut(self) -> None:
        """Cuts all connections at once: what was not sent by now is never sent."""
        self.is_shut = True
        for writer in list(self._writers):
            writer.transport.abort()

    async def before_connect(self) -> None:
        if self.is_shut:
            # Clients try again and again; this keeps them from doing so without a pause.
            await asyncio.sleep(1)
            raise ConnectionError("the lease of this session is over")

    def after_connect(self, writer: asyncio.StreamWriter | None) -> None:
        if writer is None:
            return
        self._writers.add(writer)
        if self.is_shut:
            writer.transport.abort()


async def disconnect_within(seconds: float, disconnect: Any, guard: SocketGuard) -> None:
    """Lets a client say goodbye, and shuts whatever is open after that. `disconnect`: its coroutine."""
    try:
        await asyncio.wait_for(disconnect, seconds)
    except Exception:
        # The client has nothing to say that matters now: its connections are cut below.
        pass
    finally:
        guard.shut()
