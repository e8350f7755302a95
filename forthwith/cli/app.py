"""The operators' commands, and how their errors are said."""

import typer

from forthwith.cli.commands import (
    acts,
    audit,
    casefile,
    deadline,
    doctor,
    local,
    preview,
    queries,
    recompute,
    report,
    responses,
    setup_server,
    start,
    subpoenas,
    today,
)
from forthwith.cli.options import spelt_out

app = typer.Typer(
    name="forthwith",
    help="Sends formal document demands, keeps every deadline, and drafts the subpoena when time runs out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

BEFORE, RUNNING, ACTS, HOUSE = "Before anything is sent", "What runs", "What happened, what is decided", "The house"

for panel, commands in {
    BEFORE: {"preview": preview.preview, "rehearse": local.rehearse, "demo": local.demo, "start": start.start},
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
        "respond": responses.respond,
        "accept": responses.accept,
        "acknowledge": responses.acknowledge,
        "delivered": responses.delivered,
        "extend": acts.extend,
        "pause": acts.pause,
        "resume": acts.resume,
        "correct-recipient": acts.correct_recipient,
        "resend": acts.resend,
        "recompute": recompute.recompute,
        "escalate": acts.escalate,
        "review": subpoenas.review,
        "issued": subpoenas.issued,
        "served": subpoenas.served,
        "objected": responses.objected,
        "withdraw": acts.withdraw,
        "resolve": acts.resolve,
        "note": acts.note,
    },
    HOUSE: {
        "deadline": deadline.deadline,
        "dev": local.dev,
        "inbox": local.inbox,
        "audit": audit.audit,
        "export": casefile.export,
        "verify": casefile.verify,
        "doctor": doctor.doctor,
        "setup-server": setup_server.setup_server,
    },
}.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(spelt_out(command))
