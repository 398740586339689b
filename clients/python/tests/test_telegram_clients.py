"""Real Telethon and real kurigram over leased sessions, against the sandbox's data centres."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from clients_under_test import API, Open, read_history, telethon, trust, with_both
from manual_time import blocking_until, until
from sandbox import Sandbox
from telegate import AsyncTeleGate, LeaseLost, pyrogram_client, telethon_client
from test_session import Worker

FIXTURES = Path(__file__).resolve().parents[3] / "tests" / "fixtures" / "session-files"


@with_both
async def test_gives_a_connected_client_of_the_leased_account(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    async with open_client(session_name="9996620002") as client:
        assert (await client.get_me()).first_name == "Dan"
        assert await read_history(client) == 10
        assert client.telegate.session_name == "9996620002"


@with_both
async def test_is_given_the_channel_that_its_session_knows(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    async def work() -> int:
        async with open_client(session_name="9996620002", channel="@sandbox_news") as client:
            assert await read_history(client) == 10
            if client.telegate.peer is None:
                entity = await known_channel(client)
                await client.telegate.save_peers([entity])
        return len(sandbox.resolves())

    await work()
    before = len(sandbox.resolves())
    assert await work() == before


async def known_channel(client: Any) -> Any:
    """The channel as the client's own account addresses it, asked for by what it has learnt."""
    if hasattr(client, "iter_messages"):
        entity = await client.get_input_entity("sandbox_news")
    else:
        entity = await client.resolve_peer("sandbox_news")
    return {"id": entity.channel_id, "access_hash": entity.access_hash, "username": "sandbox_news"}


@with_both
async def test_goes_through_the_egress_fence_and_is_cut_off_there_when_the_lease_ends(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    with pytest.raises(LeaseLost):
        async with open_client(egress=True) as client:
            session = client.telegate
            assert session.lease["proxy"]["user"].startswith(f"{session.session_id}-")
            assert await read_history(client) == 10
            await worker.pool.api.release(session_id=session.session_id, lease_id=session.lease_id)
            # No time has passed for the client: it does not know yet.
            await until(lambda: not sandbox.open_connections())
            assert not session.lost
            worker.time.time += 100
            await asyncio.sleep(60)


@with_both
async def test_disconnects_before_it_releases(sandbox: Sandbox, worker: Worker, open_client: Open) -> None:
    def expect_none(request: Any) -> None:
        # The loop stands still meanwhile: what is open now stays open.
        if request.url.path == "/release":
            blocking_until(lambda: not sandbox.open_connections())

    worker.seen.fate = expect_none
    async with open_client() as client:
        await client.get_me()
        assert len(sandbox.open_connections()) == 1
    assert worker.seen.paths()[-1] == "/release"


@with_both
async def test_reports_a_flood_by_itself_and_keeps_the_error(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    sandbox.fault("FLOOD_WAIT_300", method="messages.GetHistory")
    with pytest.raises(Exception, match="300"):
        async with open_client() as client:
            await read_history(client)
    [report] = worker.seen.bodies("/report")
    assert (report["error"], report["method"]) == ("FLOOD_WAIT_300", "messages.getHistory")
    assert (await worker.pool.status())["flooded_for_methods"] == 1


@with_both
async def test_tells_what_to_do_about_an_error_that_it_reported(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    sandbox.fault("FLOOD_WAIT_120", method="messages.GetHistory")
    async with open_client() as client:
        with pytest.raises(Exception, match="120") as raised:
            await read_history(client)
        verdict = await client.telegate.report(raised.value)
        assert (verdict.action, verdict.wait_seconds) == ("swap", 120)
    assert len(worker.seen.bodies("/report")) == 1


@with_both
async def test_cuts_a_session_off_that_telegram_has_revoked(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    async with open_client() as client:
        sandbox.fault("SESSION_REVOKED", method="messages.GetHistory", code=401)
        with pytest.raises(Exception, match=r"SESSION_REVOKED|has been invalidated"):
            await read_history(client)
        assert client.telegate.lost
        await until(lambda: not sandbox.open_connections())
    assert sandbox.session(client.telegate.session_id)["status"] == "dead"


@with_both
async def test_is_disconnected_by_force_when_the_lease_is_lost(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    with pytest.raises(LeaseLost):
        async with open_client() as client:
            session = client.telegate
            await worker.pool.api.release(session_id=session.session_id, lease_id=session.lease_id)
            worker.time.time += 100
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                # It has no time to say goodbye: by now its sockets are shut.
                await until(lambda: not sandbox.open_connections())
                raise


@with_both
async def test_sends_nothing_when_a_stopped_process_wakes_up_after_its_lease(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    def requests() -> int:
        return sum(one["requests"] for one in sandbox.connections())

    calling: Any = None
    with pytest.raises(LeaseLost):
        async with open_client() as client:
            await client.get_me()
            before = requests()
            worker.time.is_late = True
            worker.time.time += 300
            calling = asyncio.ensure_future(client.get_me())
            await until(lambda: not sandbox.open_connections())
            assert requests() == before
            worker.time.is_late = False
            await asyncio.sleep(60)
    calling.cancel()
    await asyncio.wait({calling})


@with_both
async def test_says_goodbye_although_the_task_is_cancelled(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    entered = asyncio.Event()

    async def work() -> None:
        async with open_client():
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.ensure_future(work())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert worker.seen.paths()[-1] == "/release"


def test_telethon_works_in_the_shared_file(sandbox: Sandbox) -> None:
    async def main() -> None:
        trust(sandbox)
        pool = AsyncTeleGate(sandbox.base_url, sandbox.worker_key)
        async with pool, pool.telethon(*API, sessions_dir=sandbox.sessions_dir) as client:
            assert type(client.session).__name__ == "SQLiteSession"
            assert (await client.get_me()).id

    asyncio.run(main())


def lease(file: str) -> Any:
    strings = {"session_string": telethon_string(), "session_name": "a name"}
    return {"session_file": file, "proxy": None, **strings}


def telethon_string() -> str:
    from telethon.crypto import AuthKey
    from telethon.sessions import StringSession

    session = StringSession()
    session.set_dc(2, "149.154.167.51", 443)
    session.auth_key = AuthKey(bytes(range(256)))
    return str(session.save())


def test_opens_only_files_whose_schema_the_installed_version_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    def opened(file: str) -> str:
        session = telethon_client.open_session(lease(file), FIXTURES)
        name = type(session).__name__
        if name == "SQLiteSession":
            session._conn = None
        return name

    from telethon.sessions import sqlite

    monkeypatch.setattr(sqlite.SQLiteSession, "__init__", lambda self, path: None)
    assert opened("telethon_v8.session") == "SQLiteSession"
    assert opened("pyrogram_v3.session") == "StringSession"
    monkeypatch.setattr(sqlite, "CURRENT_VERSION", 7)
    assert opened("telethon_v8.session") == "StringSession"
    with pytest.raises(FileNotFoundError):
        opened("nowhere.session")
    assert pyrogram_client.where(lease("pyrogram_v3.session"), FIXTURES)["workdir"] == str(FIXTURES)
    assert "in_memory" in pyrogram_client.where(lease("telethon_v8.session"), FIXTURES)
    assert "in_memory" in pyrogram_client.where(lease("telethon_v8.session"), None)


@pytest.mark.parametrize("kind", ["socks5", "socks4", "http", "mtproxy"])
def test_sets_the_proxy_as_each_client_takes_it(kind: str) -> None:
    from pyrogram.connection.proxy import normalize_proxy

    secret = "0123456789abcdef0123456789abcdef"
    proxy: Any = {"type": kind, "host": "10.0.0.1", "port": 1080, "user": None, "pass": secret}
    assert normalize_proxy(pyrogram_client.proxy_of(proxy)).hostname == "10.0.0.1"
    base = telethon_client.connection_class(proxy)
    client = telethon.TelegramClient(
        telethon.sessions.MemorySession(), *API, proxy=telethon_client.proxy_of(proxy), connection=base
    )
    assert client._connection is base
    assert pyrogram_client.proxy_of(None) is telethon_client.proxy_of(None) is None
