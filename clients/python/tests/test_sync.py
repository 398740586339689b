"""The client for threads: made from the asyncio one, so that this tests only what differs."""

from __future__ import annotations

import threading

import pytest

from manual_time import ManualRuntime, blocking_until
from network import Network, always, first
from sandbox import Sandbox
from telegate import LeaseLost, TeleGate
from telegate.requests import httpx


def worker(sandbox: Sandbox, network: Network) -> tuple[TeleGate, ManualRuntime]:
    time = ManualRuntime()
    http = httpx.Client(transport=network)
    return TeleGate(sandbox.base_url, sandbox.worker_key, http=http, runtime=time), time


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("telegate")]


def test_leases_renews_and_releases_and_leaves_no_thread(sandbox: Sandbox) -> None:
    network = Network()
    pool, time = worker(sandbox, network)
    with pool.session(ttl=300) as session:
        for renewals in (1, 2, 3):
            time.time += 101
            blocking_until(lambda renewals=renewals: session.renewals == renewals)
        assert not session.lost
    assert network.seen.paths()[-1] == "/release"
    pool.close()
    blocking_until(lambda: not threads())


def test_tells_the_loss_while_the_code_runs_and_raises_it_at_the_end(sandbox: Sandbox) -> None:
    network = Network()
    pool, time = worker(sandbox, network)
    told: list[str] = []
    with pytest.raises(LeaseLost), pool.session(ttl=300) as session:
        network.seen.fate = always("refused", "/heartbeat")
        session.on_end(lambda: told.append("ended"))
        time.time += 295
        assert session.lost
        blocking_until(lambda: told)
        with pytest.raises(LeaseLost):
            session.raise_if_lost()
    pool.close()
    blocking_until(lambda: not threads())


def test_one_thread_waits_for_all_renewals_and_goes_by_itself(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("telegate._sync.runtime.LINGER_SECONDS", 0.05)
    pool = TeleGate(sandbox.base_url, sandbox.worker_key)
    with pool.session(), pool.session(ttl=1000), pool.session():
        assert [thread.name for thread in threads()] == ["telegate-timer"]
    # Soon, but long before its deadline.
    monkeypatch.setattr("telegate.lease_timer.RENEWALS_PER_TTL", 100)
    with pool.session(ttl=50) as short, pool.session(ttl=10_000):
        blocking_until(lambda: short.renewals == 1)
    blocking_until(lambda: not threads())
    with pool.session(ttl=50) as short:
        blocking_until(lambda: short.renewals == 1)
    pool.close()
    blocking_until(lambda: not threads())


def test_keeps_the_callers_error(sandbox: Sandbox) -> None:
    pool, _ = worker(sandbox, Network())
    with pytest.raises(ValueError, match="mine"), pool.session():
        raise ValueError("mine")


def test_a_lost_answer_takes_no_second_session(sandbox: Sandbox) -> None:
    network = Network(first("lost", "/session"))
    pool = TeleGate(sandbox.base_url, sandbox.worker_key, http=httpx.Client(transport=network))
    with pool.session():
        assert len(set(network.seen.keys())) == 1
        assert len(network.seen.keys()) == 2


def test_an_interrupt_leaves_no_lease_behind(sandbox: Sandbox) -> None:
    def interrupt_once(request: object) -> None:
        network.seen.fate = lambda request: None
        raise KeyboardInterrupt

    network = Network(interrupt_once)
    pool = TeleGate(sandbox.base_url, sandbox.worker_key, http=httpx.Client(transport=network))
    with pytest.raises(KeyboardInterrupt), pool.session():
        pass
    assert network.seen.paths() == ["/session", "/session", "/release"]


def test_resumes_and_reports(sandbox: Sandbox) -> None:
    pool, _ = worker(sandbox, Network())
    lease = pool.api.get_session(ttl=300)
    with pool.resume(lease["session_id"], lease["lease_id"]) as session:
        assert session.report("FLOOD_WAIT_30", method="messages.getHistory").action == "wait"


def test_environment_names_the_service(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELEGATE_URL", sandbox.base_url)
    monkeypatch.setenv("TELEGATE_API_KEY", sandbox.worker_key)
    with TeleGate() as pool:
        assert pool.status()["total"] == 3
