"""Pyrogram, as kurigram continues it, over a leased session."""

from __future__ import annotations

import importlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from . import models
from ._async.session import AsyncHeld, AsyncSession
from .errors import NotAuthorized
from .requests import session_string_of, username_of
from .socket_guard import SocketGuard, connected, disconnect_within, protected
from .telethon_client import DISCONNECT_SECONDS, schema_version


@asynccontextmanager
async def pyrogram_client(
    held: AsyncHeld,
    api_id: int,
    api_hash: str,
    sessions_dir: str | Path | None,
    channels: list[str],
    options: Mapping[str, Any],
) -> AsyncIterator[Any]:
    """A started Client over the session of `held`, stopped before the session is released."""
    async with held as session:
        guard = SocketGuard(session)
        pyrogram = importlib.import_module("pyrogram")
        connection = importlib.import_module("pyrogram.connection").Connection
        lease = session.lease
        client = client_class(pyrogram.Client, session)(
            **{
                "api_id": api_id,
                "api_hash": api_hash,
                "proxy": proxy_of(lease["proxy"]),
                **where(lease, sessions_dir),
                **options,
                "connection_factory": guarded(options.get("connection_factory", connection), guard),
            }
        )
        try:
            await connected(client.start(), guard)
            await learn(client, session, channels)
            yield client
        finally:
            await disconnect_within(DISCONNECT_SECONDS, stop(client), guard)


async def learn(client: Any, session: AsyncSession, channels: list[str]) -> None:
    """Gives the client the channels that the session knows, by their usernames and those that they were asked for."""
    for asked, peer in zip(channels, session.peers):
        if peer is None or peer["type"] != "channel":
            continue
        # As the Bot API marks the id of a channel.
        marked = -1_000_000_000_000 - peer["id"]
        await client.storage.update_peers([(marked, peer["access_hash"], "channel", None)])
        names = {name.lower() for name in (peer["username"], username_of(asked)) if name}
        await client.storage.update_usernames([(marked, sorted(names))])


async def stop(client: Any) -> None:
    """Ends all that the client runs, of which it leaves something itself: each part, though another one fails."""
    async with AsyncExitStack() as ending:
        ending.callback(setattr, client, "is_connected", False)
        ending.push_async_callback(client.storage.close)
        of_others = getattr(client, "sessions", {})
        for session in (client.session, *of_others.values(), *client.media_sessions.values()):
            if session is not None:
                ending.push_async_callback(session.stop)
        ending.push_async_callback(stop_dispatcher, client)
        ending.callback(client.updates_watchdog_event.set)
        if client.is_initialized:
            await client.terminate()


async def stop_dispatcher(client: Any) -> None:
    if client.dispatcher.handler_worker_tasks:
        await client.dispatcher.stop()


def client_class(base: type[Any], session: AsyncSession) -> type[Any]:
    """Client, reporting the errors that concern its session, and asking nobody to log in."""

    class LeasedClient(base):  # type: ignore[misc]
        telegate = session
        """The leased session: `client.telegate.report(error)` says what to do about an error."""

        async def invoke(self, *args: Any, **kwargs: Any) -> Any:
            try:
                return await super().invoke(*args, **kwargs)
            except Exception as error:
                await session.notice(error)
                raise

        async def authorize(self) -> Any:
            raise NotAuthorized(f"session {session.session_id} holds no account that is logged in")

    return LeasedClient


def guarded(base: type[Any], guard: SocketGuard) -> type[Any]:
    """The connection class `base`, whose connections `guard` can cut."""

    class GuardedConnection(base):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.protocol_factory: Any = guarded_protocol(self.protocol_factory, guard)

    return GuardedConnection


def guarded_protocol(base: type[Any], guard: SocketGuard) -> type[Any]:
    class GuardedProtocol(base):  # type: ignore[misc]
        writer = protected("writer", guard)

        async def connect(self, *args: Any, **kwargs: Any) -> None:
            await guard.before_connect()
            try:
                await super().connect(*args, **kwargs)
            except OSError:
                raise
            except Exception as error:
                # A proxy's refusal, after which kurigram would not reconnect, and which its task would raise to nobody.
                if not guard.has_connected:
                    raise
                raise ConnectionError(f"{type(error).__name__}: {error}") from error

    return GuardedProtocol


def proxy_of(proxy: models.Proxy | None) -> Any:
    if proxy is None:
        return None
    address = {"hostname": proxy["host"], "port": proxy["port"]}
    if proxy["type"] == "mtproxy":
        return {"scheme": "mtproxy", **address, "secret": proxy["pass"]}
    login = {"username": proxy["user"], "password": proxy["pass"]}
    return {
        "scheme": proxy["type"],
        **address,
        **{name: value for name, value in login.items() if value is not None},
    }


def where(lease: models.Lease, sessions_dir: str | Path | None) -> dict[str, Any]:
    """The session file in `sessions_dir` if it is Pyrogram's and of a schema that is read here, else the string."""
    name = lease["session_file"]
    if sessions_dir is not None and name is not None and name.endswith(".session"):
        path = Path(sessions_dir, name)
        newest = importlib.import_module("pyrogram.storage.sqlite_storage").SQLiteStorage.VERSION
        version = schema_version(path, "number")
        if version is not None and version <= newest:
            return {"name": path.stem, "workdir": str(path.parent)}
    return {"name": lease["session_name"], "session_string": session_string_of(lease), "in_memory": True}
