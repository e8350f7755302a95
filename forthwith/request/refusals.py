"""Which messages a request cannot take now, and why: pure reading, nothing is changed.

Every refusal names the field, what is wrong with it, and what would be right. An empty string means: it can be taken.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from forthwith.documents.subpoena import editable_fields
from forthwith.request.messages import (
    MOST_MESSAGES,
    AcceptResponse,
    Acknowledge,
    AddNote,
    AnyMessage,
    Attention,
    CorrectRecipient,
    DeliveryReport,
    EscalateNow,
    ExtendDeadline,
    PauseClock,
    RecomputeDeadlines,
    RecordIssuance,
    RecordObjection,
    RecordResponse,
    RecordService,
    ResendLetter,
    ResolveAttention,
    ResumeClock,
    ReviewSubpoena,
    Status,
    Withdraw,
)
from forthwith.request.timetable import StepKind, numbered

if TYPE_CHECKING:
    from forthwith.request.case import Case

LONGEST_EXTENSION = timedelta(days=366)
"""From the day it is granted. A date beyond is a slip of the pen, and would lie outside the pinned calendars."""


def refusal(case: "Case", message: AnyMessage, now: datetime) -> str:
    """Why ``case`` cannot take ``message`` at ``now``; empty when it can.

    A repeated event is taken, since it is answered as the first time; another message under its id is not. Withdrawing
    and resolving are possible beyond the cap: a request that was flooded must still be one that people can end.
    """
    if earlier := case.answers.get(message.event_id):
        return "" if earlier[0] == message else f"event_id: {message.event_id} was already used for another message"
    if case.outcome:
        return f"the request has ended as {case.outcome.status}"
    if case.messages >= MOST_MESSAGES and not isinstance(message, Withdraw | ResolveAttention):
        return f"the request already took {MOST_MESSAGES} messages, the most that one request takes"
    match message:
        case RecordResponse():
            return _of_response(case, message, now)
        case AcceptResponse():
            return _of_acceptance(case, message)
        case Acknowledge():
            return _of_instant(case, "received_at", message.received_at, now)
        case DeliveryReport():
            return _of_delivery(case, message, now)
        case ExtendDeadline():
            return _of_extension(case, message, now)
        case PauseClock():
            return _of_pause(case, message, now)
        case ResumeClock():
            return _of_resumption(case, message, now)
        case CorrectRecipient():
            return _of_correction(case, message)
        case ResendLetter():
            return _of_resending(case, message)
        case ReviewSubpoena():
            return _of_review(case, message)
        case RecordIssuance():
            return _of_issuance(case, message, now)
        case RecordService():
            return _of_service(case, message, now)
        case RecordObjection():
            return _of_objection(case, message, now)
        case EscalateNow():
            return _of_escalation(case)
        case RecomputeDeadlines():
            return _of_recomputing(case, message)
        case ResolveAttention():
            return _of_resolution(case, message)
        case Withdraw() | AddNote():
            return ""


def _of_response(case: "Case", response: RecordResponse, now: datetime) -> str:
    if refused := _of_instant(case, "received_at", response.received_at, now):
        return refused
    if response.kind == "production" and not response.items:
        return "items: a production says which items it answers"
    if response.kind in ("extension_request", "other") and response.items:
        return f"items: only a production says what became of items, not {response.kind}; leave items out"
    if response.items == "all":
        return ""
    if response.kind in ("refusal", "no_records") and response.items:
        return f"items: a {response.kind} speaks of every item; leave items out"
    return _of_items(case, (report.id for report in response.items))


def _of_instant(case: "Case", field: str, instant: datetime, now: datetime) -> str:
    if instant > now:
        return f"{field}: {instant.isoformat()} is in the future"
    if instant < case.opened_at:
        return f"{field}: {instant.isoformat()} is before the request was started ({case.opened_at.isoformat()})"
    return ""


def _of_acceptance(case: "Case", acceptance: AcceptResponse) -> str:
    if case.plan.campaign.completeness != "reviewed":
        return "the campaign takes responses as reported (completeness: reported); there is nothing to accept"
    claimed = case.items.claimed
    if acceptance.items == "all":
        return "" if claimed else "items: nothing is claimed as complete"
    if unclaimed := [item for item in acceptance.items if item not in claimed]:
        return f"items: {', '.join(unclaimed)} not claimed as complete; claimed are {', '.join(claimed) or 'none'}"
    return ""


def _of_delivery(case: "Case", report: DeliveryReport, now: datetime) -> str:
    sent = dict.fromkeys(letter.step for letter in case.letters)
    if report.letter not in sent and not case.is_in_doubt(report.letter):
        return f"letter: no {report.letter!r} was sent; sent were {', '.join(sent) or 'none'}"
    return _of_instant(case, "at", report.at, now)


def _of_extension(case: "Case", extension: ExtendDeadline, now: datetime) -> str:
    """Before the clock runs only a date certain can be moved: a period has nothing yet to be counted from."""
    dates, response = case.timetable, case.plan.campaign.clock.response
    if case.phase is Status.AWAITING_SERVICE:
        return "the subpoena was issued; its return date is counted from service, and can be extended after it"
    if dates is None or not (case.clock_runs or (response and response.by and extension.to)):
        return "the clock does not run yet; there is no deadline to extend"
    is_return = case.phase is Status.AWAITING_RETURN
    due = dates.return_due if is_return and dates.return_due else dates.deadline
    given = response.within if response else None
    within = case.plan.campaign.ladder.subpoena.return_within if is_return else given
    today = now.astimezone(ZoneInfo(case.plan.jurisdiction.timezone)).date()
    if extension.to:
        if extension.to <= due.due:
            return f"to: {extension.to} is not after {due.due}, when the response is due already"
        if extension.to < today:
            return f"to: {extension.to} is in the past"
        if extension.to > today + LONGEST_EXTENSION:
            return f"to: {extension.to} is more than a year away"
        return ""
    if extension.period is None:
        return "give either to (a date) or period (such as {days: 14})"
    if due.longest and due.due >= due.longest.due:
        return f"period: the rule allows no more than {due.longest.period}, until {due.longest.due}; give a date (to)"
    if extension.period.is_elapsed:
        if not (within and within.is_elapsed):
            return "period: an extension of a deadline in days is given in days or business_days"
        until = (due.before_move or due.closes_at) + extension.period.elapsed
        earliest, is_over = until.date(), until <= now
    else:
        earliest = due.last_counted + timedelta(days=extension.period.count)
        is_over = earliest < today
    if is_over:
        return f"period: {extension.period} from {due.last_counted} are over already; give a date (to) instead"
    if earliest > today + LONGEST_EXTENSION:
        return f"period: {extension.period} from {due.last_counted} end more than a year from now"
    return ""


def _of_pause(case: "Case", pause: PauseClock, now: datetime) -> str:
    """A pause begins while a period of the recipient runs: neither before it nor once it is over."""
    since, dates = pause.at or now, case.timetable
    if case.paused_since:
        return f"the clock stands still since {case.paused_since.isoformat()} already; resume it first"
    if dates is None or case.clock_from is None:
        return "the clock does not run yet; there is nothing to pause"
    if refused := _of_instant(case, "at", since, now):
        return refused
    if since < case.clock_from:
        return f"at: {since.isoformat()} is before the clock began to run ({case.clock_from.isoformat()})"
    if case.phase is Status.OVERDUE and case.final_notice_at and dates.cure:
        over = dates.cure.closes_at
    elif case.phase is Status.AWAITING_RETURN and case.service and dates.return_due and not case.refers:
        if since < case.service.served_at:
            return f"at: {since.isoformat()} is before the subpoena was served ({case.service.served_at.isoformat()})"
        over = dates.return_due.closes_at
    elif case.phase in (Status.AWAITING_RESPONSE, Status.OVERDUE):
        over = min(dates.deadline.closes_at, case.overdue_from or dates.deadline.closes_at)
    else:
        return f"no time of the recipient runs that could be paused; the request is {case.status}"
    return f"at: the time was over at {over.isoformat()}; a pause gives none of it back" if since >= over else ""


def _of_resumption(case: "Case", resumption: ResumeClock, now: datetime) -> str:
    if case.paused_since is None:
        return "the clock does not stand still; there is nothing to resume"
    until = resumption.at or now
    if until < case.paused_since:
        return f"at: {until.isoformat()} is before the clock was paused ({case.paused_since.isoformat()})"
    return _of_instant(case, "at", until, now)


def _of_correction(case: "Case", correction: CorrectRecipient) -> str:
    if correction.email and case.plan.campaign.issuer.is_own(correction.email):
        return f"email: {correction.email} is our own address; letters would come back to us"
    now, given = case.recipient, correction
    corrected = (given.email or now.email, given.attention or now.attention, given.name or now.name)
    if corrected == (now.email, now.attention, now.name):
        return f"nothing is different: the letters go to {now.name}, {now.attention}, {now.email} already"
    return ""


def _of_resending(case: "Case", resending: ResendLetter) -> str:
    sent = {letter.step: letter for letter in case.letters if letter.to == "recipient"}
    letter = sent.get(resending.letter)
    if letter is None:
        return f"letter: no {resending.letter!r} went to the recipient; there went {', '.join(sent) or 'none'}"
    if letter.kind is StepKind.COPY:
        return f"letter: {letter.step} is a copy; name the letter that it is a copy of"
    if not resending.restarts_clock:
        held = ", ".join(case.holds)
        return f"no letter goes to the recipient while the request is on hold ({held}); end that first" if held else ""
    if letter.kind is not StepKind.DEMAND:
        return f"restarts_clock: only a demand starts the clock; {letter.step} can be sent again as a copy"
    current = numbered("demand", case.demands)
    if letter.step != current:
        return f"letter: the demand that counts is {current}" + (
            "" if current in sent else ", and it is still to go out"
        )
    if case.issued:
        return "restarts_clock: a subpoena was issued on this demand; it can be sent again as a copy"
    response = case.plan.campaign.clock.response
    if response and response.by:
        return "restarts_clock: the response is due on a date that no demand moves; extend it, or send a copy"
    return ""


def _of_recomputing(case: "Case", recomputing: RecomputeDeadlines) -> str:
    for_recipient = case.recipient_calendar or case.plan.recipient_calendar
    for_issuer = case.issuer_calendar or case.plan.issuer_calendar
    asked = (recomputing.recipient_calendar or for_recipient, recomputing.issuer_calendar or for_issuer)
    return "the dates are computed with these calendars already" if asked == (for_recipient, for_issuer) else ""


def _of_review(case: "Case", review: ReviewSubpoena) -> str:
    if case.draft is None or case.phase is not Status.AWAITING_REVIEW:
        return f"there is no draft to review; the request is {case.status}"
    issuer = case.plan.campaign.issuer
    reviewers = {"reviewer": issuer.reviewer.name, "supervisor": issuer.supervisor.name}
    if reviewers.get(review.by.role) != review.by.name:
        named = " or ".join(f"{name!r} as {role}" for role, name in reviewers.items())
        return f"by: only {named} reviews this draft, not {review.by.name!r} as {review.by.role}"
    if review.sha256 != case.draft.sha256:
        return f"sha256: {review.sha256[:12]}… is not draft {case.draft.version}, which is {case.draft.sha256}"
    known = editable_fields(case.plan.campaign)
    if unknown := [field for field in review.fields if field not in known]:
        return f"fields: no field {', '.join(unknown)}; fields are {', '.join(known)}"
    if review.decision == "approve" and case.holds:
        return f"a draft cannot be approved while the request is on hold ({', '.join(case.holds)}); resolve that first"
    if review.decision == "approve" and case.draft.missing:
        return f"a draft cannot be approved with empty fields: {', '.join(case.draft.missing)}"
    return ""


def _of_issuance(case: "Case", issuance: RecordIssuance, now: datetime) -> str:
    if case.issued:
        return f"subpoena {case.issued.number} was issued already; the request is {case.status}"
    if case.draft is None or case.phase is not Status.AWAITING_ISSUANCE:
        return f"there is no approved draft to issue; the request is {case.status}"
    if case.holds:
        return f"nothing is issued while the request is on hold ({', '.join(case.holds)}); resolve that first"
    if issuance.draft != case.draft.sha256:
        return f"draft: {issuance.draft[:12]}… is not approved draft {case.draft.version}, which is {case.draft.sha256}"
    if case.draft.missing:
        return f"draft: fields that are required are empty: {', '.join(case.draft.missing)}"
    return _of_instant(case, "issued_at", issuance.issued_at, now)


def _of_service(case: "Case", service: RecordService, now: datetime) -> str:
    if case.issued is None or case.phase is not Status.AWAITING_SERVICE:
        return f"there is no issued subpoena that waits for service; the request is {case.status}"
    if refused := _of_instant(case, "served_at", service.served_at, now):
        return refused
    if service.served_at < case.issued.issued_at:
        return (
            f"served_at: {service.served_at.isoformat()} is before the issuance ({case.issued.issued_at.isoformat()})"
        )
    if case.plan.campaign.ladder.subpoena.form != "court_rule45":
        return ""
    if service.notice_to_parties_at is None:
        return "notice_to_parties_at: is missing; the other parties are given notice before service, FRCP 45(a)(4)"
    if service.notice_to_parties_at >= service.served_at:
        return "notice_to_parties_at: is not before served_at; notice comes before service, FRCP 45(a)(4)"
    return ""


def _of_objection(case: "Case", objection: RecordObjection, now: datetime) -> str:
    if refused := _of_instant(case, "received_at", objection.received_at, now):
        return refused
    if case.demand_sent_at is None:
        return "no demand was sent yet; there is nothing to object to"
    return _of_items(case, [one.id for one in objection.items])


def _of_items(case: "Case", ids: Iterable[str]) -> str:
    named = Counter(ids)
    if unknown := case.items.unknown(named):
        known = ", ".join(state.id for state in case.items.states)
        return f"items: the demand has no {', '.join(unknown)}; it has {known}"
    if twice := [item for item, times in named.items() if times > 1]:
        return f"items: {', '.join(twice)} stands more than once; an item has one disposition"
    return ""


def _of_escalation(case: "Case") -> str:
    if case.holds:
        return f"the request is on hold ({', '.join(case.holds)}); resolve that first"
    if case.phase in (Status.SENDING, Status.DRAFTING):
        return f"there is nothing to escalate while the request is {case.phase}"
    if case.refers:
        return "the matter is being referred already"
    return ""


def _of_resolution(case: "Case", resolution: ResolveAttention) -> str:
    if resolution.attention is Attention.CLOCK_PAUSED and case.paused_since:
        return (
            "attention: clock_paused ends with resume_clock (`forthwith resume-clock`),"
            " which says from when time runs again"
        )
    if resolution.attention not in case.attention:
        return f"attention: {resolution.attention} is not open; open are {', '.join(case.attention) or 'none'}"
    if resolution.outcome == "unserviceable" and not (
        resolution.attention is Attention.UNDELIVERABLE and case.phase is Status.SENDING
    ):
        return "outcome: only a request whose demand is undeliverable can end as unserviceable"
    return ""
