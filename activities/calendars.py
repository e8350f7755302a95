"""Makes calendars: what the `holidays` package knows, corrected by overlay files that cite their source.

The package is a source of data, never of rules, and this module is its only reader. What comes out is a
snapshot (forthwith/domain/calendar.py) that no later release of the package can change.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, Self

import holidays
from pydantic import Field, ValidationError, model_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from forthwith.domain.calendar import Calendar, ClosedDay
from forthwith.domain.model import Model

OVERLAYS = files("forthwith") / "calendars"
"""The overlays that come with the package, each named for the calendar it corrects: ``us-ny.yaml`` for US-NY."""

_FEDERAL = "us-federal"
_STATES = "us-states"
_WEEKEND = {5, 6}
_HALF_DAY = "half-day"
_OBSERVED = "(observed)"
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class UnknownCalendar(ValueError):
    """A calendar that cannot be made; the message says what was asked for and what could be."""


class Added(Model):
    """A closed day that the source lacks or describes wrongly: one ``day``, or ``every`` year on ``MM-DD``."""

    name: str
    citation: str = Field(min_length=1)
    day: date | None = None
    every: str = Field("", pattern=r"^(\d\d-\d\d)?$")
    from_year: int = 1
    to_year: int = 9999
    sunday_to_monday: bool = False
    """When the day is a Sunday, the Monday after is closed."""
    forward_only: bool | None = None
    """Closed only for periods counted forward. Left out: as the calendar that is corrected."""
    disputed: str = ""

    @model_validator(mode="after")
    def _one_kind_of_date(self) -> Self:
        if (self.day is None) == (not self.every):
            raise ValueError("an added day has either `day: YYYY-MM-DD` or `every: MM-DD`")
        if self.every:
            date.fromisoformat(f"2023-{self.every}")  # not February 29, which most years lack
        return self

    def days(self, first_year: int, last_year: int) -> Iterator[date]:
        """The days it names in those years."""
        if self.day:
            candidates = [self.day]
        else:
            years = range(max(first_year, self.from_year), min(last_year, self.to_year) + 1)
            candidates = [date.fromisoformat(f"{year:04}-{self.every}") for year in years]
        for day in candidates:
            moved = day + timedelta(days=1) if self.sunday_to_monday and day.weekday() == 6 else day
            if first_year <= moved.year <= last_year:
                yield moved


class Selected(Model):
    """Days of the source, by ``day``, by ``name``, or by the weekday to which a holiday was moved."""

    citation: str = Field(min_length=1)
    day: date | None = None
    name: str = ""
    observed_on: Literal["", "monday", "friday"] = ""
    from_year: int = 1
    to_year: int = 9999

    @model_validator(mode="after")
    def _not_every_day(self) -> Self:
        if not (self.day or self.name or self.observed_on):
            raise ValueError("say which days: `day`, `name` or `observed_on`")
        return self

    def matches(self, closed: ClosedDay) -> bool:
        """True when every condition that is given holds for ``closed``."""
        return (
            self.from_year <= closed.day.year <= self.to_year
            and (self.day is None or self.day == closed.day)
            and self.name in ("", closed.name)
            and (
                not self.observed_on
                or (_OBSERVED in closed.name and _WEEKDAYS[closed.day.weekday()] == self.observed_on)
            )
        )


class Disputed(Selected):
    """Closed days of the source that a stricter reader may hold to be open, and why."""

    disputed: str = Field(min_length=1)


class Overlay(Model):
    """Corrections to a calendar; each cites its authority. Removals come first, then disputes, then additions."""

    remove: tuple[Selected, ...] = ()
    dispute: tuple[Disputed, ...] = ()
    add: tuple[Added, ...] = ()

    def correct(
        self, closed: Iterable[ClosedDay], *, source: str, forward_only: bool, first_year: int, last_year: int
    ) -> tuple[ClosedDay, ...]:
        """``closed`` as corrected; an added day replaces what the source said about it."""
        by_day = {c.day: self._disputed(c) for c in closed if not any(r.matches(c) for r in self.remove)}
        for added in self.add:
            for day in added.days(first_year, last_year):
                by_day[day] = ClosedDay(
                    day=day,
                    name=added.name,
                    source=source,
                    citation=added.citation,
                    forward_only=forward_only if added.forward_only is None else added.forward_only,
                    disputed=added.disputed,
                )
        return tuple(by_day.values())

    def _disputed(self, closed: ClosedDay) -> ClosedDay:
        for dispute in self.dispute:
            if dispute.matches(closed):
                return closed.model_copy(update={"disputed": dispute.disputed, "citation": dispute.citation})
        return closed


def build_calendar(names: Sequence[str], *, state: str | None, first_year: int, last_year: int) -> Calendar:
    """The calendar that ``names`` describe together, for whole years from ``first_year`` to ``last_year``.

    A name is ``us-federal``, ``state`` (the calendar of ``state``, a postal code; D.C. is a state, FRCP
    81(d)(2)), an ISO code such as ``US-MA``, ``GB-ENG`` or ``FR``, or the path of an overlay file ending in
    ``.yaml``, which acts on the calendars named before it. State holidays close a day only for periods
    counted forward, FRCP 6(a)(6)(C). A day named twice is kept once: federal before all others.

    Raises ``UnknownCalendar``.
    """
    if first_year > last_year:
        raise UnknownCalendar(f"a calendar runs from an earlier to a later year, not from {first_year} to {last_year}")
    layers = tuple(dict.fromkeys(_layer(name, state) for name in names))
    if not layers:
        raise UnknownCalendar("no calendar is named; write for example [us-federal, state]")
    overlays = tuple(_overlays(layer) for layer in layers)
    return _built(layers, overlays, first_year, last_year)


def _layer(name: str, state: str | None) -> str:
    """The one spelling of a name: ``us-federal``, an ISO code in capitals, or the path of an overlay."""
    if name == _FEDERAL or _is_file(name):
        return name
    if name == "state":
        if not state:
            raise UnknownCalendar("the calendar `state` needs to know which state, by its postal code, such as IL")
        return f"US-{state.upper()}"
    if name.upper() == "US":
        raise UnknownCalendar("'US' is nobody's calendar: write us-federal, or a state's such as US-MA, or both")
    return name.upper()


def _is_file(layer: str) -> bool:
    return layer.endswith((".yaml", ".yml"))


def _overlays(layer: str) -> tuple[str, ...]:
    """The text of the overlays that correct ``layer``; of an overlay file, its own."""
    if _is_file(layer):
        try:
            return (Path(layer).read_text(encoding="utf-8"),)
        except (OSError, UnicodeDecodeError) as error:
            raise UnknownCalendar(f"the overlay {layer} cannot be read: {error}") from error
    stems = [_STATES, layer.lower()] if layer.startswith("US-") else [layer.lower()]
    shipped = (OVERLAYS / f"{stem}.yaml" for stem in stems)
    return tuple(overlay.read_text(encoding="utf-8") for overlay in shipped if overlay.is_file())


@lru_cache(maxsize=128)
def _built(layers: tuple[str, ...], overlays: tuple[tuple[str, ...], ...], first_year: int, last_year: int) -> Calendar:
    """Cached by content: ten thousand recipients live in some fifty states, and an edited overlay is a new key."""
    merged: dict[date, ClosedDay] = {}
    for layer, texts in zip(layers, overlays, strict=True):
        is_file = _is_file(layer)
        closed = tuple(merged.values()) if is_file else _listed(layer, first_year, last_year)
        for text in texts:
            closed = _parsed(layer, text).correct(
                closed,
                source=_source(layer),
                forward_only=not is_file and layer.startswith("US-"),
                first_year=first_year,
                last_year=last_year,
            )
        by_day = {c.day: c for c in closed}
        if is_file:
            merged = by_day
        elif layer == _FEDERAL:
            merged = merged | by_day
        else:
            merged = by_day | merged
    used = "".join(text for texts in overlays for text in texts)
    edition = f" + overlays {hashlib.sha256(used.encode()).hexdigest()[:12]}" if used else ""
    return Calendar(
        name=" + ".join(_source(layer) for layer in layers),
        version=f"holidays {version('holidays')}{edition}",
        first_year=first_year,
        last_year=last_year,
        # Saturdays and Sundays are closed anyway; leaving them out keeps the snapshot that travels small.
        closed=tuple(merged[day] for day in sorted(merged) if day.weekday() not in _WEEKEND),
    )


def _source(layer: str) -> str:
    if _is_file(layer):
        return Path(layer).stem
    return f"state {layer.removeprefix('US-')}" if layer.startswith("US-") else layer


@lru_cache(maxsize=256)
def _listed(layer: str, first_year: int, last_year: int) -> tuple[ClosedDay, ...]:
    """What the package lists for one calendar, without half-day closings: an office open in the morning is open."""
    country, _, subdivision = ("US", "", "") if layer == _FEDERAL else layer.partition("-")
    listed = _entity(layer, country, subdivision, range(first_year, last_year + 1))
    return tuple(
        ClosedDay(
            day=day,
            name="; ".join(names),
            source=_source(layer),
            citation="5 U.S.C. § 6103(a)" if layer == _FEDERAL else "",
            forward_only=layer.startswith("US-"),
        )
        for day in sorted(listed)
        if (names := [name for name in listed.get_list(day) if _HALF_DAY not in name])
    )


def _entity(layer: str, country: str, subdivision: str, years: range) -> holidays.HolidayBase:
    available = holidays.list_supported_countries(include_aliases=False)
    if country not in available:
        raise UnknownCalendar(
            f"no calendar is called {layer!r}; write us-federal, state, an ISO code such as US-MA or GB-ENG, "
            "or the path of an overlay file ending in .yaml"
        )
    if subdivision and subdivision not in available[country]:
        known = ", ".join(f"{country}-{code}" for code in available[country]) or f"only {country} itself"
        federal = "us-federal, " if country == "US" else ""
        raise UnknownCalendar(f"no calendar is called {layer!r}; known for {country}: {federal}{known}")
    options: dict[str, Any] = {"subdiv": subdivision or None, "years": years}
    if country == "US":
        options["categories"] = "government" if layer == _FEDERAL else "public"
    languages = holidays.country_holidays(country).supported_languages
    if "en_US" in languages:
        options["language"] = "en_US"  # half-day closings are recognised by their English label
    listed = holidays.country_holidays(country, **options)
    if listed.weekend != _WEEKEND or listed.weekend_workdays:
        raise UnknownCalendar(f"{layer} is not supported: its weekend is not always Saturday and Sunday")
    if years[0] < listed.start_year or years[-1] > listed.end_year:
        raise UnknownCalendar(f"{layer} is known for {listed.start_year}-{listed.end_year}, not {years[0]}-{years[-1]}")
    return listed


@lru_cache(maxsize=64)
def _parsed(layer: str, text: str) -> Overlay:
    try:
        yaml: Any = YAML(typ="safe", pure=True)
        return Overlay.model_validate(yaml.load(text) or {})
    except (YAMLError, ValidationError) as error:
        raise UnknownCalendar(f"the overlay of {layer} is not valid: {error}") from error
