"""Telethon over a leased session."""

from __future__ import annotations

import asyncio
import importlib
import sqlite3
import weakref
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from . import models
from ._async.session import AsyncHeld, AsyncSession
from .requests import session_string_of, username_of
from .socket_guard import OVER, SocketGuard, connected, disconnect_within, protected

# How long the client may take to disconnect, in seconds, before it is cut off.
DISCONNECT_SECONDS = 5.0


@asynccontextmanager
async def telethon_client(
    held: AsyncHeld,
    api_id: int,
    api_hash: str,
    sessions_dir: str | Path | None,
    channels: list[str],
    options: Mapping[str, Any],
) -> AsyncIterator[Any]:
    """A connected TelegramClient over the session of `held`, disconnected before the session is released."""
    async with held as session:
        guard = SocketGuard(session)
        telethon = importlib.import_module("telethon")
        lease = session.lease
        base = options.get("connection") or connection_class(lease["proxy"])
        connections: weakref.WeakSet[Any] = weakref.WeakSet()
        client = client_class(telethon.TelegramClient, session)(
            open_session(lease, sessions_dir),
            api_id,
            api_hash,
            **{
                "proxy": proxy_of(lease["proxy"]),
                **options,
                "connection": guarded(base, guard, connections),
            },
        )
        try:
            client.session.process_entities(known_channels(session, channels))
            await connected(client.connect(), guard)
            yield client
        finally:
            await disconnect_within(DISCONNECT_SECONDS, stop(client, connections), guard)


async def stop(client: Any, connections: Iterable[Any]) -> None:
    """Disconnects, also what Telethon has forgotten: a connection to another data centre that was cancelled early."""
    try:
        await client.disconnect()
    finally:
        for connection in list(connections):
            await connection.disconnect()
            end_reading(connection._recv_queue)


def end_reading(received: asyncio.Queue[Any]) -> None:
    """Has whoever waits for a connection hear that it is closed, of which Telethon says nothing."""
    while not received.empty():
        received.get_nowait()
    received.put_nowait((None, ConnectionError(OVER)))


def known_channels(session: AsyncSession, channels: list[str]) -> list[Any]:
    """The channels that the session knows, by their usernames and those that they were asked for."""
    types = importlib.import_module("telethon.tl.types")
    known = []
    for asked, peer in zip(channels, session.peers):
        if peer is None or peer["type"] != "channel":
            continue
        known += [
            types.Channel(
                id=peer["id"],
                access_hash=peer["access_hash"],
                title=peer["title"],
                username=name,
                photo=types.ChatPhotoEmpty(),
                date=None,
            )
            for name in {peer["username"], username_of(asked)}
        ]
    return known


def client_class(base: type[Any], session: AsyncSession) -> type[Any]:
    """TelegramClient, reporting the errors that concern its session."""

    class LeasedTelegramClient(base):  # type: ignore[misc]
        telegate = session
        """The leased session: `client.telegate.report(error)` says what to do about an error."""

        async def _call(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return await super()._call(*args, **kwargs)
            except Exception as error:
                for one in getattr(error, "exceptions", None) or [error]:
                    if one is not None:
                        await session.notice(one)
                raise

    return LeasedTelegramClient


def guarded(base: type[Any], guard: SocketGuard, connections: weakref.WeakSet[Any]) -> type[Any]:
    """The connection class `base`, whose connections `guard` can cut, and which are noted in `connections`."""

    class GuardedConnection(base):  # type: ignore[misc]
        _writer = protected("_writer", guard)

        async def connect(self, *args: Any, **kwargs: Any) -> Any:
            await guard.before_connect()
            connections.add(self)
            return await super().connect(*args, **kwargs)

    GuardedConnection.__name__ = base.__name__
    return GuardedConnection


def connection_class(proxy: models.Proxy | None) -> Any:
    network = importlib.import_module("telethon.network")
    if proxy is not None and proxy["type"] == "mtproxy":
        return network.ConnectionTcpMTProxyRandomizedIntermediate
    return network.ConnectionTcpFull


def proxy_of(proxy: models.Proxy | None) -> Any:
    """As Telethon takes it: `(host, port, secret)` for an MTProxy."""
    if proxy is None:
        return None
    if proxy["type"] == "mtproxy":
        return (proxy["host"], proxy["port"], proxy["pass"])
    return {
        "proxy_type": proxy["type"],
        "addr": proxy["host"],
        "port": proxy["port"],
        "username": proxy["user"],
        "password": proxy["pass"],
        "rdns": True,
    }


def open_session(lease: models.Lease, sessions_dir: str | Path | None) -> Any:
    """The session file in `sessions_dir` if the installed Telethon reads its schema, else the session string."""
    sessions = importlib.import_module("telethon.sessions")
    name = lease["session_file"]
    if sessions_dir is not None and name is not None and name.endswith(".session"):
        path = Path(sessions_dir, name)
        newest = importlib.import_module("telethon.sessions.sqlite").CURRENT_VERSION
        version = schema_version(path, "version")
        if version is not None and version <= newest:
            return sessions.SQLiteSession(str(path))
    return sessions.StringSession(session_string_of(lease))


def schema_version(path: Path, column: str) -> int | None:
    """The schema's version in the file; None if it is another client's, which names that `column` otherwise.

    Raises FileNotFoundError.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: not in this machine's copy of the service's sessions directory")
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        try:
            row = database.execute(f"SELECT {column} FROM version").fetchone()
        except sqlite3.DatabaseError:
            return None
    return None if row is None else int(row[0])
