"""Runs the Python blocks of pages against a sandbox. Those of a page share what the page takes for granted.

Reads JSON from its standard input: `pages` (`path`, and `blocks` with `line` and `text`), `names` (what pages take for
granted), and the sandbox's `rsa_key`, `addresses` (of its data centres) and `port`. Writes, as JSON, what each page has
printed, or its error.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import sys
import traceback
from typing import Any


def trust(told: dict[str, Any]) -> None:
    """Has Telethon and kurigram trust the sandbox's data centres, and the latter find them."""
    import pyrogram.connection
    from pyrogram.storage import sqlite_storage
    from telethon.crypto import rsa

    rsa.add_key(told["rsa_key"], old=False)
    for number, address in enumerate(told["addresses"], 1):
        sqlite_storage.PROD[number] = address

    class SandboxConnection(pyrogram.connection.Connection):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.port = told["port"]

    pyrogram.connection.Connection = SandboxConnection


async def run(page: dict[str, Any], given: dict[str, Any]) -> None:
    from telegate import AsyncTeleGate

    async with AsyncTeleGate() as pool:
        for block in page["blocks"]:
            names = {**given, "pool": pool, "tasks": ["a task"], "work": print}
            # Errors name the lines of the page.
            text = "\n" * (block["line"] - 1) + block["text"]
            code = compile(text, page["path"], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            made = eval(code, names)
            if inspect.isawaitable(made):
                await made


def outcome(page: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            asyncio.run(run(page, given))
    except BaseException:
        return {"error": traceback.format_exc()}
    return {"printed": printed.getvalue()}


if __name__ == "__main__":
    told = json.load(sys.stdin)
    trust(told)
    json.dump({page["path"]: outcome(page, told["names"]) for page in told["pages"]}, sys.stdout)
