"""A session of the asyncio client, over a real service; time passes by hand."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Awaitable, Callable
from typing import Any
from unittest import mock

import pytest

from manual_time import ManualAsyncRuntime, until
from network import AsyncNetwork, always, first
from sandbox import Sandbox
from telegate import ApiError, AsyncTeleGate, LeaseLost, NoSessionAvailable, ServiceUnreachable
from telegate._async import leasing
from telegate.requests import httpx


class Worker:
    """A pool, and the network and time it lives in."""

    def __init__(self, sandbox: Sandbox, fate: Any = None, **options: Any) -> None:
        self.network = AsyncNetwork(fate)
        self.seen = self.network.seen
        self.time = ManualAsyncRuntime()
        self.http = httpx.AsyncClient(transport=self.network)
        self.pool = AsyncTeleGate(
            sandbox.base_url, sandbox.worker_key, http=self.http, runtime=self.time, **options
        )

    async def pass_time(self, seconds: float, step: float = 50) -> None:
        """Lets time pass in steps, and everything that is due happen."""
        for _ in range(int(seconds / step)):
            self.time.time += step
            await asyncio.sleep(0.02)
            await until(lambda: self.seen.in_flight == 0)


class FloodWait(RuntimeError):
    """As Pyrogram raises it."""

    ID = "FLOOD_WAIT_X"
    value = 300


FloodWait.__module__ = "pyrogram.errors"
FLOOD = FloodWait('[420 FLOOD_WAIT_X] (caused by "messages.GetHistory")')


def scenario(work: Callable[..., Awaitable[None]]) -> Callable[..., None]:
    """Runs a test in a loop of its own, and expects that no task is left."""

    @functools.wraps(work)
    def run(sandbox: Sandbox) -> None:
        async def main() -> None:
            await asyncio.wait_for(work(sandbox), 100)
            await until(lambda: len(asyncio.all_tasks()) == 1)

        asyncio.run(main())

    del run.__wrapped__  # type: ignore[attr-defined]
    return run


@scenario
async def test_leases_a_session_and_releases_it_by_its_lease_id(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool, worker.pool.session(credentials="string") as session:
        assert sandbox.session(session.session_id)["status"] == "leased"
        assert len(session.session_string) == 353
        assert not session.lost
    assert worker.seen.paths() == ["/session", "/release"]
    assert worker.seen.bodies("/release") == [{"session_id": session.session_id, "lease_id": session.lease_id}]
    assert session.lost
    assert sandbox.session(session.session_id)["status"] == "free"


@scenario
async def test_keeps_the_callers_error_and_releases(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    with pytest.raises(ValueError, match="mine"):
        async with worker.pool.session():
            raise ValueError("mine")
    assert worker.seen.paths() == ["/session", "/release"]


@scenario
async def test_keeps_the_callers_error_if_nothing_can_be_released(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, exit_seconds=10)
    entered: list[Any] = []

    async def work() -> None:
        async with worker.pool.session() as session:
            entered.append(session)
            worker.seen.fate = always("refused", "/release")
            raise ValueError("mine")

    started = worker.time.time
    task = asyncio.ensure_future(work())
    await until(lambda: task.done() or advance(worker))
    with pytest.raises(ValueError, match="mine"):
        await task
    assert worker.time.time - started < 10
    [session] = entered
    worker.seen.fate = always("")
    await worker.pool.api.release(session_id=session.session_id, lease_id=session.lease_id)


@scenario
async def test_leaves_in_time_though_every_answer_takes_as_long_as_it_may(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, exit_seconds=10)
    entered: list[Any] = []

    def take_long(request: Any) -> str | None:
        if request.url.path not in ("/report", "/release"):
            return None
        limits = request.extensions["timeout"]
        worker.time.time += limits["connect"] + limits["read"]
        return "refused"

    async def work() -> None:
        async with worker.pool.session() as session:
            entered.append(session)
            worker.seen.fate = take_long
            raise FLOOD

    started = worker.time.time
    task = asyncio.ensure_future(work())
    await until(lambda: task.done() or advance(worker))
    with pytest.raises(RuntimeError):
        await task
    assert {"/report", "/release"} <= set(worker.seen.paths())
    assert worker.time.time - started <= 10.5
    [session] = entered
    worker.seen.fate = always("")
    await worker.pool.api.release(session_id=session.session_id, lease_id=session.lease_id)


@scenario
async def test_renews_at_a_third_of_the_ttl_without_end(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool.session(ttl=150) as session:
        await worker.pass_time(49, step=49)
        assert worker.seen.paths().count("/heartbeat") == 0
        for renewals in range(1, 50):
            worker.time.time += 51
            await until(lambda renewals=renewals: session.renewals == renewals)
        assert not session.lost
    assert {body["lease_id"] for body in worker.seen.bodies("/heartbeat")} == {session.lease_id}


@scenario
async def test_cancels_the_code_within_when_the_service_says_the_lease_is_lost(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    told: list[str] = []
    with pytest.raises(LeaseLost) as raised:
        async with worker.pool.session() as session:
            session.on_end(lambda: told.append("ended"))
            await worker.pool.api.release(session_id=session.session_id, lease_id=session.lease_id)
            worker.time.time += 100
            await asyncio.sleep(60)
    assert told == ["ended"]
    assert raised.value.session_id == session.session_id
    assert session.lost


@scenario
async def test_cancels_at_its_own_deadline_if_the_service_is_silent(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    with pytest.raises(LeaseLost, match="renewed in time"):
        async with worker.pool.session(ttl=300) as session:
            worker.seen.fate = always("refused", "/heartbeat")
            await worker.pass_time(290, step=5)
            assert not session.lost
            worker.time.time += 5
            assert session.lost
            await asyncio.sleep(60)
    assert worker.seen.paths().count("/heartbeat") > 5


@scenario
async def test_a_renewal_that_fails_is_repeated(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool.session(ttl=300) as session:
        worker.seen.fate = first("503", "/heartbeat", times=3)
        await worker.pass_time(310, step=5)
        assert not session.lost


@scenario
async def test_an_error_of_the_caller_outlives_the_loss(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    with pytest.raises(ValueError, match="cleaning up"):
        async with worker.pool.session() as session:
            await worker.pool.api.release(session_id=session.session_id, lease_id=session.lease_id)
            worker.time.time += 100
            try:
                await asyncio.sleep(60)
            finally:
                raise ValueError("cleaning up")


@scenario
async def test_a_cancellation_from_outside_stays_one_and_releases(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    entered = asyncio.Event()

    async def work() -> None:
        async with worker.pool.session():
            entered.set()
            await asyncio.sleep(60)

    task = asyncio.ensure_future(work())
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert worker.seen.paths() == ["/session", "/release"]


@scenario
async def test_a_lost_answer_takes_no_second_session(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, first("lost", "/session", times=2))
    task = asyncio.ensure_future(enter_and_leave(worker))
    await until(lambda: task.done() or advance(worker))
    assert len(set(worker.seen.keys())) == 1
    assert len(worker.seen.keys()) == 3
    # The lease that a lost request got is renewed before it is trusted.
    assert worker.seen.paths()[-2:] == ["/heartbeat", "/release"]


def advance(worker: Worker) -> None:
    """Lets time pass while nothing is asked of the service, whose answers take real time."""
    if worker.seen.in_flight == 0:
        worker.time.time += 0.5


async def enter_and_leave(worker: Worker, **options: Any) -> int:
    async with worker.pool.session(**options) as session:
        return session.session_id


@scenario
async def test_a_lost_answer_is_asked_for_again_by_somebody_who_does_not_wait(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, first("lost", "/session"))
    task = asyncio.ensure_future(enter_and_leave(worker, wait=0))
    await until(lambda: task.done() or advance(worker))
    await task
    assert len(set(worker.seen.keys())) == 1


@scenario
async def test_a_lease_that_the_service_was_not_sure_of_is_renewed_before_it_is_trusted(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, first("undecided", "/session"))
    task = asyncio.ensure_future(enter_and_leave(worker))
    await until(lambda: task.done() or advance(worker))
    assert len(set(worker.seen.keys())) == 1
    assert worker.seen.paths() == ["/session", "/session", "/heartbeat", "/release"]


@scenario
async def test_leaves_no_lease_behind_if_it_is_cancelled_while_the_answer_is_under_way(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, first("late", "/session"))
    task = asyncio.ensure_future(enter_and_leave(worker))
    await until(lambda: sandbox.ask("GET", "/leases"))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert worker.seen.paths() == ["/session", "/session", "/release"]
    assert sandbox.ask("GET", "/leases") == []


@scenario
async def test_a_cancelled_wait_for_a_session_asks_for_none(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool.session(session_name="9996610001"):
        task = asyncio.ensure_future(enter_and_leave(worker, session_name="9996610001"))
        await until(lambda: sandbox.ask("GET", "/status")["waiting"] == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await until(lambda: sandbox.ask("GET", "/status")["waiting"] == 0)


@scenario
async def test_503_is_repeated_with_the_same_key(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, first("503", "/session", times=3))
    task = asyncio.ensure_future(enter_and_leave(worker))
    await until(lambda: task.done() or advance(worker))
    assert len(worker.seen.keys()) == 4
    assert len(set(worker.seen.keys())) == 1


@scenario
async def test_stands_in_line_longer_than_one_request(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool.session(session_name="9996610001") as holder:
        with mock.patch.object(leasing, "HOLD_SECONDS", 2):
            task = asyncio.ensure_future(enter_and_leave(worker, session_name="9996610001", ttl=6))
            await until(lambda: worker.seen.keys().count(worker.seen.keys()[-1]) == 2 or advance(worker))
        await holder.release()
        assert await task == holder.session_id


@scenario
async def test_keeps_its_place_in_line_for_longer_than_the_ttl_and_renews_what_it_gets(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)

    async def wait_in_line() -> list[str]:
        async with worker.pool.session(session_name="9996610001", ttl=10):
            return worker.seen.paths()

    async with worker.pool.session(session_name="9996610001") as holder:
        task = asyncio.ensure_future(wait_in_line())
        await until(lambda: worker.seen.paths().count("/session") == 2)
        worker.time.time += 30
        await holder.release()
        paths = await task
    assert worker.seen.bodies("/session")[1]["wait"] == 60
    assert paths[-2:] == ["/release", "/heartbeat"]


@scenario
async def test_leaves_no_lease_behind_if_it_is_cancelled_while_an_old_grant_is_renewed(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, first("late", "/heartbeat"))
    async with worker.pool.session(session_name="9996610001") as holder:
        task = asyncio.ensure_future(enter_and_leave(worker, session_name="9996610001", ttl=10))
        await until(lambda: worker.seen.paths().count("/session") == 2)
        worker.time.time += 30
        await holder.release()
    await until(lambda: "/heartbeat" in worker.seen.paths())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sandbox.ask("GET", "/leases") == []


@scenario
async def test_gives_up_after_the_wait(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool.session(session_name="9996610001"):
        with pytest.raises(NoSessionAvailable) as raised:
            await enter_and_leave(worker, session_name="9996610001", wait=0)
    assert raised.value.waiting_count == 0
    assert raised.value.next_release_in is None


@scenario
async def test_a_service_that_stays_away_is_an_error(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, always("refused", "/session"))
    task = asyncio.ensure_future(enter_and_leave(worker))
    await until(lambda: task.done() or advance(worker))
    with pytest.raises(ServiceUnreachable):
        await task


@scenario
async def test_resumes_after_a_restart(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    lease = await worker.pool.api.acquire_session(ttl=300)
    async with worker.pool.resume(lease["session_id"], lease["lease_id"]) as session:
        assert session.session_id == lease["session_id"]
    with pytest.raises(LeaseLost):
        async with worker.pool.resume(lease["session_id"], lease["lease_id"]):
            raise AssertionError("unreachable")


@scenario
async def test_reports_errors_by_name_and_tells_what_to_do(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool.session() as session:
        retry = await session.report("TIMEOUT")
        wait = await session.report("FLOOD_WAIT_30", method="messages.getHistory")
        swap = await session.report("FLOOD_WAIT_3600", method="messages.search")
        assert [retry.action, wait.action, swap.action] == ["retry", "wait", "swap"]
        assert wait.wait_seconds == 30
        assert not session.lost
        stop = await session.report("SESSION_REVOKED")
        assert (stop.action, session.lost) == ("stop", True)
    assert sandbox.session(session.session_id)["status"] == "dead"
    assert "/release" not in worker.seen.paths()


@scenario
async def test_every_endpoint_is_callable(sandbox: Sandbox) -> None:
    async with AsyncTeleGate(sandbox.base_url, sandbox.admin_key) as admin:
        assert (await admin.status())["total"] == 3
        sessions = await admin.api.list_sessions(q="999661", sort="-name")
        assert [one["name"] for one in sessions] == ["9996610002", "9996610001"]
        key = await admin.api.create_key(name="a worker", role="worker", max_leases=2)
        await admin.api.revoke_key(key["id"])
        assert "telegate_" in await admin.api.get_metrics()
        source = await admin.api.create_public_source(
            name="News", channel_username="@sandbox_news", target="LOCAL", is_active="inactive"
        )
        assert (await admin.api.get_source(source["id"]))["name"] == "News"
        await admin.api.delete_source(source["id"])
        assert (await admin.api.get_health()) == {"status": "ok"}


@scenario
async def test_pages_lists_and_acts_on_many_sessions(sandbox: Sandbox) -> None:
    async with AsyncTeleGate(sandbox.base_url, sandbox.admin_key) as admin:
        sessions = await admin.api.list_sessions(limit=1, sort="name")
        assert (len(sessions), sessions.total) == (1, 3)
        bulk = await admin.api.run_bulk(action="tag", ids=[sessions[0]["id"]], tags=["eu"])
        assert (bulk["done"], bulk["failed"]) == (1, 0)
        assert await admin.api.list_tags() == ["eu"]
        assert (await admin.api.cancel_bulk(bulk["bulk_id"]))["bulk_id"] == bulk["bulk_id"]
        await admin.api.run_bulk(action="untag", filter={"tag": ["eu"]}, tags=["eu"])
        history = await admin.api.get_status_history(from_="2020-01-01T00:00:00Z", to="2020-01-01T01:00:00Z", step=60)
        assert history["from"].startswith("2020-01-01T00:00")
        assert (await admin.api.list_all_runs(state=["failed"])).total == 0
        assert {"target": "LOCAL"} in await admin.api.list_targets()
        assert (await admin.api.get_waiting())["requests"] == []
        assert (await admin.api.list_all_files(state="stored")).total == 0
        assert (await admin.api.get_settings())["service"]["database"] == "sqlite"


@scenario
async def test_reads_files_in_chunks(sandbox: Sandbox) -> None:
    async with AsyncTeleGate(sandbox.base_url, sandbox.admin_key) as admin:
        with pytest.raises(ApiError) as refused:
            async for _ in admin.api.get_run_file(99, 99):
                pass
        assert (refused.value.status, refused.value.code) == (404, "file_not_found")
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=b"x" * 100_000))
    async with httpx.AsyncClient(transport=transport) as http:
        admin = AsyncTeleGate(sandbox.base_url, sandbox.admin_key, http=http)
        chunks = [chunk async for chunk in admin.api.get_source_file(1, 2)]
        assert b"".join(chunks) == b"x" * 100_000
        await admin.aclose()


@scenario
async def test_says_that_something_else_answered(sandbox: Sandbox) -> None:
    answers = iter([httpx.Response(200, text="<h1>It works!</h1>"), httpx.Response(308, headers={"Location": "/"})])
    transport = httpx.MockTransport(lambda request: next(answers))
    async with httpx.AsyncClient(transport=transport) as http:
        pool = AsyncTeleGate(sandbox.base_url, sandbox.worker_key, http=http)
        with pytest.raises(ApiError, match="is base_url right"):
            await pool.status()
        with pytest.raises(ApiError, match="308"):
            await pool.status()


@scenario
async def test_follows_events(sandbox: Sandbox) -> None:
    async with AsyncTeleGate(sandbox.base_url, sandbox.admin_key) as admin:
        events = admin.api.events()
        first_event = asyncio.ensure_future(events.__anext__())
        while not first_event.done():
            # The stream may not be open yet.
            await enter_and_leave(Worker(sandbox))
        event = await first_event
        assert event.event
        await events.aclose()
