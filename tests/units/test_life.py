"""What a record tells of a life: the marks and spans that the report draws, and what lies ahead."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from forthwith.campaign.models import RequestPlan
from forthwith.request.entries import Entry
from forthwith.request.timetable import TO_RECIPIENT, StepKind
from forthwith.request.vocabulary import Attention, Status
from forthwith.views.agenda import open_appointments
from forthwith.views.life import Life, MarkKind, SpanKind, Standing, dates_of, foreseen, next_in_words, rungs
from forthwith.views.life_story import life_of
from tests.units.cases import LADDER, Desk, campaign, dates, plan, without
from tests.units.test_case_lives import live

DUE = datetime(2018, 2, 24, 6, tzinfo=UTC)
"""The end of February 23 in Chicago."""


def standing(desk: Desk) -> Standing:
    """What Visibility shows of a case."""
    desk.settle()
    case = desk.request
    return Standing(
        status=request.state.status,
        is_held=request.state.status is Status.ON_HOLD or not request.state.is_open,
        response_due=request.response_due,
        next_action_at=request.foreseen_at(desk.now),
        now=desk.now,
    )


def told(desk: Desk) -> Life:
    now = standing(desk)
    life = life_of(desk.plan, desk.request.timeline)
    return foreseen(life, dates_of(desk.plan, life, lambda facts: dates(desk.plan, facts)), now)


def ahead(life: Life) -> dict[datetime, MarkKind]:
    return {mark.at: mark.kind for mark in life.marks if mark.planned}


def kinds(life: Life) -> set[MarkKind]:
    return {mark.kind for mark in life.marks}


def _refused(desk: Desk) -> Desk:
    desk.go(days=1).say(desk.report("demand"))
    return desk


def _sent_back(desk: Desk) -> Desk:
    desk.to_review().say(desk.review("revise", notes="the authority"))
    return desk


def _objected(desk: Desk) -> Desk:
    desk.to_return().say(desk.objection("A-1"))
    return desk


def _extended(desk: Desk) -> Desk:
    desk.go(days=2).say(desk.extension(to=date(2018, 3, 30)))
    return desk


def _in_part(desk: Desk) -> Desk:
    desk.go(days=2).say(desk.response(a1="produced"))
    return desk


def _in_whole(desk: Desk) -> Desk:
    desk.go(days=2).say(desk.response())
    return desk


def _acknowledged(desk: Desk) -> Desk:
    desk.go(days=2).say(desk.acknowledgment())
    return desk


LIVES: dict[MarkKind, Callable[[Desk], Desk]] = {
    MarkKind.DEMAND: lambda desk: desk.go(days=1),
    MarkKind.CLOCK: lambda desk: desk.go(days=1),
    MarkKind.REMINDER: lambda desk: desk.go(days=20),
    MarkKind.DEADLINE: Desk.to_overdue,
    MarkKind.MOVED: _extended,
    MarkKind.NOTICE: Desk.to_overdue,
    MarkKind.CURE: Desk.to_review,
    MarkKind.DRAFT: Desk.to_review,
    MarkKind.APPROVED: Desk.to_issuance,
    MarkKind.RETURNED: _sent_back,
    MarkKind.ISSUED: Desk.to_service,
    MarkKind.SERVED: Desk.to_return,
    MarkKind.RETURN: Desk.to_return,
    MarkKind.MEMO: lambda desk: desk.to_return().go(days=40),
    MarkKind.CHASE: Desk.to_review,
    MarkKind.COURSE: _extended,
    MarkKind.PARTIAL: _in_part,
    MarkKind.COMPLETE: _in_whole,
    MarkKind.OBJECTION: _objected,
    MarkKind.WORD: _acknowledged,
    MarkKind.FAILED: _refused,
    MarkKind.END: _in_whole,
}


def test_there_is_a_life_for_every_mark():
    assert LIVES.keys() == set(MarkKind)


@pytest.mark.parametrize("kind", MarkKind)
def test_a_life_that_has_it_is_told_with_each_mark(kind: MarkKind):
    assert kind in kinds(told(LIVES[kind](Desk())))
    if kind not in (MarkKind.DEMAND, MarkKind.CLOCK, MarkKind.DEADLINE, MarkKind.NOTICE, MarkKind.CURE):
        assert kind not in kinds(told(Desk())) or kind is MarkKind.REMINDER


@pytest.mark.parametrize(
    "live",
    [
        lambda desk: desk.go(hours=1),
        lambda desk: desk.go(days=12),
        lambda desk: desk.go(days=22),
        _acknowledged,
        _extended,
        _in_part,
        lambda desk: desk.go(datetime(2018, 2, 24, 12, tzinfo=UTC)),
    ],
    ids=["sent", "later", "reminded", "acknowledged", "extended", "in-part", "overdue"],
)
def test_the_letters_ahead_are_those_that_the_request_itself_will_send(live: Callable[[Desk], Desk]):
    desk = live(Desk(campaign(ladder=without("deficiency"))))
    life = told(desk)
    timetable = desk.request.dates
    assert timetable
    pending = {step.at for step in desk.request.pending() if step.kind in TO_RECIPIENT}
    # A final notice is not yet pending while the response time runs, but it is what comes next in silence.
    notice = {step.at for step in timetable.steps if step.kind is StepKind.FINAL_NOTICE}
    dates_ahead = (MarkKind.DEADLINE, MarkKind.CURE, MarkKind.MOVED)
    assert {at for at, kind in ahead(life).items() if kind not in dates_ahead} == pending | notice


def test_dates_ahead_are_those_that_the_request_itself_has():
    desk = Desk().go(days=1)
    assert {kind: at for at, kind in ahead(told(desk)).items()}[MarkKind.DEADLINE] == DUE
    desk.to_overdue()
    timetable = desk.request.dates
    assert timetable
    assert timetable.cure
    assert ahead(told(desk)) == {timetable.cure.closes_at: MarkKind.CURE}
    desk.to_return()
    timetable = desk.request.dates
    assert timetable
    assert timetable.return_due
    assert ahead(told(desk)) == {timetable.return_due.closes_at: MarkKind.RETURN}


def test_a_return_date_that_was_extended_is_not_guessed():
    desk = Desk().to_return()
    desk.say(desk.extension(to=date(2018, 6, 29)))
    assert MarkKind.RETURN not in kinds(told(desk))


def test_while_a_clock_is_paused_nothing_is_ahead_and_nobody_knows_its_end():
    desk = Desk().go(days=2)
    desk.say(desk.pause())
    life = told(desk.go(days=3))
    assert not [mark for mark in life.marks if mark.planned and mark.kind is not MarkKind.DEADLINE]
    assert [span.until for span in life.spans if span.kind is SpanKind.PAUSE] == [None]
    desk.say(desk.resumption())
    life = told(desk)
    (pause,) = (span for span in life.spans if span.kind is SpanKind.PAUSE)
    assert pause.until == desk.now
    assert desk.request.response_due in ahead(life)


def test_a_clock_that_was_paused_as_of_an_earlier_moment_is_drawn_from_there():
    desk = Desk().go(days=4)
    earlier = datetime(2018, 1, 26, 12, tzinfo=UTC)
    desk.say(desk.pause(earlier))
    (pause,) = (span for span in told(desk).spans if span.kind is SpanKind.PAUSE)
    assert pause.since == earlier


def test_a_response_is_marked_late_from_the_closing_instant_on():
    for received_at, late in ((DUE.replace(hour=5, minute=59), False), (DUE, True)):
        desk = Desk().go(datetime(2018, 2, 26, 15, tzinfo=UTC))
        desk.say(desk.response(at=received_at))
        (mark,) = (mark for mark in told(desk).marks if mark.kind is MarkKind.COMPLETE)
        assert (mark.at, mark.late) == (received_at, late)


def test_what_is_outstanding_is_what_the_request_says():
    desk = Desk(campaign(completeness="reviewed", items=3)).go(days=1)
    for message in (
        desk.response(a1="produced", a2="objected"),
        desk.acceptance("A-1"),
        desk.response(a2="none_found"),
        desk.acceptance("A-2"),
    ):
        desk.say(message)
        assert told(desk).outstanding == desk.state.items.outstanding
    assert told(desk).outstanding == ("A-3",)


def test_a_second_demand_has_its_date_though_the_record_does_not_repeat_it():
    desk = Desk(campaign(mail={"minimum_gap": {"minutes": 1}})).go(hours=1)
    desk.say(desk.resending("demand", restarts_clock=True))
    desk.settle()
    life = told(desk)
    assert desk.request.response_due
    assert life.due == desk.request.response_due
    assert ahead(life)[desk.request.response_due] is MarkKind.DEADLINE


def test_a_request_stands_on_a_rung_of_its_own_ladder():
    steps = rungs(campaign().ladder)
    assert steps == (
        *("demand", "acknowledgment", "reminder 1", "reminder 2", "final notice"),
        *("draft and review", "issuance", "service", "return date", "referral"),
    )
    lives: tuple[Callable[[Desk], Desk], ...] = (
        lambda desk: desk.go(days=1),
        lambda desk: desk.go(days=9),
        lambda desk: desk.go(days=20),
        lambda desk: desk.go(days=29),
        Desk.to_overdue,
        Desk.to_review,
        Desk.to_issuance,
        Desk.to_service,
        Desk.to_return,
        lambda desk: desk.to_return().go(days=40),
    )
    assert tuple(told(live(Desk())).rung for live in lives) == steps


def test_what_is_next_has_its_name():
    desk = Desk().go(hours=1)
    assert next_in_words(told(desk), standing(desk)) == "acknowledgment"
    desk.to_overdue()
    assert next_in_words(told(desk), standing(desk)) == "time to cure ends"
    desk.garble()
    assert next_in_words(told(desk), standing(desk)) == "the operator is asked again"


def test_the_calendar_has_the_dates_of_an_open_request_and_what_comes_next():
    def names(desk: Desk) -> dict[str, datetime]:
        life, now = told(desk), standing(desk)
        known = dates_of(desk.plan, life, lambda facts: dates(desk.plan, facts))
        found = open_appointments(desk.plan, life, known, now, next_in_words(life, now))
        return {one.uid.partition(".")[0]: one.at for one in found}

    desk = Desk().go(days=1)
    assert names(desk) == {"response-due": DUE, "next": standing(desk).next_action_at}
    desk.to_overdue()
    timetable = desk.request.dates
    assert timetable
    assert timetable.cure
    assert names(desk) == {
        "response-due": DUE,
        "time-to-cure-ends": timetable.cure.closes_at,
        "next": timetable.cure.closes_at,
    }
    court = {"name": "Court", "district": "N.D.", "title": "A v. B", "docket": "1", "place_of_compliance": "Here"}
    subpoena = {"subpoena": {"form": "court_rule45", "return_within": {"days": 21}, "court": court}}
    desk = Desk(campaign(ladder=tuple(subpoena if "subpoena" in rung else rung for rung in LADDER)))
    desk.to_service().say(desk.service(notice_to_parties_at=desk.now - timedelta(hours=1)))
    desk.settle()
    timetable = desk.request.dates
    assert timetable
    assert timetable.return_due
    assert timetable.objection_due
    assert names(desk) == {
        "response-due": DUE,
        "return-date": timetable.return_due.closes_at,
        "objection-due": timetable.objection_due.closes_at,
        "next": timetable.refer_at,
    }


def test_how_it_ended_is_told():
    desk = _in_whole(Desk())
    life = told(desk)
    assert life.ended_as is Status.COMPLIED
    assert life.marks[-1].kind is MarkKind.DEADLINE, "the date that it did not come to"
    assert {span.until for span in life.spans} == {desk.now}
    desk = Desk().go(days=1)
    desk.say(desk.report("demand"))
    desk.say(desk.resolution(Attention.UNDELIVERABLE, "unserviceable"))
    assert told(desk).ended_as is Status.UNSERVICEABLE


def test_an_entry_of_a_later_release_changes_nothing_and_no_entry_is_no_life():
    desk = Desk().go(days=1)
    before = told(desk)
    odd = Entry(number=99, at=before.told_until, what="something_new", text="?", previous="0" * 64)
    assert life_of(desk.plan, [*desk.request.timeline, odd]).marks == life_of(desk.plan, desk.request.timeline).marks
    nobody: RequestPlan = plan()
    with pytest.raises(ValueError, match="has no entries"):
        life_of(nobody, [])


@pytest.mark.parametrize("part", range(3))
def test_whatever_happens_a_record_is_told_as_the_request_knows_it(part: int):
    for seed in range(part, 240, 3):
        case = live(seed).case
        life = life_of(request.plan, request.timeline)
        assert life.outstanding == request.state.items.outstanding, seed
        assert life.rung in rungs(request.plan.campaign.ladder), seed
        assert all(span.until is None or span.until >= span.since for span in life.spans), seed
        if request.state.is_open:
            assert life.ended_as is None, seed
            assert life.facts.final_notice_at == request.state.clock.facts.final_notice_at, seed
            assert life.facts.served_at == (
                request.state.process.service.served_at if request.state.process.service else None
            ), seed
            paused = [span.since for span in life.spans if span.kind is SpanKind.PAUSE and span.until is None]
            assert len(paused) == bool(request.state.clock.paused_since), seed
            if request.state.clock.paused_since:  # which an entry names to the minute
                assert request.state.clock.paused_since - paused[0] < timedelta(minutes=1), seed
        else:
            assert life.ended_as is request.state.status, seed
            assert all(span.until for span in life.spans), seed
