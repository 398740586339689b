"""The clients that a worker begins with."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ._async.pool import DEFAULT_TTL, AsyncPool
from ._sync.pool import Pool
from .requests import Channels, names_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyrogram import Client
    from telethon import TelegramClient


class TeleGate(Pool):
    """The sessions of one TeleGate service, for programs that use threads or neither.

    `base_url` and `api_key` default to `TELEGATE_URL` and `TELEGATE_API_KEY`.
    """


class AsyncTeleGate(AsyncPool):
    """The sessions of one TeleGate service, for programs that use asyncio.

    `base_url` and `api_key` default to `TELEGATE_URL` and `TELEGATE_API_KEY`.
    """

    def telethon(
        self,
        api_id: int,
        api_hash: str,
        *,
        sessions_dir: str | Path | None = None,
        tags: Sequence[str] = (),
        method: str | None = None,
        channel: Channels = (),
        wait: float | None = None,
        ttl: int = DEFAULT_TTL,
        session_id: int | None = None,
        session_name: str | None = None,
        strategy: Literal["least_recently_used", "healthiest", "round_robin"] | None = None,
        allow: Literal["frozen"] | None = None,
        egress: bool = False,
        **options: Any,
    ) -> AbstractAsyncContextManager[TelegramClient]:
        """A connected Telethon client for the time of an `async with`; `client.telegate` is its session.

        Errors that concern the session, floods among them, are reported as they come. `sessions_dir`: where this
        machine sees the service's session files, for a client that keeps what it learns; else it gets the session
        as a string. With `channel`, what the service knows of it is given to the client, which need not resolve it
        then. `options`: of TelegramClient. The rest as in `session`.
        """
        from .telethon_client import telethon_client

        held = self.session(
            tags=tags,
            method=method,
            channel=channel,
            wait=wait,
            ttl=ttl,
            session_id=session_id,
            session_name=session_name,
            strategy=strategy,
            allow=allow,
            egress=egress,
            credentials="string",
            format="telethon",
        )
        return telethon_client(held, api_id, api_hash, sessions_dir, names_of(channel), options)

    def pyrogram(
        self,
        api_id: int,
        api_hash: str,
        *,
        sessions_dir: str | Path | None = None,
        tags: Sequence[str] = (),
        method: str | None = None,
        channel: Channels = (),
        wait: float | None = None,
        ttl: int = DEFAULT_TTL,
        session_id: int | None = None,
        session_name: str | None = None,
        strategy: Literal["least_recently_used", "healthiest", "round_robin"] | None = None,
        allow: Literal["frozen"] | None = None,
        egress: bool = False,
        **options: Any,
    ) -> AbstractAsyncContextManager[Client]:
        """A started client of kurigram (Pyrogram) for the time of an `async with`; otherwise as `telethon`."""
        from .pyrogram_client import pyrogram_client

        held = self.session(
            tags=tags,
            method=method,
            channel=channel,
            wait=wait,
            ttl=ttl,
            session_id=session_id,
            session_name=session_name,
            strategy=strategy,
            allow=allow,
            egress=egress,
            credentials="string",
            format="pyrogram",
        )
        return pyrogram_client(held, api_id, api_hash, sessions_dir, names_of(channel), options)
