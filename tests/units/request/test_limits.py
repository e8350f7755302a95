"""How much a request takes: measured as it is filed, refused by name, and cut where nobody can be refused."""

import hashlib

import pytest

from forthwith.request.attention import AddNote
from forthwith.request.limits import (
    MAX_BATCH_BYTES,
    MAX_MESSAGE_BYTES,
    MAX_RECORD_BYTES,
    MAX_TEXT_BYTES,
    cut,
    json_size,
)
from forthwith.request.signals import KEPT, Unreadable, kept, read_signal
from forthwith.request.vocabulary import Attention, Status
from tests.units.cases import Desk, campaign


@pytest.mark.parametrize("character", ["x", "\N{SNOWMAN}", "\N{PILE OF POO}", "\n", '"', "\x1b"])
def test_a_text_is_cut_by_its_bytes_within_json(character: str) -> None:
    text = character * 5_000
    short = cut(text, 1_000)
    assert short.endswith("…")
    assert 1_000 - json_size(character) < json_size(short[:-1]) <= 1_000
    assert text.startswith(short[:-1])
    assert cut(text, json_size(text)) == text


def test_of_an_unreadable_signal_all_payloads_together_are_kept_up_to_the_limit() -> None:
    payloads = [b"\x1b" * 1_000] * 240
    whole = b"\n".join(payloads)
    content = kept(payloads)
    assert json_size(content) <= KEPT + 200
    assert content.endswith(f"… (240 payloads, {len(whole)} bytes, sha256 {hashlib.sha256(whole).hexdigest()})")
    assert kept([b"short", b"\xff"]) == "short\n\\xff"


def test_a_signal_that_is_larger_than_a_message_is_unreadable() -> None:
    read = read_signal("response_received", [b" " * (MAX_MESSAGE_BYTES + 1)])
    assert isinstance(read, Unreadable)
    assert read.problem.startswith("the message has 100,001 bytes; give at most 100,000")


def test_name_and_problem_of_an_unreadable_signal_are_cut() -> None:
    desk = Desk()
    desk.request.unreadable("\x1b" * 10_000, "", "y" * 100_000, desk.now)
    assert max(len(entry.filed()) for entry in desk.request.timeline[-2:]) < 10_000


def test_each_text_that_is_too_large_is_named_with_its_size() -> None:
    desk = Desk()
    report = {"id": "A-1", "disposition": "objected", "note": "\N{SNOWMAN}" * 7_000}
    refused = desk.refuses(desk.response().model_validate(desk.response().model_dump() | {"items": [report]}))
    assert refused == f"items.0.note: has 21,000 bytes; give at most {MAX_TEXT_BYTES:,}"


def test_the_entry_of_the_largest_message_is_filed_in_one_batch() -> None:
    desk = Desk(campaign(items=200))
    desk.go(days=1)
    whole = desk.response().model_dump() | {
        "items": [{"id": f"A-{number}", "disposition": "objected", "note": "x" * 435} for number in range(1, 201)]
    }
    message = desk.response().model_validate(whole)
    assert MAX_MESSAGE_BYTES * 0.95 < len(message.model_dump_json()) <= MAX_MESSAGE_BYTES
    desk.say(message)
    assert max(len(entry.filed()) for entry in desk.request.timeline) < MAX_BATCH_BYTES


def full() -> Desk:
    """A request whose record has no room for another note."""
    desk = Desk()
    desk.go(days=1)
    desk.say(desk.pause())
    while desk.state.record.size + MAX_TEXT_BYTES < MAX_RECORD_BYTES:
        desk.say(note(desk))
    return desk


def note(desk: Desk) -> AddNote:
    return desk.note().model_copy(update={"note": "x" * (MAX_TEXT_BYTES - 500)})


def test_a_full_request_takes_what_ends_it_and_what_lets_it_go_on() -> None:
    desk = full()
    assert f"a request takes messages up to {MAX_RECORD_BYTES:,}" in desk.refuses(note(desk))
    assert desk.request.state.is_open
    desk.garble()
    desk.say(desk.resolution(Attention.UNREADABLE_MESSAGE))
    desk.say(desk.resumption())
    desk.say(desk.response())
    assert desk.status is Status.COMPLIED


def test_a_full_request_refuses_a_response_that_leaves_something_outstanding() -> None:
    desk = full()
    report = {"id": "A-1", "disposition": "objected", "note": "x" * (MAX_TEXT_BYTES - 500)}
    partial = desk.response().model_validate(desk.response().model_dump() | {"items": [report]})
    assert "a request takes messages up to" in desk.refuses(partial)


def test_a_record_is_filed_in_batches_that_make_up_all_of_it() -> None:
    desk, filed = full(), 0
    while batch := desk.request.to_file(desk.now):
        assert sum(len(entry.filed()) for entry in batch) <= MAX_BATCH_BYTES
        assert batch[0].number == filed + 1
        filed += len(batch)
        desk.request.filed(len(batch), desk.now)
    assert desk.request.is_all_filed
    assert filed == len(desk.request.timeline)


def test_a_timeline_is_handed_over_in_parts_that_make_up_all_of_it() -> None:
    request, read = full().request, list[int]()
    while part := request.timeline_after(len(read)):
        read += [entry.number for entry in part]
        assert len(part) < len(request.timeline)
    assert read == [entry.number for entry in request.timeline]
