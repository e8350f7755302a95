"""What operators see in the Web UI and find by a search."""

import asyncio
from datetime import UTC, datetime, timedelta

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

from forthwith import temporal
from forthwith.request.vocabulary import Attention, Status
from tests.story.harness import UNTIL_REVIEW, Demand, Office, letter


async def found(office: Office, query: str) -> set[str]:
    return {execution.id async for execution in office.stage.client.list_workflows(query)}


async def until_found(office: Office, query: str, ids: set[str]) -> None:
    """Visibility follows a little later."""
    async with asyncio.timeout(10):
        while await found(office, query) != ids:  # noqa: ASYNC110 - the server tells nobody, it is asked
            await asyncio.sleep(0.05)


async def test_a_search_finds_what_needs_attention(office: Office) -> None:
    quiet, loud = await office.demand("chicago-il"), await office.demand("cook-county-il")
    for demand in (quiet, loud):
        demand.expect(letter("demand"))
    await loud.respond({"A-1": "objected"})
    campaign = f"Campaign = '{office.name}'"
    await until_found(office, campaign, {quiet.id, loud.id})
    await until_found(office, f"{campaign} AND Attention = 'objection'", {loud.id})
    await until_found(office, f"{campaign} AND Attention IS NULL", {quiet.id})
    await until_found(office, f"{campaign} AND Jurisdiction = 'cook-county-il'", {loud.id})
    await until_found(office, f"{campaign} AND RequestStatus = 'AwaitingResponse'", {quiet.id, loud.id})
    await until_found(office, f"{campaign} AND ItemsOutstanding = 3", {quiet.id, loud.id})


async def test_the_search_attributes_say_what_the_status_says(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    await demand.respond({"A-1": "produced", "A-2": "objected"})
    view = await demand.expect_status(Status.AWAITING_RESPONSE, Attention.OBJECTION)
    assert view.response_due
    attributes = (await demand.handle.describe()).typed_search_attributes
    assert attributes[temporal.REQUEST_STATUS] == "AwaitingResponse"
    assert attributes[temporal.ATTENTION] == ["objection"]
    assert attributes[temporal.ITEMS_OUTSTANDING] == 2
    assert attributes[temporal.RESPONSE_DUE] == view.response_due.closes_at
    assert not any("@" in str(pair.value) for pair in attributes), "no addresses of people"


async def test_the_next_action_is_the_moment_of_the_one_timer(office: Office) -> None:
    demand = await office.demand()
    for _ in range(8):
        view = await demand.view()
        assert view.next_action
        assert view.next_action.at
        attribute = (await demand.handle.describe()).typed_search_attributes[temporal.NEXT_ACTION_AT]
        [timer] = await pending_timers(demand)
        assert abs(timer - attribute) < timedelta(seconds=1)
        assert attribute == view.next_action.at
        await demand.advance_past_next_action()
    demand.seen = len(demand.mail())


async def test_every_timer_and_activity_says_what_it_is_for(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=36)
    demand.expect(*UNTIL_REVIEW)
    events = (await demand.handle.fetch_history()).events
    meant = (
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_MARKER_RECORDED,
    )
    summaries = [event.user_metadata.summary.data.decode() for event in events if event.event_type in meant]
    assert all(summaries)
    assert '"demand to the recipient"' in summaries
    assert '"reminder-1 to the recipient"' in summaries
    assert '"draw up draft 1"' in summaries


async def test_a_silent_life_acts_in_this_order(office: Office) -> None:
    demand = await office.demand()
    await demand.advance(days=36)
    demand.expect(*UNTIL_REVIEW)
    events = (await demand.handle.fetch_history()).events
    acts = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        for event in events
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED
    ]
    outward = [act for act in acts if act in ("send_letter", "draft_subpoena")]
    assert outward == ["send_letter"] * 6 + ["draft_subpoena", "send_letter"]
    assert acts[0] == "open_case"
    assert acts[-1] == "file_entries", "what was done is filed before the request rests"


async def test_the_page_of_a_request_says_what_it_waits_for_and_what_comes_next(office: Office) -> None:
    demand = await office.demand()
    demand.expect(letter("demand"))
    page = await demand.handle.query("__temporal_workflow_metadata")
    details = str(page)
    for expected in ("AwaitingResponse", "Next:", "A-1, A-2, A-3", "`demand` to the recipient"):
        assert expected in details


async def pending_timers(demand: Demand) -> list[datetime]:
    """When the timers that run will fire."""
    running: dict[str, datetime] = {}
    event: HistoryEvent
    for event in (await demand.handle.fetch_history()).events:
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            started = event.timer_started_event_attributes
            began = event.event_time.ToDatetime(tzinfo=UTC)
            running[started.timer_id] = began + started.start_to_fire_timeout.ToTimedelta()
        elif event.event_type == EventType.EVENT_TYPE_TIMER_FIRED:
            running.pop(event.timer_fired_event_attributes.timer_id, None)
        elif event.event_type == EventType.EVENT_TYPE_TIMER_CANCELED:
            running.pop(event.timer_canceled_event_attributes.timer_id, None)
    return list(running.values())
