"""A mail server took a letter, and its receipt cannot be written: the letter counts, and the receipt is filed later."""

from pathlib import Path

import pytest

from forthwith.casefile.attempts import Attempt
from forthwith.casefile.store import DossierError
from forthwith.request.record import Receipt
from forthwith.request.vocabulary import Status
from tests.story.harness import Office, letter, open_stage

pytestmark = pytest.mark.fault


@pytest.fixture
def unwritable(monkeypatch: pytest.MonkeyPatch) -> list[Receipt]:
    """The receipts that could not be kept."""
    lost: list[Receipt] = []

    def no_space(_: Attempt, receipt: Receipt) -> None:
        lost.append(receipt)
        raise DossierError("receipt.json cannot be written: No space left on device")

    monkeypatch.setattr(Attempt, "keep_receipt", no_space)
    return lost


@pytest.mark.fault(60)
async def test_an_acceptance_whose_receipt_cannot_be_written_is_not_lost(
    tmp_path: Path, unwritable: list[Receipt]
) -> None:
    async with open_stage(tmp_path / "stage") as stage, Office(stage, "no-space", tmp_path / "office") as office:
        demand = await office.demand()
        await demand.expect_status(Status.AWAITING_RESPONSE)
        demand.expect(letter("demand"))
        (path,) = demand.folder.glob("letters/demand/*.receipt.json")
        assert Receipt.model_validate_json(path.read_bytes()) == unwritable[0]
