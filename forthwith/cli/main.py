"""Runs one command, and prints an error as one line."""

import os
import sys
import traceback

from rich.markup import escape
from temporalio.service import RPCError

from forthwith.campaign.problems import InvalidCampaign
from forthwith.casefile.store import DossierError
from forthwith.cli.app import app
from forthwith.cli.output import err
from forthwith.devstack.server import NoServer
from forthwith.failure import Failure
from forthwith.logs import configure_logs
from forthwith.settings import Settings, WrongSettings
from forthwith.visibility import server_says
from forthwith.visible import visible


def run() -> None:
    """Runs one command and exits with its exit code: 0 only when it did what was asked."""
    code = 1
    try:
        configure_logs(Settings.read(), level="WARNING")
        app()
    except InvalidCampaign as error:
        err.print(escape(str(error)), style="red", highlight=False, soft_wrap=True)
    except Failure as failure:
        err.print(f"[red]{escape(str(failure))}[/]", highlight=False, soft_wrap=True)
        if failure.hint:
            err.print(escape(failure.hint), highlight=False, soft_wrap=True)
    except (DossierError, NoServer, WrongSettings) as error:
        err.print(f"[red]{escape(str(error))}[/]", highlight=False, soft_wrap=True)
    except RPCError as error:
        err.print(f"[red]{escape(server_says(error))}[/]", highlight=False, soft_wrap=True)
        err.print("`forthwith doctor` checks the server", highlight=False, soft_wrap=True)
    except KeyboardInterrupt:
        code = 130
    except SystemExit as leaving:  # how typer ends a command, also one that it did not understand
        code = leaving.code if isinstance(leaving.code, int) else 1
    except Exception:  # noqa: BLE001 - a bug: printed in full, with the same exit as everything else
        sys.stderr.write(visible(traceback.format_exc(), keep="\n\t"))
    # The client's threads abort the interpreter at a normal exit now and then, after all work is done
    # (temporalio/sdk-python#300). Leaving this way, nothing is lost: all output is flushed first.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
