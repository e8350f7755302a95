"""Claims and receipts: what became of each attempt to send a letter.

Claim, send, receipt. The claim is created exclusively after the server agreed to the recipient and before the
content goes out; the receipt follows the server's acceptance. A claim without a receipt is unconfirmed, so neither
a retry, nor a workflow reset, nor a restored backup sends a second letter by itself.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Literal

from pydantic import Field

from forthwith.base import Model
from forthwith.casefile.store import Dossier
from forthwith.request.record import Filed, KnownDelivery, Receipt, SentLetter

PDF = "application/pdf"


class Claim(Model):
    """This attempt is about to hand over its content. From here on, only a receipt shows what happened."""

    step: str
    attempt: int
    message_id: str
    claimed_at: datetime
    eml: Filed
    pdf: Filed | None = None


class NothingSent(Model):
    """This attempt was answered with a refusal: certainly nothing was sent."""

    type: str
    """Of the error that the activity fails with."""
    reason: str
    retry_after_seconds: float = Field(default=0, ge=0)


class AlreadyClaimed(Exception):
    """Another process made this attempt, and is handing over the letter."""


class Attempt:
    """One attempt at the letter of one step, as the dossier knows it."""

    def __init__(self, dossier: Dossier, workflow_id: str, step: str, number: int) -> None:
        self._dossier = dossier
        self._step = step
        self._number = number
        self._is_ours = False
        """This process claimed the attempt."""
        self.folder = dossier.of(workflow_id) / "letters" / step

    def _path(self, what: str) -> Path:
        return self.folder / f"attempt-{self._number}.{what}"

    @property
    def receipt(self) -> Receipt | None:
        """The receipt, where the server accepted this attempt."""
        path = self._path("receipt.json")
        return self._dossier.read_as(Receipt, path) if path.exists() else None

    @property
    def nothing_sent(self) -> NothingSent | None:
        """Why nothing was sent, where this attempt was refused."""
        path = self._path("nothing-sent.json")
        return self._dossier.read_as(NothingSent, path) if path.exists() else None

    @property
    def is_claimed(self) -> bool:
        """Whether this attempt was made. Without a receipt or a refusal, whether it was accepted is unknown."""
        return self._path("claim.json").exists()

    def confirmed(self, known: KnownDelivery) -> Receipt:
        """The receipt of an attempt of which the server's answer was lost, and which arrived as somebody reported."""
        claim = self._dossier.read_as(Claim, self._path("claim.json"))
        message = message_from_bytes(self._dossier.read(self._dossier.root / claim.eml.uri), policy=policy.default)
        attached = {part.get_content() for part in message.iter_attachments() if part.get_content_type() == PDF}
        printed = {path: self._dossier.read(path) for path in self.folder.glob("letter-*.pdf")}
        path = next(path for path, content in printed.items() if content in attached)
        receipt = Receipt(
            message_id=claim.message_id,
            recipient=str(message["To"]),
            accepted_at=known.at,
            response=f"the answer was lost; reported as delivered{f': {known.evidence}' if known.evidence else ''}",
            eml=claim.eml,
            pdf=self._dossier.filed(path, printed[path]),
            claim=self.kept("claim"),
        )
        self.keep_receipt(receipt)
        return receipt

    def keep_eml(self, content: bytes) -> Filed:
        """Keeps the message as it goes out. An attempt that was lost before its claim may be composed anew."""
        digest = hashlib.sha256(content).hexdigest()[:12]
        return self._dossier.keep(self._path(f"{digest}.eml"), content)

    def kept(self, what: Literal["claim", "nothing-sent"]) -> Filed:
        """How history names what the dossier has of this attempt. Raises ``DossierError`` where it has none."""
        path = self._path(f"{what}.json")
        return self._dossier.filed(path, self._dossier.read(path))

    def claim(self, message_id: str, eml: Filed, pdf: Filed) -> Filed:
        """Claims the attempt for this process, and returns how history names the claim. Raises ``AlreadyClaimed``."""
        claim = Claim(
            step=self._step,
            attempt=self._number,
            message_id=message_id,
            claimed_at=datetime.now(UTC),
            eml=eml,
            pdf=pdf,
        )
        path, content = self._path("claim.json"), claim.model_dump_json().encode()
        if not self._dossier.create(path, content):
            raise AlreadyClaimed(f"attempt {self._number} at {self._step}")
        self._is_ours = True
        return self._dossier.filed(path, content)

    @property
    def is_overtaken(self) -> bool:
        """Whether another process was told that nothing was sent by this attempt, or went on to a later one.

        To be asked after the claim: the other side writes what it knows before it looks for a claim, so that one of the
        two always sees the other.
        """
        numbers = {int(path.name.removeprefix("attempt-").partition(".")[0]) for path in self.folder.glob("attempt-*")}
        return self._path("nothing-sent.json").exists() or max(numbers) > self._number

    def refused(self, kind: str, reason: str, retry_after: timedelta) -> NothingSent:
        """Keeps why nothing was sent. Raises ``AlreadyClaimed`` where another process is handing over the letter."""
        known = NothingSent(type=kind, reason=reason, retry_after_seconds=retry_after.total_seconds())
        self._dossier.create(self._path("nothing-sent.json"), known.model_dump_json().encode())
        if self.is_claimed and not self._is_ours:
            raise AlreadyClaimed(f"attempt {self._number} at {self._step}")
        return known

    def keep_receipt(self, receipt: Receipt) -> None:
        """Keeps the receipt."""
        self._dossier.create(self._path("receipt.json"), receipt.model_dump_json().encode())


def open_claims(dossier: Dossier, workflow_id: str) -> list[Claim]:
    """The claims of a request that have neither a receipt nor a refusal: their letters may be on their way.

    Raises ``DossierError`` for any of these that is damaged.
    """
    found: list[Claim] = []
    for path in sorted(dossier.of(workflow_id).glob("letters/*/attempt-*.claim.json")):
        claim, (receipt, nothing_sent) = dossier.read_as(Claim, path), _answers(path)
        if receipt.exists():
            dossier.read_as(Receipt, receipt)
        elif nothing_sent.exists():
            dossier.read_as(NothingSent, nothing_sent)
        else:
            found.append(claim)
    return found


def _answers(claim: Path) -> tuple[Path, ...]:
    """Where what became of a claimed attempt is kept: a receipt, or why nothing was sent."""
    return tuple(claim.with_name(claim.name.replace("claim", what)) for what in ("receipt", "nothing-sent"))


def keep_missing_receipt(dossier: Dossier, workflow_id: str, letter: SentLetter) -> None:
    """Keeps the receipt of an accepted letter beside the claim of its attempt, where it is missing."""
    folder = dossier.of(workflow_id) / "letters" / letter.step
    for path in folder.glob("attempt-*.claim.json"):
        if dossier.read_as(Claim, path).eml == letter.receipt.eml:
            receipt, _ = _answers(path)
            dossier.create(receipt, letter.receipt.model_dump_json().encode())
