"""A network between client and service that loses what a test wants lost, and tells what went over it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Callable, Optional

from telegate.requests import httpx

Fate = Callable[[Any], Optional[str]]
"""What happens to a request.

`refused`: it is not sent; `lost`: its answer is lost; `late`: its answer never comes; `undecided`: it is carried out,
and the service answers that it does not know; `undecodable`: its answer can't be decoded; a status: it is answered so.
"""


class NotGzip(httpx.AsyncByteStream):
    async def __aiter__(self) -> Any:
        yield b"not gzip"


UNDECIDED = {"detail": {"error": "storage_unavailable"}, "code": "storage_unavailable"}


class Seen:
    """The requests, oldest first."""

    def __init__(self, fate: Fate | None = None) -> None:
        self.fate: Fate = fate or (lambda request: None)
        self.requests: list[Any] = []
        # How many the service is answering, in real time.
        self.in_flight = 0

    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]

    def bodies(self, path: str) -> list[dict[str, Any]]:
        return [json.loads(one.content) for one in self.requests if one.url.path == path]

    def keys(self) -> list[str]:
        return [one.headers["idempotency-key"] for one in self.requests if one.url.path == "/session"]

    def meet(self, request: Any) -> str | None:
        self.requests.append(request)
        fate = self.fate(request)
        if fate == "refused":
            raise httpx.ConnectError("refused by the test")
        return fate


class AsyncNetwork(httpx.AsyncHTTPTransport):
    def __init__(self, fate: Fate | None = None) -> None:
        super().__init__()
        self.seen = Seen(fate)

    async def handle_async_request(self, request: Any) -> Any:
        fate = self.seen.meet(request)
        if fate is not None and fate.isdecimal():
            return httpx.Response(int(fate), json={"detail": "answered by the test"})
        self.seen.in_flight += 1
        try:
            response = await super().handle_async_request(request)
            await response.aread()
        finally:
            self.seen.in_flight -= 1
        if fate == "lost":
            raise httpx.ReadError("lost by the test")
        if fate == "late":
            await asyncio.sleep(3600)
        if fate == "undecodable":
            return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=NotGzip())
        return httpx.Response(503, json=UNDECIDED) if fate == "undecided" else response


class Network(httpx.HTTPTransport):
    def __init__(self, fate: Fate | None = None) -> None:
        super().__init__()
        self.seen = Seen(fate)

    def handle_request(self, request: Any) -> Any:
        fate = self.seen.meet(request)
        if fate is not None and fate.isdecimal():
            return httpx.Response(int(fate), json={"detail": "answered by the test"})
        response = super().handle_request(request)
        if fate == "lost":
            response.read()
            raise httpx.ReadError("lost by the test")
        return response


def first(fate: str, path: str, times: int = 1) -> Fate:
    """The first `times` requests to `path` meet that fate."""
    left = [times]

    def meet(request: Any) -> str | None:
        if request.url.path != path or left[0] == 0:
            return None
        left[0] -= 1
        return fate

    return meet


def always(fate: str, *paths: str) -> Fate:
    return lambda request: fate if request.url.path in paths else None
