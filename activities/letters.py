"""Sends one letter: composed, set in type, claimed, handed to the mail server, and receipted.

Claim, send, receipt. The claim is created exclusively after the server agreed to the recipient and before the
content goes out; the receipt follows the server's acceptance. A claim without a receipt means that nobody knows,
so neither a retry, nor a workflow reset, nor a restored backup sends a second letter by itself.
"""

import asyncio
import hashlib
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

from pydantic import Field
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.heartbeat import heartbeating
from forthwith.base import Model
from forthwith.campaign.models import Contact, RequestPlan
from forthwith.casefile.store import Dossier, DossierError
from forthwith.documents.letters import LetterOrder, compose_letter
from forthwith.documents.typesetting import TemplateError, render_pdf
from forthwith.documents.wording import WordingError, plain_text
from forthwith.mail.client import (
    Acceptance,
    Attachment,
    Mail,
    MailClient,
    MailDeferred,
    RecipientRefused,
    SendInDoubt,
    UnsafeHeader,
    message_id,
)
from forthwith.request.record import Filed, KnownDelivery, Receipt
from forthwith.request.timetable import RESPONSE_DUE, StepKind
from forthwith.views.agenda import deadline
from forthwith.views.ics import calendar_of

DEFERRED = "MailDeferred"
REFUSED = "RecipientRefused"
IN_DOUBT = "SendInDoubt"
UNWRITABLE = "DossierUnwritable"
UNPRINTABLE = "LetterUnprintable"

PDF = "application/pdf"

ANOTHER_WORKER = timedelta(seconds=1)
"""How long a letter rests that a stopping worker gave back: whoever takes it next need not wait for anything."""


class Claim(Model):
    """This attempt is about to hand over its content. From here on, only a receipt says what happened."""

    step: str
    attempt: int
    message_id: str
    claimed_at: datetime
    eml: Filed


class _NothingSent(Model):
    """This attempt was answered with a refusal: certainly nothing was sent."""

    type: str
    reason: str
    retry_after_seconds: float = Field(default=0, ge=0)


class Letters:
    """The activity that sends letters, through the worker's one mail client."""

    def __init__(self, dossier: Dossier, mail: MailClient) -> None:
        self._dossier = dossier
        self._mail = mail

    @activity.defn
    async def send_letter(self, order: LetterOrder) -> Receipt:
        """Sends the letter of one step and attempt, or tells what became of that attempt before.

        Fails with an ``ApplicationError`` whose type says what is known: ``MailDeferred`` (nothing sent, details:
        seconds until the next try), ``RecipientRefused`` (nothing sent, for good), ``SendInDoubt`` (nobody knows),
        ``LetterUnprintable`` and ``DossierUnwritable`` (nothing sent, our own fault).
        """
        started = time.monotonic()
        attempt = _Attempt(self._dossier, order)
        try:
            if receipt := attempt.receipt():
                return receipt
            if order.known:
                return attempt.settled(order.known)
            attempt.raise_what_is_known()
            async with heartbeating():
                return await self._send(order, attempt, started)
        except DossierError as error:
            raise ApplicationError(str(error), type=UNWRITABLE, non_retryable=True) from error
        except (WordingError, TemplateError, UnsafeHeader) as error:
            raise ApplicationError(str(error), type=UNPRINTABLE, non_retryable=True) from error

    async def _send(self, order: LetterOrder, attempt: "_Attempt", started: float) -> Receipt:
        mail, pdf = await self._compose(order, attempt)
        eml = attempt.keep_eml(mail.serialise())
        try:
            acceptance = await self._hand_over(mail, attempt, eml)
        except MailDeferred as error:
            raise attempt.nothing_sent(DEFERRED, error.reason, error.retry_after) from error
        except RecipientRefused as error:
            raise attempt.nothing_sent(REFUSED, f"{error.code} {error.reason}", timedelta()) from error
        except SendInDoubt as error:
            raise _in_doubt(error.reason) from error
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
        )
        attempt.keep_receipt(receipt)
        return receipt

    async def _hand_over(self, mail: Mail, attempt: "_Attempt", eml: Filed) -> Acceptance:
        """Sends a letter. A worker that stops calls back one without a claim, and waits for the answer to any other."""
        sending = asyncio.create_task(self._mail.send(mail, before_data=lambda: attempt.claim(mail.message_id, eml)))
        calling_back = asyncio.create_task(_call_back_when_the_worker_stops(sending))
        try:
            return await sending
        except asyncio.CancelledError as error:
            if activity.is_worker_shutdown():
                raise MailDeferred("the worker that was about to send it was stopped", ANOTHER_WORKER) from error
            raise
        finally:
            calling_back.cancel()

    async def _compose(self, order: LetterOrder, attempt: "_Attempt") -> tuple[Mail, Filed]:
        plan = self._dossier.plan(order.plan)
        templates = self._dossier.templates(plan.templates)
        letter = compose_letter(plan, templates, order)
        path = attempt.folder / f"letter-{letter.content_hash[:12]}.pdf"
        if path.exists():
            content = self._dossier.read(path)
        else:
            template = templates["letter.typ"]
            content = await asyncio.to_thread(render_pdf, template, letter, created=order.composed_at)
            self._dossier.keep(path, content)
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
        return _mail(plan, order, letter.subject, plain_text(letter), tuple(attachments)), self._dossier.filed(
            path, content
        )


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


class _Attempt:
    """One attempt at one letter, as the dossier knows it."""

    def __init__(self, dossier: Dossier, order: LetterOrder) -> None:
        self._dossier = dossier
        self._order = order
        self.folder = dossier.of(order.workflow_id) / "letters" / order.step.id
        self._name = f"attempt-{order.attempt}"

    def _path(self, what: str) -> Path:
        return self.folder / f"{self._name}.{what}"

    def receipt(self) -> Receipt | None:
        path = self._path("receipt.json")
        return Receipt.model_validate_json(self._dossier.read(path)) if path.exists() else None

    def settled(self, known: KnownDelivery) -> Receipt:
        """The receipt of an attempt of which the server's answer was lost, and which arrived as somebody said."""
        claim = Claim.model_validate_json(self._dossier.read(self._path("claim.json")))
        message = message_from_bytes(self._dossier.read(self._dossier.root / claim.eml.uri), policy=policy.default)
        attached = {part.get_content() for part in message.iter_attachments() if part.get_content_type() == PDF}
        printed = {path: self._dossier.read(path) for path in self.folder.glob("letter-*.pdf")}
        path = next(path for path, content in printed.items() if content in attached)
        receipt = Receipt(
            message_id=claim.message_id,
            recipient=str(message["To"]),
            accepted_at=known.at,
            response=f"the answer was lost; told as delivered{f': {known.evidence}' if known.evidence else ''}",
            eml=claim.eml,
            pdf=self._dossier.filed(path, printed[path]),
        )
        self.keep_receipt(receipt)
        return receipt

    def raise_what_is_known(self) -> None:
        """Raises when this attempt was made before: its refusal, or the doubt that a claim alone leaves."""
        refused = self._path("nothing-sent.json")
        if refused.exists():
            known = _NothingSent.model_validate_json(self._dossier.read(refused))
            raise _known(known)
        if self._path("claim.json").exists():
            raise _in_doubt("the sender was lost between handing over the letter and the answer")

    def keep_eml(self, content: bytes) -> Filed:
        """Keeps the message as it goes out. An attempt that never came to its claim may be composed anew."""
        digest = hashlib.sha256(content).hexdigest()[:12]
        return self._dossier.keep(self._path(f"{digest}.eml"), content)

    def claim(self, identifier: str, eml: Filed) -> None:
        claim = Claim(
            step=self._order.step.id,
            attempt=self._order.attempt,
            message_id=identifier,
            claimed_at=datetime.now(UTC),
            eml=eml,
        )
        if not self._dossier.create(self._path("claim.json"), claim.model_dump_json().encode()):
            raise _in_doubt("another process is sending this letter")

    def nothing_sent(self, kind: str, reason: str, retry_after: timedelta) -> ApplicationError:
        known = _NothingSent(type=kind, reason=reason, retry_after_seconds=retry_after.total_seconds())
        self._dossier.create(self._path("nothing-sent.json"), known.model_dump_json().encode())
        return _known(known)

    def keep_receipt(self, receipt: Receipt) -> None:
        self._dossier.create(self._path("receipt.json"), receipt.model_dump_json().encode())


# What a mail server may answer is no fault of ours: the case records it, so nothing is logged with a traceback.


def _known(known: _NothingSent) -> ApplicationError:
    return ApplicationError(
        known.reason,
        known.retry_after_seconds,
        type=known.type,
        non_retryable=True,
        category=ApplicationErrorCategory.BENIGN,
    )


def _in_doubt(reason: str) -> ApplicationError:
    return ApplicationError(reason, type=IN_DOUBT, non_retryable=True, category=ApplicationErrorCategory.BENIGN)
