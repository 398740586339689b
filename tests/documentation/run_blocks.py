"""Runs the Python blocks of a page, which share what the page takes for granted, against a sandbox.

Reads JSON from its standard input: `names` (what the page takes for granted), `blocks` (`line`, `text`), `page`, and the
sandbox's `rsa_key`, `addresses` (of its data centres) and `port`.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import sys
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


async def run(told: dict[str, Any]) -> None:
    from telegate import AsyncTeleGate

    async with AsyncTeleGate() as pool:
        for block in told["blocks"]:
            names = {**told["names"], "pool": pool, "tasks": ["a task"], "work": print}
            # Errors name the lines of the page.
            text = "\n" * (block["line"] - 1) + block["text"]
            code = compile(text, told["page"], "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            made = eval(code, names)
            if inspect.isawaitable(made):
                await made


if __name__ == "__main__":
    told = json.load(sys.stdin)
    trust(told)
    asyncio.run(run(told))
