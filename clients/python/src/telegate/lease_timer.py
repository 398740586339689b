"""When a lease has to be renewed, and when it has to be given up."""

from __future__ import annotations

# A third of the ttl leaves two more attempts.
RENEWALS_PER_TTL = 3

# A session that an admin took cools down for a minute: its holder learns of that in less, whatever the ttl. Seconds.
LONGEST_INTERVAL = 50.0

# How long before the service's end of a lease its holder stops, in seconds: what cutting off a client may take.
MARGIN_SECONDS = 5.0


class LeaseTimer:
    """The renewal and the deadline of one lease.

    It reads no clock: every call is told the time, in seconds of a clock that never goes back. Times count from when
    a request was sent: the service counts from later, so that the deadline is never after the service's own.
    """

    def __init__(self, ttl: float, sent_at: float) -> None:
        self.ttl = ttl
        self.renewed(sent_at)

    def renewed(self, sent_at: float) -> None:
        """The service has renewed the lease, asked at `sent_at`."""
        self.deadline = sent_at + self.ttl - min(MARGIN_SECONDS, self.ttl / 10)
        self._renew_at = sent_at + min(self.ttl / RENEWALS_PER_TTL, LONGEST_INTERVAL)
        self._retry_pause = self.ttl / 100

    def failed(self, now: float) -> None:
        """A renewal failed for a reason that says nothing of the lease."""
        self._renew_at = now + self._retry_pause
        self._retry_pause = min(self._retry_pause * 2, self.ttl / 10)

    def is_due(self, now: float) -> bool:
        return now >= self._renew_at

    def is_over(self, now: float) -> bool:
        return now >= self.deadline

    def pause(self, now: float) -> float:
        """Seconds until there is something to do."""
        return max(0.0, min(self._renew_at, self.deadline) - now)
