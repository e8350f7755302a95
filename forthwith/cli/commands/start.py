"""`start`: from a campaign file to running requests."""

import asyncio
import getpass
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import check_requests, plan_requests
from forthwith.campaign.starting import DifferentPlan, Started, Starter, StartOutcome
from forthwith.casefile.store import Dossier
from forthwith.cli.commands.recover import resume_request
from forthwith.cli.options import Teller
from forthwith.cli.output import Json, out, print_json
from forthwith.failure import Failure
from forthwith.settings import Settings
from forthwith.visibility import connected, plural, query, web_ui_link


def start(
    file: Annotated[Path | None, typer.Argument(help="The campaign file.", show_default=False)] = None,
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this jurisdiction; may be repeated.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check everything and say what would be started.")] = False,
    resume: Annotated[
        str, typer.Option("--resume", metavar="ID", help="Take up this request from its case file.", show_default=False)
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="With --resume: why. Kept in the record.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="With --resume: go on without asking.")] = False,
    json: Json = False,
) -> None:
    """Start a campaign: one request for each jurisdiction. Run again after an interruption it completes the set.

    With --resume, a request whose workflow failed, was terminated or is forgotten goes on from its case file. No letter
    that went out goes out again.

    Example: forthwith start examples/1373-2018/campaign.yaml --dry-run

    Example: forthwith start --resume 1373-2018/chicago-il --reason "terminated by mistake"
    """
    if resume:
        if file or only:
            raise Failure("--resume takes one request and no campaign file")
        if not reason:
            raise Failure("--resume needs a --reason, which is kept in the record")
        resume_request(resume, Teller().who, reason, dry_run=dry_run, yes=yes, json=json)
        return
    if file is None:
        raise Failure("give a campaign file, or --resume ID", hint="`forthwith start --help` shows an example of both")
    campaign, now, settings = read_campaign(file), datetime.now(UTC), Settings()
    planned = plan_requests(campaign, opened_at=now, only=only or ())
    check_requests(planned, campaign, opened_at=now)

    async def run() -> tuple[list[StartOutcome], str]:
        async with connected() as client:
            starter = Starter(client, Dossier(settings.dossier), settings.operator or getpass.getuser(), now)
            outcomes = await starter.start(planned, dry_run=dry_run, whole=not only, doing="Starting")
            shown = query(campaign.campaign.campaign, None, None, None)
            return outcomes, web_ui_link(settings.web_ui, client.namespace, shown)

    try:
        outcomes, link = asyncio.run(run())
    except DifferentPlan as error:
        raise Failure(
            f"{error}. Nothing was started.",
            hint="what was started stays as started; give the changed campaign another name, or restore the file",
        ) from error
    if json:
        print_json(outcomes)
        return
    counts = Counter(outcome.outcome for outcome in outcomes)
    came_to = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    out.print(f"{plural(len(outcomes), 'request')}: {came_to}.", highlight=False)
    if not dry_run and counts[Started.STARTED]:
        out.print(
            f"Watch them: forthwith watch {campaign.campaign.campaign}\n[dim]{link}[/]", soft_wrap=True, highlight=False
        )
