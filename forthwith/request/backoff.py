"""When what failed is tried again. Not on record: whoever recovers a request tries everything at once."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_RETRY, MAX_RETRY = timedelta(seconds=30), timedelta(minutes=15)
"""How soon something that failed is tried again: doubling between these two."""

MAX_ALIKE = 3
"""So often something is tried that fails alike each time, such as a letter whose template is broken."""

GIVEN_UP = timedelta(days=1)
"""How soon it is tried after that, where the hold that it puts on the request does not keep it from being tried: the
letter that asks somebody to look at the hold."""

DATES, DRAFT, COPY, MEMO = "dates", "draft", "record copy", "referral memo"
"""What is tried again besides letters, which go by their step."""

FILING = "filing"

DOCUMENTS = (DRAFT, COPY, MEMO)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often something failed in a row, and when it is tried again."""

    failures: int
    at: datetime


class Backoff:
    """The tries that are still to come, by what is tried."""

    def __init__(self) -> None:
        self._retries: dict[str, Retry] = {}

    def failed(self, work: str, now: datetime, first: timedelta = FIRST_RETRY, *, at_once: int = 0) -> int:
        """Plans another try, ``at_once`` so many times, then after waits that double. Returns how often it failed."""
        failures = self.failures(work) + 1
        doubled = first * 2 ** min(max(failures - at_once - 1, 0), 10)
        wait = timedelta() if failures <= at_once else min(doubled, max(first, MAX_RETRY))
        self._retries[work] = Retry(failures, now + wait)
        return failures

    def failures(self, work: str) -> int:
        """How often ``work`` failed in a row."""
        retry = self._retries.get(work)
        return retry.failures if retry else 0

    def forget(self, *works: str) -> None:
        """These are no longer failing."""
        for work in works:
            self._retries.pop(work, None)

    def clear(self) -> None:
        """Everything is tried at once."""
        self._retries.clear()

    def retry_at(self, work: str) -> datetime | None:
        """When ``work`` is tried again; None when it did not fail last."""
        retry = self._retries.get(work)
        return retry.at if retry else None

    def allows(self, work: str, now: datetime) -> bool:
        """Whether ``work`` may be tried at ``now``."""
        at = self.retry_at(work)
        return at is None or at <= now
