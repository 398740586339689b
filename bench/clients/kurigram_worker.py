"""A worker with kurigram, whose connections go through relays."""

from __future__ import annotations

from typing import Any

from pyrogram.connection import Connection
from worker_loop import API, DATA_CENTRE_PORTS, TTL, run


class RelayedConnection(Connection):  # type: ignore[misc]
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.server_address = "127.0.0.1"
        self.port = DATA_CENTRE_PORTS[self.dc_id - 1]


run(lambda pool: pool.pyrogram(*API, ttl=TTL, connection_factory=RelayedConnection, sleep_threshold=0))
