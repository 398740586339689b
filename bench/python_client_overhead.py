"""Leases and releases with the Python client and with bare requests, by turns. Arguments: URL, API key, cycles.

Prints one JSON object: the milliseconds of a typical cycle of each.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from telegate import AsyncTeleGate, TeleGate
from telegate.requests import httpx


def by_threads(url: str, key: str, cycles: int) -> dict[str, float]:
    http = httpx.Client(headers={"X-API-Key": key})
    pool = TeleGate(url, key)
    bare: list[float] = []
    client: list[float] = []
    for _ in range(cycles):
        started = time.perf_counter()
        lease = http.get(f"{url}/session").json()
        http.post(f"{url}/release", json={"session_id": lease["session_id"], "lease_id": lease["lease_id"]})
        between = time.perf_counter()
        with pool.session():
            pass
        client.append(time.perf_counter() - between)
        bare.append(between - started)
    return {"bare": typical(bare), "client": typical(client)}


async def by_asyncio(url: str, key: str, cycles: int) -> dict[str, float]:
    http = httpx.AsyncClient(headers={"X-API-Key": key})
    pool = AsyncTeleGate(url, key)
    bare: list[float] = []
    client: list[float] = []
    for _ in range(cycles):
        started = time.perf_counter()
        lease = (await http.get(f"{url}/session")).json()
        await http.post(f"{url}/release", json={"session_id": lease["session_id"], "lease_id": lease["lease_id"]})
        between = time.perf_counter()
        async with pool.session():
            pass
        client.append(time.perf_counter() - between)
        bare.append(between - started)
    return {"bare": typical(bare), "client": typical(client)}


def typical(seconds: list[float]) -> float:
    """The mean of the middle half, in milliseconds: a stall of the disk or the machine hits either side by chance."""
    ordered = sorted(seconds)[len(seconds) // 4 : -(len(seconds) // 4)]
    return 1000 * sum(ordered) / len(ordered)


if __name__ == "__main__":
    url, key, cycles = sys.argv[1], sys.argv[2], int(sys.argv[3])
    print(json.dumps({"threads": by_threads(url, key, cycles), "asyncio": asyncio.run(by_asyncio(url, key, cycles))}))
