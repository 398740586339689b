"""Telegram's names of the clients' errors. Needs the clients, but no service."""

from __future__ import annotations

import pytest

from telegate.telegram_errors import telegram_error


def test_reads_telethons_errors() -> None:
    pytest.importorskip("telethon")
    from telethon import errors, functions

    request = functions.messages.GetHistoryRequest("x", 0, None, 0, 10, 0, 0, 0)
    wrapped = functions.InvokeWithoutUpdatesRequest(request)

    def named(kind: str, *arguments: object) -> str:
        return telegram_error(getattr(errors, kind)(request, *arguments)).name

    assert telegram_error(errors.FloodWaitError(wrapped, 35)) == ("FLOOD_WAIT_35", "messages.getHistory")
    assert named("FloodPremiumWaitError", 7) == "FLOOD_PREMIUM_WAIT_7"
    assert named("SlowModeWaitError", 60) == "SLOWMODE_WAIT_60"
    for name in ("AuthKeyDuplicated", "AuthKeyUnregistered", "SessionRevoked", "SessionExpired", "PeerFlood"):
        assert telegram_error(getattr(errors, f"{name}Error")(request)).concerns_session, name
    assert named("UserDeactivatedBanError") == "USER_DEACTIVATED_BAN"
    assert named("PhoneNumberBannedError") == "PHONE_NUMBER_BANNED"
    unknown = errors.RPCError(request, "FROZEN_METHOD_INVALID", 420)
    assert telegram_error(unknown).name == "FROZEN_METHOD_INVALID"
    assert not telegram_error(errors.UsernameInvalidError(request)).concerns_session


def test_reads_kurigrams_errors() -> None:
    pytest.importorskip("pyrogram")
    from pyrogram import errors, raw

    def raised(code: int, message: str) -> Exception:
        try:
            answer = raw.types.RpcError(error_code=code, error_message=message)
            errors.RPCError.raise_it(answer, raw.functions.messages.GetHistory)
        except errors.RPCError as error:
            return error
        raise AssertionError

    assert telegram_error(raised(420, "FLOOD_WAIT_35")) == ("FLOOD_WAIT_35", "messages.getHistory")
    for code, name in (
        (406, "AUTH_KEY_DUPLICATED"),
        (401, "AUTH_KEY_UNREGISTERED"),
        (401, "SESSION_REVOKED"),
        (401, "USER_DEACTIVATED_BAN"),
        (400, "PEER_FLOOD"),
        (400, "PHONE_NUMBER_BANNED"),
        (420, "FLOOD_PREMIUM_WAIT_7"),
        (420, "FROZEN_METHOD_INVALID"),
    ):
        assert telegram_error(raised(code, name)).name == name
        assert telegram_error(raised(code, name)).concerns_session


def test_takes_names_and_other_errors_as_they_are() -> None:
    assert telegram_error("FLOOD_WAIT_3") == ("FLOOD_WAIT_3", None)
    assert telegram_error(OSError("no route")) == ("OSError: no route", None)
    assert not telegram_error(ConnectionError("reset")).concerns_session
