"""Telethon and kurigram over leased sessions, as the tests use both."""

from __future__ import annotations

import asyncio
import gc
import inspect
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest

from manual_time import until
from sandbox import Sandbox
from telegate import AsyncTeleGate
from test_session import Worker

telethon = pytest.importorskip("telethon", "1.43")
pytest.importorskip("pyrogram")

API = (12345, "0123456789abcdef0123456789abcdef")

Open = Callable[..., AbstractAsyncContextManager[Any]]
"""A pool's way to get a client."""


def trust(sandbox: Sandbox) -> Any:
    """Has both clients trust the sandbox's data centres; the connection class by which kurigram finds them."""
    from pyrogram.connection import Connection
    from pyrogram.crypto import rsa as pyrogram_rsa
    from pyrogram.storage import sqlite_storage
    from telethon.crypto import rsa

    rsa.add_key(sandbox.rsa_key, old=False)
    for fingerprint, (key, _) in rsa._server_keys.items():
        pyrogram_rsa.server_public_keys.setdefault(fingerprint, pyrogram_rsa.PublicKey(key.n, key.e))
    for one in sandbox.data_centres:
        sqlite_storage.PROD[one["dc"]] = one["address"]
    port = sandbox.data_centres[0]["port"]

    class SandboxConnection(Connection):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.port = port

    return SandboxConnection


def opener(pool: AsyncTeleGate, kind: str, sandbox: Sandbox) -> Open:
    connection = trust(sandbox)

    def open_client(longest_sleep: int = 0, **options: Any) -> AbstractAsyncContextManager[Any]:
        if kind == "telethon":
            return pool.telethon(*API, flood_sleep_threshold=longest_sleep, **options)
        return pool.pyrogram(*API, connection_factory=connection, sleep_threshold=longest_sleep, **options)

    return open_client


Work = Callable[..., Awaitable[None]]


def with_clients(*kinds: str) -> Callable[[Work], Callable[..., None]]:
    """Runs a test with each client, and expects that it leaves no connection, soon no task, and no error unread."""

    def decorate(work: Work) -> Callable[..., None]:
        @pytest.mark.parametrize("kind", kinds)
        def run(sandbox: Sandbox, kind: str, **parameters: Any) -> None:
            unread: list[Any] = []

            async def main() -> None:
                asyncio.get_running_loop().set_exception_handler(lambda _, context: unread.append(context))
                worker = Worker(sandbox)
                open_client = opener(worker.pool, kind, sandbox)
                await asyncio.wait_for(work(sandbox, worker, open_client, **parameters), 60)
                await until(lambda: len(asyncio.all_tasks()) == 1)
                await until(lambda: not sandbox.open_connections())
                await worker.http.aclose()
                gc.collect()

            asyncio.run(main())
            assert unread == []

        own = list(inspect.signature(work).parameters.values())[3:]
        given = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in ("sandbox", "kind")]
        all_of_them = [*given, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in own)]
        run.__signature__ = inspect.Signature(all_of_them)  # type: ignore[attr-defined]
        run.__name__ = work.__name__
        run.__doc__ = inspect.getdoc(work)
        return run

    return decorate


with_both = with_clients("telethon", "kurigram")


async def read_history(client: Any) -> int:
    """Reads ten messages of a channel, which both clients do alike, but not by one name."""
    if hasattr(client, "iter_messages"):
        return len(await client.get_messages("sandbox_news", limit=10))
    return len([message async for message in client.get_chat_history("sandbox_news", limit=10)])


async def download(client: Any) -> int:
    """Downloads a file of a channel, which lies in the second data centre; returns its size."""
    if hasattr(client, "iter_messages"):
        async for message in client.iter_messages("sandbox_news", limit=100):
            if message.file is not None:
                return len(await client.download_media(message, bytes))
    else:
        async for message in client.get_chat_history("sandbox_news", limit=100):
            if message.media is not None:
                return len((await client.download_media(message, in_memory=True)).getvalue())
    raise AssertionError("there is no file")
