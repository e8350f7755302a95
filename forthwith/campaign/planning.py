"""Plans the requests of a campaign, and checks every letter and draft before anything is sent."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from forthwith.campaign.calendar_names import YEARS_AFTER, YEARS_BEFORE
from forthwith.campaign.campaign_file import CampaignFile, InvalidCampaign, Problem
from forthwith.campaign.models import Jurisdiction, RequestPlan
from forthwith.campaign.rendering import renderer
from forthwith.casefile.store import Dossier, as_pinned
from forthwith.deadlines.calendar import Calendar
from forthwith.deadlines.calendar_builder import UnknownCalendar, build_calendar
from forthwith.deadlines.clock import Clock
from forthwith.documents.content import Letter, Memo, SubpoenaDraft
from forthwith.documents.letters import LetterOrder, compose_letter
from forthwith.documents.referral import MemoOrder, compose_memo
from forthwith.documents.subpoena import DraftOrder, compose_draft
from forthwith.documents.template_files import default_templates
from forthwith.documents.typesetting import RENDERER, TEMPLATES, Document
from forthwith.documents.wording import TookTooLong, WordingError
from forthwith.rendering import NOT_RENDERABLE, LimitExceeded
from forthwith.request.entries import GENESIS
from forthwith.request.record import Issued
from forthwith.views.forecast import Foreseen, forecast


@dataclass(frozen=True)
class Planned:
    """One request before it starts."""

    plan: RequestPlan
    recipient: Clock
    issuer: Clock
    templates: Mapping[str, str]

    def forecast(self, opened_at: datetime) -> tuple[Foreseen, ...]:
        """Every step from ``opened_at`` on if nobody responds."""
        return forecast(self.plan, self.recipient, self.issuer, opened_at=opened_at)

    def document(self, foreseen: Foreseen) -> Letter | SubpoenaDraft | None:
        """The letter or draft of one step; None for a step without a document.

        Raises ``WordingError`` and ``LimitExceeded``.
        """
        match foreseen.order:
            case LetterOrder() as order:
                name = f"{order.step.kind}.j2"
                wording = {name: self.templates[name]}
                return renderer().submit(wording, compose_letter, self.plan, wording, order).result()
            case DraftOrder() as order:
                return compose_draft(self.plan, order, template=self.templates["subpoena.typ"], renderer=RENDERER)
            case None:
                return None

    def check_wording(self, foreseen: Iterable[Foreseen]) -> Future[set[str]]:
        """What goes wrong with the wording of all these letters: messages that begin with the template's name.

        The future raises ``LimitExceeded``.
        """
        orders = [step.order for step in foreseen if isinstance(step.order, LetterOrder)]
        wording = {name: self.templates[name] for name in dict.fromkeys(f"{order.step.kind}.j2" for order in orders)}
        return renderer().submit(wording, _wording_errors, self.plan, wording, orders)

    def drafts(self, foreseen: Iterable[Foreseen]) -> Iterator[tuple[Document, datetime]]:
        """Each draft, what becomes of it later, and as of when."""
        for step in foreseen:
            if isinstance(step.order, DraftOrder) and (draft := self.document(step)):
                for document in (draft, *self.later_documents(step.order)):
                    yield document, step.at

    def later_documents(self, order: DraftOrder) -> tuple[SubpoenaDraft, Memo]:
        """Documents that only acts of people lead to: the draft of ``order`` as issued, and the referral memo."""
        issued = Issued(
            number="0", signed_by="nobody", signed_title="", issued_at=order.drafted_at, sha256_signed=GENESIS
        )
        memo = MemoOrder(
            workflow_id=order.workflow_id,
            plan=order.plan,
            drafted_at=order.drafted_at,
            letters=order.letters,
            responses=order.responses,
            deadline=order.deadline,
            cure=order.cure,
            items=order.items,
            outstanding=order.outstanding,
            issued=issued,
            head=GENESIS,
        )
        return (
            compose_draft(
                self.plan,
                order.model_copy(update={"issued": issued}),
                template=self.templates["subpoena.typ"],
                renderer=RENDERER,
            ),
            compose_memo(self.plan, memo, template=self.templates["referral.typ"], renderer=RENDERER),
        )

    def render(self, document: Document, *, created: datetime) -> bytes:
        """A document as PDF. Raises ``TemplateError`` and ``LimitExceeded``."""
        name = TEMPLATES[type(document)]
        return renderer().pdf(name, self.templates[name], document, created=created).result()

    def pin(self, dossier: Dossier) -> None:
        """Keeps in the case file what the plan names by hash, and the plan itself. Raises ``DossierError``."""
        dossier.pin_templates(self.templates)
        dossier.pin(self.recipient.calendar.canonical)
        dossier.pin(self.issuer.calendar.canonical)
        dossier.pin(self.plan.canonical)


def plan_requests(file: CampaignFile, *, opened_at: datetime, only: Iterable[str] = ()) -> tuple[Planned, ...]:
    """A plan for each jurisdiction (or those in ``only``), as of a start at ``opened_at``.

    Raises ``InvalidCampaign`` for an unknown jurisdiction in ``only``, a calendar that cannot be built, and a deadline
    that has passed.
    """
    chosen = _chosen(file, tuple(only))
    _refuse_past_deadline(file, opened_at)
    templates = hashlib.sha256(as_pinned(file.templates)).hexdigest()
    years = (opened_at.year - YEARS_BEFORE, opened_at.year + YEARS_AFTER)
    # The issuing office has no state of its own: its duties follow the calendars that are not the recipient's.
    # Against ourselves the stricter of two readings is enforced.
    issuer = Clock(calendar=_calendar(file, None, years), zone=file.campaign.time_zone, reading="strict")
    return tuple(_planned(file, jurisdiction, templates, issuer, years) for jurisdiction in chosen)


def check_requests(planned: Sequence[Planned], file: CampaignFile, *, opened_at: datetime) -> None:
    """Composes every letter and draft of every request, and renders those of the first as PDF.

    Raises ``InvalidCampaign`` with everything that cannot be composed or rendered.
    """
    problems: dict[str, Problem] = {}
    wording: list[Future[set[str]]] = []
    for request in planned:
        try:
            foreseen = request.forecast(opened_at)
            wording.append(request.check_wording(foreseen))
            for document, created in request.drafts(foreseen):
                if request is planned[0]:
                    request.render(document, created=created)
            if request is planned[0]:
                for step in foreseen:
                    if isinstance(step.order, LetterOrder) and (letter := request.document(step)):
                        request.render(letter, created=step.at)
        except NOT_RENDERABLE as error:
            problems.setdefault(str(error), template_problem(file, str(error)))
        except ValueError as error:
            message = f"{request.plan.jurisdiction.id}: {error}"
            problems.setdefault(message, Problem(file=file.path.name, line=None, field="clock", message=message))
    for checked in wording:
        try:
            found = checked.result()
        except LimitExceeded as error:
            found = {str(error)}
        for message in sorted(found):
            problems.setdefault(message, template_problem(file, message))
    if problems:
        raise InvalidCampaign(tuple(problems.values()))


def _wording_errors(plan: RequestPlan, templates: Mapping[str, str], orders: Iterable[LetterOrder]) -> set[str]:
    errors: set[str] = set()
    for order in orders:
        try:
            compose_letter(plan, templates, order)
        except WordingError as error:
            errors.add(str(error))
            if isinstance(error.__cause__, TookTooLong):
                break  # the time of all is over
    return errors


def template_problem(file: CampaignFile, error: str) -> Problem:
    """The problem that ``error``, one of ``NOT_RENDERABLE``, finds with a template. It begins with the name of that."""
    name, _, rest = error.partition(":")
    line, _, message = rest.partition(":")
    is_own = file.campaign.templates and file.templates.get(name) != default_templates().get(name)
    return Problem(
        file=f"{file.campaign.templates}/{name}" if is_own else name,
        line=int(line) if line.isdigit() else None,
        field="",
        message=(message if line.isdigit() else rest).strip(),
    )


def _chosen(file: CampaignFile, only: tuple[str, ...]) -> tuple[Jurisdiction, ...]:
    known = {jurisdiction.id: jurisdiction for jurisdiction in file.jurisdictions}
    if unknown := [name for name in only if name not in known]:
        message = f"no jurisdiction {', '.join(unknown)}; known are {', '.join(known)}"
        raise InvalidCampaign((Problem(file=file.campaign.jurisdictions, line=None, field="id", message=message),))
    return tuple(known[name] for name in only) or file.jurisdictions


def _refuse_past_deadline(file: CampaignFile, opened_at: datetime) -> None:
    demand, response = file.campaign.demand, file.campaign.clock.response
    by = response.by if response else None
    today = opened_at.astimezone(ZoneInfo(file.campaign.time_zone)).date()
    problems: list[Problem] = []
    if by and by < today:
        message = f"the deadline {by} has passed by {today}"
        problems.append(Problem(file=file.path.name, line=None, field="clock.response.by", message=message))
    if by and demand.send_on and by <= demand.send_on:
        message = f"the deadline {by} is not after the demand, planned for {demand.send_on}"
        problems.append(Problem(file=file.path.name, line=None, field="clock.response.by", message=message))
    if demand.send_on and demand.send_on < today:
        message = f"{demand.send_on} has passed by {today}; leave it out to send at once"
        problems.append(Problem(file=file.path.name, line=None, field="demand.send_on", message=message))
    if problems:
        raise InvalidCampaign(tuple(problems))


def _planned(
    file: CampaignFile, jurisdiction: Jurisdiction, templates: str, issuer: Clock, years: tuple[int, int]
) -> Planned:
    calendar = _calendar(file, jurisdiction.state, years)
    policy = file.campaign.clock
    recipient = Clock(calendar=calendar, zone=jurisdiction.timezone, closes=policy.closes, reading=policy.reading)
    plan = RequestPlan(
        campaign=file.campaign,
        jurisdiction=jurisdiction,
        templates=templates,
        recipient_calendar=calendar.sha256,
        issuer_calendar=issuer.calendar.sha256,
        rule=file.rule,
    )
    return Planned(plan, recipient, issuer, file.templates)


def layers(names: Sequence[str], state: str | None) -> list[str]:
    """The layers of one place's calendar. The issuing office has no state of its own."""
    return [name for name in names if state is not None or name != "state"] or ["us-federal"]


def _calendar(file: CampaignFile, state: str | None, years: tuple[int, int]) -> Calendar:
    try:
        return build_calendar(layers(file.calendars, state), state=state, first_year=years[0], last_year=years[1])
    except UnknownCalendar as error:
        problem = Problem(file=file.path.name, line=None, field="clock.calendar", message=str(error))
        raise InvalidCampaign((problem,)) from error
