"""When a lease is renewed and given up, in plain numbers."""

from __future__ import annotations

from telegate.lease_timer import LeaseTimer


def test_renews_at_a_third_and_stops_before_the_service_does() -> None:
    timer = LeaseTimer(150, sent_at=1000)
    assert timer.pause(1000) == 50
    assert not timer.is_due(1049)
    assert timer.is_due(1050)
    assert timer.deadline == 1145
    timer.renewed(1050)
    assert (timer.pause(1050), timer.deadline) == (50, 1195)


def test_renews_a_long_lease_within_the_cool_down_of_a_session_that_was_taken() -> None:
    assert LeaseTimer(10_800, sent_at=0).pause(0) == 50


def test_counts_from_the_sending_of_the_request_that_was_answered() -> None:
    timer = LeaseTimer(300, sent_at=1000)
    timer.renewed(1100)
    # Sent at 1100, answered at 1110: the service may have counted from any moment between.
    assert timer.pause(1110) == 40


def test_tries_again_ever_more_slowly_but_never_past_the_deadline() -> None:
    timer = LeaseTimer(300, sent_at=0)
    pauses = []
    now = 100.0
    for _ in range(8):
        timer.failed(now)
        pauses.append(timer.pause(now))
        now += pauses[-1]
    assert pauses == [3, 6, 12, 24, 30, 30, 30, 30]
    timer.failed(290)
    assert timer.pause(290) == 5
    assert timer.is_over(295)


def test_a_short_lease_keeps_a_tenth_as_its_margin() -> None:
    assert LeaseTimer(10, sent_at=0).deadline == 9
