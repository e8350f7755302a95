"""What is kept: letters as they went out, claims and receipts, and a timeline that hangs together."""

import asyncio
import hashlib
from collections.abc import Callable

import pytest

from forthwith.request.entries import GENESIS
from forthwith.request.vocabulary import Attention, Status
from tests import messages
from tests.story.harness import UNTIL_REVIEW, Demand, Office, acknowledgment_chase, letter, places, reminder


async def test_every_letter_threads_with_the_demand_and_carries_its_formal_copy(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=36)
    first, *others = demand.expect(*UNTIL_REVIEW)
    for mail in (first, *others):
        message = mail.message()
        assert message["Auto-Submitted"] == "auto-generated"
        assert any(name.endswith(".pdf") for name in mail.attachments)
    assert first.in_reply_to is None
    to_recipient = [mail for mail in others if mail.to == (demand.address,)]
    assert {mail.in_reply_to for mail in to_recipient} == {first.message_id}
    assert {mail.message()["References"] for mail in to_recipient} == {first.message_id}
    assert {mail.subject for mail in to_recipient} == {first.subject}


async def test_the_dossier_keeps_each_letter_as_the_mail_server_got_it(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=5)
    letters = (letter("demand"), acknowledgment_chase())
    for step, mail in zip(("demand", "acknowledgment"), demand.expect(*letters), strict=True):
        folder = demand.folder / "letters" / step
        assert (folder / "attempt-1.claim.json").exists()
        assert (folder / "attempt-1.receipt.json").exists()
        [kept] = folder.glob("attempt-1.*.eml")
        assert kept.read_bytes() == mail.path.read_bytes()
    for sent in (await demand.view()).letters:
        for filed in (sent.receipt.eml, sent.receipt.pdf):
            content = (office.dossier.root / filed.uri).read_bytes()
            assert hashlib.sha256(content).hexdigest() == filed.sha256


async def test_the_timeline_is_filed_as_it_happened_and_chained(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.respond("all")
    outcome = await demand.expect_end(Status.COMPLIED)
    kept, filed = await demand.timeline(), office.dossier.timeline(demand.id)
    assert filed == kept
    assert [entry.previous for entry in filed] == [GENESIS, *(entry.head for entry in filed[:-1])]
    last = demand.folder / "timeline" / f"{len(filed):04}.json"
    assert outcome.head == hashlib.sha256(last.read_bytes()).hexdigest(), "sha256sum of the last entry is the head"


@pytest.mark.fault(31)
async def test_a_record_that_cannot_be_filed_asks_for_attention_and_is_filed_later(office: Office) -> None:
    office.expect_log("cannot be written")
    demand = await office.demand()
    demand.expect(letter("demand"))
    filed_before = office.dossier.timeline(demand.id)
    repair = spoil(demand, "timeline")
    await demand.respond({"A-1": "produced"})
    await demand.advance(minutes=5)  # several tries, and what is accepted meanwhile
    await demand.note()
    await demand.expect_status(Status.AWAITING_RESPONSE, Attention.DOSSIER_UNWRITABLE)
    repair()
    await demand.advance(minutes=15)
    await demand.expect_status(Status.AWAITING_RESPONSE)
    filed = office.dossier.timeline(demand.id)
    assert filed == await demand.timeline()
    since = [entry.event.kind for entry in filed[len(filed_before) :]]
    assert since == ["response_recorded", "filing_failed", "note_added", "filing_recovered"]


@pytest.mark.fault(57)
async def test_messages_some_milliseconds_apart_are_all_filed_before_the_request_waits(office: Office) -> None:
    """The second one is accepted while the first is being filed."""
    demands = await asyncio.gather(*(office.demand(place) for place in places()[:12]))

    async def two_notes(demand: Demand, milliseconds: int) -> None:
        await demand.deliver(messages.note("the first"))
        await asyncio.sleep(milliseconds / 1000)
        await demand.deliver(messages.note("the second"))

    for _ in range(3):
        await asyncio.gather(*(two_notes(demand, 2 * place) for place, demand in enumerate(demands)))
        for demand in demands:
            await demand.expect_everything_filed()
    for demand in demands:
        notes = [entry.text for entry in office.dossier.timeline(demand.id) if entry.event.kind == "note_added"]
        assert notes == ["the first", "the second"] * 3
        demand.expect(letter("demand"))


@pytest.mark.fault(31)
async def test_a_letter_that_cannot_be_claimed_is_not_sent_until_it_can(office: Office) -> None:
    office.expect_log("cannot be written")
    demand = await office.demand()
    demand.expect(letter("demand"))
    repair = spoil(demand, "letters")
    await demand.advance(days=5)
    demand.seen = 0
    await demand.expect_status(Status.AWAITING_RESPONSE, Attention.LETTER_FAILED)
    repair()
    await demand.advance(hours=1)
    demand.expect(letter("demand"), acknowledgment_chase())
    await demand.expect_status(Status.AWAITING_RESPONSE)
    await demand.advance(days=11)
    demand.expect(reminder(1))


@pytest.mark.fault(54)
@pytest.mark.parametrize("damage", ["removed", "truncated"])
async def test_without_its_plan_a_request_needs_a_person_and_the_others_go_on(office: Office, damage: str) -> None:
    office.expect_log("pinned")
    damaged, well = await office.demand("chicago-il"), await office.demand("cook-county-il")
    for demand in (damaged, well):
        demand.expect(letter("demand"))
    plan = office.dossier.root / "pinned" / damaged.planned.plan.content_hash
    content = plan.read_bytes()
    plan.unlink()
    if damage == "truncated":
        plan.write_bytes(content[:-100])
    await office.restart_worker()  # which has read nothing of it yet
    await damaged.advance(days=5)
    await well.advance(days=5)
    well.expect(acknowledgment_chase())
    view = await damaged.expect_status(Status.AWAITING_RESPONSE, Attention.CASE_FILE_DAMAGED)
    assert plan.name in view.attention[Attention.CASE_FILE_DAMAGED]
    assert "restore it from a backup" in view.attention[Attention.CASE_FILE_DAMAGED]
    plan.unlink(missing_ok=True)
    plan.write_bytes(content)
    await damaged.advance(hours=1)
    damaged.expect(acknowledgment_chase())
    await damaged.expect_status(Status.AWAITING_RESPONSE)


@pytest.mark.fault(31)
async def test_a_request_ends_only_once_its_record_is_filed(office: Office) -> None:
    office.expect_log("cannot be written")
    demand = await office.demand()
    demand.expect(letter("demand"))
    repair = spoil(demand, "timeline")
    await demand.withdraw()
    assert await demand.is_running()
    repair()
    await demand.advance(minutes=2)
    outcome = await demand.expect_end(Status.WITHDRAWN)
    filed = office.dossier.timeline(demand.id)
    assert [entry.event.kind for entry in filed[-4:]] == [
        "withdrawn",
        "request_closed",
        "filing_failed",
        "filing_recovered",
    ]
    assert filed[-1].head == outcome.head, "the case file ends where the request did"


def spoil(demand: Demand, part: str) -> Callable[[], None]:
    """Makes one folder of the case file unwritable, also for root. Returns how it is repaired."""
    folder, aside = demand.folder / part, demand.folder / f"{part}.aside"
    folder.rename(aside)
    folder.write_text("not a folder")

    def repair() -> None:
        folder.unlink()
        aside.rename(folder)

    return repair
