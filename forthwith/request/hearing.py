"""What people and other systems say, and what it changes in a request.

Every message was found acceptable before (forthwith/request/refusals.py); what follows from it with time is the
case's own affair (forthwith/request/case.py).
"""

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from forthwith.request.items import SETTLING
from forthwith.request.messages import (
    AcceptResponse,
    Acknowledge,
    AddNote,
    Answer,
    AnyMessage,
    Attention,
    CorrectRecipient,
    DeliveryReport,
    EscalateNow,
    ExtendDeadline,
    ItemReport,
    PauseClock,
    RecomputeDeadlines,
    RecordIssuance,
    RecordObjection,
    RecordResponse,
    RecordService,
    ResendLetter,
    ResolveAttention,
    ResponseKind,
    ResumeClock,
    ReviewSubpoena,
    Status,
    Withdraw,
)
from forthwith.request.record import Decision, Issued, KnownDelivery, Objection, Resent, SentLetter, ServiceRecord
from forthwith.request.timetable import Chase, Copy, Extension, StepKind, numbered

if TYPE_CHECKING:
    from forthwith.request.case import Case

NOT_YET_ISSUED = (Status.AWAITING_REVIEW, Status.AWAITING_ISSUANCE)
"""A draft waits for one of our own people: what is said now can still change or stop it."""

ABOUT_WHAT_WAS_SAID = frozenset(
    {Attention.OBJECTION, Attention.REFUSAL, Attention.EXTENSION_REQUESTED, Attention.UNREADABLE_MESSAGE}
)
"""Resolving these says nothing about whether what failed would work now."""

KINDS_IN_WORDS: dict[ResponseKind, str] = {
    "production": "A production",
    "refusal": "A refusal",
    "no_records": "An answer that there are no records",
    "extension_request": "A request for more time",
    "other": "A letter",
}


def record(case: "Case", message: AnyMessage, now: datetime) -> Answer:
    """Takes a message that was not refused, and answers it. The same event gives the same answer again."""
    if earlier := case.answers.get(message.event_id):
        return earlier[1]
    case.messages += 1
    recorded = len(case.timeline) + 1
    match message:
        case RecordResponse():
            text = _respond(case, message, now)
        case AcceptResponse():
            text = _accept(case, message, now)
        case Acknowledge():
            case.heard_at = case.heard_at or message.received_at
            text = "The recipient acknowledged the demand."
            _said(case, now, "acknowledged", text, message, note=message.note)
        case DeliveryReport():
            text = _delivery(case, message, now)
        case ExtendDeadline():
            text = _extend(case, message, now)
        case PauseClock():
            text = _said(
                case, now, "clock_paused", f"The clock stands still{_as_of(message.at)}: {message.reason}", message
            )
            case.pause(message.at or now, message.reason, now)
        case ResumeClock():
            text = _said(
                case, now, "clock_resumed", f"The clock runs again{_as_of(message.at)}: {message.reason}", message
            )
            case.resume(message.at or now, now)
        case CorrectRecipient():
            text = _correct(case, message, now)
        case ResendLetter():
            text = _resend(case, message, now)
        case ReviewSubpoena():
            text = _review(case, message, now)
        case RecordIssuance():
            text = _issue(case, message, now)
        case RecordService():
            text = _serve(case, message, now)
        case RecordObjection():
            text = _object(case, message, now)
        case EscalateNow():
            text = _escalate(case, message, now)
        case Withdraw():
            text = f"Withdrawn: {message.reason}"
            _said(case, now, "withdrawn", text, message)
            case.end(Status.WITHDRAWN, text, now)
        case RecomputeDeadlines():
            text = _recompute(case, message, now)
        case ResolveAttention():
            text = _resolve(case, message, now)
        case AddNote():
            text = _said(case, now, "note", message.note, message)
    answer = Answer(
        recorded=recorded,
        text=text,
        status=case.status,
        outstanding=case.items.outstanding,
        attention=tuple(case.attention),
        response_due=case.response_due,
        next_action_at=case.foreseen_at(now),
    )
    case.answers[message.event_id] = (message, answer)
    return answer


def _respond(case: "Case", response: RecordResponse, now: datetime) -> str:
    case.responses.append(response)
    case.heard_at = case.heard_at or response.received_at
    changed = case.items.apply(response)
    timing = "" if case.is_on_time(response) is not False else ", after the deadline"
    what = KINDS_IN_WORDS[response.kind]
    text = f"{what} from {response.sender} was received{timing}; {case.what_is_missing()}."
    _said(
        case,
        now,
        "response_received",
        text,
        response,
        received_at=response.received_at.isoformat(),
        items=_in_short(response.items),
        # As sha256sum writes them, so that what was received can be checked with it.
        documents="\n".join(f"{document.sha256}  {document.uri}" for document in response.documents),
        note=response.note,
    )
    if response.kind == "refusal":
        case.ask_for(Attention.REFUSAL, f"{response.sender} refuses")
    if response.kind == "extension_request":
        case.ask_for(Attention.EXTENSION_REQUESTED, f"{response.sender} asks for more time")
    if objected := [report.id for report in changed if report.disposition == "objected"]:
        case.ask_for(Attention.OBJECTION, f"objection to {', '.join(objected)}")
    if changed or response.kind == "refusal":  # a draft states both, item by item
        _findings_changed(case, now)
    return text


def _accept(case: "Case", acceptance: AcceptResponse, now: datetime) -> str:
    accepted = case.items.claimed if acceptance.items == "all" else tuple(dict.fromkeys(acceptance.items))
    case.items.accept(accepted)
    text = f"{', '.join(accepted)} accepted as complete; {case.what_is_missing()}."
    _said(case, now, "response_accepted", text, acceptance, reason=acceptance.reason)
    _findings_changed(case, now)
    return text


def _findings_changed(case: "Case", now: datetime) -> None:
    """Ends a request with nothing outstanding; else draws anew whatever states what is outstanding.

    Where a person has to accept what is claimed and everything is claimed, the request waits for us, not for the
    recipient: the ladder holds until the claims are accepted, or the hold is resolved because they are not true.
    """
    outstanding = case.items.outstanding
    if not outstanding:
        late = case.items.settled_late(case.response_due)
        text = "Every item is settled" + (", not all of them in time." if late else ".")
        case.end(Status.COMPLIED, text, now, on_time=not late)
        return
    if case.phase in NOT_YET_ISSUED:
        _redraft(case, "what is outstanding has changed", now)
    elif case.phase is Status.DRAFTING:
        case.draft_overtaken()
    elif case.phase is Status.AWAITING_RETURN:
        case.memo_overtaken()
    elif case.phase is Status.AWAITING_RESPONSE:
        _ask_for_the_rest(case, now)
    if _waits_for_acceptance(case):
        case.ask_for(Attention.ON_HOLD, "everything is claimed as complete: accept it, or resolve this to go on")
        case.hold(Attention.ON_HOLD, now)
    elif case.plan.campaign.completeness == "reviewed" and Attention.ON_HOLD in case.holds:
        case.resolved(Attention.ON_HOLD, now)


def _ask_for_the_rest(case: "Case", now: datetime) -> None:
    """A response in part is answered by a letter about what is missing, where the ladder has one.

    A second response in part, before that letter went out, is answered by the same letter.
    """
    settled = any(state.disposition in SETTLING for state in case.items.states)
    rest = set(case.items.outstanding) - set(case.items.claimed)
    if case.plan.campaign.ladder.deficiency is None or not settled or not rest:
        return
    if case.deficiency_from is None or case.deficiency_at is not None:
        case.deficiencies += 1
    case.deficiency_from, case.deficiency_at = now, None


def _waits_for_acceptance(case: "Case") -> bool:
    return bool(case.items.claimed) and set(case.items.outstanding) == set(case.items.claimed)


def _redraft(case: "Case", why: str, now: datetime) -> None:
    drop_draft(case)
    case.move_to(Status.DRAFTING)
    case.enter(now, "redraft", f"The subpoena is drafted anew: {why}.")


def drop_draft(case: "Case") -> None:
    """What was drafted is no longer wanted, and nobody is late with it."""
    case.draft, case.approved_by, case.chase = None, None, None
    case.attention.pop(Attention.REVIEW_LATE, None)
    case.attention.pop(Attention.ISSUANCE_LATE, None)


def _delivery(case: "Case", report: DeliveryReport, now: datetime) -> str:
    if case.is_in_doubt(report.letter):
        return _doubt_settled(case, report, now)
    place = max(n for n, letter in enumerate(case.letters) if letter.step == report.letter)
    letter = case.letters[place]
    evidence = report.diagnostic or report.how
    text = f"The {letter.step} was reported as {report.outcome}" + (f": {evidence}" if evidence else ".")
    _said(case, now, f"letter_{report.outcome}", text, report, step=letter.step)
    if report.outcome == "delayed":
        return text
    delivered = "yes" if report.outcome == "delivered" else "no"
    case.letters[place] = letter.model_copy(update={"delivered": delivered, "evidence": evidence})
    is_latest = letter.step == [other.step for other in case.letters if other.kind is letter.kind][-1]
    if delivered == "yes":
        if is_latest:
            _arrived(case, letter, max(report.at, letter.receipt.accepted_at), now)
    elif letter.delivered != "no":
        _came_back(case, letter, evidence, now, is_latest=is_latest)
    return text


def _doubt_settled(case: "Case", report: DeliveryReport, now: datetime) -> str:
    """The mail server's answer was lost, and somebody knows what became of the letter."""
    evidence = report.diagnostic or report.how
    text = f"The {report.letter}, which was in doubt, was reported as {report.outcome}"
    text += f": {evidence}" if evidence else "."
    _said(case, now, f"letter_{report.outcome}", text, report, step=report.letter)
    if report.outcome != "delayed":
        told = KnownDelivery(at=report.at, evidence=evidence) if report.outcome == "delivered" else None
        case.doubt_settled(report.letter, told, evidence or "returned", now)
    return text


def _arrived(case: "Case", letter: SentLetter, at: datetime, now: datetime) -> None:
    """Delivery is on record: by the mail system, or by a courier after the mail had come back."""
    if letter.kind is StepKind.DEMAND and case.phase is Status.SENDING:
        case.resolved(Attention.UNDELIVERABLE, now)
        if not _waits_for_acceptance(case):
            case.resolved(Attention.ON_HOLD, now)
        case.start_clock(at)
    if letter.kind is StepKind.FINAL_NOTICE and letter.delivered == "no" and _awaits_final_notice(case):
        case.resolved(Attention.UNDELIVERABLE, now)
        case.final_notice_at = at


def _came_back(case: "Case", letter: SentLetter, evidence: str, now: datetime, *, is_latest: bool) -> None:
    """A bounce means not served: a demand's clock stops, and a final notice was never given.

    So a draft that rests on either is withdrawn, however far it has come. A letter that a later one has replaced
    changes nothing any more.
    """
    astray = letter.to == "recipient" and letter.receipt.recipient not in ("", case.recipient.email)
    if not astray:
        case.undeliverable(letter.step, letter.to, evidence or "returned")
    if case.issued and letter.to == "recipient":
        return  # what was issued stands until a person decides otherwise
    if letter.to != "recipient":
        for chase in (case.hold_chase, case.chase):
            if chase and chase.sent and chase.asked_by(letter.step):
                case.replace_chase(chase, case.chase_without(chase, letter.to, now))
    elif letter.kind is StepKind.DEMAND and is_latest:
        case.resume(now, now)  # nothing runs any more that could stand still
        case.demands += 1
        case.clock_from = None
        begin_series(case, now, since=None)
        case.move_to(Status.SENDING)
        if not astray:  # else it goes to the corrected address at once
            case.hold(Attention.UNDELIVERABLE, now)
    elif letter.kind is StepKind.FINAL_NOTICE and is_latest and case.final_notice_at:
        case.series += 1
        case.final_notice_at = None
        drop_draft(case)
        case.resolved(Attention.DRAFT_REJECTED, now)
        case.move_to(Status.OVERDUE)
        if not astray:
            case.hold(Attention.UNDELIVERABLE, now)


def _awaits_final_notice(case: "Case") -> bool:
    return case.phase is Status.OVERDUE and case.final_notice_at is None


def _extend(case: "Case", extension: ExtendDeadline, now: datetime) -> str:
    """More time. Whatever followed from the old date falls away with it: notice, draft, approval, rejection.

    Once the subpoena is served it is the return date that moves, and a referral that was being drawn up is put off.
    """
    granted = f"to {extension.to}" if extension.to else f"by {extension.period} from the base date"
    case.attention.pop(Attention.EXTENSION_REQUESTED, None)
    if case.phase is Status.AWAITING_RETURN:
        case.return_extensions += (Extension(to=extension.to, period=extension.period, granted_at=now),)
        case.drop_referral()
        return _said(
            case, now, "return_extended", f"The return date was extended {granted}: {extension.reason}", extension
        )
    withdrawn = f" Draft {case.draft.version} is withdrawn." if case.draft else ""
    case.extensions += (Extension(to=extension.to, period=extension.period, granted_at=now),)
    if case.phase is Status.SENDING:  # a date certain was moved before the demand went out
        if not _waits_for_acceptance(case):
            case.resolved(Attention.ON_HOLD, now)
    else:
        begin_series(case, now, since=now)
        case.move_to(Status.AWAITING_RESPONSE)
    text = f"The deadline was extended {granted}: {extension.reason}{withdrawn}"
    return _said(case, now, "deadline_extended", text, extension)


def begin_series(case: "Case", now: datetime, *, since: datetime | None) -> None:
    """The response date is set anew: what was said about the old one no longer counts."""
    case.series += 1
    case.series_from = since
    case.overdue_from, case.final_notice_at, case.cure_closed = None, None, False
    if since is None:
        case.deficiency_from, case.deficiency_at = None, None
    drop_draft(case)
    case.resolved(Attention.DRAFT_REJECTED, now)


def _correct(case: "Case", correction: CorrectRecipient, now: datetime) -> str:
    given = {"name": correction.name, "attention": correction.attention, "email": correction.email}
    changes = {field: value for field, value in given.items() if value is not None}
    recipient = case.recipient.model_copy(update=changes)
    words = ", ".join(f"{field} {value}" for field, value in changes.items())
    text = f"The recipient was corrected: {words}. {correction.reason}"
    _said(case, now, "recipient_corrected", text, correction, was=case.recipient.email, **changes)
    case.correct_recipient(recipient, now)
    if case.draft and case.phase in NOT_YET_ISSUED:  # a draft names whom it commands
        _redraft(case, "the recipient was corrected", now)
    elif case.phase is Status.DRAFTING:
        case.draft_overtaken()
    return text


def _resend(case: "Case", resending: ResendLetter, now: datetime) -> str:
    """A copy under a step of its own; or a new demand, with which everything begins anew once it is accepted."""
    letter = [letter for letter in case.letters if letter.step == resending.letter][-1]
    again = Resent(letter=letter, reason=resending.reason)
    if not resending.restarts_clock:
        earlier = sum(other.id.startswith(f"{letter.step}-copy-") for other in case.copies)
        copy = Copy(id=f"{letter.step}-copy-{earlier + 1}", asked_at=now)
        case.copies += (copy,)
        case.resent[copy.id] = again
        text = f"A copy of the {letter.step} goes out; the clock is left alone: {resending.reason}"
        return _said(case, now, "letter_resent", text, resending, step=copy.id)
    withdrawn = f" Draft {case.draft.version} is withdrawn." if case.draft else ""
    case.resume(now, now)  # nothing runs any more that could stand still
    case.demands += 1
    case.clock_from = None
    begin_series(case, now, since=None)
    case.move_to(Status.SENDING)
    case.resolved(Attention.UNDELIVERABLE, now)
    step = numbered("demand", case.demands)
    case.resent[step] = again
    text = f"A new demand goes out, and the clock starts anew with it: {resending.reason}{withdrawn}"
    return _said(case, now, "letter_resent", text, resending, step=step)


def _recompute(case: "Case", recomputing: RecomputeDeadlines, now: datetime) -> str:
    given = {"recipient_calendar": recomputing.recipient_calendar, "issuer_calendar": recomputing.issuer_calendar}
    changes = {field: sha256 for field, sha256 in given.items() if sha256}
    case.recipient_calendar = recomputing.recipient_calendar or case.recipient_calendar
    case.issuer_calendar = recomputing.issuer_calendar or case.issuer_calendar
    named = " and ".join(f"{field.replace('_', ' ')} {sha256[:12]}" for field, sha256 in changes.items())
    text = f"The dates are computed with {named} from now on: {recomputing.reason}"
    return _said(case, now, "deadlines_recomputed", text, recomputing, **changes)


def dates_moved(case: "Case", now: datetime) -> None:
    """Other calendars moved a date that a draft states."""
    if case.phase in NOT_YET_ISSUED and case.draft:
        _redraft(case, "a date that it states has moved", now)
    elif case.phase is Status.DRAFTING:
        case.draft_overtaken()
        case.enter(now, "draft_overtaken", "The draft that is being drawn up is overtaken: a date in it has moved.")


def _review(case: "Case", review: ReviewSubpoena, now: datetime) -> str:
    version = case.draft.version if case.draft else 0
    case.decisions.append(
        Decision(
            version=version,
            decision=review.decision,
            by=review.by,
            at=now,
            sha256=review.sha256,
            why=review.reason or review.notes,
        )
    )
    match review.decision:
        case "approve":
            text = f"Draft {version} was approved."
            _said(case, now, "draft_approved", text, review, sha256=review.sha256, notes=review.notes)
            case.approved_by = review.by
            case.attention.pop(Attention.REVIEW_LATE, None)
            case.move_to(Status.AWAITING_ISSUANCE)
            case.chase = Chase(topic="issuance", name=f"issuance-{version}", since=now)
        case "revise":
            changes = f": {', '.join(review.fields)}" if review.fields else ""
            text = f"Draft {version} is to be revised{changes}."
            _said(case, now, "draft_revised", text, review, sha256=review.sha256, notes=review.notes)
            case.draft_fields |= review.fields
            if review.notes:
                case.revision_notes.append(review.notes)
            case.resolved(Attention.DRAFT_REJECTED, now)  # the revision says what was wrong
            _redraft(case, f"revision of draft {version}", now)
        case "reject":
            text = f"Draft {version} was rejected: {review.reason}"
            _said(case, now, "draft_rejected", text, review, sha256=review.sha256, notes=review.notes)
            case.ask_for(Attention.DRAFT_REJECTED, review.reason)
            case.hold(Attention.DRAFT_REJECTED, now)
    return text


def _issue(case: "Case", issuance: RecordIssuance, now: datetime) -> str:
    """A person issued what was approved. From here on no response stops the subpoena; production still ends it."""
    version = case.draft.version if case.draft else 0
    case.issued = Issued(
        number=issuance.number,
        signed_by=issuance.signed_by,
        signed_title=issuance.signed_title,
        issued_at=issuance.issued_at,
        sha256_signed=issuance.sha256,
    )
    case.attention.pop(Attention.ISSUANCE_LATE, None)
    case.move_to(Status.AWAITING_SERVICE)
    case.chase = Chase(topic="service", name=f"service-{version}", since=now)
    text = f"Subpoena {issuance.number}, draft {version}, was issued, signed by {issuance.signed_by}."
    return _said(
        case,
        now,
        "issued",
        text,
        issuance,
        issued_at=issuance.issued_at.isoformat(),
        draft=issuance.draft,
        sha256=issuance.sha256,
    )


def _serve(case: "Case", service: RecordService, now: datetime) -> str:
    case.service = ServiceRecord.model_validate(service.model_dump(exclude={"event_id", "by"}))
    case.attention.pop(Attention.SERVICE_LATE, None)
    case.chase = None
    case.move_to(Status.AWAITING_RETURN)
    text = f"The subpoena was served on {service.on_whom} {service.how} by {service.by_whom}."
    notice = service.notice_to_parties_at.isoformat() if service.notice_to_parties_at else ""
    return _said(
        case,
        now,
        "served",
        text,
        service,
        served_at=service.served_at.isoformat(),
        place=service.place,
        notice_to_parties_at=notice,
    )


def _object(case: "Case", objection: RecordObjection, now: datetime) -> str:
    """Each item objected to stays outstanding, with its ground. Whether to move for enforcement is for a person."""
    reports = tuple(ItemReport(id=one.id, disposition="objected", note=one.ground) for one in objection.items)
    changed = case.items.take(reports, objection.received_at)
    case.heard_at = case.heard_at or objection.received_at
    case.objections += [
        Objection(received_at=objection.received_at, sender=objection.sender, items=(one.id,), grounds=one.ground)
        for one in objection.items
    ]
    due = case.timetable.objection_due if case.service and case.timetable else None
    late = ", after the objection date" if due and objection.received_at >= due.closes_at else ""
    items = ", ".join(one.id for one in objection.items)
    text = f"{objection.sender} objects to {items}{late}; {case.what_is_missing()}."
    grounds = "\n".join(f"{one.id}: {one.ground}" for one in objection.items)
    _said(
        case,
        now,
        "objection",
        text,
        objection,
        received_at=objection.received_at.isoformat(),
        grounds=grounds,
        note=objection.note,
    )
    case.ask_for(Attention.OBJECTION, f"objection to {items}")
    if changed:
        _findings_changed(case, now)
    return text


def _escalate(case: "Case", escalation: EscalateNow, now: datetime) -> str:
    """Takes the next rung: closes the response time, then the time to cure, then asks the next person.

    A final notice that was brought forward and still has not gone out, because of the hour or because no mail
    server takes it, is skipped by a second escalation: that is the operator's decision, and recorded as such.
    """
    if case.phase is Status.AWAITING_RESPONSE or (_awaits_final_notice(case) and case.overdue_from is None):
        case.overdue_from = now
        case.move_to(Status.OVERDUE)
        what = "the response time is closed"
    elif case.phase is Status.OVERDUE:
        what = "the time to cure is closed" if case.final_notice_at else "without a final notice"
        case.cure_closed = True
        case.move_to(Status.DRAFTING)
    elif case.phase is Status.AWAITING_RETURN and not case.refers:
        what = "the matter is referred without waiting for the return date"
        case.refer(early=True)
    else:
        if case.chase:
            case.chase = case.chase.model_copy(update={"urged": True, "since": now})
        what = "the next person is asked at once"
    return _said(case, now, "escalated", f"Escalated, {what}: {escalation.reason}", escalation)


def _resolve(case: "Case", resolution: ResolveAttention, now: datetime) -> str:
    if resolution.outcome == "unserviceable":
        text = f"The demand cannot be delivered: {resolution.reason}"
        _said(case, now, "attention_resolved", text, resolution)
        case.end(Status.UNSERVICEABLE, text, now)
        return text
    text = f"Attention {resolution.attention} was resolved: {resolution.reason}"
    _said(case, now, "attention_resolved", text, resolution)
    rejected = resolution.attention is Attention.DRAFT_REJECTED and case.phase is Status.AWAITING_REVIEW
    case.resolved(resolution.attention, now)
    if resolution.attention not in ABOUT_WHAT_WAS_SAID:  # somebody says that it works again
        case.try_everything_now()
    if rejected:
        _redraft(case, "after rejection", now)
    return text


def _as_of(at: datetime | None) -> str:
    return f" as of {at.isoformat(timespec='minutes')}" if at else ""


def _in_short(items: Literal["all"] | tuple[ItemReport, ...]) -> str:
    return "all" if isinstance(items, str) else ", ".join(f"{item.id}={item.disposition}" for item in items)


def _said(case: "Case", now: datetime, what: str, text: str, message: AnyMessage, **details: str) -> str:
    case.enter(now, what, text, by=message.by, event_id=message.event_id, **details)
    return text
