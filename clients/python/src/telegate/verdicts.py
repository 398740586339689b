"""What to do after an error of Telegram."""

from __future__ import annotations

from typing import Literal, NamedTuple

from . import models


class Verdict(NamedTuple):
    """The pool's answer to a report."""

    action: Literal["wait", "swap", "stop", "retry"]
    """wait: for `wait_seconds`, with this session; swap: to another session; stop: using it; retry: the call."""
    wait_seconds: int | None
    """How long Telegram asks to wait; None: it does not."""
    status: str
    """What the report has done to the session, such as `floodwait`."""
    ends_lease: bool
    """Whether the session is not this worker's any more."""


# Where an error keeps the answer to its report: it is reported once, by whoever meets it first.
REMEMBERED = "_telegate_verdict"


def verdict_of(answer: models.Report) -> Verdict:
    whole_session = answer["status"] == "floodwait" and answer["method"] is None
    ends_lease = whole_session or answer["status"] in ("dead", "invalidated")
    return Verdict(answer["action"], answer.get("wait_seconds"), answer["status"], ends_lease)


def known_verdict(error: BaseException | str) -> Verdict | None:
    verdict = getattr(error, REMEMBERED, None)
    return verdict if isinstance(verdict, Verdict) else None


def remember_verdict(error: BaseException | str, verdict: Verdict) -> None:
    if isinstance(error, BaseException):
        setattr(error, REMEMBERED, verdict)
