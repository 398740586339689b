"""Requests to the service, repeated where that is safe."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from ..errors import ApiError, ServiceUnreachable
from ..requests import (
    Backoff,
    Event,
    Page,
    UploadedFile,
    decoded,
    error_of,
    given,
    httpx,
    is_transient,
    unreachable,
)
from .runtime import AsyncRuntime

logger = logging.getLogger("telegate")


class AsyncCalls:
    """One service, seen with one API key.

    A request that fails on the network or with 502, 503 or 504 is repeated for `retry_seconds`, if repeating it
    does no harm. `timeout`: of one request, in seconds.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        *,
        http: httpx.AsyncClient | None = None,
        runtime: AsyncRuntime | None = None,
        timeout: float = 30.0,
        retry_seconds: float = 30.0,
    ) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"X-API-Key": api_key}
        self._owns_http = http is None
        self._http = http or httpx.AsyncClient()
        self._timeout = timeout
        self._retry_seconds = retry_seconds
        self.runtime = runtime or AsyncRuntime()

    async def aclose(self) -> None:
        """Closes the connections to the service, unless they are of the caller's own `http`."""
        await self.runtime.aclose()
        if self._owns_http:
            await self._http.aclose()

    async def attempt(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        form: Mapping[str, Any] | None = None,
        files: Mapping[str, UploadedFile] | None = None,
        idempotency_key: str | None = None,
        timeout: float,
    ) -> httpx.Response:
        """One request. Raises ServiceUnreachable and ApiError."""
        headers = self._headers
        if idempotency_key is not None:
            headers = {**headers, "Idempotency-Key": idempotency_key}
        try:
            response = await self._http.request(
                method,
                self._base_url + path,
                params=given(query) if query else None,
                json=given(body) if body else None,
                data=given(form) if form else None,
                files={name: named(file) for name, file in files.items()} if files else None,
                headers=headers,
                timeout=timeout,
            )
        except httpx.RequestError as error:
            raise unreachable(error) from error
        if response.status_code >= 300:
            raise error_of(response.status_code, response.headers, response.content)
        return response

    async def call(
        self,
        method: str,
        path: str,
        *,
        repeat: bool = False,
        within: float | None = None,
        at_least: float = 0.0,
        **request: Any,
    ) -> httpx.Response:
        """A request, repeated while it fails for a passing reason.

        `repeat`: it may be carried out twice. `within`: how long all of it may take, in seconds; `at_least`: how long
        one attempt may take, also if that is longer than the client's `timeout`.
        """
        backoff = Backoff()
        until = self.runtime.now() + (self._retry_seconds if within is None else within / 2)
        # The last attempt begins after half of the time, and connects and waits for a quarter of it each.
        timeout = max(self._timeout, at_least) if within is None else min(self._timeout, within / 4)
        while True:
            try:
                return await self.attempt(method, path, timeout=timeout, **request)
            except (ServiceUnreachable, ApiError) as error:
                pause = backoff.next()
                if isinstance(error, ApiError):
                    pause = max(pause, error.retry_after or 0.0)
                if not is_transient(error, repeat) or self.runtime.now() + pause > until:
                    raise
                logger.info("%s %s is repeated in %.1f s: %s", method, path, pause, error)
            await self.runtime.sleep(pause)

    async def _json(self, method: str, path: str, **request: Any) -> Any:
        response = await self.call(method, path, **request)
        return decoded(response)

    async def _text(self, method: str, path: str, **request: Any) -> str:
        response = await self.call(method, path, **request)
        return str(response.text)

    async def _page(self, method: str, path: str, **request: Any) -> Any:
        response = await self.call(method, path, **request)
        return Page(decoded(response), response.headers)

    async def _chunks(self, method: str, path: str) -> AsyncGenerator[bytes, None]:
        """The content as it comes, whose size may be anything."""
        try:
            async with self._http.stream(
                method, self._base_url + path, headers=self._headers, timeout=self._timeout
            ) as response:
                if response.status_code >= 300:
                    raise error_of(response.status_code, response.headers, await response.aread())
                async for chunk in response.aiter_bytes():
                    yield chunk
        except httpx.RequestError as error:
            raise unreachable(error) from error

    async def _events(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Server-sent events until the service or the network ends the stream."""
        timeout = httpx.Timeout(self._timeout, read=None)
        params = given(query) if query else None
        try:
            async with self._http.stream(
                method, self._base_url + path, params=params, headers=self._headers, timeout=timeout
            ) as response:
                if response.status_code >= 300:
                    raise error_of(response.status_code, response.headers, await response.aread())
                fields: dict[str, str] = {}
                async for line in response.aiter_lines():
                    name, _, value = line.partition(":")
                    if name:
                        fields[name] = value[1:] if value.startswith(" ") else value
                    elif fields:
                        if "data" in fields:
                            yield event_of(fields)
                        fields = {}
        except httpx.RequestError as error:
            raise unreachable(error) from error


def named(file: UploadedFile) -> tuple[str, bytes]:
    return ("upload.session", file) if isinstance(file, bytes) else file


def event_of(fields: Mapping[str, str]) -> Event:
    try:
        data: Any = json.loads(fields["data"])
    except ValueError:
        data = fields["data"]
    return Event(fields.get("id"), fields.get("event", "message"), data)
