"""What is wrong with a case file: every hash in it against the bytes that it names. Pure and self-contained."""

import re
from collections.abc import Iterator, Mapping

from pydantic import TypeAdapter, ValidationError

from forthwith.casefile.attempts import Claim, NothingSent
from forthwith.casefile.case_file import IN_WORDS, SUMS, CaseFile, Wrong, in_words, matches, sha256_of
from forthwith.casefile.named import misfiled, misfiled_in, unnamed
from forthwith.casefile.store import Opening, StartRecord
from forthwith.deadlines.calendar import Calendar
from forthwith.request.entries import GENESIS
from forthwith.request.events import IssuanceRecorded, LetterAccepted, RequestOpened, SubpoenaReviewed
from forthwith.request.record import Receipt, Recovery, SentLetter

_NUMBERED = re.compile(r"(\d{4,})(?:-([0-9a-f]{12}))?\.json")
_NAMED = re.compile(r"(?:attempt-\d+\.|v\d+-|memo-)([0-9a-f]{12})\.(?:eml|pdf)")
_TEMPLATES = TypeAdapter(dict[str, str])


def wrongs(case: CaseFile) -> Iterator[Wrong]:
    """Everything that does not hold, in the order in which one reads a case file."""
    yield from (Wrong(file=name, expected="a file", found="a symbolic link or a device") for name in case.links)
    yield from _sums(case)
    yield from _words(case)
    yield from _records(case)
    yield from _recoveries(case)
    yield from _pinned(case)
    yield from wrong_in_chain(case)
    yield from _letters(case)
    yield from _named_by_content(case)
    yield from _entries(case)
    yield from misfiled(case)
    yield from unnamed(case)


def _sums(case: CaseFile) -> Iterator[Wrong]:
    if SUMS not in case.objects:
        return
    listed: dict[str, str] = {}
    for line in case.objects[SUMS].decode(errors="replace").splitlines():
        sha256, _, name = line.partition("  ")
        listed[name] = sha256
    for name, sha256 in listed.items():
        yield from matches(case, name, sha256, f"in {SUMS}")
    for name in sorted(case.objects.keys() - listed.keys() - {SUMS}):
        yield Wrong(file=name, expected=f"a line in {SUMS}", found="none")


def _words(case: CaseFile) -> Iterator[Wrong]:
    """The list for people in an export says what the chain says."""
    if SUMS in case.objects and IN_WORDS not in case.objects:
        yield Wrong(file=IN_WORDS, expected="the chain of entries in words", found="no file")
    elif case.objects.get(IN_WORDS, in_words(case).encode()) != in_words(case).encode():
        yield Wrong(file=IN_WORDS, expected="the chain of entries in words", found="something else")


def _records(case: CaseFile) -> Iterator[Wrong]:
    start, opened = (f"{case.request}/{name}" for name in ("start.json", "opened.json"))
    started, opening = case.read(start, StartRecord), case.read(opened, Opening)
    if started is None:
        yield _unreadable(case, start, "the record of who started it with which plan")
    else:
        yield from _same(start, "workflow_id", case.request, started.workflow_id)
    if opening is None:
        yield _unreadable(case, opened, "the record of which workflow drives it")
    else:
        yield from _same(opened, "workflow_id", case.request, opening.workflow_id)
        if started:
            yield from _same(opened, "plan of start.json", started.plan, opening.plan)
    for name, entry in case.entries.items():
        if started and isinstance(entry.event, RequestOpened):
            yield from _same(start, f"plan of {name}", entry.event.plan, started.plan)
    if started and (plan := case.plan):
        yield from _same(start, "matter of the plan", plan.matter, started.matter)
        yield from _same(f"pinned/{started.plan}", "request", case.request, plan.workflow_id)


def _recoveries(case: CaseFile) -> Iterator[Wrong]:
    """Whatever continues the request was authorized to, after the one before it."""
    before = case.read(f"{case.request}/opened.json", Opening)
    for number in case.recoveries:
        authorized, opened = (f"{case.request}/{what}-{number}.json" for what in ("recovery", "opened"))
        recovery, opening = case.read(authorized, Recovery), case.read(opened, Opening)
        if recovery is None:
            yield _unreadable(case, authorized, "the authority to recover it")
        else:
            yield from _same(authorized, "workflow_id", case.request, recovery.workflow_id)
            yield from _same(authorized, "number", str(number), str(recovery.number))
            if before:
                yield from _same(authorized, "after_run of the workflow before", before.first_run, recovery.after_run)
        if opening:
            yield from _same(opened, "workflow_id", case.request, opening.workflow_id)
            if before:
                yield from _same(opened, "plan of the workflow before", before.plan, opening.plan)
        elif opened in case.objects:
            yield _unreadable(case, opened, "the record of which workflow continued it")
        before = opening


def _pinned(case: CaseFile) -> Iterator[Wrong]:
    for sha256, by in case.pinned().items():
        yield from matches(case, f"pinned/{sha256}", sha256, f"named by {by}")
    plan = case.plan
    if plan is None:
        return
    for sha256, is_one in ((plan.templates, _is_templates), (plan.recipient_calendar, _is_calendar)):
        name = f"pinned/{sha256}"
        if name in case.objects and not is_one(case.objects[name]):
            what = "templates" if is_one is _is_templates else "a calendar"
            yield Wrong(file=name, expected=what, found="something else")


def wrong_in_chain(case: CaseFile) -> Iterator[Wrong]:
    """The entries are a chain; after a reset they are a tree, in which each still follows one that is there."""
    by_number: dict[int, set[str]] = {0: {GENESIS}}
    for name in case.under("timeline"):
        numbered = _NUMBERED.fullmatch(name.rpartition("/")[2])
        if numbered is None:
            yield Wrong(file=name, expected="an entry, such as 0001.json", found="another name")
            continue
        number, sha256 = int(numbered[1]), sha256_of(case.objects[name])
        by_number.setdefault(number, set()).add(sha256)
        if numbered[2] and not sha256.startswith(numbered[2]):
            yield Wrong(file=name, expected=f"content of sha256 {numbered[2]}…, as it is called", found=sha256)
        entry = case.entries.get(name)
        if entry is None:
            yield _unreadable(case, name, "an entry of the timeline")
            continue
        yield from _same(name, "number", str(number), str(entry.number))
        if entry.filed() != case.objects[name]:
            yield Wrong(file=name, expected=f"the bytes of an entry, sha256 {entry.head}", found=f"sha256 {sha256}")
    last = max(by_number)
    if last == 0:
        yield Wrong(file=f"{case.request}/timeline", expected="entries", found="none")
    for number in range(1, last + 1):
        if number not in by_number:
            yield Wrong(file=f"{case.request}/timeline/{number:04}.json", expected=f"entry {number}", found="no file")
    for name, entry in case.entries.items():
        numbered = _NUMBERED.fullmatch(name.rpartition("/")[2])
        before = by_number.get(int(numbered[1]) - 1) if numbered else None
        if before and entry.previous not in before:
            follows = f"previous {' or '.join(sorted(before))}, the sha256 of the file before"
            yield Wrong(file=name, expected=follows, found=entry.previous)


def other_head(case: CaseFile, head: str) -> Iterator[Wrong]:
    """Whether the record has another head than one that was noted elsewhere; an empty one is none.

    The head that was noted when the request ended is right too: what was kept after the end follows it.
    """
    if head and head not in (case.head, case.closed_head):
        yield Wrong(file=f"{case.request}/timeline", expected=f"head {head}, as given", found=f"head {case.head}")


def _letters(case: CaseFile) -> Iterator[Wrong]:
    for name in case.under("letters"):
        if name.endswith(".receipt.json"):
            receipt = case.read(name, Receipt)
            if receipt is None:
                yield _unreadable(case, name, "a receipt of the mail server")
                continue
            yield from misfiled_in(case, receipt, name)
            claim = name.replace(".receipt.json", ".claim.json")
            if claim not in case.objects:
                yield Wrong(file=claim, expected=f"the claim that came before {name}", found="no file")
        elif name.endswith(".claim.json"):
            claimed = case.read(name, Claim)
            if claimed is None:
                yield _unreadable(case, name, "a claim")
                continue
            yield from misfiled_in(case, claimed, name)
            receipt = case.read(name.replace(".claim.json", ".receipt.json"), Receipt)
            if receipt:
                yield from _same(name, "message_id of the receipt", receipt.message_id, claimed.message_id)
                yield from _same(name, "eml of the receipt", receipt.eml.sha256, claimed.eml.sha256)
        elif name.endswith(".nothing-sent.json") and case.read(name, NothingSent) is None:
            yield _unreadable(case, name, "why nothing was sent")


def _named_by_content(case: CaseFile) -> Iterator[Wrong]:
    for folder in ("letters", "drafts", "referral"):
        for name in case.under(folder):
            named = _NAMED.fullmatch(name.rpartition("/")[2])
            sha256 = sha256_of(case.objects[name])
            if named and not sha256.startswith(named[1]):
                yield Wrong(file=name, expected=f"sha256 {named[1]}…, as it is called", found=f"sha256 {sha256}")


def _entries(case: CaseFile) -> Iterator[Wrong]:
    hashes = {name: sha256_of(content) for name, content in case.objects.items()}
    drafts = {hashes[name] for name in case.under("drafts")}
    for name, entry in case.entries.items():
        match entry.event:
            case LetterAccepted(letter=letter):
                yield from _letter(case, name, letter, hashes)
            case SubpoenaReviewed(review=review) if review.sha256 not in drafts:
                yield Wrong(file=name, expected=f"a draft of sha256 {review.sha256} in drafts", found="none")
            case IssuanceRecorded(draft=sha256) if sha256 not in drafts:
                yield Wrong(file=name, expected=f"a draft of sha256 {sha256} in drafts", found="none")
            case _:
                pass


def _letter(case: CaseFile, name: str, letter: SentLetter, hashes: Mapping[str, str]) -> Iterator[Wrong]:
    """The message and the receipt that an entry names are those in the case file."""
    folder, receipt = f"{case.request}/letters/{letter.step}/", letter.receipt
    letters = [place for place in hashes if place.startswith(folder)]
    messages = [place for place in letters if place.endswith(".eml")]
    if receipt.eml.sha256 not in [hashes[place] for place in messages]:
        found = ", ".join(f"{hashes[place]} ({place})" for place in messages) or "no message"
        yield Wrong(file=name, expected=f"a message of sha256 {receipt.eml.sha256} in {folder}", found=found)
    kept = [case.read(place, Receipt) for place in letters if place.endswith(".receipt.json")]
    if receipt not in kept:
        other = any(one and one.message_id == receipt.message_id for one in kept)
        found = "one that says something else" if other else "none"
        place = receipt.claim.uri.replace(".claim.json", ".receipt.json") if receipt.claim else folder
        yield Wrong(file=name, expected=f"the receipt for {receipt.message_id} in {place}", found=found)


def _same(file: str, what: str, expected: str, found: str) -> Iterator[Wrong]:
    if expected != found:
        yield Wrong(file=file, expected=f"{what} {expected}", found=found)


def _unreadable(case: CaseFile, name: str, what: str) -> Wrong:
    return Wrong(file=name, expected=what, found="something else" if name in case.objects else "no file")


def _is_templates(content: bytes) -> bool:
    try:
        _TEMPLATES.validate_json(content)
    except ValidationError:
        return False
    return True


def _is_calendar(content: bytes) -> bool:
    try:
        Calendar.model_validate_json(content)
    except ValidationError:
        return False
    return True
