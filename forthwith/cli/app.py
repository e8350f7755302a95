"""The operators' commands, in the panels of `--help`."""

import typer

from forthwith.cli.commands import (
    attention,
    audit,
    casefile,
    clock_changes,
    deadline,
    deliveries,
    demo,
    dev,
    doctor,
    inbox,
    preview,
    queries,
    recompute_deadlines,
    recover,
    rehearse,
    report,
    responses,
    setup_server,
    start,
    subpoena_process,
    today,
)
from forthwith.cli.options import with_option_groups

app = typer.Typer(
    name="forthwith",
    help="Sends formal document demands, keeps every deadline, and drafts the subpoena when time runs out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

BEFORE, RUNNING = "Before anything is sent", "Requests"
ACTS, OFFICE = "What happened and what is decided", "Records, servers, tools"

for panel, commands in {
    BEFORE: {"preview": preview.preview, "rehearse": rehearse.rehearse, "demo": demo.demo, "start": start.start},
    RUNNING: {
        "list": queries.list_requests,
        "status": queries.status,
        "explain": queries.explain,
        "timeline": queries.timeline,
        "watch": queries.watch,
        "today": today.today,
        "report": report.report,
    },
    ACTS: {
        "record-response": responses.record_response,
        "accept-response": responses.accept_response,
        "acknowledge": responses.acknowledge,
        "record-delivery": deliveries.record_delivery,
        "correct-recipient": deliveries.correct_recipient,
        "resend-letter": deliveries.resend_letter,
        "extend-deadline": clock_changes.extend_deadline,
        "pause-clock": clock_changes.pause_clock,
        "resume-clock": clock_changes.resume_clock,
        "recompute-deadlines": recompute_deadlines.recompute_deadlines,
        "review-subpoena": subpoena_process.review_subpoena,
        "record-issuance": subpoena_process.record_issuance,
        "record-service": subpoena_process.record_service,
        "record-objection": subpoena_process.record_objection,
        "resolve-attention": attention.resolve_attention,
        "escalate-now": attention.escalate_now,
        "withdraw": attention.withdraw,
        "add-note": attention.add_note,
        "recover": recover.recover,
    },
    OFFICE: {
        "deadline": deadline.deadline,
        "dev": dev.dev,
        "inbox": inbox.inbox,
        "audit": audit.audit,
        "export": casefile.export,
        "verify": casefile.verify,
        "doctor": doctor.doctor,
        "setup-server": setup_server.setup_server,
    },
}.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(with_option_groups(command))
