"""What is to be done next, and until when to wait: forthwith/request/next_action.py and time_passing.py.

How the dates themselves come about is in tests/units/test_timetable.py.
"""

from datetime import timedelta

import pytest

from forthwith.request.actions import Action, Close, ComputeDates, CopyIssued, DraftReferral, DraftSubpoena, Wait
from forthwith.request.backoff import COPY, DATES, DRAFT, MEMO
from forthwith.request.timetable import StepKind
from forthwith.request.vocabulary import Attention, Status
from tests.units.cases import COME_TO, DUE, Desk, campaign, utc, without

# The ladder.


@pytest.mark.parametrize(
    ("ladder", "letters"),
    [
        pytest.param((), ["acknowledgment", "reminder-1", "reminder-2", "final-notice"], id="whole"),
        pytest.param(("acknowledgment",), ["reminder-1", "reminder-2", "final-notice"], id="no acknowledgment"),
        pytest.param(("remind",), ["acknowledgment", "final-notice"], id="no reminder"),
        pytest.param(("final_notice",), ["acknowledgment", "reminder-1", "reminder-2"], id="no final notice"),
    ],
)
def test_silence_leads_to_a_draft_on_the_reviewers_desk(ladder: tuple[str, ...], letters: list[str]):
    desk = Desk(campaign(ladder=without(*ladder)))
    desk.letter("review-1")
    desk.settle()
    assert desk.sent == ["demand", *letters, "review-1"]
    assert desk.status is Status.AWAITING_REVIEW


def test_without_a_final_notice_the_draft_follows_the_deadline():
    desk = Desk(campaign(ladder=without("final_notice"))).go(DUE)
    assert isinstance(desk.next(), Wait)
    assert desk.status is Status.AWAITING_REVIEW


@pytest.mark.parametrize(
    ("phase", "missing", "chases", "late"),
    [
        pytest.param(
            Status.AWAITING_REVIEW,
            (),
            [("03-13", "reviewer"), ("03-19", "supervisor"), ("03-23", "supervisor")],
            {Attention.REVIEW_LATE: "draft 1 waits for review"},
            id="review: the reviewer again, then the supervisor until it is decided",
        ),
        pytest.param(
            Status.AWAITING_ISSUANCE,
            (),
            [("03-15", "supervisor"), ("03-23", "supervisor")],
            {Attention.ISSUANCE_LATE: "draft 1 waits for issuance"},
            id="issuance: over and over",
        ),
        pytest.param(
            Status.AWAITING_ISSUANCE,
            ("issuance",),
            [(f"03-{day:02}", "supervisor") for day in (8, 9, 12)],
            {Attention.ISSUANCE_LATE: "draft 1 waits for issuance"},
            id="issuance without a rung: every business day",
        ),
        pytest.param(
            Status.AWAITING_SERVICE,
            (),
            [("03-22", "reviewer"), ("04-06", "reviewer")],
            {Attention.SERVICE_LATE: "no service of the issued subpoena is on record"},
            id="service: over and over",
        ),
        pytest.param(
            Status.AWAITING_SERVICE,
            ("service",),
            [("03-08", "reviewer"), ("03-09", "reviewer")],
            {Attention.SERVICE_LATE: "no service of the issued subpoena is on record"},
            id="service without a rung: every business day",
        ),
    ],
)
def test_what_our_own_people_owe_is_chased(
    phase: Status, missing: tuple[str, ...], chases: list[tuple[str, str]], late: dict[Attention, str]
):
    desk = Desk(campaign(ladder=without(*missing))).to(phase)
    assert not desk.reasons
    before = len(desk.letters)
    for _ in chases:
        desk.settle()
        desk.letter()
        desk.settle()
    sent = desk.letters[before:]
    assert [(f"{letter.receipt.accepted_at:%m-%d}", letter.to) for letter in sent] == chases
    what = {Status.AWAITING_REVIEW: "review", Status.AWAITING_ISSUANCE: "issuance"}.get(phase, "service")
    assert [letter.step for letter in sent] == [f"{what}-1-chase-{n}" for n in range(1, len(chases) + 1)]
    assert desk.state.attention.reasons == late


def test_a_reminder_that_lies_before_its_demand_is_not_sent():
    desk = Desk(campaign(clock={"response": {"within": {"days": 10}}}))  # reminder-1 is 14 days before the deadline
    assert "reminder-1" not in desk.go(days=9).sent


def test_two_letters_to_the_recipient_keep_their_distance():
    reminders = ({"remind": {"before_due": {"days": 2}}}, {"remind": {"before_due": {"days": 1}}})
    acknowledgment, *others = without("remind")
    desk = Desk(campaign(ladder=(acknowledgment, *reminders, *others), mail={"minimum_gap": {"hours": 26}}))
    desk.go(utc(2, 23))
    accepted = [letter.receipt.accepted_at for letter in desk.letters if letter.kind is StepKind.REMINDER]
    assert accepted == [utc(2, 21, 14), utc(2, 22, 16)]


# The same moment again.


@pytest.mark.parametrize("held", [False, True], ids=["", "on hold"])
@pytest.mark.parametrize("phase", [*COME_TO, "dates", "deadline", "return date", "ended"])
def test_to_proceed_twice_at_one_moment_is_the_same_action_and_adds_no_event(phase: str, held: bool):
    desk = Desk()
    match phase:
        case "dates":
            pass
        case "deadline":
            desk.go(DUE - timedelta(minutes=1)).now = DUE
        case "return date":
            desk.to_return().now = utc(3, 29, 5)
        case "ended":
            desk.go(days=1).say(desk.withdrawal())
        case _:
            desk.to(Status(phase))
    if held:
        desk.garble()
    first = desk.request.proceed(desk.now)
    state, entries = desk.state, [*desk.request.timeline]
    assert desk.request.proceed(desk.now) == first
    assert desk.state is state
    assert desk.request.timeline == entries
    assert isinstance(first, Close) is (phase == "ended")


# What failed is tried again.


@pytest.mark.parametrize(
    ("work", "attention", "tried"),
    [
        (DATES, Attention.DATES_FAILED, ComputeDates),
        (DRAFT, Attention.DRAFT_FAILED, DraftSubpoena),
        (MEMO, Attention.DRAFT_FAILED, DraftReferral),
    ],
)
def test_work_that_fails_is_tried_again_after_waits_that_double(work: str, attention: Attention, tried: type[Action]):
    desk = Desk()
    if work == MEMO:
        desk.to_return()
    if work != DATES:
        desk.until(tried)
    status = desk.status
    for wait in (30, 60, 120):
        desk.request.work_failed(work, attention, "disk", desk.now)
        rest = Wait(desk.now + timedelta(seconds=wait), f"another try: {work}")
        assert desk.request.proceed(desk.now) == rest
        assert (desk.status, desk.reasons) == (status, {attention})
        desk.now = rest.until
        assert isinstance(desk.request.proceed(desk.now), tried)
    desk.settle()
    assert not desk.reasons


def test_a_record_copy_that_fails_is_tried_again_and_stops_nothing():
    desk = Desk().to_issuance()
    desk.say(desk.issuance())
    desk.until(CopyIssued)
    desk.request.work_failed(COPY, Attention.DRAFT_FAILED, "no font", desk.now)
    assert desk.next() == Wait(desk.now + timedelta(seconds=30), "another try: record copy")
    desk.say(desk.service())
    desk.go(minutes=1)
    assert (desk.status, desk.reasons) == (Status.AWAITING_RETURN, set())
    assert desk.state.process.record_copy


def test_a_letter_that_cannot_be_set_is_tried_again_and_a_person_is_told():
    desk = Desk()
    desk.request.work_failed(desk.letter().step.id, Attention.LETTER_FAILED, "no font", desk.now)
    assert desk.next() == Wait(desk.now + timedelta(seconds=30), "demand to the recipient")
    assert desk.reasons == {Attention.LETTER_FAILED}
    desk.go(minutes=1)
    assert (desk.sent, desk.reasons) == (["demand"], set())


def test_a_deferred_reminder_hides_no_deadline():
    desk = Desk()
    desk.defer(desk.letter("reminder-2"), days=9)
    assert desk.settle() == Wait(DUE, "the response is overdue")


def test_a_final_notice_that_does_not_go_out_leaves_the_time_to_cure_closed():
    desk = Desk()
    while desk.now < utc(4, 14):
        desk.defer(desk.letter("final-notice"), hours=5)
        assert desk.status is Status.OVERDUE
    assert Attention.MAIL_DELAYED in desk.reasons
    assert desk.go(days=1).status is Status.OVERDUE
    assert desk.go(days=9).status is Status.AWAITING_REVIEW


# Outages.


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        ("latest", ["demand", "reminder-2"]),
        ("all", ["demand", "acknowledgment", "reminder-1", "reminder-2"]),
        ("none", ["demand"]),
    ],
)
def test_after_an_outage_the_policy_decides_which_missed_letters_go(policy: str, sent: list[str]):
    desk = Desk(campaign(mail={"catch_up": policy, "minimum_gap": {"hours": 1}})).go(days=1)
    desk.now = utc(2, 20, 16)  # after the chase for an acknowledgment and both reminders
    assert desk.go(utc(2, 22)).sent == sent


def test_after_an_outage_over_the_deadline_no_reminder_goes():
    desk = Desk(campaign(mail={"catch_up": "all"})).go(days=1)
    desk.now = utc(2, 28, 16)
    desk.settle()
    assert desk.sent == ["demand", "final-notice"]
    assert desk.letters[-1].late_by_seconds == 2 * 86400 + 2 * 3600


@pytest.mark.parametrize("late", [False, True], ids=["in time", "late"])
@pytest.mark.parametrize("kind", ["deadline_passed", "cure_period_ended", "return_date_passed"])
def test_what_has_passed_says_by_how_much_it_was_noted_late(kind: str, late: bool):
    phase = {"deadline_passed": Status.AWAITING_RESPONSE, "cure_period_ended": Status.OVERDUE}.get(kind)
    desk = Desk().to(phase or Status.AWAITING_RETURN)
    while isinstance(rest := desk.settle(), Wait) and kind not in desk.said:
        desk.now = rest.until + timedelta(hours=2 * late, seconds=59)
    (text,) = (entry.text for entry in desk.request.timeline if entry.event.kind == kind)
    assert ("This was noted 2:00:59 later." in text, "noted" in text) == (late, late)


def test_an_outage_over_the_final_notice_leaves_the_whole_time_to_cure():
    desk = Desk().go(days=1)
    desk.now = utc(4, 2, 16)
    rest = desk.settle()
    assert desk.status is Status.OVERDUE
    assert rest == Wait(utc(4, 10, 5), "the time to cure is over")


def test_a_letter_whose_day_is_over_waits_for_the_office_to_open():
    desk = Desk().go(days=1)
    desk.now = utc(2, 10, 5)  # 23:00 on Friday
    assert desk.settle() == Wait(utc(2, 13, 14), "reminder-1 to the recipient")


@pytest.mark.parametrize("policy", ["latest", "none"])
def test_a_reminder_that_the_server_put_off_was_not_missed(policy: str):
    desk = Desk(campaign(mail={"catch_up": policy}))
    desk.defer(desk.letter("reminder-1"), hours=3)
    assert "reminder-1" in desk.go(hours=4).sent


def test_a_reminder_gives_way_only_to_a_later_letter_and_not_to_a_copy():
    desk = Desk().go(utc(2, 9, 13))
    desk.say(desk.resending("demand", restarts_clock=False))
    desk.now = utc(2, 9, 16)
    desk.settle()
    assert desk.sent[-1] == "demand-copy-1"
    assert desk.go(days=4).sent[-1] == "reminder-1"
