"""The pool of a service: what a worker needs of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Literal, TypeVar, cast

from .. import models
from ..requests import Channels, httpx, names_of
from .endpoints import AsyncEndpoints
from .leasing import Wanted, acquire, renewed
from .runtime import AsyncRuntime
from .session import AsyncHeld

DEFAULT_TTL = 300
"""Of a lease, in seconds: how soon a crashed worker's session is free again."""


Self = TypeVar("Self", bound="AsyncPool")


class AsyncPool:
    """The sessions of one TeleGate service.

    `base_url` and `api_key` default to `TELEGATE_URL` and `TELEGATE_API_KEY`. `timeout` is of one request and
    `exit_seconds` of the way out of a lease, in seconds. `http`: a client of your own, for a proxy or a CA.
    """

    def __init__(
        self,
        base_url: str | None = None,
        api_key: str | None = None,
        *,
        timeout: float = 30.0,
        exit_seconds: float = 10.0,
        http: httpx.AsyncClient | None = None,
        runtime: AsyncRuntime | None = None,
    ) -> None:
        url = base_url or os.environ.get("TELEGATE_URL", "http://localhost:8000")
        key = api_key or os.environ.get("TELEGATE_API_KEY", "")
        self.api = AsyncEndpoints(url, key, http=http, runtime=runtime, timeout=timeout)
        """Every endpoint of the service, as it is."""
        self._exit_seconds = exit_seconds

    def session(
        self,
        *,
        tags: Sequence[str] = (),
        method: str | None = None,
        channel: Channels = (),
        wait: float | None = None,
        ttl: int = DEFAULT_TTL,
        session_id: int | None = None,
        session_name: str | None = None,
        credentials: Literal["string", "file"] | None = None,
        format: Literal["telethon", "gramjs", "pyrogram"] | None = None,
        strategy: Literal["least_recently_used", "healthiest", "round_robin"] | None = None,
        allow: Literal["frozen"] | None = None,
        egress: bool = False,
    ) -> AsyncHeld:
        """A session for the time of an `async with`.

        Waits in the queue for `wait` seconds (None: until one is free; 0: not at all), then raises NoSessionAvailable.
        `method`: what it is for, such as `messages.getHistory`: a flood of others does not matter. `channel`: one or
        more, `@name`, id or link: a session that knows them is preferred, as `session.peer` says. `ttl`: how
        long the lease outlives this process, in seconds; it is renewed at a third of that.
        `credentials="string"`: with `session_string`, in `format`. `strategy`: which of the free sessions.
        `allow="frozen"`: also one whose account is frozen, which can only read, if no other is free. `egress`: its
        proxy is the service itself, which cuts the connections when the lease ends.
        """
        parameters: dict[str, Any] = {
            "tag": list(tags) or None,
            "method": method,
            "channel": names_of(channel) or None,
            "session_id": session_id,
            "session_name": session_name,
            "credentials": credentials,
            "format": format,
            "strategy": strategy,
            "allow": allow,
            "egress": egress or None,
        }
        wanted = Wanted(parameters, ttl, wait)
        return AsyncHeld(self.api, lambda: acquire(self.api, wanted), ttl, self._exit_seconds)

    def resume(self, session_id: int, lease_id: str, *, ttl: int = DEFAULT_TTL) -> AsyncHeld:
        """A session that this worker held before it was restarted. Raises LeaseLost on the way in if it is gone."""

        lease = cast("models.Lease", {"session_id": session_id, "lease_id": lease_id})
        return AsyncHeld(self.api, lambda: renewed(self.api, lease, ttl), ttl, self._exit_seconds)

    async def status(self) -> models.PoolStatus:
        """How many sessions are free, in use, flooded and unavailable."""
        return await self.api.get_status()

    async def aclose(self) -> None:
        """Closes the connections to the service."""
        await self.api.aclose()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
