"""The operators' commands, and how their errors are said."""

import typer

from forthwith.console import audit, casefile, deadline, local, look, preview, recompute, starting, tell, today, upkeep

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
    },
    ACTS: {
        "respond": tell.respond,
        "accept": tell.accept,
        "acknowledge": tell.acknowledge,
        "delivered": tell.delivered,
        "extend": tell.extend,
        "pause": tell.pause,
        "resume": tell.resume,
        "correct-recipient": tell.correct_recipient,
        "resend": tell.resend,
        "recompute": recompute.recompute,
        "escalate": tell.escalate,
        "review": tell.review,
        "issued": tell.issued,
        "served": tell.served,
        "objected": tell.objected,
        "withdraw": tell.withdraw,
        "resolve": tell.resolve,
        "note": tell.note,
    },
    HOUSE: {
        "deadline": deadline.deadline,
        "dev": local.dev,
        "inbox": local.inbox,
        "audit": audit.audit,
        "export": casefile.export,
        "verify": casefile.verify,
        "doctor": upkeep.doctor,
        "setup-server": upkeep.setup_server,
    },
}.items():
    for name, command in commands.items():
        app.command(name, rich_help_panel=panel)(command)
