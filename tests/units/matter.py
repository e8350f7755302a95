"""One matter of the first campaign, from the demand to the referral, for tests and tests/screens.py."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.ladder import Court
from forthwith.campaign.models import Campaign, RequestPlan
from forthwith.campaign.planning import Planned, plan_requests
from forthwith.deadlines.computation import Computation
from forthwith.deadlines.period import Period
from forthwith.documents.content import Memo, SubpoenaDraft
from forthwith.documents.referral import MemoOrder, compose_memo
from forthwith.documents.subpoena import DraftOrder, compose_draft
from forthwith.documents.template_files import default_templates
from forthwith.documents.typesetting import RENDERER
from forthwith.request import events
from forthwith.request.entries import GENESIS, Entry
from forthwith.request.event_text import text_of
from forthwith.request.events import AnyEvent
from forthwith.request.items import ItemState
from forthwith.request.record import (
    Draft,
    Filed,
    Issued,
    Objection,
    Receipt,
    Response,
    ReviewDecision,
    SentLetter,
    ServiceRecord,
)
from forthwith.request.timetable import StepKind
from forthwith.request.vocabulary import SYSTEM, Who

CAMPAIGN = Path(__file__).parents[2] / "examples" / "1373-2018" / "campaign.yaml"
TEMPLATE = default_templates()["referral.typ"]
SUBPOENA_TEMPLATE = default_templates()["subpoena.typ"]
SENT_AT = datetime(2018, 1, 24, 14, 2, 11, tzinfo=UTC)
REVIEWER = Who(name="Reviewing attorney", role="reviewer")
MAILROOM = Who(name="Mailroom", role="system")
ISSUED = Issued(
    number="OJP-2018-0017",
    signed_by="To be named",
    signed_title="Director",
    issued_at=datetime(2018, 3, 12, 15, 30, tzinfo=UTC),
    sha256_signed="5d" * 32,
)
SERVICE = ServiceRecord(
    on_whom="City Clerk of Chicago",
    how="by hand",
    by_whom="Process server",
    served_at=datetime(2018, 3, 14, 16, 5, tzinfo=UTC),
    place="City Hall, Chicago, Illinois",
)
LETTERS = (
    ("demand", StepKind.DEMAND, 0),
    ("reminder-1", StepKind.REMINDER, 16),
    ("deficiency-1", StepKind.DEFICIENCY, 27),
    ("final-notice", StepKind.FINAL_NOTICE, 33),
)
COURT = Court(
    name="United States District Court",
    district="Northern District of Illinois",
    title="Plaintiff to be named v. Defendant to be named",
    docket="1:18-cv-00000",
    place_of_compliance="219 South Dearborn Street, Chicago, Illinois 60604",
)
RULE_45 = {"form": "court_rule45", "return_within": {"days": 21}, "court": COURT.model_dump()}
REVIEWED_AT = datetime(2018, 3, 8, 15, tzinfo=UTC)


@cache
def planned() -> Planned:
    """The request to Chicago."""
    (one,) = plan_requests(read_campaign(CAMPAIGN), opened_at=SENT_AT, only=["chicago-il"])
    return one


def under_rule_45() -> RequestPlan:
    """The same request with a subpoena in a pending action."""
    given = planned().plan.campaign.model_dump()
    rungs = [rung if "subpoena" not in rung else {"subpoena": RULE_45} for rung in given.pop("ladder")]
    return planned().plan.model_copy(update={"campaign": Campaign.model_validate(given | {"ladder": rungs})})


def filed(name: str) -> Filed:
    return Filed(uri=f"1373-2018/chicago-il/{name}", sha256=f"{len(name):02x}" * 32, size=1)


def letter(step: str, kind: StepKind, days: int) -> SentLetter:
    receipt = Receipt(
        message_id=f"<{step}.7c1f0a52d3e94b60a2b4@ojp.example>",
        accepted_at=SENT_AT + timedelta(days=days),
        response="250 2.0.0 Ok: queued as 4F2A91C03D",
        eml=filed(f"letters/{step}/attempt-1.eml"),
        pdf=filed(f"letters/{step}/letter-0f3a5c77d2e1.pdf"),
    )
    is_delivered = kind is StepKind.DEMAND
    return SentLetter(
        step=step,
        kind=kind,
        to="recipient",
        receipt=receipt,
        delivered="yes" if is_delivered else "unknown",
        evidence="DSN" if is_delivered else "",
    )


def timeline(*happened: tuple[AnyEvent, int, Who]) -> tuple[Entry, ...]:
    """Events with the day of each, counted from the demand, and who brought it about."""
    entries: list[Entry] = []
    for number, (event, days, by) in enumerate(happened, start=1):
        entries.append(
            Entry(
                number=number,
                at=SENT_AT + timedelta(days=days),
                by=by,
                event=event,
                text=text_of(event),
                previous=entries[-1].head if entries else GENESIS,
            )
        )
    return tuple(entries)


def response() -> Response:
    return Response.model_validate(
        {
            "by": MAILROOM,
            "received_at": SENT_AT + timedelta(days=26),
            "from": "City of Chicago, Department of Law",
            "kind": "other",
            "documents": [{"uri": "s3://intake/0042.pdf", "sha256": "7e" * 32, "pages": 2}],
            "note": "A cover letter that announces documents.",
        }
    )


def deadline() -> Computation:
    """Of the response."""
    return planned().recipient.within(SENT_AT, Period(unit="days", count=30), "frcp6")


DRAFTED = Draft(version=1, document=filed("drafts/v1-3f2a9c41d0b7.pdf"))
APPROVED = ReviewDecision(version=1, decision="approve", by=REVIEWER, at=REVIEWED_AT, sha256=DRAFTED.sha256)
ENTRIES = timeline(
    (events.RequestOpened(plan=planned().plan.content_hash, opened_at=SENT_AT), 0, SYSTEM),
    (events.LetterAccepted(letter=letter(*LETTERS[0])), 0, SYSTEM),
    (
        events.ResponseRecorded(
            event_id="mailroom-2018-0042",
            message_sha256="42" * 32,
            response=response(),
            changed=(),
            on_time=True,
            outstanding=("A-1",),
        ),
        26,
        MAILROOM,
    ),
    (events.DeadlinePassed(due=deadline().due_date, outstanding=("A-1",)), 31, SYSTEM),
    (events.DraftReady(draft=DRAFTED), 41, SYSTEM),
    (events.SubpoenaReviewed(event_id="review-1", message_sha256="43" * 32, review=APPROVED), 43, REVIEWER),
)


def memo_order(**changes: Any) -> MemoOrder:
    """Everything that happened, until the return date passed without the documents."""
    recipient = planned().recipient
    return MemoOrder(
        workflow_id=planned().plan.workflow_id,
        plan=planned().plan.content_hash,
        drafted_at=datetime(2018, 4, 6, 13, tzinfo=UTC),
        letters=tuple(letter(*facts) for facts in LETTERS),
        responses=(response(),),
        deadline=deadline(),
        cure=recipient.within(SENT_AT + timedelta(days=33), Period(unit="business_days", count=5), "business_days"),
        items=(ItemState(id="A-1", note="cover letter only"),),
        outstanding=("A-1",),
        drafts=(DRAFTED,),
        approvals=(APPROVED,),
        issued=ISSUED,
        service=SERVICE,
        return_due=recipient.within(SERVICE.served_at, Period(unit="days", count=21), "frcp6"),
        objections=(
            Objection(
                received_at=SERVICE.served_at + timedelta(days=9),
                sender="City of Chicago, Department of Law",
                items=("A-1",),
                grounds="The request is said to be overbroad.",
            ),
        ),
        entries=ENTRIES,
        head=ENTRIES[-1].head,
    ).model_copy(update=changes)


def memo(**changes: Any) -> Memo:
    return compose_memo(planned().plan, memo_order(**changes), template=TEMPLATE, renderer=RENDERER)


def draft_order(**changes: Any) -> DraftOrder:
    """The draft of the same matter, when the time to cure was over."""
    order = memo_order()
    return DraftOrder(
        workflow_id=order.workflow_id,
        plan=order.plan,
        version=1,
        drafted_at=REVIEWED_AT - timedelta(days=2),
        letters=order.letters,
        responses=order.responses,
        deadline=order.deadline,
        cure=order.cure,
        items=order.items,
        outstanding=order.outstanding,
        fields={},
        notes=(),
    ).model_copy(update=changes)


def draft(plan: RequestPlan | None = None, **changes: Any) -> SubpoenaDraft:
    order = draft_order(**changes)
    return compose_draft(plan or planned().plan, order, template=SUBPOENA_TEMPLATE, renderer=RENDERER)
