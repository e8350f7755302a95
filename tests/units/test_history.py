"""What a record shows of a request: the marks and spans that the report draws, and what lies ahead."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from forthwith.request.actions import DraftReferral, Wait
from forthwith.request.entries import Entry
from forthwith.request.request import Request
from forthwith.request.timetable import TO_RECIPIENT, StepKind
from forthwith.request.vocabulary import Attention, Status
from forthwith.views.history import History, SpanKind, dates_of, history_of, next_in_words, rungs
from forthwith.views.marks import Mark, MarkKind
from forthwith.views.page import current_details
from forthwith.views.status import NextAction, explanation, request_status
from tests.units.cases import OPENED, Desk, campaign, dates, plan, without
from tests.units.request.test_random_histories import RandomHistory as Life
from tests.units.request.test_random_histories import live

DUE = datetime(2018, 2, 24, 6, tzinfo=UTC)
"""The end of February 23 in Chicago."""

DATES = (MarkKind.DEADLINE, MarkKind.MOVED, MarkKind.CURE, MarkKind.RETURN)


def rebuilt(request: Request) -> Request:
    """The same request as the report reads it: from its record as it is filed, by the dates of the calendars."""
    again = Request.from_record(request.plan, [Entry.model_validate_json(entry.filed()) for entry in request.timeline])
    again.dates = dates_of(again, lambda facts: dates(request.plan, facts))
    return again


def next_at(desk: Desk) -> datetime | None:
    """The moment of the next action, as Visibility has it."""
    rest = desk.settle()
    return rest.until if isinstance(rest, Wait) else None


def drawn(desk: Desk) -> History:
    """The history as the report has it now."""
    at = next_at(desk)
    return history_of(rebuilt(desk.request), now=desk.now, next_at=at)


def ahead(history: History) -> dict[datetime, MarkKind]:
    return {mark.at: mark.kind for mark in history.marks if mark.planned}


def kinds(history: History) -> set[MarkKind]:
    return {mark.kind for mark in history.marks}


def marks(history: History, kind: MarkKind) -> list[Mark]:
    return [mark for mark in history.marks if mark.kind is kind]


def span(history: History, kind: SpanKind) -> tuple[datetime, datetime | None]:
    """The last one of its kind."""
    return [(one.since, one.until) for one in history.spans if one.kind is kind][-1]


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


HISTORIES: dict[MarkKind, Callable[[Desk], Desk]] = {
    MarkKind.DEMAND: lambda desk: desk.go(days=1),
    MarkKind.CLOCK: lambda desk: desk.go(days=1),
    MarkKind.LETTER: lambda desk: desk.go(days=20),
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
"""How a request comes to have each mark."""


def test_there_is_a_history_for_every_mark():
    assert HISTORIES.keys() == set(MarkKind)


@pytest.mark.parametrize("kind", MarkKind)
def test_a_history_that_has_it_is_drawn_with_each_mark(kind: MarkKind):
    assert kind in kinds(drawn(HISTORIES[kind](Desk())))
    if kind not in (MarkKind.DEMAND, MarkKind.CLOCK, MarkKind.DEADLINE, MarkKind.NOTICE, MarkKind.CURE):
        assert kind not in kinds(drawn(Desk())) or kind is MarkKind.LETTER


@pytest.mark.parametrize(
    "play",
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
@pytest.mark.parametrize("ladder", [without(), without("deficiency")], ids=["whole", "short"])
def test_the_letters_ahead_are_those_that_the_request_itself_will_send(
    play: Callable[[Desk], Desk], ladder: tuple[dict[str, Any], ...]
):
    desk = play(Desk(campaign(ladder=ladder)))
    history = drawn(desk)
    timetable = desk.request.dates
    assert timetable
    pending = {step.at for step in desk.request.pending() if step.kind in TO_RECIPIENT}
    assert pending
    # A final notice is not yet pending while the response time runs, but it is what comes next in silence.
    notice = {step.at for step in timetable.steps if step.kind is StepKind.FINAL_NOTICE}
    assert {at for at, kind in ahead(history).items() if kind not in DATES} == pending | notice


def test_dates_ahead_are_those_that_the_request_itself_has():
    desk = Desk().go(days=1)
    assert {kind: at for at, kind in ahead(drawn(desk)).items()}[MarkKind.DEADLINE] == DUE
    desk.to_overdue()
    timetable = desk.request.dates
    assert timetable
    assert timetable.cure
    assert ahead(drawn(desk)) == {timetable.cure.closes_at: MarkKind.CURE}
    desk.to_return()
    timetable = desk.request.dates
    assert timetable
    assert timetable.return_due
    assert ahead(drawn(desk)) == {timetable.return_due.closes_at: MarkKind.RETURN}


def test_before_the_demand_goes_out_all_that_follows_from_it_is_ahead():
    desk = Desk(campaign(demand={"send_on": "2018-01-29"}))
    history = drawn(desk)
    assert desk.state.status is Status.SENDING
    assert (history.due, desk.request.response_due) == (None, None), "the clock does not run yet"
    expected = {at: kind for at, kind in ahead(history).items() if kind is not MarkKind.DEMAND}
    ((demand, _),) = ahead(history).items() - expected.items()
    assert demand == datetime(2018, 1, 29, 14, tzinfo=UTC)
    assert ahead(drawn(desk.go(demand))) == expected, "as they are once it was accepted"
    assert (
        span(history, SpanKind.RESPONSE) == span(drawn(desk), SpanKind.RESPONSE) == (demand, desk.request.response_due)
    )


def test_a_demand_whose_delivery_starts_the_clock_has_nothing_after_it():
    desk = Desk(campaign(clock={"starts": "delivered"}, demand={"send_on": "2018-01-29"}))
    assert [*ahead(drawn(desk)).values()] == [MarkKind.DEMAND]
    desk.go(datetime(2018, 1, 29, 15, tzinfo=UTC))
    assert ahead(drawn(desk)) == {next_at(desk): MarkKind.CHASE}, "somebody is asked what became of it"


@pytest.mark.parametrize(
    ("play", "text"),
    [(Desk.to_review, "review chased"), (Desk.to_issuance, "issuance chased"), (Desk.to_service, "service chased")],
    ids=["review", "issuance", "service"],
)
def test_whom_we_ask_next_is_ahead_while_it_is_our_turn(play: Callable[[Desk], Desk], text: str):
    desk = play(Desk())
    assert [(mark.at, mark.text) for mark in drawn(desk).marks if mark.planned] == [(next_at(desk), text)]


def test_a_copy_that_was_asked_for_is_ahead():
    desk = Desk(campaign(mail={"minimum_gap": {"minutes": 1}})).go(days=1, hours=12)
    desk.say(desk.resending("demand", restarts_clock=False))
    (copy,) = (mark for mark in drawn(desk).marks if mark.planned and mark.text == "demand copy 1")
    assert (copy.kind, copy.at) == (MarkKind.LETTER, next_at(desk))


def test_a_letter_that_was_put_off_is_ahead_at_its_next_try():
    desk = Desk().go(days=6)
    desk.on_letter = lambda letter: (
        not desk.request.letter_deferred(letter.step, "421 later", retry_after=timedelta(minutes=40), now=desk.now)
    )
    desk.go(next_at(desk))
    history = drawn(desk)
    (letter, *_) = (mark for mark in history.marks if mark.planned)
    assert (letter.text, letter.at) == ("acknowledgment", desk.now + timedelta(minutes=40))
    assert next_in_words(history, desk.state.status, next_at(desk)) == "acknowledgment"
    assert "acknowledgment" not in {mark.text for mark in history_of(rebuilt(desk.request), now=desk.now).marks}


def test_the_gap_between_two_letters_keeps_back_the_next_one_and_what_counts_from_it():
    desk = Desk(campaign(mail={"minimum_gap": {"hours": 70}})).go(datetime(2018, 2, 23, 15, tzinfo=UTC))
    desk.say(desk.resending("demand", restarts_clock=False))
    desk.go(datetime(2018, 2, 24, 12, tzinfo=UTC))
    (notice,), (cure,) = marks(drawn(desk), MarkKind.NOTICE), marks(drawn(desk), MarkKind.CURE)
    assert (notice.at, notice.planned) == (next_at(desk), True)
    desk.go(notice.at)
    assert ahead(drawn(desk)) == {cure.at: MarkKind.CURE}


def test_a_return_date_that_was_extended_is_ahead_with_its_span():
    desk = Desk().to_return()
    served_at = desk.now
    desk.go(days=3).say(desk.extension(to=date(2018, 6, 29)))
    history, closes_at = drawn(desk), datetime(2018, 6, 30, 5, tzinfo=UTC)
    assert ahead(history) == {closes_at: MarkKind.RETURN}
    assert span(history, SpanKind.RETURN) == (served_at, closes_at)


def test_a_return_date_that_was_extended_after_it_had_passed_was_moved():
    desk = Desk().to_return()
    served_at, first = desk.now, drawn(desk).ends
    desk.now = next_at(desk) or desk.now
    assert isinstance(desk.next(), DraftReferral)
    assert desk.request.timeline[-2].event.kind == "return_date_passed"
    desk.say(desk.extension(to=date(2018, 6, 29)))
    history, closes_at = drawn(desk), datetime(2018, 6, 30, 5, tzinfo=UTC)
    assert ahead(history) == {first: MarkKind.MOVED, closes_at: MarkKind.RETURN}
    returns = [(one.since, one.until) for one in history.spans if one.kind is SpanKind.RETURN]
    assert returns == [(served_at, first), (desk.now, closes_at)]


def test_the_time_to_return_is_over_on_its_date_and_not_when_the_matter_is_referred():
    desk = Desk().to_return()
    due = drawn(desk).ends
    (mark,) = marks(drawn(desk.go(due + timedelta(minutes=1))), MarkKind.RETURN)
    assert (mark.at, mark.planned) == (due, False), "the matter is referred a business day later"
    history = drawn(desk.go(days=40))
    assert desk.state.status is Status.REFERRED_FOR_ENFORCEMENT
    assert span(history, SpanKind.RETURN)[1] == due
    (mark,) = marks(history, MarkKind.RETURN)
    assert (mark.at, mark.planned) == (due, False)


@pytest.mark.parametrize("play", [lambda desk: desk.go(days=2), Desk.to_overdue, Desk.to_return])
def test_while_a_clock_is_paused_nothing_is_ahead_and_nobody_knows_its_end(play: Callable[[Desk], Desk]):
    desk = play(Desk())
    before = ahead(drawn(desk))
    assert before
    desk.say(desk.pause())
    history = drawn(desk.go(days=3))
    assert ahead(history) == {}
    assert history.due == desk.request.response_due
    assert span(history, SpanKind.PAUSE)[1] is None
    assert {one.until for one in history.spans if one.until and one.until > desk.now} == set()
    desk.say(desk.resumption())
    history = drawn(desk)
    assert span(history, SpanKind.PAUSE)[1] == desk.now
    assert history.due == desk.request.response_due
    assert {kind for kind in ahead(history).values() if kind is not MarkKind.MOVED} == {*before.values()}


def test_a_clock_that_was_paused_as_of_an_earlier_moment_is_drawn_from_there():
    desk = Desk().go(days=4)
    earlier = datetime(2018, 1, 26, 12, 0, 43, tzinfo=UTC)
    desk.say(desk.pause(earlier))
    assert span(drawn(desk), SpanKind.PAUSE)[0] == earlier


IN_HOURS = (
    {"remind": {"before_due": {"hours": 12}}},
    {"final_notice": {"after_due": {"hours": 1}, "cure": {"hours": 48}}},
    *without("acknowledgment", "remind", "final_notice"),
)


def test_after_a_pause_with_seconds_in_it_due_date_and_letters_are_those_of_the_request():
    desk = Desk(campaign(ladder=IN_HOURS, clock={"response": {"within": {"hours": 48}}}))
    desk.go(days=1, minutes=5).say(desk.pause(OPENED + timedelta(hours=23, minutes=59, seconds=43)))
    desk.go(hours=6).say(desk.resumption(OPENED + timedelta(hours=29, minutes=12, seconds=5)))
    due = OPENED + timedelta(hours=53, minutes=12, seconds=22)
    history = drawn(desk)
    assert history.due == desk.request.response_due == due
    assert ahead(history) == {
        due - timedelta(hours=12): MarkKind.LETTER,
        OPENED + timedelta(hours=48): MarkKind.MOVED,
        due: MarkKind.DEADLINE,
        due + timedelta(hours=1): MarkKind.NOTICE,
        due + timedelta(hours=49): MarkKind.CURE,
    }


def test_a_date_that_was_moved_and_moved_back_was_not_moved():
    desk = Desk().go(days=2)
    desk.say(desk.recomputation("4" * 64))
    assert marks(drawn(desk), MarkKind.MOVED)
    assert drawn(desk).due != DUE
    desk.say(desk.recomputation("3" * 64))
    history = drawn(desk)
    assert history.due == DUE
    assert [mark.at for mark in marks(history, MarkKind.DEADLINE)] == [DUE]
    assert DUE not in {mark.at for mark in marks(history, MarkKind.MOVED)}
    assert len(marks(history, MarkKind.MOVED)) == 1


def test_a_response_date_that_passed_on_hold_is_behind():
    desk = Desk().go(days=20)
    desk.garble()
    (mark,) = marks(drawn(desk.go(days=20)), MarkKind.DEADLINE)
    assert (mark.at, mark.planned, mark.text) == (DUE, False, "response was due")


def test_nothing_is_ahead_that_should_have_come_before_now():
    desk = Desk().go(days=1)
    history = history_of(rebuilt(desk.request), now=DUE + timedelta(hours=5))
    assert MarkKind.LETTER not in ahead(history).values(), "no worker was there"
    (mark,) = marks(history, MarkKind.DEADLINE)
    assert not mark.planned


def test_the_time_to_cure_was_over_when_it_was_and_not_when_that_was_noted():
    desk = Desk().to_overdue()
    ends = drawn(desk).ends
    desk.sleep(days=2, seconds=0.4).settle()
    (mark,) = marks(drawn(desk), MarkKind.CURE)
    assert mark.at == ends
    assert span(drawn(desk), SpanKind.CURE)[1] == ends


def test_without_its_calendars_what_happened_is_known_and_nothing_is_ahead():
    desk = Desk().go(days=2)
    request = rebuilt(desk.request)
    request.dates = None
    history = history_of(request, now=desk.now)
    assert history.due == DUE
    assert ahead(history) == {DUE: MarkKind.DEADLINE}
    assert kinds(history) == {MarkKind.DEMAND, MarkKind.CLOCK, MarkKind.DEADLINE}


def test_a_response_is_marked_late_from_the_closing_instant_on():
    for received_at, late in ((DUE.replace(hour=5, minute=59), False), (DUE, True)):
        desk = Desk().go(datetime(2018, 2, 26, 15, tzinfo=UTC))
        desk.say(desk.response(at=received_at))
        (mark,) = (mark for mark in drawn(desk).marks if mark.kind is MarkKind.COMPLETE)
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
        assert drawn(desk).outstanding == desk.state.items.outstanding
    assert drawn(desk).outstanding == ("A-3",)


def test_a_second_demand_has_its_own_date():
    desk = Desk(campaign(mail={"minimum_gap": {"minutes": 1}})).go(hours=1)
    desk.say(desk.resending("demand", restarts_clock=True))
    desk.settle()
    history = drawn(desk)
    assert desk.request.response_due
    assert history.due == desk.request.response_due
    assert ahead(history)[desk.request.response_due] is MarkKind.DEADLINE


def test_a_request_stands_on_a_rung_of_its_own_ladder():
    steps = rungs(campaign().ladder)
    assert steps == (
        *("demand", "acknowledgment", "reminder 1", "reminder 2", "final notice"),
        *("draft and review", "issuance", "service", "return date", "referral"),
    )
    plays: tuple[Callable[[Desk], Desk], ...] = (
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
    assert tuple(drawn(play(Desk())).rung for play in plays) == steps


def test_what_is_next_has_its_name():
    def words(desk: Desk) -> str:
        at = next_at(desk)
        return next_in_words(drawn(desk), desk.state.status, at)

    desk = Desk().go(hours=1)
    assert words(desk) == "acknowledgment"
    assert words(desk.to_overdue()) == "time to cure ends"
    assert words(desk.to_review()) == "the review is chased"
    desk.garble()
    assert words(desk) == "the operator is asked again"


def test_how_it_ended_is_drawn():
    desk = _in_whole(Desk())
    history = drawn(desk)
    assert history.ended_as is Status.COMPLIED
    assert history.marks[-1].kind is MarkKind.DEADLINE, "the date that it did not come to"
    assert {one.until for one in history.spans} == {desk.now}
    desk = Desk().go(days=1)
    desk.say(desk.report("demand"))
    desk.say(desk.resolution(Attention.UNDELIVERABLE, "unserviceable"))
    assert drawn(desk).ended_as is Status.UNSERVICEABLE


def test_no_entry_is_no_history():
    with pytest.raises(ValueError, match="no entries"):
        Request.from_record(plan(), [])


def test_a_deadline_that_passed_twice_is_drawn_once():
    desk = Desk().to_review()
    passed = desk.request.response_due
    desk.say(desk.report("demand"))
    desk.say(desk.report("demand", "delivered", at=datetime(2018, 1, 24, 15, tzinfo=UTC)))
    desk.settle()
    assert desk.said.count("deadline_passed") == 2
    assert [mark.at for mark in marks(drawn(desk), MarkKind.DEADLINE)] == [passed]


class Compared(Life):
    """A simulated history that is drawn, and rebuilt from its record, again and again while it goes on."""

    count = 0

    def check(self) -> None:
        super().check()
        self.count += 1
        if self.count % 12 == 0:
            compare(self.request, self.now)


@pytest.mark.parametrize("part", range(3))
def test_whatever_happens_a_record_is_drawn_as_the_request_knows_it(part: int):
    for seed in range(part, 180, 3):
        life = live(seed, Compared)
        compare(life.request, life.now)


def compare(request: Request, now: datetime) -> None:
    """The history as it is read from the record against the request that made the record."""
    again, state = rebuilt(request), request.state
    history = history_of(again, now=now)
    assert history.outstanding == state.items.outstanding
    assert history.rung in rungs(request.plan.campaign.ladder)
    assert history.ended_as is (None if state.is_open else state.status)
    begins, ends = history.begins, history.ends
    assert all(begins <= mark.at <= ends for mark in history.marks)
    assert all(begins <= one.since <= (one.until or ends) <= ends for one in history.spans)
    assert list(history.marks) == sorted(history.marks, key=lambda mark: mark.at)
    paused = [one.since for one in history.spans if one.kind is SpanKind.PAUSE and one.until is None]
    assert paused == ([state.clock.paused_since] if state.is_open and state.clock.paused_since else [])
    if state.is_open:
        behind = {mark.kind for mark in history.marks if mark.planned and mark.at <= now}
        assert behind <= {MarkKind.MOVED}, "what is ahead is behind"
    else:
        assert all(one.until for one in history.spans)
    if request.dates is None or request.dates.facts != request.facts:
        return  # the dates that follow from what was reported last are not computed yet
    assert history.due == request.response_due
    if history.due and not (state.is_open and state.clock.facts.overdue_from):
        assert [mark.at for mark in marks(history, MarkKind.DEADLINE)].count(history.due) == 1
    returns = request.dates.return_due
    if returns and not state.clock.paused_since:
        assert [mark.at for mark in marks(history, MarkKind.RETURN)] == [returns.closes_at]
    assert again.dates
    if state.is_open and not state.attention.holds and again.dates.steps == request.dates.steps:
        letters = {mark.at for mark in history.marks if mark.planned and mark.kind not in DATES}
        assert {step.at for step in request.pending() if step.at > now} <= letters
        assert letters <= {step.at for step in request.dates.steps}
    again.dates, next_action = request.dates, NextAction(at=now, what="something")
    assert request_status(again, next_action) == request_status(request, next_action)
    assert explanation(again, next_action) == explanation(request, next_action)
    assert current_details(again, next_action) == current_details(request, next_action)


def test_on_hold_no_letter_is_ahead_and_the_date_stays():
    desk = Desk().go(days=2)
    desk.garble()
    assert ahead(drawn(desk)) == {DUE: MarkKind.DEADLINE}


def test_a_letter_that_could_not_be_made_is_marked():
    desk = Desk().go(days=1)
    desk.request.work_failed("reminder-1", Attention.LETTER_FAILED, "no font", desk.now)
    assert [mark.text for mark in marks(drawn(desk), MarkKind.FAILED)] == ["reminder 1 could not be made"]
