"""The client that workers of the earlier session manager know, with its names."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Any, cast

from .. import models
from ..errors import LOST_CODES, ApiError
from .endpoints import AsyncEndpoints
from .leasing import Wanted, acquire

logger = logging.getLogger("telegate")


class AsyncTelegramSessionManagerClient:
    """Leases sessions by the earlier client's names. It keeps the lease ids to itself, and renews nothing.

    `auto_wait`: `get_session` waits in the queue until a session is free; else it raises NoSessionAvailable at once.
    """

    def __init__(self, base_url: str, api_key: str, auto_wait: bool = True) -> None:
        self.auto_wait = auto_wait
        self._api = AsyncEndpoints(base_url, api_key)
        self._lease_ids: dict[int, str] = {}

    async def get_session(self) -> dict[str, Any]:
        """A free session: `session_id`, `session_name` and whatever else the service says of it.

        Raises NoSessionAvailable, with `waiting_count` and `next_release_in`.
        """
        granted = await acquire(self._api, Wanted({}, ttl=None, wait=None if self.auto_wait else 0))
        lease = granted.lease
        self._lease_ids[lease["session_id"]] = lease["lease_id"]
        return cast("dict[str, Any]", lease)

    async def release_session(self, session_id: int) -> dict[str, Any]:
        """Gives the session back. A lease that has run out is no error: the session is not this worker's any more."""
        lease_id = self._lease_ids.pop(session_id, None)
        try:
            answer = await self._api.release(session_id=session_id, lease_id=lease_id)
        except ApiError as error:
            if error.code not in LOST_CODES:
                raise
            logger.warning("session %d was not released: %s", session_id, error)
            return {"status": "released", "session_id": session_id}
        return cast("dict[str, Any]", answer)

    async def get_status(self) -> models.PoolStatus:
        """How many sessions there are, and in which state."""
        return await self._api.get_status()

    async def aclose(self) -> None:
        """Closes the connections to the service."""
        await self._api.aclose()

    async def __aenter__(self) -> AsyncTelegramSessionManagerClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()
