"""What `status` and `explain` say of dates, before and after them."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from forthwith.cli.commands.queries import dates_in_words
from forthwith.views.status import NextAction, explanation, request_status
from tests.units.cases import Desk


def said(desk: Desk, *, later: timedelta = timedelta()) -> str:
    return "; ".join(dates_in_words(request_status(desk.request, None), desk.now + later))


@pytest.mark.parametrize(
    "stand",
    [Desk.to_overdue, Desk.to_review, Desk.to_issuance, Desk.to_service, Desk.to_return, lambda desk: withdrawn(desk)],
    ids=["overdue", "review", "issuance", "service", "return", "withdrawn"],
)
def test_a_response_that_is_no_longer_waited_for_was_due(stand: Callable[[Desk], Desk]):
    desk = stand(Desk())
    assert "Response was due" in said(desk)
    assert "The response was due" in " ".join(explanation(desk.request, NextAction(at=None, what="")).lines)


def withdrawn(desk: Desk) -> Desk:
    desk.go(days=1).say(desk.withdrawal())
    return desk


def test_a_response_is_due_until_its_day_is_over_also_where_nothing_moves():
    desk = Desk().go(days=1)
    assert said(desk).startswith("Response is due Friday, February 23, 2018")
    desk.request.unreadable("response_received", "{}", "illegible", desk.now)
    assert said(desk).startswith("Response is due")
    assert said(desk, later=timedelta(days=60)).startswith("Response was due")


def test_the_time_to_cure_ends_and_ended():
    desk = Desk().to_overdue()
    assert "Time to cure ends" in said(desk)
    assert "Time to cure ended" in said(desk, later=timedelta(days=60))


def test_a_return_date_that_has_passed_was():
    desk = Desk().to_return()
    lines = " ".join(explanation(desk.request, NextAction(at=None, what="")).lines)
    assert "The return date is" in lines
    desk.go(days=60)
    assert "The return date was" in " ".join(explanation(desk.request, NextAction(at=None, what="")).lines)
