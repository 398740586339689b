"""A method for each operation of the document."""

from __future__ import annotations

import re
from typing import Any

from .models import Models, union
from .names import NAMES, argument, pascal, path_name, snake
from .text import HEADER, one_line, wrap

# POST requests that do the same thing twice as once. /report is not one: a second AUTH_KEY_UNREGISTERED means dead.
REPEATABLE_POSTS = {"/session", "/heartbeat", "/release", "/invalidate", "/floodwait", "/restore", "/sync"}

# Seconds for one attempt, where the service takes longer than over anything else.
SLOW_POSTS = {"/sessions/bulk": 300, "/sync": 300}

# These give a browser a cookie, where the client sends its key.
OMITTED = ("/auth/",)


def endpoints_module(document: dict[str, Any], models: Models) -> str:
    """The text of the asynchronous endpoints; adds the types of their answers to `models`."""
    methods = [
        method_of(models, verb.upper(), path, operation)
        for path, verbs in document["paths"].items()
        if not path.startswith(OMITTED)
        for verb, operation in verbs.items()
    ]
    return ENDPOINTS_HEAD + "\n".join(methods)


def method_of(models: Models, verb: str, path: str, operation: dict[str, Any]) -> str:
    name = NAMES.get(f"{verb} {path}") or snake(operation["operationId"])
    fields = Fields(models, operation, pascal(name))
    kind, result = result_of(models, operation, pascal(name) + "Result")
    where = re.sub(r"\{(\w+)\}", lambda match: "{quote(" + path_name(match[1], path) + ")}", path)
    prefix = "f" if where != path else ""
    signature = ", ".join(["self", *(f"{path_name(key, path)}: {kind}" for key, kind in fields.path.items())])
    if fields.named:
        named = [f"{argument(key)}: {kind}{'' if needed else ' = None'}" for key, kind, needed in fields.named]
        signature += ", *, " + ", ".join(named)
    arguments = [f'"{verb}"', f'{prefix}"{where}"', *fields.arguments()]
    if kind not in STREAMS and (verb != "POST" or path in REPEATABLE_POSTS):
        arguments.append("repeat=True")
    if path in SLOW_POSTS:
        arguments.append(f"at_least={SLOW_POSTS[path]}")
    body = BODIES[kind].format(arguments=", ".join(arguments), result=result)
    returns = f"AsyncGenerator[{result}, None]" if kind in STREAMS else result
    define = "def" if kind in STREAMS else "async def"
    text = f'    {define} {name}({signature}) -> {returns}:\n        """{docstring(operation, verb, path)}"""\n{body}'
    return wrap(text)


BODIES = {
    "json": "        answer: {result} = await self._json({arguments})\n        return answer\n",
    "text": "        return await self._text({arguments})\n",
    "page": "        answer: {result} = await self._page({arguments})\n        return answer\n",
    "chunks": "        return self._chunks({arguments})\n",
    "events": "        return self._events({arguments})\n",
}
STREAMS = {"chunks", "events"}


def result_of(models: Models, operation: dict[str, Any], name: str) -> tuple[str, str]:
    success = next(answer for status, answer in operation["responses"].items() if status.startswith("2"))
    content_type, content = next(iter(success.get("content", {}).items()), ("application/json", {}))
    if content_type == "application/json":
        answer = models_prefix(models, models.type_of(content.get("schema", {}), name))
        counted = "X-Total-Count" in success.get("headers", {})
        return ("page", re.sub(r"^list\b", "Page", answer)) if counted else ("json", answer)
    if content_type == "text/event-stream":
        return "events", "Event"
    return ("text", "str") if content_type.startswith("text/") else ("chunks", "bytes")


def models_prefix(models: Models, kind: str) -> str:
    return re.sub(r"\b[A-Z]\w*", lambda match: f"models.{match[0]}" if match[0] in models.classes else match[0], kind)


class Fields:
    """The parameters of one operation: those in its path, and the named ones, in the query or the body."""

    def __init__(self, models: Models, operation: dict[str, Any], name: str) -> None:
        kind_of = lambda schema, key: models_prefix(models, models.type_of(schema, name + pascal(key)))  # noqa: E731
        parameters = operation.get("parameters", [])
        self.path = {one["name"]: kind_of(one["schema"], one["name"]) for one in parameters if one["in"] == "path"}
        query = [one for one in parameters if one["in"] == "query"]
        contents = operation.get("requestBody", {}).get("content", {})
        form = contents.get("multipart/form-data")
        schema = (form or contents.get("application/json") or {}).get("schema", {})
        needed = set(schema.get("required", []))
        properties = schema.get("properties", {})
        self.files = [key for key, value in properties.items() if value.get("format") == "binary"]
        self.query = [one["name"] for one in query]
        self.body = [key for key in properties if key not in self.files]
        self.form = form is not None
        self.idempotent = "Idempotency-Key" in operation.get("description", "")
        everything = [(one["name"], kind_of(one["schema"], one["name"]), one.get("required", False)) for one in query]
        everything += [(key, "UploadedFile", True) for key in self.files]
        everything += [(key, kind_of(properties[key], key), key in needed) for key in self.body]
        if self.idempotent:
            everything.append(("idempotency_key", "str", False))
        optional = [(key, union([kind, "None"]), False) for key, kind, needed in everything if not needed]
        self.named = [one for one in everything if one[2]] + optional

    def arguments(self) -> list[str]:
        given = []
        if self.query:
            given.append(f"query={mapping(self.query)}")
        if self.body:
            given.append(f"{'form' if self.form else 'body'}={mapping(self.body)}")
        if self.files:
            given.append(f"files={mapping(self.files)}")
        if self.idempotent:
            given.append("idempotency_key=idempotency_key or new_idempotency_key()")
        return given


def mapping(names: list[str]) -> str:
    return "{" + ", ".join(f'"{name}": {argument(name)}' for name in names) + "}"


def docstring(operation: dict[str, Any], verb: str, path: str) -> str:
    return f"{one_line(operation['summary'])}: `{verb} {path}`."


ENDPOINTS_HEAD = (
    HEADER.format(what="Every endpoint of the service, by name.", source="/openapi.json")
    + '''from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Literal

from .. import models
from ..requests import Event, Page, UploadedFile, new_idempotency_key, quote
from .calls import AsyncCalls


class AsyncEndpoints(AsyncCalls):
    """Every endpoint of the service. Each answers as the service did, or raises `ApiError`."""

'''
)
