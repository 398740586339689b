"""The sockets of a Telegram client, which send nothing once its lease is over."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
import weakref
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ._async.session import AsyncSession

# Linger for no time: closing drops what is not sent yet.
NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)

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
        self._writers: weakref.WeakSet[Any] = weakref.WeakSet()
        session.on_end(self.shut)

    @property
    def _is_over(self) -> bool:
        return self._is_shut or self._session.lost

    def shut(self) -> None:
        """Cuts all connections at once: what was not sent by now is never sent."""
        self._is_shut = True
        for writer in list(self._writers):
            writer.transport.abort()

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """Meanwhile the client disconnects: whichever of its tasks connects again is cancelled."""
        self._is_leaving = True
        try:
            yield
        finally:
            self._is_leaving = False

    async def before_connect(self) -> None:
        if self._is_leaving:
            # Telethon loses the cancellation of a reconnection that is just closing its old connection, and waits
            # a minute for it to give up: it is cancelled here instead.
            raise asyncio.CancelledError
        if self._is_over:
            # Clients try again and again; this keeps them from doing so without a pause.
            await asyncio.sleep(1)
            raise ConnectionError(OVER)

    def after_connect(self, writer: Any) -> None:
        """Guards what was connected just now; None: there is nothing to guard."""
        if writer is None:
            return
        self._writers.add(writer)
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


def reset_on_close(writer: Any) -> None:
    """Has the system send nothing after the socket is closed, however that comes.

    It would go on for minutes over a bad network, while the session is another worker's.
    """
    with suppress(OSError, AttributeError, TypeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)


async def disconnect_within(seconds: float, disconnect: Awaitable[object], guard: SocketGuard) -> None:
    """Lets a client say goodbye, and shuts whatever is open after that. `disconnect`: what it does for that."""
    leaving = asyncio.ensure_future(disconnect)
    # The client has nothing to say that matters now, as its connections are cut anyway.
    leaving.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    try:
        with guard.leaving():
            await asyncio.wait({leaving}, timeout=seconds)
    finally:
        leaving.cancel()
        guard.shut()
