"""One demand to one jurisdiction, from the letter to the subpoena draft.

The promise: every open request has, at every moment, one activity under way or one timer at its `NextActionAt`.
A response that was reported is never lost, no letter goes out twice unmarked, and no timer ever issues anything.

Workflow id: ``<campaign>/<jurisdiction>``. What is decided, and by which rule, is in forthwith/request/; the
workflow waits, acts, and reports what happened.
"""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, CancelledError

with workflow.unsafe.imports_passed_through():
    from activities import letters as sending
    from activities.dates import Dates, DatesQuestion
    from activities.drafting import Drafting
    from activities.letters import Letters
    from activities.record import CaseFiles, Filing, Reading, Recovered
    from activities.rendering import fails_alike
    from forthwith import temporal
    from forthwith.campaign.models import RequestPlan
    from forthwith.casefile.store import Opening
    from forthwith.documents.orders import draft_order, letter_order, memo_order
    from forthwith.request import attention, clock_changes, deliveries, responses, subpoena_process
    from forthwith.request.actions import (
        Action,
        Close,
        ComputeDates,
        CopyIssued,
        DraftReferral,
        DraftSubpoena,
        SendLetter,
        Wait,
    )
    from forthwith.request.backoff import COPY, DATES, DRAFT, MEMO
    from forthwith.request.entries import Entry
    from forthwith.request.messages import UPDATES, Answer
    from forthwith.request.record import Outcome, PendingMessage, Recovery
    from forthwith.request.request import FILE_AGAIN_AFTER, Request
    from forthwith.request.signals import Unreadable, kept, read_signal
    from forthwith.request.timetable import Facts, Timetable
    from forthwith.request.vocabulary import Attention, Message, Status
    from forthwith.views.page import current_details
    from forthwith.views.status import Explanation, NextAction, RequestStatus, explanation, request_status
    from workflows.task_clock import TaskClock

Done = TypeVar("Done")

ONCE = RetryPolicy(maximum_attempts=1)
"""A letter is never sent again by the server: the request decides, from what the case file has of the last attempt."""

LETTER_AT_MOST = timedelta(minutes=15)
"""A mail server may think for ten minutes after the content (RFC 5321 4.5.3.2.6)."""

HEARTBEAT = timedelta(seconds=5)
"""A worker that was killed in the middle is noticed this soon."""

DRAFTING = RetryPolicy(maximum_attempts=3, initial_interval=timedelta(seconds=2))
DRAFT_AT_MOST = timedelta(minutes=10)

RECORD = RetryPolicy(maximum_attempts=3, initial_interval=timedelta(milliseconds=200))
RECORD_AT_MOST, RECORD_TRY_AT_MOST = timedelta(seconds=30), timedelta(seconds=5)
"""Dates and the dossier are local and quick; where they fail, a person is asked and it is tried again later. A worker
that was killed while filing is noticed after one try."""


@workflow.defn
class JurisdictionRequest:
    """Sends the demand, keeps its clock, and ends in a recorded outcome."""

    @workflow.init
    def __init__(self, plan: RequestPlan) -> None:
        self._clock = TaskClock()
        self._request = Request.opened(plan, self._clock.now)
        self._handled = 0
        self._next: NextAction | None = None
        self._recovery = workflow.memo_value(temporal.RECOVERY, None, type_hint=Recovery)
        """Why this workflow continues a request that another one drove before."""
        self._awaits_record = self._recovery is not None
        """The record of what happened under the workflow before is still to be replayed."""
        self._signals: list[tuple[str, list[bytes]]] = []
        """Received, and still to be taken: in their order, and with the time of their task."""
        self._shown = temporal.ShownAttributes(Status.SENDING, (), len(plan.campaign.demand.items))

    @workflow.run
    async def run(self, plan: RequestPlan) -> Outcome:
        """The request from the demand to its end. Returns how it ended."""
        # In a task of its own, so that a cancel from the Web UI interrupts nothing: it means a withdrawal.
        story = asyncio.create_task(self._carry_out())
        while not story.done():
            try:
                await asyncio.shield(story)
            except asyncio.CancelledError:
                self._handled += 1
        return story.result()

    async def _carry_out(self) -> Outcome:
        await self._open_case_file()
        while self._request.state.is_open:
            match self._what_next():
                case ComputeDates() as due:
                    await self._compute_dates(due)
                case SendLetter() as due:  # the demand, a chase, the final notice; review, issue, serve, refer
                    await self._send(due)
                case DraftSubpoena() as due:
                    await self._draft(due)
                case CopyIssued() as due:
                    await self._copy_issued(due)
                case DraftReferral() as due:
                    await self._draft_referral(due)
                case Wait() as until:  # for the response, the review, issuance, service, the return date
                    await self._wait(until)
                case Close():
                    break
        return await self._close_case_file()

    # What people and other systems report. Updates are answered; what is wrong is refused by name and leaves nothing.

    @workflow.update
    def record_response(self, message: responses.RecordResponse) -> Answer:
        """A response came in."""
        return self._handle(message)

    @record_response.validator
    def _may_record_response(self, message: responses.RecordResponse) -> None:
        self._refuse(message)

    @workflow.update
    def accept_response(self, message: responses.AcceptResponse) -> Answer:
        """A person finds claimed items complete."""
        return self._handle(message)

    @accept_response.validator
    def _may_accept_response(self, message: responses.AcceptResponse) -> None:
        self._refuse(message)

    @workflow.update
    def acknowledge(self, message: responses.Acknowledge) -> Answer:
        """The recipient confirmed that it has the demand."""
        return self._handle(message)

    @acknowledge.validator
    def _may_acknowledge(self, message: responses.Acknowledge) -> None:
        self._refuse(message)

    @workflow.update
    def record_delivery(self, message: deliveries.RecordDelivery) -> Answer:
        """What became of a letter after the mail server took it."""
        return self._handle(message)

    @record_delivery.validator
    def _may_record_delivery(self, message: deliveries.RecordDelivery) -> None:
        self._refuse(message)

    @workflow.update
    def extend_deadline(self, message: clock_changes.ExtendDeadline) -> Answer:
        """More time."""
        return self._handle(message)

    @extend_deadline.validator
    def _may_extend_deadline(self, message: clock_changes.ExtendDeadline) -> None:
        self._refuse(message)

    @workflow.update
    def pause_clock(self, message: clock_changes.PauseClock) -> Answer:
        """The recipient's time stands still."""
        return self._handle(message)

    @pause_clock.validator
    def _may_pause_clock(self, message: clock_changes.PauseClock) -> None:
        self._refuse(message)

    @workflow.update
    def resume_clock(self, message: clock_changes.ResumeClock) -> Answer:
        """The recipient's time runs again."""
        return self._handle(message)

    @resume_clock.validator
    def _may_resume_clock(self, message: clock_changes.ResumeClock) -> None:
        self._refuse(message)

    @workflow.update
    def correct_recipient(self, message: deliveries.CorrectRecipient) -> Answer:
        """The letters go to another address, person or name."""
        return self._handle(message)

    @correct_recipient.validator
    def _may_correct_recipient(self, message: deliveries.CorrectRecipient) -> None:
        self._refuse(message)

    @workflow.update
    def resend_letter(self, message: deliveries.ResendLetter) -> Answer:
        """A letter goes out again, as a copy or as a new demand."""
        return self._handle(message)

    @resend_letter.validator
    def _may_resend_letter(self, message: deliveries.ResendLetter) -> None:
        self._refuse(message)

    @workflow.update
    def review_subpoena(self, message: subpoena_process.ReviewSubpoena) -> Answer:
        """The attorney approves, revises or rejects the draft that was read."""
        return self._handle(message)

    @review_subpoena.validator
    def _may_review_subpoena(self, message: subpoena_process.ReviewSubpoena) -> None:
        self._refuse(message)

    @workflow.update
    def record_issuance(self, message: subpoena_process.RecordIssuance) -> Answer:
        """A person issued what was approved."""
        return self._handle(message)

    @record_issuance.validator
    def _may_record_issuance(self, message: subpoena_process.RecordIssuance) -> None:
        self._refuse(message)

    @workflow.update
    def record_service(self, message: subpoena_process.RecordService) -> Answer:
        """A person served what was issued."""
        return self._handle(message)

    @record_service.validator
    def _may_record_service(self, message: subpoena_process.RecordService) -> None:
        self._refuse(message)

    @workflow.update
    def record_objection(self, message: responses.RecordObjection) -> Answer:
        """The recipient objects."""
        return self._handle(message)

    @record_objection.validator
    def _may_record_objection(self, message: responses.RecordObjection) -> None:
        self._refuse(message)

    @workflow.update
    def escalate_now(self, message: attention.EscalateNow) -> Answer:
        """The next rung of escalation, without waiting for its date."""
        return self._handle(message)

    @escalate_now.validator
    def _may_escalate_now(self, message: attention.EscalateNow) -> None:
        self._refuse(message)

    @workflow.update
    def withdraw(self, message: attention.Withdraw) -> Answer:
        """The issuer takes the demand back."""
        return self._handle(message)

    @withdraw.validator
    def _may_withdraw(self, message: attention.Withdraw) -> None:
        self._refuse(message)

    @workflow.update
    def recompute_deadlines(self, message: clock_changes.RecomputeDeadlines) -> Answer:
        """The dates are computed with other calendars."""
        return self._handle(message)

    @recompute_deadlines.validator
    def _may_recompute_deadlines(self, message: clock_changes.RecomputeDeadlines) -> None:
        self._refuse(message)

    @workflow.update
    def resolve_attention(self, message: attention.ResolveAttention) -> Answer:
        """A person dealt with what needed attention."""
        return self._handle(message)

    @resolve_attention.validator
    def _may_resolve_attention(self, message: attention.ResolveAttention) -> None:
        self._refuse(message)

    @workflow.update
    def add_note(self, message: attention.AddNote) -> Answer:
        """Something the record should hold."""
        return self._handle(message)

    @add_note.validator
    def _may_add_note(self, message: attention.AddNote) -> None:
        self._refuse(message)

    @workflow.signal(dynamic=True)
    def on_signal(self, name: str, args: Sequence[RawValue]) -> None:
        """Whatever arrives as a signal. What cannot be read is kept, flagged, and holds the ladder."""
        self._signals.append((name, [value.payload.data for value in args]))

    def _take_signals(self) -> None:
        signals, self._signals = self._signals, []
        for name, content in signals:
            self._take_signal(name, content)

    def _take_signal(self, name: str, received: list[bytes]) -> None:
        match read_signal(name, received):
            case Unreadable(content=content, problem=problem):
                self._request.unreadable(name, content, problem, self._clock.now)
            case message:
                self._take(name, message)

    def _take(self, name: str, message: Message) -> None:
        """A message that cannot be refused any more: it is taken, or kept as unreadable."""
        if refusal := self._request.refusal(message, self._clock.now):
            self._request.unreadable(name, kept([message.model_dump_json().encode()]), refusal, self._clock.now)
        else:
            self._request.take(message, self._clock.now)

    # What can be asked.

    @workflow.query
    def status(self) -> RequestStatus:
        """Where the request stands."""
        return request_status(self._request, self._next)

    @workflow.query
    def timeline(self, after: int = 0) -> list[Entry]:
        """Everything that happened after entry number ``after``, chained by hash; as much as one answer may hold."""
        return self._request.timeline_after(after)

    @workflow.query
    def explain(self) -> Explanation:
        """Why it stands there, and how its dates were computed."""
        return explanation(self._request, self._next)

    # How the story is carried out.

    async def _open_case_file(self) -> None:
        info, plan = workflow.info(), self._request.plan.content_hash
        opening = workflow.start_activity_method(
            CaseFiles.open_case,
            Opening(workflow_id=info.workflow_id, first_run=info.first_execution_run_id, plan=plan),
            start_to_close_timeout=RECORD_AT_MOST,
            summary="open the case file, once",
        )
        opened = await self._result(opening)
        if isinstance(opened, Recovered):
            await self._recover(opened)
        else:
            self._request.case_opened(opened.objects, self._clock.now, cancelled=opened.cancelled)
        self._awaits_record = False
        self._take_signals()

    async def _recover(self, recovered: Recovered) -> None:
        """Continues from the record; what Temporal accepted beyond it is taken now."""
        plan, entries = self._request.plan, list[Entry]()
        while len(entries) < recovered.entries:
            reading = workflow.start_activity_method(
                CaseFiles.read_entries,
                Reading(workflow_id=plan.workflow_id, after=len(entries)),
                start_to_close_timeout=RECORD_AT_MOST,
                summary=f"read the record from entry {len(entries) + 1} on",
            )
            entries += (await self._result(reading)).entries
        if entries:
            self._request = Request.from_record(plan, entries)
            self._clock.advance(entries[-1].at)  # a record does not go back in time
        else:  # nothing was filed; the letters that went out have their receipts
            self._request = Request.opened(plan, recovered.started_at)
        if self._request.state.is_open:
            self._request.dates = await self._dates_for_good(self._request.facts)
        self._request.recovered(self._recovery or recovered.recovery, self._clock.now, objects=recovered.objects)
        for message in recovered.recovery.pending:
            self._take_pending(message)

    def _take_pending(self, message: PendingMessage) -> None:
        """What Temporal accepted for the workflow before, which was stopped before it had filed it."""
        if message.name in UPDATES:
            self._take(message.name, UPDATES[message.name].model_validate_json(message.payloads[0]))
        else:
            self._take_signal(message.name, [payload.encode() for payload in message.payloads])

    async def _result(self, doing: workflow.ActivityHandle[Done]) -> Done:
        """The result of an activity, or its error, with the workflow task that brings it."""
        await workflow.wait_condition(doing.done)
        await self._woken()
        return await doing

    async def _woken(self) -> None:
        """Takes the time of the workflow task that woke the request, and the signals that it brought."""
        await self._clock.woken()
        if not self._awaits_record:
            self._take_signals()

    def _what_next(self) -> Action:
        reason = workflow.cancellation_reason()
        if reason is not None:
            self._request.cancelled(reason, self._clock.now)
        return self._request.proceed(self._clock.now)

    async def _compute_dates(self, due: ComputeDates) -> None:
        try:
            dates = await self._dates_of(due.facts)
        except ActivityError as error:
            self._work_failed(DATES, error, Attention.DATES_FAILED)
        else:
            self._request.dates_computed(dates, self._clock.now)

    async def _dates_for_good(self, facts: Facts) -> Timetable:
        """The dates, however often it has to be tried: a request that is being recovered must not fail."""
        return await self._dates_of(facts, at_most=None, tries=RetryPolicy())

    async def _dates_of(
        self, facts: Facts, *, at_most: timedelta | None = RECORD_AT_MOST, tries: RetryPolicy = RECORD
    ) -> Timetable:
        computing = workflow.start_activity_method(
            Dates.compute_dates,
            DatesQuestion(plan=self._request.plan.content_hash, facts=facts),
            schedule_to_close_timeout=at_most,
            start_to_close_timeout=RECORD_TRY_AT_MOST,
            retry_policy=tries,
            summary="compute the dates",
        )
        return await self._result(computing)

    async def _send(self, due: SendLetter) -> None:
        step = due.step
        self._show(NextAction(at=None, what=f"{step.id} goes to the {step.to}"))
        letter = workflow.start_activity_method(
            Letters.send_letter,
            letter_order(self._request, due, self._clock.now),
            start_to_close_timeout=LETTER_AT_MOST,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=ONCE,
            cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            summary=f"{step.id} to the {step.to}",
        )
        try:
            receipt = await self._unless_moot(letter, due)
        except ActivityError as error:
            self._letter_failed(due, error)
        else:
            self._request.letter_accepted(step, receipt, possible_copy=due.possible_copy, now=self._clock.now)

    def _letter_failed(self, due: SendLetter, error: ActivityError) -> None:
        request, step, now, evidence = self._request, due.step, self._clock.now, sending.evidence(error.cause)
        match error.cause:
            case ApplicationError() as cause if request.is_superseded(due):
                request.letter_superseded(step, cause.message, now, evidence=evidence)
            case ApplicationError(type=sending.DEFERRED) as cause:
                wait = timedelta(seconds=cause.details[0])
                request.letter_deferred(step, cause.message, retry_after=wait, now=now, evidence=evidence)
            case ApplicationError(type=sending.REFUSED) as cause:
                request.letter_refused(step, cause.message, now, evidence=evidence)
            case ApplicationError(type=sending.UNCONFIRMED) as cause:
                request.letter_unconfirmed(step, cause.message, now, evidence=evidence)
            case ApplicationError() as cause:
                self._work_failed(step.id, error, Attention.LETTER_FAILED, f"{step.id}: {cause.message}")
            case CancelledError():
                request.letter_called_back(step, now)
            case _:
                request.sender_lost(step, now)

    async def _draft(self, due: DraftSubpoena) -> None:
        self._show(NextAction(at=None, what=f"draft {due.version} is drawn up"))
        drafting = workflow.start_activity_method(
            Drafting.draft_subpoena,
            draft_order(self._request, due, self._clock.now),
            start_to_close_timeout=DRAFT_AT_MOST,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=DRAFTING,
            summary=f"draw up draft {due.version}",
        )
        try:
            draft = await self._unless_moot(drafting, due)
        except ActivityError as error:
            if self._request.still_wants(due):
                self._work_failed(DRAFT, error)
        else:
            self._request.draft_finished(draft, self._clock.now)

    async def _copy_issued(self, due: CopyIssued) -> None:
        try:
            copy = await self._result(
                workflow.start_activity_method(
                    Drafting.draft_subpoena,
                    draft_order(self._request, due, self._clock.now),
                    start_to_close_timeout=DRAFT_AT_MOST,
                    heartbeat_timeout=HEARTBEAT,
                    retry_policy=DRAFTING,
                    summary="draw up the record copy of what was issued",
                )
            )
        except ActivityError as error:
            self._work_failed(COPY, error)
        else:
            self._request.record_copy_finished(copy.document, self._clock.now)

    async def _draft_referral(self, due: DraftReferral) -> None:
        """The memo recites the record as the dossier has it, so the record is filed first."""
        await self._file_entries()
        self._show(NextAction(at=None, what="the referral memo is drawn up"))
        drafting = workflow.start_activity_method(
            Drafting.draft_referral,
            memo_order(self._request, self._clock.now),
            start_to_close_timeout=DRAFT_AT_MOST,
            heartbeat_timeout=HEARTBEAT,
            retry_policy=DRAFTING,
            summary="draw up the referral memo",
        )
        try:
            memo = await self._unless_moot(drafting, due)
        except ActivityError as error:
            if self._request.still_wants(due):
                self._work_failed(MEMO, error)
        else:
            self._request.memo_finished(memo, self._clock.now)

    def _work_failed(
        self, work: str, error: ActivityError, attention: Attention = Attention.DRAFT_FAILED, reason: str = ""
    ) -> None:
        if isinstance(error.cause, ApplicationError) and error.cause.type == sending.DAMAGED:
            attention = Attention.CASE_FILE_DAMAGED
        why, alike = reason or _why(error), fails_alike(error)
        self._request.work_failed(work, attention, why, self._clock.now, alike=alike)

    async def _unless_moot(
        self, doing: workflow.ActivityHandle[Done], due: SendLetter | DraftSubpoena | DraftReferral
    ) -> Done:
        """The result of an activity, called back if what was reported meanwhile makes it moot."""
        while not doing.done() and self._request.still_wants(due):
            await workflow.wait_condition(
                lambda: doing.done() or bool(self._signals) or not self._request.still_wants(due)
            )
            if not doing.done():
                await self._woken()
        if not doing.done():
            doing.cancel()
        return await self._result(doing)

    async def _wait(self, until: Wait) -> None:
        await self._file_entries()
        if self._what_next() != until or self._request.to_file(self._clock.now):
            return  # filing took its time, and something was accepted or came due meanwhile
        handled = self._handled
        self._show(NextAction(at=until.until, what=until.then))
        try:
            await workflow.wait_condition(
                lambda: self._handled > handled or bool(self._signals),
                timeout=until.until - self._clock.now,
                timeout_summary=until.then,
            )
        except TimeoutError:
            self._clock.advance(until.until)  # a timer may fire a moment before its time
        await self._woken()

    async def _file_entries(self) -> None:
        """Files what is on record, and what comes to be on record meanwhile."""
        while entries := self._request.to_file(self._clock.now):
            try:
                head = await self._result(
                    workflow.start_activity_method(
                        CaseFiles.file_entries,
                        Filing(workflow_id=self._request.plan.workflow_id, entries=entries, head=entries[-1].head),
                        schedule_to_close_timeout=RECORD_AT_MOST,
                        start_to_close_timeout=RECORD_TRY_AT_MOST,
                        retry_policy=RECORD,
                        summary="file the record",
                    )
                )
            except ActivityError as error:
                self._request.not_filed(_why(error), self._clock.now)
            else:
                self._request.filed(len(entries), self._clock.now, head=head)

    async def _close_case_file(self) -> Outcome:
        while self._signals or not self._request.is_all_filed:
            if not self._request.to_file(self._clock.now):  # the dossier failed, and is spared for a while
                self._show(NextAction(at=self._clock.now + FILE_AGAIN_AFTER, what="another try to file the record"))
                await workflow.sleep(FILE_AGAIN_AFTER, summary="another try to file the record")
                await self._woken()
            await self._file_entries()
        self._show(None)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._request.ending

    def _handle(self, message: Message) -> Answer:
        self._clock.update_came()
        if self._signals:  # they were sent before it, and may have left nothing to take
            self._take_signals()
            self._refuse(message)
        answer = self._request.take(message, self._clock.now)
        self._handled += 1
        return answer

    def _refuse(self, message: Message) -> None:
        if self._awaits_record:
            again = "the request is being recovered from its case file; send it again in a moment"
            raise ApplicationError(again, type="NotYet", non_retryable=True)
        if refusal := self._request.refusal(message, max(self._clock.now, workflow.now())):
            raise ApplicationError(refusal, type="Refused", non_retryable=True)

    def _show(self, next_action: NextAction | None) -> None:
        """Status, search attributes, current details and the log line change together, and only here."""
        self._next = next_action
        workflow.set_current_details(current_details(self._request, next_action))
        shown = temporal.ShownAttributes(
            status=self._request.state.status,
            attention=tuple(sorted(self._request.state.attention.reasons)),
            outstanding=len(self._request.state.items.outstanding),
            response_due=self._request.response_due,
            # What is being done right now keeps the moment it was due at.
            next_action_at=self._shown.next_action_at
            if next_action and next_action.at is None
            else next_action and next_action.at,
        )
        if shown == self._shown:
            return
        self._shown = shown
        workflow.upsert_search_attributes(shown.updates())  # pyright: ignore[reportUnknownMemberType] - the SDK's
        workflow.logger.info(
            "%s", shown.status, extra={"attention": shown.attention, "next_action_at": str(shown.next_action_at)}
        )


def _why(error: ActivityError) -> str:
    return str(error.cause or error)
