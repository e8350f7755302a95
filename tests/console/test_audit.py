"""`audit`: what does not agree between Temporal and the case files is found, with the page that deals with it."""

from forthwith.console.requests import handle_of
from forthwith.domain.messages import Status
from tests.console.conftest import CampaignWriter, Terminal, until
from tests.console.test_today import started


async def test_a_terminated_workflow_and_a_missing_receipt_are_found(terminal: Terminal, campaign: CampaignWriter):
    names = await started(terminal, campaign("chicago-il", "denver-co"), Status.AWAITING_RESPONSE)
    name = names[0].partition("/")[0]
    clean = await terminal("audit", name, "--json")
    assert (clean.code, clean.json["findings"]) == (0, [])
    await handle_of(terminal.stage.server.client, f"{name}/chicago-il").terminate("by mistake")
    (receipt,) = (terminal.stage.dossier / name / "denver-co").glob("letters/demand/*.receipt.json")
    receipt.unlink()

    async def both() -> bool:
        return len((await terminal("audit", name, "--json")).json["findings"]) == 2

    await until(both)
    found = await terminal("audit", name, "--json")
    assert found.code == 1
    assert [one["page"].partition("#")[2] for one in found.json["findings"]] == [
        "terminated",
        "letters-and-receipts-do-not-agree",
    ]
    assert (await terminal("audit", "nobody-knows-it")).code == 2
