"""The sockets of a Telegram client, which send nothing once its lease is over."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import weakref
from collections.abc import Awaitable
from contextlib import suppress
from typing import Any

from ._async.session import AsyncSession

# Linger for no time: closing drops what is not sent yet.
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

# How often a client is cancelled that goes on connecting.
CANCELLATIONS = 10

OVER = "the lease of this session is over"


class SocketGuard:
    """Knows the connections of one client.

    They send nothing once the lease is over by this machine's clock, even if the timers are late to say so because
    the process was stopped. Then, and once it is shut, none is open and none can be opened.
    """

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._is_shut = False
        self._is_leaving = False
        self.has_connected = False
        """Whether there was a connection yet."""
        # The loop holds a transport for as long as it is open, whatever becomes of what opened it.
        self._transports: weakref.WeakSet[Any] = weakref.WeakSet()
        session.on_end(self.shut)

    @property
    def _is_over(self) -> bool:
        return self._is_shut or self._session.lost

    def shut(self) -> None:
        """Cuts all connections at once: what was not sent by now is never sent."""
        self._is_shut = True
        for transport in list(self._transports):
            transport.abort()

    def leave(self) -> None:
        """The client disconnects for good: whichever of its tasks connects from now on is cancelled."""
        self._is_leaving = True
        self._session.body_ended()

    async def before_connect(self) -> None:
        if self._is_leaving:
            # Clients lose connections of which they have not heard yet that they are to be closed: Telethon those
            # to other data centres whose download was cancelled, kurigram those that are not for media. They would
            # be opened again for a minute, or for ever.
            raise asyncio.CancelledError
        if self._is_over:
            # Clients try again and again; this keeps them from doing so without a pause.
            await asyncio.sleep(1)
            raise ConnectionError(OVER)

    def protect(self, writer: Any) -> None:
        """Guards what was connected just now; None: there is nothing to guard."""
        if writer is None:
            return
        self.has_connected = True
        self._transports.add(writer.transport)
        reset_on_close(writer)
        write = writer.write

        def write_while_held(data: Any) -> None:
            if self._is_over:
                self.shut()
                raise ConnectionError(OVER)
            write(data)

        writer.write = write_while_held
        if self._is_over:
            self.shut()


def protected(name: str, guard: SocketGuard) -> property:
    """The attribute `name` of a connection, its writer: guarded from the first moment, before anything is written."""

    def get(connection: Any) -> Any:
        return vars(connection).get(name)

    def set_to(connection: Any, writer: Any) -> None:
        vars(connection)[name] = writer
        guard.protect(writer)

    return property(get, set_to)


def reset_on_close(writer: Any) -> None:
    """Has the system send nothing after the socket is closed, however that comes.

    It would go on for minutes over a bad network, while the session is another worker's.
    """
    with suppress(OSError, AttributeError, TypeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)


async def connected(connect: Awaitable[object], guard: SocketGuard) -> None:
    """Lets a client connect; if this is cancelled, so is that, however often it takes.

    Up to Python 3.11, `asyncio.wait_for` loses a cancellation that comes as its work ends, and clients use it.
    """
    connecting = unheeded(connect)
    try:
        await asyncio.wait({connecting})
    except asyncio.CancelledError:
        guard.leave()
        for _ in range(CANCELLATIONS):
            connecting.cancel()
            await asyncio.wait({connecting}, timeout=0.1)
            if connecting.done():
                break
        raise
    connecting.result()


def unheeded(work: Awaitable[object]) -> asyncio.Future[object]:
    """A task whose error may be read by nobody."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return task


async def disconnect_within(seconds: float, disconnect: Awaitable[object], guard: SocketGuard) -> None:
    """Lets a client say goodbye, and shuts whatever is open after that. `disconnect`: what it does for that."""
    guard.leave()
    # The client has nothing to say that matters now, as its connections are cut anyway.
    leaving = unheeded(disconnect)
    try:
        await asyncio.wait({leaving}, timeout=seconds)
    finally:
        leaving.cancel()
        guard.shut()
