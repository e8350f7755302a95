"""The operators' commands, and how their errors are said."""

import typer

from forthwith.console import (
    audit,
    casefile,
    course,
    deadline,
    doctor,
    local,
    look,
    preview,
    recompute,
    report,
    responses,
    starting,
    subpoenas,
    today,
    upkeep,
)
from forthwith.console.options import spelt_out

app = typer.Typer(
    name="forthwith",
    help="Sends formal document demands, keeps every deadline, and drafts the subpoena when time runs out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

BEFORE, RUNNING, ACTS, HOUSE = "Before anything is sent", "What runs", "What happened, what is decided", "The house"

for panel, commands in {
    BEFORE: {"preview": preview.preview, "rehearse": local.rehearse, "demo": local.demo, "start": starting.start},
    RUNNING: {
        "list": look.list_requests,
        "status": look.status,
        "explain": look.explain,
        "timeline": look.timeline,
        "watch": look.watch,
        "today": today.today,
        "report": report.report,
    },
    ACTS: {
        "respond": responses.respond,
        "accept": responses.accept,
        "acknowledge": responses.acknowledge,
        "delivered": responses.delivered,
        "extend": course.extend,
        "pause": course.pause,
        "resume": course.resume,
        "correct-recipient": course.correct_recipient,
        "resend": course.resend,
        "recompute": recompute.recompute,
        "escalate": course.escalate,
        "review": subpoenas.review,
        "issued": subpoenas.issued,
        "served": subpoenas.served,
        "objected": responses.objected,
        "withdraw": course.withdraw,
        "resolve": course.resolve,
        "note": course.note,
    },
    HOUSE: {
        "deadline": deadline.deadline,
        "dev": local.dev,
        "inbox": local.inbox,
        "audit": audit.audit,
        "export": casefile.export,
        "verify": casefile.verify,
        "doctor": doctor.doctor,
        "setup-server": upkeep.setup_server,
    },
}.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(spelt_out(command))
