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
from forthwith.campaign.rendering import renderer
from forthwith.campaign.starting import DifferentPlan, Started, Starter, StartOutcome
from forthwith.casefile.store import Dossier
from forthwith.cli.output import Json, out, print_json
from forthwith.failure import Failure
from forthwith.settings import Settings
from forthwith.visibility import connected, plural, query, web_ui_link


def start(
    file: Annotated[Path, typer.Argument(help="The campaign file.")],
    only: Annotated[list[str] | None, typer.Option("--only", help="Only this jurisdiction; may be repeated.")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything and show what would be started.")
    ] = False,
    json: Json = False,
) -> None:
    """Start a campaign: one request for each jurisdiction. Run again after an interruption it completes the set.

    Example: forthwith start examples/1373-2018/campaign.yaml --dry-run
    """
    renderer().start()
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
