"""`inbox`: the letters that the local mailbox kept."""

from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from forthwith.cli.output import Json, out, plain_table, print_json, short_path
from forthwith.devstack.mailbox import StoredMail, read_mailbox
from forthwith.failure import Failure
from forthwith.settings import Settings
from forthwith.visibility import plural
from forthwith.visible import visible


def inbox(
    folder: Annotated[
        Path | None,
        typer.Argument(help="A mailbox folder; that of the stack in use or of the latest demo, if left out."),
    ] = None,
    number: Annotated[int | None, typer.Option("--show", help="Show all of this message.")] = None,
    to: Annotated[str, typer.Option(help="Only to addresses that contain this.")] = "",
    json: Json = False,
) -> None:
    """List the messages that the local mailbox kept, or show one.

    Example: forthwith inbox --to chicago --show 1
    """
    folder = folder or _mailbox()
    letters = read_mailbox(folder)
    if not letters and not _is_empty(folder):
        raise Failure(f"{folder} is not a mailbox", hint="`forthwith inbox` without a folder finds the latest one")
    found = [mail for mail in letters if to in " ".join((*mail.to, *mail.cc))]
    if number is not None:
        chosen = [mail for mail in found if mail.number == number]
        if not chosen:
            raise Failure(f"no message {number} in {folder}", hint="`forthwith inbox` lists them")
        typer.echo(visible(_headers(chosen[0]) + "\n\n" + chosen[0].text(), keep="\n\t"))
        return
    if json:
        print_json(found)
        return
    table = plain_table()
    table.add_column("#", justify="right")
    table.add_column("Date (UTC)", no_wrap=True)
    table.add_column("To", overflow="fold")
    table.add_column("Subject")
    for mail in found:
        mark = " [yellow](possible copy)[/]" if mail.possible_copy else ""
        table.add_row(
            str(mail.number),
            f"{mail.date.astimezone(UTC):%Y-%m-%d %H:%M}" if mail.date else "–",
            escape("\n".join((*mail.to, *mail.cc))),
            escape(mail.subject) + mark,
        )
    if found:
        out.print(table)
    out.print(f"{plural(len(found), 'letter')} in {short_path(folder)}", highlight=False, soft_wrap=True)


def _mailbox() -> Path:
    """The one beside the dossier that the environment names, else the newest."""
    settings = Settings()
    beside = settings.dossier.with_name("mail")
    if "dossier" in settings.model_fields_set and beside.is_dir():
        return beside
    folders = [folder for folder in Path(".forthwith").glob("**/mail") if folder.is_dir()]
    if not folders:
        raise Failure("there is no local mailbox yet", hint="run `make demo` or `make dev` first")
    return max(folders, key=lambda folder: folder.stat().st_mtime)


def _is_empty(folder: Path) -> bool:
    """Whether it is a folder without files, such as a mailbox that got no letter yet."""
    return folder.is_dir() and all(path.name.startswith(".") for path in folder.iterdir())


def _headers(mail: StoredMail) -> str:
    message = mail.message()
    return "\n".join(
        f"{name}: {message[name]}" for name in message if name.lower() not in ("content-type", "mime-version")
    )
