"""The end of a lease, when something goes wrong at the same time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from manual_time import until
from network import always, first
from sandbox import Sandbox
from telegate import AsyncTeleGate
from test_session import Worker, advance, scenario


class Unregistered(RuntimeError):
    """As Pyrogram raises it."""

    ID = "AUTH_KEY_UNREGISTERED"


Unregistered.__module__ = "pyrogram.errors"


@scenario
async def test_says_only_once_by_itself_that_a_key_is_unregistered(sandbox: Sandbox) -> None:
    # The service takes a session for dead that it hears this of a second time.
    worker = Worker(sandbox, first("lost", "/report"))
    raised = Unregistered("[401 AUTH_KEY_UNREGISTERED]")
    with pytest.raises(Unregistered):
        async with worker.pool.session() as session:
            await session.notice(raised)
            raise raised
    assert len(worker.seen.bodies("/report")) == 1
    assert sandbox.session(session.session_id)["status"] == "free"


@scenario
async def test_says_it_only_once_though_it_is_cancelled_meanwhile(sandbox: Sandbox) -> None:
    worker = Worker(sandbox, first("late", "/report"))

    async def work() -> None:
        async with worker.pool.session():
            raise Unregistered("[401 AUTH_KEY_UNREGISTERED]")

    task = asyncio.ensure_future(work())
    await until(lambda: worker.seen.bodies("/report") and worker.seen.in_flight == 0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(worker.seen.bodies("/report")) == 1
    assert worker.seen.paths()[-1] == "/release"


def undecodable(path: str) -> Any:
    """Answers that a broken proxy has compressed, or so it says."""
    return lambda request: "undecodable" if request.url.path == path else None


@scenario
async def test_goes_on_renewing_after_an_answer_that_cannot_be_decoded(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    async with worker.pool.session(ttl=150) as session:
        worker.seen.fate = undecodable("/heartbeat")
        await until(lambda: "/heartbeat" in worker.seen.paths() or advance(worker))
        worker.seen.fate = always("")
        await until(lambda: session.renewals == 1 or advance(worker))
        assert not session.lost


@scenario
async def test_keeps_the_callers_error_though_the_answer_to_the_release_cannot_be_decoded(sandbox: Sandbox) -> None:
    worker = Worker(sandbox)
    worker.seen.fate = undecodable("/release")
    task = asyncio.ensure_future(raise_within(worker))
    await until(lambda: task.done() or advance(worker))
    with pytest.raises(ValueError, match="mine"):
        await task


async def raise_within(worker: Worker) -> None:
    async with worker.pool.session():
        raise ValueError("mine")


@scenario
async def test_keeps_the_callers_error_though_the_pool_is_closed_too_early(sandbox: Sandbox) -> None:
    pool = AsyncTeleGate(sandbox.base_url, sandbox.worker_key)
    with pytest.raises(ValueError, match="mine"):
        async with pool.session() as session:
            await pool.aclose()
            raise ValueError("mine")
    await Worker(sandbox).pool.api.release(session_id=session.session_id, lease_id=session.lease_id)
