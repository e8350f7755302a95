"""One request after the decision on the draft: issuance, service, objection, return, referral."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from forthwith.deadlines.period import Period
from forthwith.request.actions import CopyIssued, DraftReferral, SendLetter, Wait
from forthwith.request.backoff import COPY, MEMO
from forthwith.request.record import Filed
from forthwith.request.vocabulary import Attention, Message, Status
from tests.units.cases import LADDER, Desk, campaign, receipt, without

RULE_45: tuple[dict[str, Any], ...] = tuple(
    {
        "subpoena": {
            "form": "court_rule45",
            "return_within": {"days": 21},
            "court": {
                "name": "United States District Court",
                "district": "Northern District of Illinois",
                "title": "United States v. Example",
                "docket": "1:18-cv-00001",
                "place_of_compliance": "219 South Dearborn Street, Chicago",
            },
        }
    }
    if "subpoena" in rung
    else rung
    for rung in LADDER
)


def utc(month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2018, month, day, hour, minute, tzinfo=UTC)


# Issuance.


def test_an_issued_subpoena_waits_for_service_and_its_record_copy_is_drawn_up():
    desk = Desk()
    desk.to_issuance().say(desk.issuance())
    assert desk.state.status is Status.AWAITING_SERVICE
    assert desk.next() == CopyIssued(1)
    desk.settle()
    assert desk.state.process.record_copy
    assert desk.state.process.issued
    assert (desk.state.process.issued.number, desk.state.process.issued.signed_by) == (
        "OJP-17",
        "A. Officer",
    )


def test_only_an_approved_draft_is_issued():
    desk = Desk().to_review()
    assert "no approved draft to issue; the request is AwaitingReview" in desk.refuses(desk.issuance())


def test_what_was_signed_is_the_draft_that_was_approved():
    desk = Desk().to_issuance()
    assert "draft: eeeeeeeeeeee… is not approved draft 1" in desk.refuses(desk.issuance(draft="e" * 64))


def test_nothing_is_issued_twice():
    desk = Desk().to_service()
    assert desk.refuses(desk.issuance()) == "subpoena OJP-17 was issued already; the request is AwaitingService"


def test_nothing_is_issued_on_hold():
    desk = Desk().to_issuance()
    desk.garble()
    assert "on hold (unreadable_message)" in desk.refuses(desk.issuance())


def test_an_issuance_of_tomorrow_is_refused():
    desk = Desk().to_issuance()
    assert "issued_at: " in desk.refuses(desk.issuance(at=desk.now + timedelta(days=1)))


def test_a_late_issuance_is_no_longer_late_once_it_is_recorded():
    desk = Desk().to_issuance().go(days=10)
    assert Attention.ISSUANCE_LATE in desk.state.attention.reasons
    desk.say(desk.issuance())
    assert not desk.state.attention.reasons


def test_a_record_copy_that_fails_is_tried_again_and_stops_nothing():
    desk = Desk()
    desk.to_issuance().say(desk.issuance())
    assert isinstance(desk.next(), CopyIssued)
    desk.request.work_failed(COPY, Attention.DRAFT_FAILED, "no font", desk.now)
    assert isinstance(rest := desk.next(), Wait)
    assert rest.until == desk.now + timedelta(seconds=30)
    desk.say(desk.service())
    desk.go(minutes=1)
    assert desk.state.process.record_copy
    assert not desk.state.attention.reasons


# Service.


def test_service_is_chased_after_its_period_and_then_every_period():
    desk = Desk().to_service().go(utc(3, 21, 15))
    assert "service-1-chase-1" not in desk.sent
    desk.go(utc(3, 22, 15))
    assert desk.sent[-1] == "service-1-chase-1"
    assert desk.state.attention.reasons == {Attention.SERVICE_LATE: "no service of the issued subpoena is on record"}
    desk.go(days=15)
    assert desk.sent[-1] == "service-1-chase-2"


def test_without_a_rung_of_its_own_service_is_asked_for_every_business_day():
    desk = Desk(campaign(ladder=without("service"))).to_service().go(days=2)
    assert desk.sent[-2:] == ["service-1-chase-1", "service-1-chase-2"]


def test_recorded_service_starts_the_return_date():
    desk = Desk().to_return()
    assert desk.state.status is Status.AWAITING_RETURN
    assert desk.request.dates
    assert desk.request.dates.return_due
    assert desk.request.dates.return_due.due == date(2018, 3, 28)
    assert desk.request.dates.objection_due == desk.request.dates.return_due


def test_the_return_date_counts_from_the_day_of_service_not_of_its_record():
    desk = Desk().to_service().go(days=5)
    desk.say(desk.service(at=desk.now - timedelta(days=4)))
    desk.settle()
    assert desk.request.dates
    assert desk.request.dates.return_due
    assert desk.request.dates.return_due.due == date(2018, 3, 29)


def test_service_before_issuance_is_refused():
    desk = Desk().to_service()
    assert "is before the issuance" in desk.refuses(desk.service(at=desk.now - timedelta(days=3)))


def test_service_of_what_was_not_issued_is_refused():
    desk = Desk().to_issuance()
    assert "no issued subpoena that waits for service" in desk.refuses(desk.service())


def test_under_rule_45_the_parties_are_given_notice_before_service():
    desk = Desk(campaign(ladder=RULE_45)).to_service()
    assert "notice_to_parties_at: is missing" in desk.refuses(desk.service())
    assert "not before served_at" in desk.refuses(desk.service(notice_to_parties_at=desk.now))
    desk.say(desk.service(notice_to_parties_at=desk.now - timedelta(hours=1)))


def test_under_rule_45_an_objection_is_due_fourteen_days_after_service():
    desk = Desk(campaign(ladder=RULE_45)).to_service()
    desk.say(desk.service(notice_to_parties_at=desk.now - timedelta(hours=1)))
    desk.settle()
    assert desk.request.dates
    assert desk.request.dates.objection_due
    assert desk.request.dates.objection_due.due == date(2018, 3, 21)


# Return.


def test_production_before_the_return_date_ends_it():
    desk = Desk().to_return()
    desk.say(desk.response())
    assert desk.state.status is Status.COMPLIED


@pytest.mark.parametrize("come", [Desk.to_service, Desk.to_return])
def test_a_production_in_part_after_issuance_leaves_the_subpoena_as_it_is(come: Callable[[Desk], Desk]):
    desk = come(Desk())
    phase = desk.state.phase
    desk.say(desk.response(a1="produced"))
    assert desk.state.phase is phase
    assert desk.state.process.draft
    assert desk.state.items.outstanding == ("A-2",)


def test_silence_after_the_return_date_is_referred_with_a_memo():
    desk = Desk().to_return().go(utc(3, 29, 4, 59))
    assert not desk.state.process.refers
    desk.go(utc(3, 29, 13))
    assert desk.sent[-1] == "referral-1"
    assert desk.state.deliveries.letters[-1].to == "supervisor"
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT
    assert desk.said[-5:] == [
        *("return_date_passed", "referral_started", "memo_ready", "letter_accepted", "request_closed")
    ]


def test_without_a_rung_of_its_own_the_referral_follows_the_return_date():
    desk = Desk(campaign(ladder=without("referral"))).to_return().go(utc(3, 29, 15))
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT


def test_a_memo_that_fails_is_tried_again_and_a_person_is_told():
    desk = Desk().to_return()
    while not isinstance(desk.next(), DraftReferral):
        rest = desk.next()
        assert isinstance(rest, Wait)
        desk.now = rest.until
    desk.request.work_failed(MEMO, Attention.DRAFT_FAILED, "no font", desk.now)
    assert desk.next() == Wait(desk.now + timedelta(seconds=30), "another try: referral memo")
    desk.go(days=3)
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT


def test_a_memo_that_was_overtaken_while_it_was_drawn_up_is_not_used():
    desk = Desk().to_return()
    desk.say(desk.escalation())
    assert desk.next() == DraftReferral()
    desk.say(desk.extension(period=Period(unit="days", count=7)))
    desk.request.memo_finished(Filed(uri="m", sha256="6" * 64, size=1), desk.now)
    assert desk.state.process.memo is None
    assert desk.said[-1] == "memo_discarded"


def test_what_comes_in_while_the_matter_is_being_referred_has_the_memo_drawn_up_anew():
    desk = Desk().to_return().go(utc(3, 29, 9))
    assert desk.state.process.memo
    desk.say(desk.response(a1="produced"))
    assert desk.state.process.memo is None
    desk.go(days=1)
    assert desk.said.count("memo_ready") == 2
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT


def test_a_full_production_while_the_matter_is_being_referred_ends_it():
    desk = Desk().to_return().go(utc(3, 29, 9))
    desk.say(desk.response())
    assert desk.state.status is Status.COMPLIED


def test_a_hold_stops_the_referral_until_a_person_has_looked():
    desk = Desk().to_return()
    desk.garble()
    desk.go(days=60)
    assert desk.state.status is Status.ON_HOLD
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    desk.go(days=3)
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT


def test_an_operator_who_escalates_does_not_wait_for_the_return_date():
    desk = Desk().to_return()
    desk.say(desk.escalation())
    assert isinstance(desk.next(), DraftReferral)
    assert desk.refuses(desk.escalation()) == "the matter is being referred already"


def test_more_time_to_return_moves_the_return_date_from_its_base():
    desk = Desk().to_return()
    desk.say(desk.extension(period=Period(unit="days", count=7)))
    desk.say(desk.extension(period=Period(unit="days", count=7)))
    desk.settle()
    assert desk.state.status is Status.AWAITING_RETURN
    assert desk.request.dates
    assert desk.request.dates.return_due
    assert desk.request.dates.return_due.due == date(2018, 4, 11)


def test_between_issuance_and_service_there_is_no_date_to_extend():
    desk = Desk().to_service()
    assert "return date is counted from service" in desk.refuses(desk.extension(to=date(2018, 5, 1)))


def test_a_referral_that_the_supervisor_cannot_get_goes_to_somebody_else():
    desk = Desk().to_return()

    def refuse(letter: SendLetter) -> bool:
        if letter.step.id == "referral-1":
            desk.request.letter_refused(letter.step, "550 no such user", desk.now)
        return letter.step.id == "referral-1"

    desk.on_letter = refuse
    desk.go(days=30)
    assert desk.state.deliveries.letters[-1].to == "reviewer"
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT


def test_a_demand_that_comes_back_after_issuance_is_for_a_person_to_judge():
    desk = Desk().to_return()
    desk.say(desk.report("demand"))
    assert desk.state.status is Status.AWAITING_RETURN
    assert Attention.UNDELIVERABLE in desk.state.attention.reasons


# Objection.


def test_an_objection_leaves_its_items_outstanding_and_a_person_is_told():
    desk = Desk().to_return()
    desk.say(desk.response(a2="produced"))
    answer = desk.say(desk.objection("A-1", ground="privilege"))
    assert "objects to A-1; outstanding: A-1" in answer.text
    assert desk.state.attention.reasons == {Attention.OBJECTION: "objection to A-1"}
    assert desk.state.process.objections[0].grounds == "privilege"
    desk.go(days=30)
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT


def test_an_objection_after_its_date_says_so():
    desk = Desk(campaign(ladder=RULE_45)).to_service()
    desk.say(desk.service(notice_to_parties_at=desk.now - timedelta(hours=1)))
    desk.go(days=16)
    assert "after the objection date" in desk.say(desk.objection()).text


def test_an_objection_before_issuance_has_the_draft_drawn_up_anew():
    desk = Desk().to_review()
    desk.say(desk.objection())
    desk.settle()
    assert desk.state.process.draft
    assert desk.state.process.draft.version == 2


@pytest.mark.parametrize(
    ("items", "refusal"),
    [
        (("A-9",), "items: the demand has no A-9; it has A-1, A-2"),
        (("A-1", "A-1"), "items: A-1 stands more than once; an item has one disposition"),
    ],
)
def test_an_objection_names_items_of_the_demand(items: tuple[str, ...], refusal: str):
    desk = Desk().go(days=1)
    assert desk.refuses(desk.objection(*items)) == refusal


def test_nobody_objects_to_what_was_not_sent():
    desk = Desk()
    desk.next()
    assert desk.refuses(desk.objection()) == "no demand was sent yet; there is nothing to object to"


# A response in part.

DEFICIENCY = ({"deficiency": {"cure": {"days": 10}}},)
WITH_DEFICIENCY = campaign(ladder=(*LADDER[:3], *DEFICIENCY, *LADDER[3:]))


def test_a_response_in_part_is_answered_by_a_letter_about_what_is_missing():
    desk = Desk(WITH_DEFICIENCY).go(utc(2, 5, 16))
    desk.say(desk.response(a1="produced"))
    desk.settle()
    assert desk.sent[-1] == "deficiency-1"


def test_the_time_to_cure_never_shortens_the_response_time():
    desk = Desk(WITH_DEFICIENCY).go(utc(2, 5, 16))
    desk.say(desk.response(a1="produced"))
    desk.settle()
    assert desk.request.response_due == utc(2, 24, 6)


def test_the_time_to_cure_lengthens_the_response_time_when_it_ends_later():
    desk = Desk(WITH_DEFICIENCY).go(utc(2, 20, 16))
    desk.say(desk.response(a1="produced"))
    desk.go(days=1)
    assert desk.request.response_due == utc(3, 7, 6), "March 3 is a Saturday, March 5 Casimir Pulaski Day"
    assert desk.said.count("deadline_computed") == 2


def test_a_second_response_in_part_gets_a_letter_of_its_own():
    desk = Desk(campaign(items=3, ladder=(*LADDER[:3], *DEFICIENCY, *LADDER[3:]))).go(utc(2, 5, 16))
    desk.say(desk.response(a1="produced"))
    desk.go(days=2).say(desk.response(a2="produced"))
    desk.go(days=1)
    assert [step for step in desk.sent if step.startswith("deficiency")] == ["deficiency-1", "deficiency-2"]


def test_two_responses_in_part_before_the_letter_goes_are_answered_by_one():
    desk = Desk(campaign(items=3, ladder=(*LADDER[:3], *DEFICIENCY, *LADDER[3:]))).go(utc(2, 6, 3))
    desk.say(desk.response(a1="produced"))
    desk.go(hours=1).say(desk.response(a2="produced"))
    desk.go(days=1)
    assert [step for step in desk.sent if step.startswith("deficiency")] == ["deficiency-1"]


def test_an_objection_alone_is_no_response_in_part():
    desk = Desk(WITH_DEFICIENCY).go(utc(2, 5, 16))
    desk.say(desk.objection())
    desk.go(days=1)
    assert "deficiency-1" not in desk.sent


def test_after_the_deadline_the_final_notice_says_what_is_missing():
    desk = Desk(WITH_DEFICIENCY).go(utc(2, 24, 5))
    desk.say(desk.response(a1="produced"))
    desk.to_overdue()
    assert "deficiency-1" not in desk.sent
    assert "final-notice" in desk.sent


def test_the_same_letter_is_sent_once():
    desk = Desk(WITH_DEFICIENCY).go(utc(2, 5, 16))
    desk.say(desk.response(a1="produced"))
    desk.settle()
    desk.request.letter_accepted(
        next(step for step in desk.request.dates.steps if step.id == "deficiency-1"),  # pyright: ignore[reportOptionalMemberAccess]
        receipt(desk.now),
        possible_copy=True,
        now=desk.now,
    )
    desk.go(days=1)
    assert desk.sent.count("deficiency-1") == 2
    assert not any(isinstance(desk.next(), SendLetter) for _ in range(2))


@pytest.mark.parametrize("come", [Desk.to_service, Desk.to_return])
def test_a_withdrawal_ends_it_at_any_rung(come: Callable[[Desk], Desk]):
    desk = come(Desk())
    withdrawal: Message = desk.withdrawal()
    desk.say(withdrawal)
    assert desk.state.status is Status.WITHDRAWN
