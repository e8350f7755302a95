"""Draws up the subpoena draft and the referral memo from the record of a request."""

import hashlib
from concurrent.futures import Future
from datetime import datetime

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.rendering import UNPRINTABLE_DRAFT, rendered
from forthwith.casefile.store import Dossier
from forthwith.documents.content import SubpoenaDraft
from forthwith.documents.referral import MemoOrder, compose_memo
from forthwith.documents.subpoena import DraftOrder, compose_draft
from forthwith.documents.typesetting import RENDERER, TEMPLATES, Document
from forthwith.documents.working_copy import render_docx
from forthwith.heartbeat import heartbeating
from forthwith.rendering import NOT_RENDERABLE, Renderer
from forthwith.request.record import Draft, Filed


class Drafting:
    """The activity that drafts. It files or issues nothing; people do."""

    def __init__(self, dossier: Dossier, renderer: Renderer) -> None:
        self._dossier = dossier
        self._renderer = renderer

    @activity.defn
    async def draft_subpoena(self, order: DraftOrder) -> Draft:
        """One version of the draft, kept in the dossier. Drafting the same order again gives the same bytes.

        Fails for good with type ``DraftUnprintable`` when the pinned template does not set.
        """
        plan = self._dossier.plan(order.plan)
        template = self._dossier.templates(plan.templates)["subpoena.typ"]
        document = compose_draft(plan, order, template=template, renderer=RENDERER)
        content = await self._set(document, template, created=order.drafted_at)
        filed = self._keep(order.workflow_id, "drafts", f"v{order.version}", document, content)
        return Draft(
            version=order.version,
            document=filed,
            missing=document.missing,
            working_copy=None if order.issued else await self._keep_working_copy(order, document, filed),
        )

    @activity.defn
    async def draft_referral(self, order: MemoOrder) -> Filed:
        """The referral memo, kept in the dossier. Drafting the same order again gives the same bytes.

        It recites the timeline that the dossier holds up to the head in the order, which says so if there is none.

        Fails for good with type ``DraftUnprintable`` when the pinned template does not set.
        """
        plan = self._dossier.plan(order.plan)
        template = self._dossier.templates(plan.templates)["referral.typ"]
        timeline = self._dossier.timeline(order.workflow_id)
        until = next((entry.number for entry in timeline if entry.head == order.head), len(timeline))
        order = order.model_copy(update={"entries": tuple(timeline[:until])})
        document = compose_memo(plan, order, template=template, renderer=RENDERER)
        content = await self._set(document, template, created=order.drafted_at)
        return self._keep(order.workflow_id, "referral", "memo", document, content)

    async def _set(self, document: Document, template: str, *, created: datetime) -> bytes:
        name = TEMPLATES[type(document)]
        return await _made(self._renderer.pdf(name, template, document, created=created))

    async def _keep_working_copy(self, order: DraftOrder, document: SubpoenaDraft, record: Filed) -> Filed:
        """The copy for a word processor, beside the PDF and under its name. What was issued has none."""
        content = await _made(
            self._renderer.submit({}, render_docx, document, record_sha256=record.sha256, created=order.drafted_at)
        )
        return self._dossier.keep((self._dossier.root / record.uri).with_suffix(".docx"), content)

    def _keep(self, workflow_id: str, folder: str, name: str, document: Document, content: bytes) -> Filed:
        """Keeps a document and the data that it was set from, under a name that says which content it has."""
        path = self._dossier.of(workflow_id) / folder / f"{name}-{hashlib.sha256(content).hexdigest()[:12]}"
        data = self._dossier.keep(path.with_suffix(".json"), document.model_dump_json(indent=1).encode())
        return self._dossier.keep(path.with_suffix(".pdf"), content).model_copy(update={"data": data})


async def _made(rendering: Future[bytes]) -> bytes:
    async with heartbeating():
        try:
            return await rendered(rendering)
        except NOT_RENDERABLE as error:
            raise ApplicationError(str(error), type=UNPRINTABLE_DRAFT, non_retryable=True) from error
