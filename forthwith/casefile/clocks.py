"""The clocks of a request, with the calendars that its case file has pinned."""

from forthwith.campaign.models import RequestPlan
from forthwith.casefile.store import Dossier
from forthwith.deadlines.clock import Clock
from forthwith.request.timetable import Facts


def clocks(dossier: Dossier, plan: RequestPlan, facts: Facts) -> tuple[Clock, Clock]:
    """The recipient's clock and the issuer's, with the calendars that count. Raises ``DossierError``."""
    campaign = plan.campaign
    recipient = Clock(
        calendar=dossier.calendar(facts.recipient_calendar or plan.recipient_calendar),
        zone=plan.jurisdiction.timezone,
        closes=campaign.clock.closes,
        reading=campaign.clock.reading,
    )
    return recipient, Clock(
        calendar=dossier.calendar(facts.issuer_calendar or plan.issuer_calendar),
        zone=campaign.time_zone,
        reading="strict",
    )
