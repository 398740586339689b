"""A worker with Telethon, whose connections go through relays."""

from __future__ import annotations

from typing import Any

from telethon.network import ConnectionTcpFull
from worker_loop import API, DATA_CENTRE_PORTS, TTL, run


class RelayedConnection(ConnectionTcpFull):  # type: ignore[misc]
    def __init__(self, ip: str, port: int, dc_id: int, **options: Any) -> None:
        super().__init__("127.0.0.1", DATA_CENTRE_PORTS[dc_id - 1], dc_id, **options)


run(lambda pool: pool.telethon(*API, ttl=TTL, connection=RelayedConnection, flood_sleep_threshold=0))
