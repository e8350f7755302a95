"""What the workflow history of a request holds of its record: messages accepted, and entries given to be filed."""

from collections.abc import Mapping, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.record import Filing
from forthwith.casefile.case_file import CaseFile, Wrong, sha256_of
from forthwith.request.entries import Entry
from forthwith.request.events import ResponseKeptAfterClosing
from forthwith.request.messages import UPDATES
from forthwith.request.record import Outcome, PendingMessage


async def accepted_messages(client: Client, request: str) -> list[PendingMessage]:
    """The accepted updates and the signals in the history of a request's latest workflow.

    Empty where Temporal forgot it. Raises ``RPCError``.
    """
    found: list[PendingMessage] = []
    try:
        async for event in client.get_workflow_handle(request).fetch_history_events():
            update = event.workflow_execution_update_accepted_event_attributes.accepted_request.input
            signal = event.workflow_execution_signaled_event_attributes
            if update.name in UPDATES:
                found.append(_message(update.name, update.args.payloads))
            elif signal.signal_name:
                found.append(_message(signal.signal_name, signal.input.payloads))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    return found


async def entries_to_file(client: Client, request: str) -> list[Entry]:
    """The entries that a request's latest workflow gave to be filed. Empty where Temporal forgot it.

    Raises ``RPCError``.
    """
    recorded = await _earlier_entries(client, request)
    return [entry for entry, _ in (recorded or {}).values()]


async def differences(client: Client, case: CaseFile) -> tuple[Wrong, ...]:
    """Where the entries differ from what the workflow gave to be filed. Raises ``RPCError``.

    Of the workflows that drove a request one after the other, Temporal may have forgotten all but the last.
    """
    recorded, outcome, reset = await _entries(client, case.request)
    earlier = [await _earlier_entries(client, case.request, opening.first_run) for opening in case.openings[:-1]]
    before_reset = [await _earlier_entries(client, case.request, run) for run in reset]
    for of_run in (*earlier, *before_reset):
        recorded = {**(of_run or {}), **recorded}
    found: list[Wrong] = []
    hashes = {sha256_of(case.objects[name]) for name in case.entries}
    for sha256, (entry, is_filed) in recorded.items():
        if is_filed and sha256 not in hashes:
            name = f"{case.request}/timeline/{entry.number:04}.json"
            is_there = f"sha256 {sha256_of(case.objects[name])}" if name in case.objects else "no file"
            found.append(Wrong(file=name, expected=f"sha256 {sha256}, as in workflow history", found=is_there))
    first = min((entry.number for entry, _ in recorded.values()), default=1) if None in earlier else 1
    # What was recorded before a reset lies beside the chain, and is known to the history that was reset.
    beside = [] if None in before_reset else [(name, case.entries[name]) for name in case.beside]
    for name, entry in (*case.chain, *beside):
        if isinstance(entry.event, ResponseKeptAfterClosing):
            continue  # no workflow could take it any more
        if entry.number >= first and (sha256 := sha256_of(case.objects[name])) not in recorded:
            found.append(Wrong(file=name, expected="an entry that workflow history knows", found=f"sha256 {sha256}"))
    if outcome and outcome.head != case.closed_head:
        expected = f"head {outcome.head}, as in the result"
        found.append(Wrong(file=f"{case.request}/timeline", expected=expected, found=case.closed_head))
    return tuple(found)


async def _earlier_entries(
    client: Client, request: str, run: str | None = None
) -> Mapping[str, tuple[Entry, bool]] | None:
    """The same of a workflow that may be long gone; None where Temporal keeps it no longer."""
    try:
        recorded, _, reset = await _entries(client, request, run)
        for base in reset:
            recorded = {**(await _earlier_entries(client, request, base) or {}), **recorded}
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
        return None
    return recorded


async def _entries(
    client: Client, request: str, run: str | None = None
) -> tuple[Mapping[str, tuple[Entry, bool]], Outcome | None, set[str]]:
    """The entries in history by their hash, each with whether it was filed for certain; the workflow's result; and the
    runs that it was reset from."""
    filings: dict[int, Filing] = {}
    filed: set[int] = set()
    outcome: Outcome | None = None
    reset: set[str] = set()
    async for event in client.get_workflow_handle(request, run_id=run).fetch_history_events():
        scheduled = event.activity_task_scheduled_event_attributes
        if scheduled.activity_type.name == "file_entries":
            (filings[event.event_id],) = await client.data_converter.decode(list(scheduled.input.payloads), [Filing])
        filed.add(event.activity_task_completed_event_attributes.scheduled_event_id)
        if base := event.workflow_task_failed_event_attributes.base_run_id:
            reset.add(base)
        if result := event.workflow_execution_completed_event_attributes.result.payloads:
            (outcome,) = await client.data_converter.decode(list(result), [Outcome])
    recorded: dict[str, tuple[Entry, bool]] = {}
    for number, filing in filings.items():
        for entry in filing.entries:
            recorded[entry.head] = (entry, number in filed or recorded.get(entry.head, (entry, False))[1])
    return recorded, outcome, reset


def _message(name: str, payloads: Sequence[Payload]) -> PendingMessage:
    written = tuple(payload.data.decode(errors="backslashreplace") for payload in payloads)
    return PendingMessage(name=name, payloads=written)
