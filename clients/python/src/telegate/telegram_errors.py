"""What the errors of Telethon and Pyrogram (kurigram) are called by Telegram."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

TELEGRAM_NAME = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")

# Names that say something about the session or its account; anything else is between the worker and a chat.
SESSION_ERRORS = re.compile(
    r"FLOOD_WAIT_\d+|FLOOD_PREMIUM_WAIT_\d+|PEER_FLOOD|FROZEN_METHOD_INVALID|FROZEN_PARTICIPANT_MISSING|AUTH_KEY_DUPLICATED|AUTH_KEY_INVALID"
    r"|AUTH_KEY_UNREGISTERED|SESSION_REVOKED|SESSION_EXPIRED|USER_DEACTIVATED|USER_DEACTIVATED_BAN"
    r"|PHONE_NUMBER_BANNED"
)

# Telethon's classes whose names differ from Telegram's by more than their spelling.
TELETHON_NAMES = {"SlowModeWaitError": "SLOWMODE_WAIT"}


class TelegramError(NamedTuple):
    """Telegram's name of an error, such as `FLOOD_WAIT_35`, and the method that it answered, if known."""

    name: str
    method: str | None

    @property
    def concerns_session(self) -> bool:
        """Whether the pool has to know of it."""
        return SESSION_ERRORS.fullmatch(self.name) is not None


def counts_twice(name: str) -> bool:
    """Whether the service takes a session for dead that hears this a second time: it is not said twice by accident."""
    return "AUTH_KEY_UNREGISTERED" in name


def telegram_error(error: BaseException | str) -> TelegramError:
    """Reads an error of Telethon, Pyrogram or kurigram, or Telegram's own name; anything else is named as it is."""
    if isinstance(error, str):
        return TelegramError(error, None)
    package = type(error).__module__.split(".")[0]
    if package == "telethon":
        return TelegramError(telethon_name(error), telethon_method(getattr(error, "request", None)))
    if package == "pyrogram":
        return TelegramError(pyrogram_name(error), pyrogram_method(error))
    return TelegramError(f"{type(error).__name__}: {error}"[:500], None)


def telethon_name(error: BaseException) -> str:
    # Errors that Telethon has no class for carry Telegram's name; the others have their class's message.
    own = vars(error).get("message")
    if isinstance(own, str) and TELEGRAM_NAME.fullmatch(own):
        return own
    name = type(error).__name__
    known = TELETHON_NAMES.get(name) or upper_snake(re.sub(r"Error$", "", name))
    seconds = getattr(error, "seconds", None)
    return known if seconds is None else f"{known}_{int(seconds)}"


def telethon_method(request: Any) -> str | None:
    while hasattr(request, "query"):
        request = request.query
    if request is None:
        return None
    *_, namespace = type(request).__module__.split(".")
    name = re.sub(r"Request$", "", type(request).__name__)
    return method_name("" if namespace == "functions" else namespace, name)


def pyrogram_name(error: BaseException) -> str:
    name = getattr(error, "ID", None)
    if not name:
        found = TELEGRAM_NAME.search(str(error))
        return found.group() if found else str(error)[:500]
    value = getattr(error, "value", None)
    return re.sub(r"_X$", "" if value is None else f"_{value}", str(name))


def pyrogram_method(error: BaseException) -> str | None:
    found = re.search(r'caused by "(?:(\w+)\.)?(\w+)"', str(error))
    return method_name(found[1] or "", found[2]) if found else None


def method_name(namespace: str, name: str) -> str:
    method = name[:1].lower() + name[1:]
    return f"{namespace}.{method}" if namespace else method


def upper_snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper()
