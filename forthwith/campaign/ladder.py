"""The ladder as data: the order of the rungs, and how long each one waits.

A campaign file writes each rung as one key with its settings, such as ``remind: {before_due: {days: 14}}``.
Periods toward the recipient are counted in the recipient's calendar, zone and office hours, internal ones in
the issuer's.
"""

from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    ValidationInfo,
    field_validator,
    model_serializer,
    model_validator,
)

from forthwith.base import Model
from forthwith.deadlines.period import Period
from forthwith.fields import FilledLine

Colleague = Literal["reviewer", "supervisor"]
"""Somebody of the issuing office to whom letters can go."""


class Acknowledgment(Model):
    """A letter that asks whether the demand arrived, when it was not acknowledged within this period."""

    within: Period


class Remind(Model):
    """A reminder a given time before the response is due."""

    before_due: Period
    copies: tuple[Colleague, ...] = Field(default=(), alias="copy")


class Deficiency(Model):
    """A letter that lists what is missing after a partial response, and sets a cure period.

    The response is then due at the end of that period, if that is later than the response date.
    """

    cure: Period


class FinalNotice(Model):
    """The last letter before a subpoena is drafted, and the cure period that it sets."""

    after_due: Period
    cure: Period


class Court(Model):
    """The court and the pending action under which a Rule 45 subpoena issues, FRCP 45(a)(1)(A)."""

    name: FilledLine
    """Such as ``United States District Court``."""
    district: FilledLine
    """Such as ``Northern District of Illinois``."""
    title: FilledLine
    """Of the action, such as ``Plaintiff v. Defendant``."""
    docket: FilledLine
    """The civil action number."""
    place_of_compliance: FilledLine


class Subpoena(Model):
    """The form of the draft, and how long after recorded service its return date falls."""

    form: Literal["administrative", "court_rule45"]
    return_within: Period
    court: Annotated[Court | None, Field(validate_default=True)] = None
    """Only under Rule 45."""

    @field_validator("court")
    @classmethod
    def _court_under_rule_45(cls, court: Court | None, info: ValidationInfo) -> Court | None:
        match info.data.get("form"):
            case "court_rule45" if court is None:
                raise ValueError(f"is missing; a subpoena under Rule 45 needs its {', '.join(Court.model_fields)}")
            case "administrative" if court is not None:
                raise ValueError("is only for form: court_rule45; an administrative subpoena has no court")
            case _:
                return court


class Review(Model):
    """How long the reviewer has, and who is chased after the reviewer."""

    within: Period
    then_chase: Colleague = "supervisor"


class Issuance(Model):
    """How long issuance may take after approval, and who is chased when it does not happen."""

    within: Period
    then_chase: Colleague = "supervisor"


class Service(Model):
    """How long service may take after issuance, and who is chased when it does not happen."""

    within: Period
    then_chase: Colleague = "reviewer"


class Referral(Model):
    """When the matter is referred for enforcement after an unanswered return date, and to whom."""

    after_return: Period
    to: Colleague = "supervisor"


ORDER = (
    "acknowledgment",
    "remind",
    "deficiency",
    "final_notice",
    "subpoena",
    "review",
    "issuance",
    "service",
    "referral",
)


class Rung(Model):
    """One entry of the ladder: exactly one of its fields is set."""

    acknowledgment: Acknowledgment | None = None
    remind: Remind | None = None
    deficiency: Deficiency | None = None
    final_notice: FinalNotice | None = None
    subpoena: Subpoena | None = None
    review: Review | None = None
    issuance: Issuance | None = None
    service: Service | None = None
    referral: Referral | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Rung":
        if len(self.model_fields_set) != 1:
            found = " and ".join(kind for kind in ORDER if kind in self.model_fields_set) or "none"
            raise ValueError(f"a rung has exactly one key, one of {', '.join(ORDER)}; this one has {found}")
        if getattr(self, self.kind) is None:
            raise ValueError(f"the rung {self.kind} is empty; give its settings")
        return self

    @property
    def kind(self) -> str:
        """The key of the rung in the campaign file."""
        return next(iter(self.model_fields_set), "")

    @model_serializer(mode="wrap")
    def _as_written(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {kind: settings for kind, settings in handler(self).items() if settings is not None}


class Ladder(Model):
    """The rungs by name, in an order that has been checked."""

    acknowledgment: Acknowledgment | None = None
    reminders: tuple[Remind, ...] = ()
    deficiency: Deficiency | None = None
    final_notice: FinalNotice | None = None
    subpoena: Subpoena
    review: Review
    issuance: Issuance | None = None
    service: Service | None = None
    referral: Referral | None = None

    @classmethod
    def of(cls, rungs: tuple[Rung, ...]) -> "Ladder":
        """The ladder of these rungs.

        Raises ``ValueError`` when a rung comes before one that it must follow or comes twice, or when one of the
        two required rungs (``subpoena`` and ``review``) is missing.
        """
        kinds = [rung.kind for rung in rungs]
        for kind in ORDER:
            if kind != "remind" and kinds.count(kind) > 1:
                raise ValueError(f"the rung {kind} stands {kinds.count(kind)} times; it can stand once")
        for required in ("subpoena", "review"):
            if required not in kinds:
                raise ValueError(f"the rung {required} is missing; a demand that nobody answers ends in it")
        places = [ORDER.index(kind) for kind in kinds]
        for earlier, later in pairwise(places):
            if later < earlier:
                raise ValueError(f"the rung {ORDER[later]} must stand before {ORDER[earlier]}")
        named: dict[str, Any] = {rung.kind: getattr(rung, rung.kind) for rung in rungs if rung.kind != "remind"}
        return cls(reminders=tuple(rung.remind for rung in rungs if rung.remind), **named)
