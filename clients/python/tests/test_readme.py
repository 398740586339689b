"""Every Python block of the README runs as it is printed."""

from __future__ import annotations

import ast
import asyncio
import inspect
import re
from pathlib import Path
from typing import Any

import pytest

from sandbox import Sandbox
from telegate import AsyncTeleGate
from test_telegram_clients import API, trust

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCKS = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_runs_as_printed(sandbox: Sandbox, block: str, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    monkeypatch.setenv("TELEGATE_URL", sandbox.base_url)
    monkeypatch.setenv("TELEGATE_API_KEY", sandbox.worker_key)
    trust(sandbox)
    names: dict[str, Any] = {
        "api_key": sandbox.worker_key,
        "base_url": sandbox.base_url,
        "api_id": API[0],
        "api_hash": API[1],
        "tasks": ["a task"],
        "work": print,
    }
    here = block.replace("http://localhost:8000", sandbox.base_url).replace('tags=["eu"], ', "")

    async def run() -> None:
        names["pool"] = AsyncTeleGate()
        code = compile(here, str(README), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        made = eval(code, names)
        if inspect.isawaitable(made):
            await made

    asyncio.run(run())
    if "print(" in block and "except" not in block:
        assert capsys.readouterr().out
