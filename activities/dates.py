"""Computes dates, as an activity: `holidays` and `tzdata` change between releases, workflow code must not."""

from temporalio import activity

from forthwith.base import Model
from forthwith.casefile.clocks import clocks
from forthwith.casefile.store import Dossier
from forthwith.fields import Sha256
from forthwith.request.timetable import Facts, Timetable, timetable


class DatesQuestion(Model):
    """Whose dates, under which facts."""

    plan: Sha256
    facts: Facts


class Dates:
    """The activity that lays the ladder along a request's facts."""

    def __init__(self, dossier: Dossier) -> None:
        self._dossier = dossier

    @activity.defn
    async def compute_dates(self, question: DatesQuestion) -> Timetable:
        """Every date that follows from the facts, with its explanation."""
        plan = self._dossier.plan(question.plan)
        recipient, issuer = clocks(self._dossier, plan, question.facts)
        return timetable(plan, recipient, issuer, question.facts)
