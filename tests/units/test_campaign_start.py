"""The dossier keeps which requests a campaign was started with, so that one which was never started is missed."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from forthwith.casefile.store import CampaignStart, Dossier


def start(*jurisdictions: str) -> CampaignStart:
    return CampaignStart(jurisdictions=jurisdictions, started_by="Olga", started_at=datetime.now(UTC))


def test_the_list_is_kept_once_and_the_latest_counts(tmp_path: Path) -> None:
    dossier = Dossier(tmp_path)
    assert (dossier.campaign_start("trial"), dossier.campaigns()) == (None, [])
    first = start("alder-il", "birch-co")
    dossier.record_campaign("trial", first)
    dossier.record_campaign("trial", start("alder-il", "birch-co"))
    assert dossier.campaign_start("trial") == first
    dossier.record_campaign("trial", start("alder-il"))
    dossier.record_campaign("trial", start("alder-il", "birch-co"))
    assert [path.name for path in sorted((tmp_path / "trial").iterdir())] == [
        f"campaign-000{number}.json" for number in (1, 2, 3)
    ]
    assert dossier.campaigns() == ["trial"]


def test_two_who_start_at_once_lose_no_list(tmp_path: Path) -> None:
    lists = [start(f"city-{number}") for number in range(16)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda one: Dossier(tmp_path).record_campaign("trial", one), lists))
    kept = [CampaignStart.model_validate_json(path.read_bytes()) for path in (tmp_path / "trial").glob("*.json")]
    assert {one.jurisdictions for one in kept} == {one.jurisdictions for one in lists}
