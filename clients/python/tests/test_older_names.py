"""The earlier session manager's client, by its names, and scripts that its users call the endpoints with."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from sandbox import Sandbox
from telegate import (
    AsyncTelegramSessionManagerClient,
    NoSessionAvailable,
    TeleGate,
    TelegramSessionManagerClient,
)

SCRIPTS = Path(__file__).parent / "older_scripts"


def test_leases_and_releases_without_naming_a_lease(sandbox: Sandbox) -> None:
    client = TelegramSessionManagerClient(sandbox.base_url, sandbox.worker_key, auto_wait=True)
    sessions = [client.get_session() for _ in range(3)]
    assert len({session["session_id"] for session in sessions}) == 3
    assert all(session["session_name"] for session in sessions)
    status = client.get_status()
    assert (status["total"], status["free"], status["in_use"]) == (3, 0, 3)
    for session in sessions:
        released = client.release_session(session["session_id"])
        assert released == {"status": "released", "session_id": session["session_id"]}
    assert client.release_session(sessions[0]["session_id"])["status"] == "released"


def test_says_when_a_session_will_be_free(sandbox: Sandbox) -> None:
    client = TelegramSessionManagerClient(sandbox.base_url, sandbox.worker_key, auto_wait=False)
    worker = TeleGate(sandbox.base_url, sandbox.worker_key).api
    for seconds in (1800, 3600, 7200):
        session = client.get_session()
        worker.floodwait(
            session_id=session["session_id"], lease_id=session["lease_id"], wait_seconds=seconds
        )
    with pytest.raises(NoSessionAvailable) as raised:
        client.get_session()
    assert raised.value.waiting_count == 3
    assert raised.value.next_release_in in range(1790, 1801)


def test_waits_until_a_session_is_free(sandbox: Sandbox) -> None:
    client = TelegramSessionManagerClient(sandbox.base_url, sandbox.worker_key, auto_wait=True)
    held = [client.get_session() for _ in range(3)]

    def release_soon() -> None:
        time.sleep(0.2)
        client.release_session(held[1]["session_id"])

    thread = threading.Thread(target=release_soon)
    thread.start()
    session = client.get_session()
    thread.join()
    assert session["session_id"] == held[1]["session_id"]
    for one in (held[0], held[2], session):
        client.release_session(one["session_id"])


def test_works_in_asyncio_as_well(sandbox: Sandbox) -> None:
    async def main() -> None:
        async with AsyncTelegramSessionManagerClient(sandbox.base_url, sandbox.worker_key) as client:
            session = await client.get_session()
            await client.release_session(session["session_id"])

    asyncio.run(main())


def test_the_six_scripts_work_unchanged(sandbox: Sandbox) -> None:
    pytest.importorskip("requests")

    def run(name: str, key: str, session_id: str = "") -> str:
        env = {**os.environ, "API": sandbox.base_url, "KEY": key, "SESSION_ID": session_id}
        done = subprocess.run(
            [sys.executable, str(SCRIPTS / f"{name}.py")], env=env, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    key = sandbox.worker_key
    client = TelegramSessionManagerClient(sandbox.base_url, key)
    ids = [str(client.get_session()["session_id"]) for _ in range(2)]
    ids.append(run("get", key).split()[0])
    assert run("get", key) == "none no_free_session 0 None"
    assert run("release", key, ids[0]) == f"released {ids[0]}"
    assert run("floodwait", key, ids[1]) == f"floodwait {ids[1]}"
    assert run("invalidate", key, ids[2]) == f"invalidated {ids[2]}"
    assert run("status", key).startswith("3 1 0 2 20")
    assert run("sync", sandbox.admin_key) == "sync complete 0 0 3"
