"""Events in sentences, for people. Written last and never read back."""

from datetime import datetime, timedelta
from typing import assert_never

from forthwith.request import events
from forthwith.request.events import AnyEvent
from forthwith.request.items import outstanding_in_words
from forthwith.request.vocabulary import RESPONSE_KINDS_IN_WORDS, Attention

_SUPERSEDED_BECAUSE = {
    "findings_changed": "what is outstanding has changed",
    "recipient_corrected": "the recipient was corrected",
    "dates_moved": "a date that it states has moved",
    "revised": "it was revised",
    "rejected": "it was rejected",
}

_DROPPED_BECAUSE = {
    "later_letter_due": "was missed and is not sent: a later one is due as well",
    "moment_passed": "was missed and is not sent: its moment has passed",
    "refused": "is not sent again: it was refused",
}

_SKIPPED = {
    "response_period": "the response time is closed",
    "cure_period": "the time to cure is closed",
    "final_notice": "without a final notice",
    "return_date": "the matter is referred without waiting for the return date",
    "wait_for_colleague": "the next person is asked at once",
}


def text_of(event: AnyEvent) -> str:
    """What happened, in one or a few sentences."""
    match event:
        # The request.
        case events.RequestOpened():
            return f"The request was started with plan {event.plan[:12]}."
        case events.CaseFileOpened():
            return "The case file holds who started the request, with which plan, and which workflow drives it."
        case events.ResponseKeptAfterClosing():
            return f"A response that came in after the end was kept: {event.event_id}."
        case events.RequestRecovered():
            return f"The request was recovered from its case file: {event.reason}"
        case events.RequestClosed():
            return event.text if event.text.startswith(event.status) else f"{event.status}: {event.text}"
        case events.WorkflowCancelled():
            return f"The workflow was cancelled. {event.reason}".strip()
        case events.Withdrawn():
            return f"The demand was withdrawn: {event.reason}"
        case events.NoteAdded():
            return event.note
        case events.MessageUnreadable():
            return f"A message {event.name!r} could not be read: {event.problem}"
        # Letters.
        case events.LetterAccepted():
            return _accepted(event)
        case events.LetterDeferred():
            return f"The {event.step} could not be handed over yet: {event.reason}"
        case events.LetterRefused():
            return f"The {event.step} cannot be delivered: {event.reason}"
        case events.LetterUnconfirmed():
            return f"It is unknown whether the {event.letter.step.id} was accepted: {event.reason}"
        case events.LetterSuperseded():
            return f"The {event.step} to the address that was corrected was not accepted: {event.reason}"
        case events.LetterCalledBack():
            return f"The {event.step} was called back before it went out."
        case events.SenderLost():
            return f"The process that was sending the {event.step} was lost; the case file tells how far it came."
        case events.LetterDropped():
            return f"The {event.step} {_DROPPED_BECAUSE[event.because]}."
        case events.DemandOvertaken():
            return (
                f"The demand does not go out: the response was due {event.due.in_words()}, before the demand went out."
            )
        case events.DeliveryRecorded():
            unconfirmed = ", which was unconfirmed," if event.was_unconfirmed else ""
            text = f"The {event.step}{unconfirmed} was reported as {event.outcome}"
            return f"{text}: {event.evidence}" if event.evidence else f"{text}."
        case events.UnconfirmedLetterSettled():
            return f"The {event.step} {'arrived' if event.arrived else 'was given to nobody'}."
        case events.DeliveryAwaited():
            return "The clock starts once delivery of the demand is on record."
        case events.RecipientCorrected():
            return f"The recipient was corrected: {_corrected(event)}. {event.reason}"
        case events.LetterResent():
            if event.restarts_clock:
                return f"A new demand goes out, and the clock starts anew with it: {event.reason}"
            return f"A copy of the {event.letter.step} goes out; the clock is left alone: {event.reason}"
        case events.ColleagueUnreachable():
            return f"The {event.role} could not be reached; somebody else is asked."
        # The recipient's time.
        case events.ClockStarted():
            return "The response time runs."
        case events.ClockStopped():
            return "No demand stands any more; the clock starts anew with the next one."
        case events.ClockPaused():
            return f"The clock is paused as of {_instant(event.since)}: {event.reason}"
        case events.ClockResumed():
            return f"The clock runs again as of {_instant(event.pause.until)}: {event.reason}"
        case events.DeadlineComputed():
            return f"The response is due {event.due.in_words()}."
        case events.DeadlineExtended():
            what = "deadline" if event.deadline == "response" else "return date"
            granted = f"to {event.to}" if event.to else f"by {event.period} from the base date"
            return f"The {what} was extended {granted}: {event.reason}"
        case events.DeadlinesRecomputed():
            named = {"recipient calendar": event.recipient_calendar, "issuer calendar": event.issuer_calendar}
            given = " and ".join(f"{name} {sha256[:12]}" for name, sha256 in named.items() if sha256)
            return f"The dates are computed with {given} from now on: {event.reason}"
        case events.DeadlinePassed():
            missing = outstanding_in_words(event.outstanding)
            return f"The response was due {event.due.in_words()}; {missing}.{_late(event.late_by_seconds)}"
        case events.ResponsePeriodClosed():
            return "The response time was closed before its end."
        case events.ResponsePeriodReopened():
            if event.due is None:
                return "The response time runs anew; what followed from the earlier date does not count."
            due = event.due.in_words()
            return f"The response is due {due}: what followed from an earlier date does not count."
        case events.CurePeriodStarted():
            return "The time to cure runs."
        case events.CurePeriodEnded():
            missing = outstanding_in_words(event.outstanding)
            if event.because == "none_foreseen":
                return f"No final notice is foreseen; {missing}."
            over = "is over" if event.because == "passed" else "was closed before its end"
            return f"The time to cure {over}; {missing}.{_late(event.late_by_seconds)}"
        case events.CurePeriodResumed():
            return f"The time to cure is not over yet; it ends {event.ends.in_words()}."
        case events.FinalNoticeVoided():
            return "The final notice was not given; another one goes out."
        case events.DeficiencyFound():
            return "The response leaves items outstanding; a letter says which."
        case events.DeficiencyCureStarted():
            return "The time to cure the deficiency runs."
        # Responses.
        case events.Acknowledged():
            return "The recipient acknowledged the demand." + (f" {event.note}" if event.note else "")
        case events.ResponseRecorded():
            response = event.response
            timing = ", after the deadline" if event.on_time is False else ""
            what = f"{RESPONSE_KINDS_IN_WORDS[response.kind]} from {response.sender}"
            return f"{what} was received{timing}; {outstanding_in_words(event.outstanding)}."
        case events.ResponseAccepted():
            return f"{', '.join(event.items)} accepted as complete; {outstanding_in_words(event.outstanding)}."
        case events.ObjectionRecorded():
            sender = event.objections[0].sender
            items = ", ".join(item for objection in event.objections for item in objection.items)
            late = ", after the objection date" if event.late else ""
            return f"{sender} objects to {items}{late}; {outstanding_in_words(event.outstanding)}."
        # The subpoena.
        case events.DraftReady():
            return f"Draft {event.draft.version} is ready for review."
        case events.DraftDiscarded():
            return f"Draft {event.draft.version} is no longer needed."
        case events.DraftSuperseded():
            return f"Draft {event.version} is superseded: {_SUPERSEDED_BECAUSE[event.because]}."
        case events.DraftWithdrawn():
            return f"Draft {event.version} is withdrawn."
        case events.SubpoenaReviewed():
            return _reviewed(event)
        case events.IssuanceRecorded():
            issued = event.issued
            return f"Subpoena {issued.number}, draft {event.version}, was issued, signed by {issued.signed_by}."
        case events.RecordCopyFiled():
            return "The record copy of the issued subpoena is filed."
        case events.ServiceRecorded():
            served = event.service
            return f"The subpoena was served on {served.on_whom} {served.how} by {served.by_whom}."
        case events.ReturnDatePassed():
            missing = outstanding_in_words(event.outstanding)
            return f"The return date was {event.due.in_words()}; {missing}.{_late(event.late_by_seconds)}"
        case events.ReferralStarted():
            return f"The matter is referred for enforcement{', without waiting' if event.early else ''}."
        case events.ReferralDropped():
            if event.due is None:
                return "The matter is not referred yet: the return date has moved."
            return f"The return is due {event.due.in_words()}: a referral after an earlier date does not count."
        case events.MemoReady():
            return "The referral memo is drawn up from the record."
        case events.MemoDiscarded():
            return "The referral memo is no longer needed."
        case events.MemoSuperseded():
            return "The referral memo is superseded: what is outstanding has changed."
        # What needs a person.
        case events.AttentionRaised():
            held = ", and the ladder waits for it" if event.holds else ""
            return f"Needs a person ({_spoken(event.attention)}{held}): {event.reason}"
        case events.AttentionCleared():
            return f"No longer needs a person ({_spoken(event.attention)})."
        case events.AttentionResolved():
            if event.outcome == "unserviceable":
                return f"The demand cannot be delivered: {event.reason}"
            return f"Attention {event.attention} was resolved: {event.reason}"
        case events.Escalated():
            return f"Escalated, {_SKIPPED[event.skips]}: {event.reason}"
        case events.WorkFailed():
            return f"{event.work} failed and is tried again: {event.reason}"
        case events.FilingFailed():
            return f"The record could not be filed and is kept: {event.reason}"
        case events.FilingRecovered():
            return "The record is filed again."
        case _:
            assert_never(event)


def _accepted(event: events.LetterAccepted) -> str:
    letter = event.letter
    text = f"The {letter.step} was accepted by the mail server of the {letter.to}."
    if letter.possible_copy:
        text += " An earlier sending is unconfirmed, so it says that it may be a second copy."
    if letter.late_by_seconds:
        text += f" It went out {timedelta(seconds=letter.late_by_seconds)} after its date."
    if event.superseded:
        text += " It went to the address before the correction, and does not count."
    return text


def _corrected(event: events.RecipientCorrected) -> str:
    before = event.was.model_dump()
    return ", ".join(
        f"{field} {value}" for field, value in event.recipient.model_dump().items() if value != before[field]
    )


def _reviewed(event: events.SubpoenaReviewed) -> str:
    version = event.review.version
    match event.review.decision:
        case "approve":
            return f"Draft {version} was approved."
        case "revise":
            changes = f": {', '.join(event.fields)}" if event.fields else ""
            return f"Draft {version} is to be revised{changes}."
        case "reject":
            return f"Draft {version} was rejected: {event.review.why}"


def _late(seconds: int) -> str:
    return f" This was noted {timedelta(seconds=seconds)} later." if seconds else ""


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="minutes")


def _spoken(attention: Attention) -> str:
    return attention.replace("_", " ")
