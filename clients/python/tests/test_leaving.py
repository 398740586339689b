"""How Telethon and kurigram are left, whatever they are in the midst of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from clients_under_test import API, Open, download, read_history, telethon, with_both, with_clients
from manual_time import until
from sandbox import Sandbox
from telegate import LeaseLost, pyrogram_client, telethon_client
from test_session import Worker

# The account is in the first data centre, the channel's files are in the second.
OWN, OTHER = 1, 2
ACCOUNT = {"session_name": "9996610001"}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has to be cut off has failed: the test's own limit of time is over before."""
    for module in (telethon_client, pyrogram_client):
        monkeypatch.setattr(module, "DISCONNECT_SECONDS", 3600)


def hang(method: str) -> Callable[[Sandbox], None]:
    return lambda sandbox: sandbox.fault("hang", method=method)


def silence(data_centre: int) -> Callable[[Sandbox], None]:
    return lambda sandbox: sandbox.behave(data_centre, "silent")


async def is_stuck(sandbox: Sandbox) -> None:
    """Returns when the client waits for an answer that never comes."""
    silent = [data_centre for data_centre, mode in sandbox.modes().items() if mode == "silent"]
    await until(lambda: sandbox.has_struck() or any(one["dc"] in silent for one in sandbox.open_connections()))
    # It may have to do with that for a few turns of the loop.
    await asyncio.sleep(0.01)


DOWNLOADING = {
    "the address": hang("help.GetConfig"),
    "the key": silence(OTHER),
    "the export": hang("auth.ExportAuthorization"),
    "the import": hang("auth.ImportAuthorization"),
}


@pytest.mark.parametrize("missing", DOWNLOADING)
@pytest.mark.parametrize("way", ["cancelled", "lost", "released"])
@with_both
async def test_leaves_nothing_of_a_connection_to_another_data_centre(
    sandbox: Sandbox, worker: Worker, open_client: Open, missing: str, way: str
) -> None:
    await leave_a_download(sandbox, worker, open_client, DOWNLOADING[missing], way)


# kurigram has two connections of one key for that, which the sandbox takes for two programs: it kills the key.
@pytest.mark.parametrize("way", ["cancelled", "lost", "released"])
@with_clients("telethon")
async def test_leaves_nothing_of_a_file_that_it_downloads(
    sandbox: Sandbox, worker: Worker, open_client: Open, way: str
) -> None:
    await leave_a_download(sandbox, worker, open_client, hang("upload.GetFile"), way)


async def leave_a_download(
    sandbox: Sandbox, worker: Worker, open_client: Open, disturb: Callable[[Sandbox], None], way: str
) -> None:
    entered: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    async def work() -> None:
        async with open_client(**ACCOUNT) as client:
            await read_history(client)
            disturb(sandbox)
            entered.set_result(client.telegate)
            await download(client)

    task = asyncio.ensure_future(work())
    session = await entered
    await is_stuck(sandbox)
    if way == "released":
        await session.release()
    await end(task, worker, way)


async def end(task: asyncio.Task[None], worker: Worker, way: str) -> None:
    """Loses the lease, or cancels the task, and expects that it ends with that."""
    if way == "lost":
        worker.time.time += 1000
    else:
        task.cancel()
    await until(task.done)
    with pytest.raises(LeaseLost if way == "lost" else asyncio.CancelledError):
        await task


@with_clients("telethon")
async def test_leaves_nothing_of_a_download_that_is_over(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    async with open_client(**ACCOUNT) as client:
        assert await download(client) > 0


@with_clients("telethon")
async def test_leaves_a_download_at_whatever_turn_of_the_loop(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    for turns in [*range(0, 160, 40), *range(160, 400, 12)]:
        async with open_client(**ACCOUNT) as client:
            await read_history(client)
            downloading = asyncio.ensure_future(download(client))
            for _ in range(turns):
                await asyncio.sleep(0)
            downloading.cancel()
        await asyncio.wait({downloading})
        await until(lambda: not sandbox.open_connections())


@pytest.mark.parametrize("way", ["cancelled", "lost"])
@pytest.mark.parametrize("mode", ["silent", "refuse", "half_dead"])
@with_both
async def test_leaves_while_it_still_connects(
    sandbox: Sandbox, worker: Worker, open_client: Open, mode: str, way: str
) -> None:
    sandbox.behave(OWN, mode)

    async def work() -> None:
        async with open_client(**ACCOUNT):
            raise AssertionError("it can't be connected")

    task = asyncio.ensure_future(work())
    await until(lambda: "/session" in worker.seen.paths() and worker.seen.in_flight == 0)
    await asyncio.sleep(0.2)
    await end(task, worker, way)


@with_both
async def test_leaves_at_whatever_turn_of_connecting(sandbox: Sandbox, worker: Worker, open_client: Open) -> None:
    for turns in [*range(16), *range(16, 160, 16)]:
        task = asyncio.ensure_future(enter(open_client))
        await until(lambda: task.done() or (worker.seen.paths()[-1:] == ["/session"] and not worker.seen.in_flight))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await until(task.done)
        assert task.cancelled()
        worker.seen.requests.clear()
        await until(lambda: not sandbox.open_connections())


async def enter(open_client: Open) -> None:
    async with open_client(**ACCOUNT):
        await asyncio.sleep(3600)


@with_both
async def test_leaves_at_once_in_whatever_moment_of_reconnecting_it_is(
    sandbox: Sandbox, worker: Worker, open_client: Open
) -> None:
    for turns in [*range(12), 20, 40, 80, 160]:
        async with open_client() as client:
            await client.get_me()
            releasing = asyncio.ensure_future(client.telegate.release())
            # From now on its connection is cut, and it begins to open another.
            for _ in range(turns):
                await asyncio.sleep(0)
        await releasing


@pytest.mark.parametrize("way", ["cancelled", "lost"])
@with_both
async def test_leaves_while_it_sleeps_in_a_flood_wait(
    sandbox: Sandbox, worker: Worker, open_client: Open, way: str
) -> None:
    sandbox.fault("FLOOD_WAIT_50", method="messages.GetHistory")

    async def work() -> None:
        async with open_client(longest_sleep=60, **ACCOUNT) as client:
            await asyncio.gather(read_history(client), read_history(client))

    task = asyncio.ensure_future(work())
    await until(sandbox.has_struck)
    await asyncio.sleep(0.05)
    await end(task, worker, way)
    assert worker.seen.bodies("/report") == []


@with_both
async def test_keeps_the_callers_error_though_the_lease_is_lost_while_it_disconnects(
    sandbox: Sandbox, worker: Worker, open_client: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (telethon_client, pyrogram_client):
        monkeypatch.setattr(module, "DISCONNECT_SECONDS", 0.5)
    with pytest.raises(ValueError, match="mine"):
        async with open_client() as client:
            disconnect = client.terminate if hasattr(client, "terminate") else client.disconnect

            async def stall() -> None:
                worker.time.time += 1000
                await until(lambda: client.telegate.lost)
                await asyncio.sleep(0.05)
                await disconnect()

            client.terminate = client.disconnect = stall
            raise ValueError("mine")


def telethon_behind(port: int, worker: Worker) -> Any:
    connection = telethon.network.ConnectionTcpMTProxyRandomizedIntermediate
    proxy = ("127.0.0.1", port, "dd0123456789abcdef0123456789abcdef")
    return worker.pool.telethon(*API, connection=connection, proxy=proxy)


def kurigram_behind(port: int, worker: Worker) -> Any:
    # Of this kind, it waits for what the proxy says to its greeting.
    secret = f"ee0123456789abcdef0123456789abcdef{b'example.com'.hex()}"
    proxy = {"scheme": "mtproxy", "hostname": "127.0.0.1", "port": port, "secret": secret}
    return worker.pool.pyrogram(*API, proxy=proxy)


@pytest.mark.parametrize("way", ["cancelled", "lost"])
@pytest.mark.parametrize("behind", [telethon_behind, kurigram_behind])
def test_closes_a_connection_that_is_being_opened(sandbox: Sandbox, behind: Callable[..., Any], way: str) -> None:
    async def enter(worker: Worker, port: int) -> None:
        async with behind(port, worker):
            raise AssertionError("it can't be connected")

    async def main() -> None:
        accepted: asyncio.Queue[Any] = asyncio.Queue()
        proxy = await asyncio.start_server(lambda *ends: accepted.put_nowait(ends), "127.0.0.1", 0)
        worker = Worker(sandbox)
        task = asyncio.ensure_future(enter(worker, proxy.sockets[0].getsockname()[1]))
        reader, writer = await accepted.get()
        await reader.read(64)
        await end(task, worker, way)
        with pytest.raises(ConnectionResetError):
            while await asyncio.wait_for(reader.read(2**16), 30):
                pass
        writer.close()
        proxy.close()
        await until(lambda: len(asyncio.all_tasks()) == 1)

    asyncio.run(main())
