"""A request whose recipient is corrected, decision by decision."""

from forthwith.domain.actions import SendLetter
from forthwith.domain.messages import Attention, Status
from tests.units.cases import Desk, receipt

NEW = "clerk@somewhere.example"


def at_demand() -> tuple[Desk, SendLetter]:
    desk = Desk()
    action = desk.next()
    assert isinstance(action, SendLetter)
    return desk, action


def test_a_letter_under_way_to_the_old_address_is_no_longer_wanted():
    desk, demand = at_demand()
    desk.say(desk.correction(email=NEW))
    assert not desk.case.still_wants(demand)
    again = desk.next()
    assert isinstance(again, SendLetter)
    assert again.address == NEW
    assert desk.case.still_wants(again)


def test_a_demand_that_was_accepted_at_the_old_address_after_all_starts_no_clock():
    desk, demand = at_demand()
    desk.say(desk.correction(email=NEW))
    desk.case.letter_accepted(demand.step, receipt(desk.now, demand.address), possible_copy=False, now=desk.now)
    assert desk.case.response_due is None
    desk.settle()
    assert [sent.receipt.recipient for sent in desk.case.letters] == ["records@somewhere.example", NEW]
    assert desk.case.status is Status.AWAITING_RESPONSE


def test_a_refusal_of_the_old_address_says_nothing_about_the_new_one():
    desk, demand = at_demand()
    desk.say(desk.correction(email=NEW))
    assert desk.case.is_astray(demand)
    desk.case.letter_astray(demand.step, "550 no such user", desk.now)
    assert not desk.case.attention
    desk.settle()
    assert desk.case.status is Status.AWAITING_RESPONSE


def test_a_letter_in_doubt_at_the_old_address_is_no_second_copy_at_the_new_one():
    desk, demand = at_demand()
    desk.case.letter_in_doubt(demand.step, "time-out", desk.now)
    desk.say(desk.correction(email=NEW))
    again = desk.next()
    assert isinstance(again, SendLetter)
    assert not again.possible_copy


def test_corrected_back_to_an_address_that_may_have_it_the_letter_says_so():
    desk, demand = at_demand()
    desk.case.letter_in_doubt(demand.step, "time-out", desk.now)
    desk.say(desk.correction(email=NEW))
    desk.say(desk.correction(email=demand.address))
    again = desk.next()
    assert isinstance(again, SendLetter)
    assert again.possible_copy


def test_a_corrected_name_alone_sends_nothing_again_and_resolves_nothing():
    desk, demand = at_demand()
    desk.case.letter_refused(demand.step, "550 no such user", desk.now)
    desk.say(desk.correction(attention="The Clerk"))
    assert desk.case.holds.keys() == {Attention.UNDELIVERABLE}


def test_a_draft_names_the_corrected_recipient():
    desk = Desk().to_review()
    desk.say(desk.correction(name="County of Somewhere"))
    desk.settle()
    assert desk.case.draft
    assert desk.case.draft.version == 2


def test_what_is_so_already_is_no_correction():
    desk = Desk().go(days=1)
    assert "nothing is different" in desk.refuses(desk.correction(email="records@somewhere.example"))
