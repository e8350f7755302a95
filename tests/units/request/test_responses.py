"""What a response, an acceptance, an acknowledgment and an objection do: forthwith/request/responses.py."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from forthwith.campaign.models import Campaign
from forthwith.fields import WHEN_TAKEN
from forthwith.request.actions import Close, DraftSubpoena
from forthwith.request.vocabulary import Attention, Message, Status
from tests.messages import acknowledgment
from tests.units.cases import (
    COME_TO,
    DUE,
    LADDER,
    REVIEWER,
    RULE_45,
    Desk,
    Refusal,
    Situation,
    campaign,
    check_refusal,
    utc,
)
from tests.units.cases import draft as draft_of

RUNNING = Status.AWAITING_RESPONSE
REVIEWED = campaign(completeness="reviewed")
DEFICIENCY = (*LADDER[:3], {"deficiency": {"cure": {"days": 10}}}, *LADDER[3:])


def running(of: Campaign | None = None) -> Desk:
    return Desk(of).to(RUNNING)


# Responses.


@pytest.mark.parametrize("phase", COME_TO)
def test_a_complete_response_ends_the_request_in_every_phase(phase: Status):
    desk = Desk().to(phase)
    assert desk.status is phase
    letters = desk.letters
    desk.say(desk.response())
    assert desk.status is Status.COMPLIED
    assert desk.next() == Close()
    assert desk.letters == letters


@pytest.mark.parametrize(
    ("received", "on_time"),
    [(DUE - timedelta(microseconds=1), True), (DUE, False), (DUE + timedelta(hours=1), False)],
)
def test_the_instant_of_receipt_decides_on_time_or_late_not_the_moment_of_the_report(received: datetime, on_time: bool):
    desk = Desk().go(DUE + timedelta(hours=2))
    assert desk.status is Status.OVERDUE
    desk.say(desk.response(at=received))
    assert desk.request.ending.on_time is on_time
    assert ("not all of them in time" in desk.request.ending.text) is not on_time


def test_a_late_letter_about_something_else_makes_no_response_late():
    desk = running()
    desk.say(desk.response(a1="produced"))
    desk.go(DUE + timedelta(hours=1))
    desk.say(desk.response(kind="other"))
    desk.say(desk.response(a2="produced", at=DUE - timedelta(hours=3)))
    assert desk.request.ending.on_time is True


@pytest.mark.parametrize(
    ("said", "outstanding", "needs"),
    [
        ({"a1": "produced"}, ("A-2",), ()),
        ({"a1": "none_found"}, ("A-2",), ()),
        ({"a1": "withdrawn"}, ("A-2",), ()),
        ({"a1": "objected"}, ("A-1", "A-2"), (Attention.OBJECTION,)),
        ({"kind": "refusal"}, ("A-1", "A-2"), (Attention.REFUSAL,)),
        ({"kind": "extension_request"}, ("A-1", "A-2"), (Attention.EXTENSION_REQUESTED,)),
        ({"kind": "other"}, ("A-1", "A-2"), ()),
    ],
    ids=lambda value: "-".join(value.values()) if isinstance(value, dict) else "",
)
def test_what_a_response_settles_and_whether_a_person_has_to_look(
    said: dict[str, Any], outstanding: tuple[str, ...], needs: tuple[Attention, ...]
):
    desk = running()
    answer = desk.say(desk.response(**said))
    assert (answer.outstanding, answer.attention, answer.status) == (outstanding, needs, Status.AWAITING_RESPONSE)
    assert "final-notice" in desk.to_overdue().sent, "the ladder goes on"


def test_no_records_settles_what_was_not_reported_yet():
    desk = running()
    desk.say(desk.response(a1="produced"))
    desk.say(desk.response(kind="no_records"))
    assert [state.disposition for state in desk.state.items.states] == ["produced", "none_found"]
    assert desk.status is Status.COMPLIED


@pytest.mark.parametrize("phase", [Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE])
@pytest.mark.parametrize(
    ("said", "anew"),
    [
        pytest.param({"a1": "produced"}, True, id="in part"),
        pytest.param({"kind": "refusal"}, True, id="refusal"),
        pytest.param({"kind": "other"}, False, id="other"),
        pytest.param({"kind": "extension_request"}, False, id="extension_request"),
    ],
)
def test_a_response_has_the_draft_drawn_anew_where_the_draft_states_it(phase: Status, said: dict[str, Any], anew: bool):
    desk = Desk().to(phase)
    desk.say(desk.response(**said))
    found = (desk.status, desk.drafted, desk.state.process.approved_by)
    if not anew:
        assert found == (phase, 1, REVIEWER if phase is Status.AWAITING_ISSUANCE else None)
        return
    assert found == (Status.DRAFTING, None, None)
    desk.settle()
    assert (desk.status, desk.drafted) == (Status.AWAITING_REVIEW, 2)


def test_the_same_items_reported_again_leave_an_approval_alone():
    desk = running()
    desk.say(desk.response(a1="produced"))
    desk.to_issuance()
    desk.say(desk.response(a1="produced"))
    assert desk.state.process.approved_by == REVIEWER


def test_a_production_while_the_draft_is_drawn_up_makes_that_version_moot():
    desk = Desk()
    drawing = desk.until(DraftSubpoena)
    desk.say(desk.response(a1="produced"))
    assert not desk.request.still_wants(drawing)
    desk.request.draft_finished(draft_of(drawing.version), desk.now)
    assert desk.drafted is None
    assert desk.next() == DraftSubpoena(2)


@pytest.mark.parametrize("phase", [Status.AWAITING_SERVICE, Status.AWAITING_RETURN])
def test_a_production_in_part_after_issuance_leaves_the_subpoena_as_it_is(phase: Status):
    desk = Desk().to(phase)
    desk.say(desk.response(a1="produced"))
    assert (desk.status, desk.drafted, desk.state.items.outstanding) == (phase, 1, ("A-2",))


def test_what_comes_in_while_the_matter_is_being_referred_has_the_memo_drawn_up_anew():
    desk = Desk().to_return().go(utc(3, 29, 9))
    assert desk.state.process.memo
    desk.say(desk.response(a1="produced"))
    assert desk.state.process.memo is None
    desk.go(days=1)
    assert desk.said.count("memo_ready") == 2
    assert desk.status is Status.REFERRED_FOR_ENFORCEMENT


def test_a_full_production_while_the_matter_is_being_referred_ends_it():
    desk = Desk().to_return().go(utc(3, 29, 9))
    desk.say(desk.response())
    assert desk.status is Status.COMPLIED


# Responses that a person must accept.


def test_what_is_claimed_is_outstanding_until_accepted():
    desk = running(REVIEWED)
    assert desk.say(desk.response(a1="produced")).outstanding == ("A-1", "A-2")
    assert desk.say(desk.acceptance("A-1")).outstanding == ("A-2",)


def test_what_the_issuer_withdraws_needs_no_acceptance():
    desk = running(REVIEWED)
    assert desk.say(desk.response(a1="withdrawn")).outstanding == ("A-2",)


def test_while_everything_is_claimed_the_request_waits_for_us_and_not_for_the_recipient():
    desk = running(REVIEWED)
    desk.say(desk.response())
    assert (desk.status, desk.holds) == (Status.ON_HOLD, {Attention.ON_HOLD})
    assert {letter.to for letter in desk.go(days=40).letters[1:]} == {"operator"}
    desk.say(desk.acceptance())
    assert desk.status is Status.COMPLIED
    assert desk.request.ending.on_time is True, "by when it was received, not by when somebody read it"


def test_a_claim_that_is_not_true_is_resolved_and_the_ladder_goes_on():
    desk = running(REVIEWED)
    desk.say(desk.response())
    desk.say(desk.resolution(Attention.ON_HOLD))
    assert "final-notice" in desk.to_overdue().sent


def test_a_claim_that_is_taken_back_ends_the_hold():
    desk = running(REVIEWED)
    desk.say(desk.response())
    desk.say(desk.response(a2="objected"))
    assert (desk.status, desk.holds) == (Status.AWAITING_RESPONSE, set())


def test_an_acceptance_has_the_draft_drawn_anew():
    desk = running(REVIEWED)
    desk.say(desk.response(a1="produced"))
    desk.to_review().say_and_settle(desk.acceptance("A-1"))
    assert desk.drafted == 2


# Acknowledgments.


@pytest.mark.parametrize("heard", ["acknowledgment", "response", "objection"])
def test_whoever_was_heard_of_is_not_asked_for_an_acknowledgment(heard: str):
    desk = running()
    messages = {
        "acknowledgment": desk.acknowledgment(),
        "response": desk.response(kind="other"),
        "objection": desk.objection(),
    }
    desk.say(messages[heard])
    assert "acknowledgment" not in desk.go(days=12).sent


# Objections.


def test_an_objection_leaves_its_items_outstanding_and_a_person_is_told():
    desk = Desk().to_return()
    desk.say(desk.response(a2="produced"))
    answer = desk.say(desk.objection("A-1", ground="privilege"))
    assert "objects to A-1; outstanding: A-1" in answer.text
    assert desk.state.attention.reasons == {Attention.OBJECTION: "objection to A-1"}
    assert desk.state.process.objections[0].grounds == "privilege"
    assert desk.go(days=30).status is Status.REFERRED_FOR_ENFORCEMENT


@pytest.mark.parametrize(("day", "late"), [(13, False), (16, True)])
def test_an_objection_after_its_date_says_so(day: int, late: bool):
    desk = Desk(campaign(ladder=RULE_45)).to_service()
    desk.say(desk.service(notice_to_parties_at=desk.now - timedelta(hours=1)))
    desk.go(days=day)
    assert ("after the objection date" in desk.say(desk.objection()).text) is late


def test_an_objection_before_issuance_has_the_draft_drawn_up_anew():
    desk = Desk().to_review()
    assert desk.say_and_settle(desk.objection()).drafted == 2


def test_the_same_objection_again_leaves_the_draft_alone_and_is_still_for_a_person():
    desk = Desk().to_review()
    desk.say_and_settle(desk.objection())
    desk.say(desk.resolution(Attention.OBJECTION))
    desk.say(desk.objection())
    assert (desk.status, desk.drafted, desk.reasons) == (Status.AWAITING_REVIEW, 2, {Attention.OBJECTION})


# A response in part.


def deficiencies(desk: Desk) -> list[str]:
    return [step for step in desk.sent if step.startswith("deficiency")]


@pytest.mark.parametrize(
    ("answered", "due", "computed"),
    [
        pytest.param(utc(2, 5, 16), DUE, 1, id="never shortens the response time"),
        # March 3 is a Saturday, March 5 Casimir Pulaski Day.
        pytest.param(utc(2, 20, 16), utc(3, 7, 6), 2, id="lengthens it when it ends later"),
    ],
)
def test_a_response_in_part_is_answered_by_a_letter_about_what_is_missing_with_a_time_to_cure(
    answered: datetime, due: datetime, computed: int
):
    desk = Desk(campaign(ladder=DEFICIENCY)).go(answered)
    desk.say(desk.response(a1="produced"))
    desk.go(days=1)
    assert deficiencies(desk) == ["deficiency-1"]
    assert desk.request.response_due == due
    assert desk.said.count("deadline_computed") == computed


@pytest.mark.parametrize(
    ("first", "then", "letters"),
    [
        pytest.param(utc(2, 5, 16), {"days": 2}, ["deficiency-1", "deficiency-2"], id="after the letter"),
        pytest.param(utc(2, 6, 3), {"hours": 1}, ["deficiency-1"], id="before the letter"),
    ],
)
def test_a_second_response_in_part_gets_a_letter_of_its_own_once_the_first_was_sent(
    first: datetime, then: dict[str, float], letters: list[str]
):
    desk = Desk(campaign(items=3, ladder=DEFICIENCY)).go(first)
    desk.say(desk.response(a1="produced"))
    desk.go(**then).say(desk.response(a2="produced"))
    assert deficiencies(desk.go(days=1)) == letters


@pytest.mark.parametrize("rest", ["objected", "claimed"])
def test_where_nothing_is_settled_or_everything_is_claimed_there_is_nothing_to_ask_for(rest: str):
    completeness = "reviewed" if rest == "claimed" else "reported"
    desk = Desk(campaign(ladder=DEFICIENCY, completeness=completeness)).go(utc(2, 5, 16))
    desk.say(desk.objection() if rest == "objected" else desk.response())
    assert deficiencies(desk.go(days=1)) == []


def test_after_the_deadline_the_final_notice_says_what_is_missing():
    desk = Desk(campaign(ladder=DEFICIENCY)).go(utc(2, 24, 5))
    desk.say(desk.response(a1="produced"))
    desk.to_overdue()
    assert deficiencies(desk) == []
    assert "final-notice" in desk.sent


# What is refused.


ONE: Any = [{"id": "A-1", "disposition": "none_found"}]

REFUSALS: list[Refusal] = [
    (RUNNING, lambda desk: desk.response(items=()), "items: a production says which items it answers"),
    (RUNNING, lambda desk: desk.response(a9="produced"), "items: the demand has no A-9; it has A-1, A-2"),
    (RUNNING, lambda desk: desk.response(items=ONE * 2), "items: A-1 stands more than once; an item has one"),
    (RUNNING, lambda desk: desk.response(kind="refusal", items=ONE), "items: a refusal speaks of every item; leave"),
    (RUNNING, lambda desk: desk.response(kind="no_records", items=ONE), "items: a no_records speaks of every item"),
    (RUNNING, lambda desk: desk.response(kind="other", items="all"), "items: only a production says what became of"),
    (RUNNING, lambda desk: desk.response(at=utc(1, 24, 14)), "received_at: 2018-01-24T14:00:00+00:00 is before the"),
    (RUNNING, lambda desk: desk.response(at=utc(3, 24)), "received_at: 2018-03-24T00:00:00+00:00 is in the future"),
    (RUNNING, lambda desk: acknowledgment(utc(3, 25)), "received_at: 2018-03-25T00:00:00+00:00 is in the future"),
    (RUNNING, lambda desk: desk.objection(at=utc(3, 26)), "received_at: 2018-03-26T00:00:00+00:00 is in the future"),
    (RUNNING, lambda desk: desk.objection("A-8"), "items: the demand has no A-8; it has A-1, A-2"),
    (RUNNING, lambda desk: desk.objection("A-2", "A-2"), "items: A-2 stands more than once; an item has one"),
    (Status.SENDING, Desk.objection, "no demand was sent yet; there is nothing to object to"),
    (RUNNING, Desk.acceptance, "the campaign takes responses as reported (completeness: reported); there is nothing"),
    (lambda: running(REVIEWED), Desk.acceptance, "items: nothing is claimed as complete"),
    (lambda: running(REVIEWED), lambda desk: desk.acceptance("A-1"), "items: A-1 not claimed as complete; claimed are"),
]


@pytest.mark.parametrize(("when", "message", "because"), REFUSALS, ids=[because for *_, because in REFUSALS])
def test_what_is_refused_and_why(when: Situation, message: Callable[[Desk], Message], because: str):
    check_refusal(when, message, because)


@pytest.mark.fault(33, 61)
def test_now_is_when_the_request_takes_the_response_by_the_servers_clock():
    desk = Desk().go(DUE + timedelta(hours=2))
    desk.say(desk.response(at=WHEN_TAKEN))
    (response,) = [state.received_at for state in desk.state.items.states if state.disposition][:1]
    assert response == desk.now
    assert desk.request.ending.on_time is False


def test_a_response_of_now_that_is_sent_again_is_the_same_event():
    desk = running()
    response = desk.response(a1="produced", at=WHEN_TAKEN)
    first = desk.say(response)
    desk.go(desk.now + timedelta(hours=1))
    assert desk.say(response).recorded == first.recorded
    assert desk.refuses(desk.response(a2="produced", at=WHEN_TAKEN, event_id=response.event_id)).startswith("event_id:")


def test_what_is_left_to_the_server_is_sent_in_a_word():
    message = running().response(at=WHEN_TAKEN)
    assert message.model_dump(mode="json", by_alias=True)["received_at"] == "now"
    assert type(message).model_validate_json(message.model_dump_json(by_alias=True)) == message
