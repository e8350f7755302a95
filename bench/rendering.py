"""What a letter costs in a process that can be stopped: worded and set as PDF, against the same in this process.

Both make the same letters in the same run, in turns, because on shared cores only the ratio of interleaved rounds means
anything: as many at once as there are processes, as a worker does.

    python -m bench.rendering [--letters 100] [--rounds 7] [--processes 2]
"""

import argparse
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from forthwith.campaign.campaign_file import read_campaign
from forthwith.campaign.planning import Planned, plan_requests
from forthwith.documents.letters import LetterOrder, compose_letter
from forthwith.documents.typesetting import render_pdf
from forthwith.rendering import Limits, Renderer

CAMPAIGN = Path("examples/1373-2018/campaign.yaml")
OPENED_AT = datetime(2018, 1, 24, 13, tzinfo=UTC)


def orders(request: Planned, count: int) -> list[LetterOrder]:
    """The demand, as of ``count`` moments: no two are the same page."""
    (demand, *_) = (step.order for step in request.forecast(OPENED_AT) if isinstance(step.order, LetterOrder))
    return [demand.model_copy(update={"workflow_id": f"bench/{number}", "attempt": number}) for number in range(count)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--letters", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    requests = plan_requests(read_campaign(CAMPAIGN), opened_at=OPENED_AT)
    templates = requests[0].templates
    wording, layout = {"demand.j2": templates["demand.j2"]}, templates["letter.typ"]

    with Renderer(Limits(processes=arguments.processes)) as renderer, ThreadPoolExecutor(arguments.processes) as pool:

        def here(request: Planned, order: LetterOrder) -> bytes:
            letter = compose_letter(request.plan, wording, order)
            return render_pdf(layout, letter.model_copy(update={"reference": order.workflow_id}), created=OPENED_AT)

        def apart(request: Planned, order: LetterOrder) -> bytes:
            letter = renderer.submit(wording, compose_letter, request.plan, wording, order).result()
            letter = letter.model_copy(update={"reference": order.workflow_id})
            return renderer.pdf("letter.typ", layout, letter, created=OPENED_AT).result()

        def milliseconds(make: Callable[[Planned, LetterOrder], bytes], round_: int) -> float:
            request = requests[round_ % len(requests)]
            batch = orders(request, arguments.letters)
            start = time.perf_counter()
            list(pool.map(lambda order: make(request, order), batch))
            return (time.perf_counter() - start) * 1000 / arguments.letters

        milliseconds(here, 0), milliseconds(apart, 0)
        taken = [(milliseconds(here, number), milliseconds(apart, number)) for number in range(arguments.rounds)]
    in_this_process, in_others = (statistics.median(times) for times in zip(*taken, strict=True))
    ratio = statistics.median(theirs / ours for ours, theirs in taken)
    print(f"a letter: {in_this_process:.1f} ms here, {in_others:.1f} ms in processes apart; ratio {ratio:.2f}")  # noqa: T201


if __name__ == "__main__":
    main()
