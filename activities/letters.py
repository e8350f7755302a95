"""Sends one letter: composed, set in type, claimed, handed to the mail server, and receipted.

Claim, send, receipt (forthwith/casefile/attempts.py): a letter that was claimed is never sent again by itself.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.rendering import UNPRINTABLE_LETTER, rendered
from forthwith.campaign.models import Contact, RequestPlan
from forthwith.casefile.attempts import AlreadyClaimed, Attempt, NothingSent
from forthwith.casefile.store import Dossier, DossierDamaged, DossierError
from forthwith.documents.letters import LetterOrder, compose_letter
from forthwith.documents.wording import plain_text
from forthwith.heartbeat import BEAT, NotWanted, ServerSilent, ask_whether_wanted, heartbeating
from forthwith.mail.client import Acceptance, MailClient, MailDeferred, RecipientRefused, SendUnconfirmed
from forthwith.mail.message import Attachment, Mail, UnsafeHeader, message_id
from forthwith.rendering import NOT_RENDERABLE, Renderer, RenderingStopped
from forthwith.request.record import Filed, Receipt
from forthwith.request.timetable import RESPONSE_DUE, StepKind
from forthwith.views.agenda import deadline
from forthwith.views.ics import calendar_of

DEFERRED = "MailDeferred"
REFUSED = "RecipientRefused"
UNCONFIRMED = "SendUnconfirmed"
UNWRITABLE = "DossierUnwritable"
DAMAGED = DossierDamaged.__name__

ANOTHER_WORKER = timedelta(seconds=1)
"""How long a letter rests that a stopping worker gave back: whoever takes it next need not wait for anything."""

ANOTHER_PROCESS = "another process is sending this letter"


class Letters:
    """The activity that sends letters, through the worker's one mail client."""

    def __init__(self, dossier: Dossier, mail: MailClient, renderer: Renderer) -> None:
        self._dossier = dossier
        self._mail = mail
        self._renderer = renderer

    @activity.defn
    async def send_letter(self, order: LetterOrder) -> Receipt:
        """Sends the letter of one step and attempt, or returns what became of that attempt before.

        Fails with an ``ApplicationError`` whose type says what is known: ``MailDeferred`` (nothing sent, details:
        seconds until the next try), ``RecipientRefused`` (nothing sent, for good), ``SendUnconfirmed`` (accepted or
        not is unknown), ``LetterUnprintable``, ``DossierUnwritable`` and ``DossierDamaged`` (nothing sent, our own
        fault). The first three have their `evidence` in their details.
        """
        started = time.monotonic()
        attempt = Attempt(self._dossier, order.workflow_id, order.step.id, order.attempt)
        try:
            if receipt := attempt.receipt:
                return receipt
            if order.known:
                return attempt.confirmed(order.known)
            if refused := attempt.nothing_sent:
                raise _nothing_sent(refused, attempt)
            if attempt.is_claimed:
                raise _unconfirmed("the sender was lost between handing over the letter and the answer", attempt)
            async with heartbeating():
                return await self._send(order, attempt, started)
        except DossierDamaged as error:
            raise ApplicationError(str(error), type=DAMAGED, non_retryable=True) from error
        except DossierError as error:
            raise ApplicationError(str(error), type=UNWRITABLE, non_retryable=True) from error
        except (*NOT_RENDERABLE, UnsafeHeader) as error:
            raise ApplicationError(str(error), type=UNPRINTABLE_LETTER, non_retryable=True) from error

    async def _send(self, order: LetterOrder, attempt: Attempt, started: float) -> Receipt:
        try:
            mail, path, content = await self._compose(order, attempt)
        except RenderingStopped as error:
            raise _refused(attempt, DEFERRED, str(error), ANOTHER_WORKER) from error
        kept = list[Filed]()

        def claim() -> None:
            """Only what goes out is kept: so whatever the case file holds of a letter is in an entry."""
            pdf, eml = self._dossier.keep(path, content), attempt.keep_eml(mail.serialise())
            kept.extend((pdf, eml, attempt.claim(mail.message_id, eml, pdf)))

        try:
            acceptance = await self._hand_over(mail, attempt, claim)
        except MailDeferred as error:
            raise _refused(attempt, DEFERRED, error.reason, error.retry_after) from error
        except RecipientRefused as error:
            raise _refused(attempt, REFUSED, f"{error.code} {error.reason}", timedelta()) from error
        except AlreadyClaimed as error:
            raise _unconfirmed(ANOTHER_PROCESS, attempt) from error
        except NotWanted as error:
            await asyncio.sleep(2 * BEAT.total_seconds())  # a cancel is on its way here, and interrupts this
            raise _nothing_sent(NothingSent(type=DEFERRED, reason=str(error))) from error
        except SendUnconfirmed as error:
            raise _unconfirmed(error.reason, attempt) from error
        pdf, eml, claimed = kept
        # Server time plus elapsed time: right on a virtual clock, and proof against a host whose clock is wrong.
        accepted_at = activity.info().started_time + timedelta(seconds=time.monotonic() - started)
        receipt = Receipt(
            message_id=mail.message_id,
            recipient=mail.recipient,
            accepted_at=accepted_at,
            response=acceptance.response,
            refused_copies=acceptance.refused_copies,
            eml=eml,
            pdf=pdf,
            claim=claimed,
        )
        # Where it cannot be kept, the letter was accepted all the same: history files it with its entry.
        with suppress(DossierError):
            attempt.keep_receipt(receipt)
        return receipt

    async def _hand_over(self, mail: Mail, attempt: Attempt, claim: Callable[[], None]) -> Acceptance:
        """Sends a letter. A worker that stops calls back one without a claim, and waits for the answer to any other."""
        sending = asyncio.create_task(self._mail.send(mail, before_data=lambda: _at_the_last_moment(attempt, claim)))
        calling_back = asyncio.create_task(_call_back_when_the_worker_stops(sending))
        try:
            return await sending
        except asyncio.CancelledError as error:
            if activity.is_worker_shutdown():
                raise MailDeferred("the worker that was about to send it was stopped", ANOTHER_WORKER) from error
            raise
        finally:
            calling_back.cancel()

    async def _compose(self, order: LetterOrder, attempt: Attempt) -> tuple[Mail, Path, bytes]:
        """The message, and the PDF in it with where that is to be kept."""
        plan = self._dossier.plan(order.plan)
        templates = self._dossier.templates(plan.templates)
        name = f"{order.step.kind}.j2"
        wording = {name: templates[name]}
        letter = await rendered(self._renderer.submit(wording, compose_letter, plan, wording, order))
        path = attempt.folder / f"letter-{letter.content_hash[:12]}.pdf"
        if path.exists():
            content = self._dossier.read(path)
        else:
            template = templates["letter.typ"]
            content = await rendered(self._renderer.pdf("letter.typ", template, letter, created=order.composed_at))
        attachments = [Attachment(filename=f"{order.step.kind.replace('_', '-')}.pdf", content=content)]
        if order.step.kind is StepKind.DEMAND:
            attachments.append(_response_date(plan, order))
        if order.resent and order.step.kind is StepKind.COPY:
            original = self._dossier.read(self._dossier.root / order.resent.letter.receipt.pdf.uri)
            name = order.resent.letter.step
            attachments.append(Attachment(filename=f"copy-of-{name}.pdf", content=original))
        if order.draft and order.step.kind is StepKind.REVIEW_REQUEST:
            draft = self._dossier.read(self._dossier.root / order.draft.document.uri)
            attachments.append(Attachment(filename=f"subpoena-draft-{order.draft.version}.pdf", content=draft))
        if order.memo and order.step.kind is StepKind.REFERRAL:
            memo = self._dossier.read(self._dossier.root / order.memo.uri)
            attachments.append(Attachment(filename="referral-memo.pdf", content=memo))
        return _mail(plan, order, letter.subject, plain_text(letter), tuple(attachments)), path, content


async def _at_the_last_moment(attempt: Attempt, claim: Callable[[], None]) -> None:
    """Claims an attempt in the last moment at which its letter can be called back. Raises what `_send` sorts."""
    try:
        await ask_whether_wanted()
    except ServerSilent as error:
        reason = f"Temporal could not be asked whether the letter is still wanted: {error}"
        raise MailDeferred(reason, ANOTHER_WORKER) from error
    asked, still_ours = time.monotonic(), activity.info().heartbeat_timeout or timedelta.max
    claim()
    if attempt.is_overtaken or time.monotonic() - asked > still_ours.total_seconds():
        raise MailDeferred("the worker stood still when it was about to send the letter", ANOTHER_WORKER)


async def _call_back_when_the_worker_stops(sending: asyncio.Task[Acceptance]) -> None:
    await activity.wait_for_worker_shutdown()
    while not sending.done():
        sending.cancel()  # which the mail client obeys up to the claim, and not after it
        await asyncio.sleep(0.1)  # again, because `wait_for` loses a cancel that comes just as it is done


def _mail(plan: RequestPlan, order: LetterOrder, subject: str, text: str, attachments: tuple[Attachment, ...]) -> Mail:
    issuer = plan.campaign.issuer
    to = order.addressee(plan).email if order.step.to == "recipient" else issuer.colleague(order.step.to).email
    domain = issuer.sender.rpartition("@")[2]
    return Mail(
        sender=issuer.sender,
        reply_to=issuer.reply_to,
        recipient=to,
        copies=tuple(issuer.colleague(role).email for role in order.step.copies),
        subject=subject,
        message_id=message_id(order.workflow_id, order.step.id, to, domain),
        in_reply_to=order.thread or None,
        references=(order.thread,) if order.thread else (),
        date=order.composed_at,
        text=text,
        attachments=attachments,
        possible_copy=order.possible_copy,
    )


def _response_date(plan: RequestPlan, order: LetterOrder) -> Attachment:
    """The date for the recipient's calendar: as of the day that was planned, so that a second sending says the same."""
    issuer = plan.campaign.issuer
    due = deadline(plan, RESPONSE_DUE, order.deadline, as_of=order.step.planned_at)
    office = Contact(name=issuer.office, email=issuer.reply_to)
    content = calendar_of(plan.campaign.title, [due], published_by=office)
    return Attachment(filename="deadline.ics", content=content, media_type="text/calendar", method="PUBLISH")


# What a mail server may answer is no fault of ours: the request records it, so nothing is logged with a traceback.


def _nothing_sent(known: NothingSent, attempt: Attempt | None = None) -> ApplicationError:
    """Without an ``attempt`` nothing was kept of it: another process may be making the same one."""
    return ApplicationError(
        known.reason,
        known.retry_after_seconds,
        *([attempt.kept("nothing-sent")] if attempt else ()),
        type=known.type,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


def _refused(attempt: Attempt, kind: str, reason: str, retry_after: timedelta) -> ApplicationError:
    try:
        return _nothing_sent(attempt.refused(kind, reason, retry_after), attempt)
    except AlreadyClaimed:
        return _unconfirmed(ANOTHER_PROCESS, attempt)


def _unconfirmed(reason: str, attempt: Attempt) -> ApplicationError:
    return ApplicationError(
        reason,
        attempt.kept("claim"),
        type=UNCONFIRMED,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


def evidence(error: BaseException | None) -> Filed | None:
    """What the case file has of the attempt that failed so: why nothing was sent, or its claim."""
    if not isinstance(error, ApplicationError):
        return None
    return next((Filed.model_validate(detail) for detail in error.details if isinstance(detail, dict)), None)
