"""From the draft to the referral, and who decides on each: forthwith/request/subpoena_process.py."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from forthwith.request.actions import CopyIssued, DraftReferral
from forthwith.request.record import Filed
from forthwith.request.vocabulary import Attention, Message, Status, Who
from tests.units.cases import (
    OPERATOR,
    REVIEWER,
    RULE_45,
    SUPERVISOR,
    Desk,
    Refusal,
    Situation,
    campaign,
    check_refusal,
    days,
    utc,
    without,
)

REVIEW = Status.AWAITING_REVIEW
ISSUANCE = Status.AWAITING_ISSUANCE
SERVICE = Status.AWAITING_SERVICE
IN_COURT = campaign(ladder=RULE_45)


# Review.


@pytest.mark.parametrize("by", [REVIEWER, SUPERVISOR], ids=lambda who: who.role)
def test_the_named_reviewer_or_supervisor_approves(by: Who):
    desk = Desk().to_review()
    desk.say(desk.review("approve", by=by))
    assert (desk.status, desk.state.process.approved_by) == (Status.AWAITING_ISSUANCE, by)


def test_a_revision_makes_the_next_version_and_the_old_one_can_no_longer_be_approved():
    desk = Desk().to_review()
    old = desk.review("approve")
    desk.say_and_settle(desk.review("revise", fields={"relevance": "It is."}, notes="shorter"))
    assert (desk.drafted, desk.sent[-1]) == (2, "review-2")
    assert (desk.state.process.fields, desk.state.process.notes) == ({"relevance": "It is."}, ("shorter",))
    assert desk.refuses(old).startswith("sha256: ")


def test_a_rejected_draft_waits_for_a_person_and_is_then_drawn_anew():
    desk = Desk().to_review()
    desk.say(desk.review("reject"))
    assert desk.state.attention.holds == {Attention.DRAFT_REJECTED: "wrong authority"}
    desk.go(days=3).say_and_settle(desk.resolution(Attention.DRAFT_REJECTED))
    assert (desk.status, desk.drafted) == (Status.AWAITING_REVIEW, 2)


def test_a_revision_answers_a_rejection():
    desk = Desk().to_review()
    desk.say(desk.review("reject"))
    desk.say_and_settle(desk.review("revise", notes="cite the award", by=SUPERVISOR))
    assert (desk.status, desk.drafted, desk.reasons) == (Status.AWAITING_REVIEW, 2, set())


# Issuance.


def test_an_issued_subpoena_waits_for_service_and_its_record_copy_is_drawn_up():
    desk = Desk().to_issuance()
    desk.say(desk.issuance())
    assert desk.status is Status.AWAITING_SERVICE
    assert desk.next() == CopyIssued(1)
    desk.settle()
    process = desk.state.process
    assert process.record_copy
    assert process.issued
    assert (process.issued.number, process.issued.signed_by) == ("OJP-17", "A. Officer")


@pytest.mark.parametrize("what", ["review", "issuance", "service"])
def test_what_was_late_is_no_longer_late_once_it_is_recorded(what: str):
    phase, late = {
        "review": (Status.AWAITING_REVIEW, Attention.REVIEW_LATE),
        "issuance": (Status.AWAITING_ISSUANCE, Attention.ISSUANCE_LATE),
        "service": (Status.AWAITING_SERVICE, Attention.SERVICE_LATE),
    }[what]
    desk = Desk().to(phase).go(days=16)
    assert desk.reasons == {late}
    messages = {"review": lambda: desk.review("approve"), "issuance": desk.issuance, "service": desk.service}
    desk.say(messages[what]())
    assert not desk.reasons


# Service.


@pytest.mark.parametrize(("ago", "due"), [(0, date(2018, 4, 2)), (4, date(2018, 3, 29))])
def test_the_return_date_counts_from_the_day_of_service_not_of_its_record(ago: int, due: date):
    desk = Desk().to_service().go(days=5)
    desk.say(desk.service(at=desk.now - timedelta(days=ago)))
    assert desk.return_due.due == due
    assert (desk.status, desk.dates.objection_due) == (Status.AWAITING_RETURN, desk.return_due)


def test_under_rule_45_an_objection_is_due_fourteen_days_after_service():
    desk = Desk(IN_COURT).to_service()
    desk.say(desk.service(notice_to_parties_at=desk.now - timedelta(hours=1)))
    assert desk.dates.objection_due
    assert desk.dates.objection_due.due == date(2018, 3, 21)


# Return and referral.


def test_silence_after_the_return_date_is_referred_with_a_memo():
    desk = Desk().to_return().go(utc(3, 29, 4, 59))
    assert not desk.state.process.refers
    desk.go(utc(3, 29, 13))
    assert (desk.letters[-1].step, desk.letters[-1].to) == ("referral-1", "supervisor")
    assert desk.status is Status.REFERRED_FOR_ENFORCEMENT
    assert desk.said[-5:] == [
        *("return_date_passed", "referral_started", "memo_ready", "letter_accepted", "request_closed")
    ]


def test_without_a_rung_of_its_own_the_referral_follows_the_return_date():
    desk = Desk(campaign(ladder=without("referral"))).to_return().go(utc(3, 29, 15))
    assert desk.status is Status.REFERRED_FOR_ENFORCEMENT


def test_a_hold_stops_the_referral_until_a_person_has_looked():
    desk = Desk().to_return()
    desk.garble()
    assert desk.go(days=60).status is Status.ON_HOLD
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    assert desk.go(days=3).status is Status.REFERRED_FOR_ENFORCEMENT


def test_a_memo_that_was_overtaken_while_it_was_drawn_up_is_not_used():
    desk = Desk().to_return()
    desk.say(desk.escalation())
    drawing = desk.until(DraftReferral)
    desk.say(desk.extension(period=days(7)))
    assert not desk.request.still_wants(drawing)
    desk.request.memo_finished(Filed(uri="m", sha256="6" * 64, size=1), desk.now)
    assert (desk.state.process.memo, desk.said[-1]) == (None, "memo_discarded")


# What is refused.


def incomplete() -> Desk:
    desk = Desk()
    desk.missing = ("relevance",)
    return desk.to_review()


def held(phase: Status) -> Callable[[], Desk]:
    def on_hold() -> Desk:
        desk = Desk().to(phase)
        desk.garble()
        return desk

    return on_hold


def in_court() -> Desk:
    return Desk(IN_COURT).to_service()


def approval(**fields: Any) -> Callable[[Desk], Message]:
    return lambda desk: desk.review("approve", **fields)


NOBODY = Who(name="Somebody Else", role="reviewer")
MIXED = Who(name=REVIEWER.name, role="supervisor")
NAMED = "by: only 'Reviewing attorney' as reviewer or 'Supervising attorney' as supervisor reviews this draft, not "

REFUSALS: list[Refusal] = [
    (REVIEW, approval(by=OPERATOR), NAMED + "'Olga Operator' as operator"),
    (REVIEW, approval(by=NOBODY), NAMED + "'Somebody Else' as reviewer"),
    (REVIEW, approval(by=MIXED), NAMED + "'Reviewing attorney' as supervisor"),
    (Status.OVERDUE, approval(), "there is no draft to review; the request is Overdue"),
    (ISSUANCE, approval(), "there is no draft to review; the request is AwaitingIssuance"),
    (REVIEW, approval(sha256="e" * 64), "sha256: eeeeeeeeeeee… is not draft 1, which is 0000"),
    (REVIEW, lambda desk: desk.review("revise", fields={"nonsense": "x"}), "fields: no field nonsense; fields are "),
    (incomplete, approval(), "a draft cannot be approved with empty fields: relevance"),
    (held(REVIEW), approval(), "a draft cannot be approved while the request is on hold (unreadable_message); resolve"),
    (REVIEW, Desk.issuance, "there is no approved draft to issue; the request is AwaitingReview"),
    (ISSUANCE, lambda desk: desk.issuance(draft="e" * 64), "draft: eeeeeeeeeeee… is not approved draft 1, which"),
    (SERVICE, Desk.issuance, "subpoena OJP-17 was issued already; the request is AwaitingService"),
    (held(ISSUANCE), Desk.issuance, "nothing is issued while the request is on hold (unreadable_message); resolve"),
    (ISSUANCE, lambda desk: desk.issuance(at=utc(3, 8)), "issued_at: 2018-03-08T00:00:00+00:00 is in the future"),
    (ISSUANCE, Desk.service, "there is no issued subpoena that waits for service; the request is AwaitingIssuance"),
    (Status.AWAITING_RETURN, Desk.service, "there is no issued subpoena that waits for service; the request is"),
    (SERVICE, lambda desk: desk.service(at=utc(3, 8)), "served_at: 2018-03-08T00:00:00+00:00 is in the future"),
    (SERVICE, lambda desk: desk.service(at=utc(3, 4)), "served_at: 2018-03-04T00:00:00+00:00 is before the issuance"),
    (in_court, Desk.service, "notice_to_parties_at: is missing; the other parties are given notice before service"),
    (in_court, lambda desk: desk.service(notice_to_parties_at=desk.now), "notice_to_parties_at: is not before served"),
]


@pytest.mark.parametrize(("when", "message", "because"), REFUSALS, ids=[because for *_, because in REFUSALS])
def test_what_is_refused_and_why(when: Situation, message: Callable[[Desk], Message], because: str):
    check_refusal(when, message, because)
