"""What a connection does when it is closed over a network that is stuck."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from telegate.socket_guard import SocketGuard

# More than the system's buffers hold.
MUCH = bytes(8 * 2**20)


class StillHeld:
    """A session, as far as its guard knows it."""

    lost = False

    def on_end(self, callback: Any) -> None:
        self.end = callback


@pytest.mark.parametrize("how", ["shut", "closed"])
def test_what_is_not_sent_yet_is_never_sent(how: str) -> None:
    async def main() -> None:
        accepted: asyncio.Queue[Any] = asyncio.Queue()
        server = await asyncio.start_server(lambda *ends: accepted.put_nowait(ends), "127.0.0.1", 0, limit=1)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        session = StillHeld()
        SocketGuard(session).protect(writer)  # type: ignore[arg-type]
        reader, other = await accepted.get()
        writer.write(MUCH[: 2**16])
        await writer.drain()
        if how == "shut":
            writer.write(MUCH)
            session.end()
        else:
            writer.close()
        with pytest.raises(ConnectionResetError):
            while await reader.read(2**20):
                pass
        other.close()
        server.close()

    asyncio.run(main())


def test_nothing_is_written_after_the_lease() -> None:
    async def main() -> None:
        server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
        session = StillHeld()
        SocketGuard(session).protect(writer)  # type: ignore[arg-type]
        writer.write(b"one")
        session.lost = True
        with pytest.raises(ConnectionError, match="the lease of this session is over"):
            writer.write(b"two")
        assert writer.transport.is_closing()
        server.close()

    asyncio.run(main())
