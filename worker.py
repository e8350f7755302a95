"""The worker: `python worker.py` runs workflows and activities until SIGTERM or Ctrl-C.

On either it drains: no new work is taken, letters whose content was not handed over are called back (nothing was sent),
those that were are waited for, and the process exits 0. A second signal ends it at once.
"""

import asyncio
import os
import signal
import sys

import structlog
from pydantic import ValidationError
from temporalio.client import Client
from temporalio.worker import Worker

from activities.dates import Dates
from activities.drafting import Drafting
from activities.letters import Letters
from activities.record import CaseFiles
from forthwith import temporal
from forthwith.casefile.store import Dossier, DossierError
from forthwith.heartbeat import BEAT
from forthwith.logs import configure_logs
from forthwith.mail.client import MailClient, SmtpSettings
from forthwith.plain_errors import problems
from forthwith.rendering import Limits, Renderer, preload
from forthwith.settings import Settings, WrongSettings
from forthwith.visible import visible
from workflows.jurisdiction_request import JurisdictionRequest

log = structlog.get_logger("worker")


def build_worker(client: Client, settings: Settings, mail: MailClient, renderer: Renderer) -> Worker:
    """The worker as every process and every test runs it."""
    dossier = Dossier(settings.dossier)
    letters, drafting = Letters(dossier, mail, renderer), Drafting(dossier, renderer)
    dates, case_files = Dates(dossier), CaseFiles(dossier)
    return Worker(
        client,
        task_queue=temporal.TASK_QUEUE,
        identity=temporal.worker_identity(dossier.identity()),
        workflows=[JurisdictionRequest],
        activities=[
            letters.send_letter,
            drafting.draft_subpoena,
            drafting.draft_referral,
            dates.compute_dates,
            case_files.open_case,
            case_files.read_entries,
            case_files.file_entries,
        ],
        max_cached_workflows=settings.cached_workflows,
        graceful_shutdown_timeout=settings.drain,
        max_heartbeat_throttle_interval=BEAT,
        sticky_queue_schedule_to_start_timeout=temporal.STICKY_TIMEOUT,
    )


async def run(settings: Settings) -> None:
    """Runs one worker until SIGTERM or Ctrl-C."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, _stop, stop)
    try:
        smtp = SmtpSettings.model_validate(settings.smtp)
    except ValidationError as error:
        wrong = (f"FORTHWITH_SMTP_*: {problem}" for problem in problems(error, SmtpSettings))
        raise WrongSettings("\n".join(wrong)) from error
    try:
        client = await temporal.connect()
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f"no Temporal server answers: {error}\nset TEMPORAL_ADDRESS to one that does") from error
    with Renderer(Limits.model_validate(settings.rendering)) as renderer:
        renderer.start()
        async with MailClient(smtp) as mail, build_worker(client, settings, mail, renderer):
            log.info(
                "worker started", queue=temporal.TASK_QUEUE, namespace=client.namespace, dossier=str(settings.dossier)
            )
            await stop.wait()
            log.info("worker stops: letters that are under way are finished first")
    log.info("worker stopped")


def _stop(stop: asyncio.Event) -> None:
    if stop.is_set():
        sys.stdout.flush()
        os._exit(1)
    stop.set()


def main() -> None:
    """Entry point."""
    code = 1
    preload("worker")
    try:
        settings = Settings.read()
        configure_logs(settings)
        asyncio.run(run(settings))
        code = 0
    except (WrongSettings, DossierError) as error:
        sys.stderr.write(visible(f"{error}\n", keep="\n"))
    except SystemExit as leaving:  # no server answers
        sys.stderr.write(visible(f"{leaving.code}\n", keep="\n"))
    except Exception:
        log.exception("worker failed")
    # The client's threads abort the interpreter at a normal exit now and then (temporalio/sdk-python#300), and whoever
    # runs the worker would take that for a crash. All is drained by now, and flushed here.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
