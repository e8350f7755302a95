"""Draws up the subpoena draft from the record of a request."""

import asyncio
import hashlib

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.dossier import Dossier
from activities.heartbeat import heartbeating
from activities.typesetting import RENDERER, TemplateError, render_pdf
from forthwith.domain.record import Draft
from forthwith.domain.subpoena import DraftOrder, compose_draft


class Drafting:
    """The activity that drafts. It files or issues nothing; people do."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier

    @activity.defn
    async def draft_subpoena(self, order: DraftOrder) -> Draft:
        """One version of the draft, kept in the dossier. Drafting the same order again gives the same bytes.

        Fails for good with type ``TemplateError`` when the pinned template does not set.
        """
        plan = self._dossier.plan(order.plan)
        template = self._dossier.templates(plan.templates)["subpoena.typ"]
        document = compose_draft(plan, order, template=template, renderer=RENDERER)
        async with heartbeating():
            try:
                content = await asyncio.to_thread(render_pdf, template, document, created=order.drafted_at)
            except TemplateError as error:
                raise ApplicationError(str(error), type="TemplateError", non_retryable=True) from error
        folder = self._dossier.of(order.workflow_id) / "drafts"
        name = f"v{order.version}-{hashlib.sha256(content).hexdigest()[:12]}"
        self._dossier.keep(folder / f"{name}.json", document.model_dump_json(indent=1).encode())
        return Draft(
            version=order.version,
            document=self._dossier.keep(folder / f"{name}.pdf", content),
            missing=document.missing,
        )
