"""Lease Telegram sessions from TeleGate: never one session to two workers at once."""

from __future__ import annotations

from . import models
from ._async.session import AsyncSession
from ._async.session_manager import AsyncTelegramSessionManagerClient
from ._sync.session import Session
from ._sync.session_manager import TelegramSessionManagerClient
from .clients import AsyncTeleGate, TeleGate
from .errors import (
    ApiError,
    LeaseLost,
    NoSessionAvailable,
    NotAuthorized,
    ServiceUnreachable,
    TeleGateError,
)
from .requests import Page
from .verdicts import Verdict

__all__ = [
    "ApiError",
    "AsyncSession",
    "AsyncTeleGate",
    "AsyncTelegramSessionManagerClient",
    "LeaseLost",
    "NoSessionAvailable",
    "NotAuthorized",
    "Page",
    "ServiceUnreachable",
    "Session",
    "TeleGate",
    "TeleGateError",
    "TelegramSessionManagerClient",
    "Verdict",
    "models",
]

__version__ = "0.1.0"
