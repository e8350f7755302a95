"""Builds calendars from the `holidays` package, corrected by overlay files that cite their source.

The package is a source of data, never of rules, and only this module reads it. The result is a snapshot
(forthwith/deadlines/calendar.py) that no later release of the package can change.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import holidays
from holidays.registry import COUNTRIES
from pydantic import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from forthwith.deadlines.calendar import Calendar, ClosedDay
from forthwith.deadlines.overlays import Overlay

CORRECTIONS = files("forthwith") / "deadlines" / "calendars"
"""Overlays that are always applied, each named for the calendar it corrects: ``us-ny.yaml`` for US-NY."""

OVERLAYS = files("forthwith") / "deadlines" / "overlay_files"
"""Overlays that are applied where a campaign names them."""

_FEDERAL = "us-federal"
_STATES = "us-states"
_WEEKEND = {5, 6}
_HALF_DAY = "half-day"
_STATE = "state"


class UnknownCalendar(ValueError):
    """A calendar that cannot be built. The message names what was asked for and what is available."""


def build_calendar(names: Sequence[str], *, state: str | None, first_year: int, last_year: int) -> Calendar:
    """The calendar that ``names`` describe together, for whole years, from ``first_year`` to ``last_year``.

    A name is ``us-federal``, ``state`` (the calendar of ``state``, a postal code; D.C. is a state, FRCP
    81(d)(2)), an ISO code such as ``US-MA``, ``GB-ENG`` or ``FR``, or an overlay, which acts on the calendars
    named before it: the path of a file ending in ``.yaml``, or one of ours by its name. State holidays close a
    day only for periods counted forward, FRCP 6(a)(6)(C). Federal law comes before all others on the same day.

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
    """The canonical spelling of a name: ``us-federal``, an ISO code in capitals, or the path of an overlay."""
    if name == _FEDERAL or is_overlay(name):
        return name
    if name == _STATE:
        if not state:
            raise UnknownCalendar("the calendar `state` needs to know which state, by its postal code, such as IL")
        name = f"US-{state.upper()}"
    if name.upper() == "US":
        raise UnknownCalendar("'US' is nobody's calendar: write us-federal, or a state's such as US-MA, or both")
    if not is_known(name):
        country, _, _ = name.upper().partition("-")
        raise UnknownCalendar(f"no calendar is called {name!r}{_did_you_mean(name) or _known_names(country)}")
    return name.upper()


def is_file(name: str) -> bool:
    """Whether ``name`` is the path of an overlay file."""
    return name.endswith((".yaml", ".yml"))


def is_overlay(name: str) -> bool:
    """Whether ``name`` is an overlay: the path of a file, or the name of one that comes with the package."""
    return is_file(name) or name in shipped_overlays()


def is_known(name: str) -> bool:
    """Whether ``name`` is a calendar or a shipped overlay, also where it cannot be used here."""
    country, _, subdivision = name.upper().partition("-")
    countries = _countries()
    return (
        name in (_FEDERAL, _STATE)
        or name in shipped_overlays()
        or (country in countries and (not subdivision or subdivision in countries[country]))
    )


@cache
def shipped_overlays() -> frozenset[str]:
    """The names of the overlays that come with the package and that a campaign may name."""
    return frozenset(file.name.removesuffix(".yaml") for file in OVERLAYS.iterdir() if file.name.endswith(".yaml"))


def _overlays(layer: str) -> tuple[str, ...]:
    """The texts of the overlays that correct ``layer``; for an overlay file, its own text."""
    if not is_file(layer):
        return _shipped(layer)
    try:
        return (Path(layer).read_text(encoding="utf-8-sig"),)
    except (OSError, UnicodeDecodeError) as error:
        raise UnknownCalendar(f"the overlay {layer} cannot be read: {error}") from error


@cache
def _shipped(layer: str) -> tuple[str, ...]:
    if layer in shipped_overlays():
        return ((OVERLAYS / f"{layer}.yaml").read_text(encoding="utf-8"),)
    stems = [_STATES, layer.lower()] if layer.startswith("US-") else [layer.lower()]
    shipped = (CORRECTIONS / f"{stem}.yaml" for stem in stems)
    return tuple(overlay.read_text(encoding="utf-8") for overlay in shipped if overlay.is_file())


@lru_cache(maxsize=128)
def _built(layers: tuple[str, ...], overlays: tuple[tuple[str, ...], ...], first_year: int, last_year: int) -> Calendar:
    """Cached by content: ten thousand recipients share some fifty states, and an edited overlay is a new key."""
    merged: tuple[ClosedDay, ...] = ()
    for layer, texts in zip(layers, overlays, strict=True):
        corrects = is_overlay(layer)
        closed = merged if corrects else _listed(layer, first_year, last_year)
        for text in texts:
            closed = _overlay(layer, text).correct(
                closed,
                source=_source(layer),
                forward_only=not corrects and layer.startswith("US-"),
                first_year=first_year,
                last_year=last_year,
            )
        merged = closed if corrects else (*merged, *closed)
    used = "".join(text for texts in overlays for text in texts)
    edition = f" + overlays {hashlib.sha256(used.encode()).hexdigest()[:12]}" if used else ""
    return Calendar(
        name=" + ".join(_source(layer) for layer in layers),
        version=f"holidays {_release()}{edition}",
        first_year=first_year,
        last_year=last_year,
        closed=tuple(_each_day_once(merged)),
    )


def _each_day_once(closed: Iterable[ClosedDay]) -> Iterator[ClosedDay]:
    """The closed weekdays in order, with what closes each: federal law first, then the layers in turn.

    A day is listed twice where one entry closes it with a dispute, and another, which is not disputed, holds only for
    periods counted forward.
    """
    by_day: dict[date, list[ClosedDay]] = {}
    for entry in closed:
        # Saturdays and Sundays are closed anyway; without them the snapshot stays small.
        if entry.day.weekday() not in _WEEKEND:
            by_day.setdefault(entry.day, []).append(entry)
    for _, entries in sorted(by_day.items()):
        first, *others = sorted(entries, key=lambda entry: (entry.forward_only, bool(entry.disputed), _rank(entry)))
        names = [entry.name for entry in (first, *others) if entry.source == first.source]
        yield first.model_copy(update={"name": "; ".join(dict.fromkeys(names))})
        if first.disputed:
            yield from [entry for entry in others if not entry.disputed][:1]


def _rank(entry: ClosedDay) -> int:
    return 0 if entry.source == _FEDERAL else 1


def _source(layer: str) -> str:
    if is_overlay(layer):
        return Path(layer).stem
    return f"state {layer.removeprefix('US-')}" if layer.startswith("US-") else layer


@lru_cache(maxsize=256)
def _listed(layer: str, first_year: int, last_year: int) -> tuple[ClosedDay, ...]:
    """The package's closed days for one calendar, without half-day closings: an office open in the morning is open."""
    country, _, subdivision = ("US", "", "") if layer == _FEDERAL else layer.partition("-")
    listed = _entity(layer, country, subdivision, range(first_year, last_year + 1))
    return tuple(
        ClosedDay(
            day=day,
            name=name,
            source=_source(layer),
            citation="5 U.S.C. § 6103(a)" if layer == _FEDERAL else "",
            forward_only=layer.startswith("US-"),
        )
        for day in sorted(listed)
        for name in listed.get_list(day)
        if _HALF_DAY not in name
    )


def _entity(layer: str, country: str, subdivision: str, years: range) -> holidays.HolidayBase:
    options: dict[str, Any] = {"subdiv": subdivision or None, "years": years}
    if country == "US":
        options["categories"] = "government" if layer == _FEDERAL else "public"
    if "en_US" in _languages(country):
        options["language"] = "en_US"  # half-day closings are recognized by their English label
    listed = holidays.country_holidays(country, **options)
    if listed.weekend != _WEEKEND or listed.weekend_workdays:
        raise UnknownCalendar(f"{layer} is not supported: its weekend is not always Saturday and Sunday")
    if years[0] < listed.start_year or years[-1] > listed.end_year:
        raise UnknownCalendar(f"{layer} is known for {listed.start_year}-{listed.end_year}, not {years[0]}-{years[-1]}")
    return listed


@cache
def _release() -> str:
    return version("holidays")


@cache
def _languages(country: str) -> tuple[str, ...]:
    return holidays.country_holidays(country).supported_languages


@cache
def _countries() -> Mapping[str, Sequence[str]]:
    """The subdivision codes of each country, by its ISO code."""
    return holidays.list_supported_countries(include_aliases=False)


def _did_you_mean(name: str) -> str:
    """``; did you mean GB-ENG?``, matched by code or by the name of the place; empty where nothing is similar."""
    spellings = _spellings()
    codes = dict.fromkeys(spellings[label] for label in get_close_matches(name.lower(), spellings, n=3, cutoff=0.82))
    return f"; did you mean {' or '.join(codes)}?" if codes else ""


def _known_names(country: str) -> str:
    if country not in _countries():
        return (
            "; write us-federal, state, an ISO code such as US-MA or GB-ENG, an overlay file by its path or by its "
            f"name in the folder overlays, or an overlay of ours ({', '.join(sorted(shipped_overlays()))})"
        )
    federal = [_FEDERAL] if country == "US" else []
    parts = [*federal, *(f"{country}-{code}" for code in _countries()[country])]
    return f"; known for {country}: {', '.join(parts) or f'only {country} itself'}"


@cache
def _spellings() -> Mapping[str, str]:
    """What people may write, in lower case, and the calendar it stands for."""
    spellings = {_FEDERAL: _FEDERAL, "federal": _FEDERAL, "us": _FEDERAL, _STATE: _STATE}
    spellings |= {overlay: overlay for overlay in shipped_overlays()}
    for module, (_, code, *others) in COUNTRIES.items():
        parts = _countries().get(code, ())
        spellings |= {label.lower(): code for label in (code, *others, module.replace("_", "-"))}
        spellings |= {f"{code}-{part}".lower(): f"{code}-{part}" for part in parts}
    for code in ("US", "GB", "DE", "CA", "AU"):
        entity: Any = holidays.country_holidays(code)
        spellings |= {
            name.lower(): f"{code}-{part}" for part, names in entity.get_subdivision_aliases().items() for name in names
        }
    return spellings


def _overlay(layer: str, text: str) -> Overlay:
    try:
        return _parsed(text)
    except (YAMLError, ValidationError) as error:
        raise UnknownCalendar(f"the overlay of {layer} is not valid: {error}") from error


@lru_cache(maxsize=256)
def _parsed(text: str) -> Overlay:
    yaml: Any = YAML(typ="safe", pure=True)
    return Overlay.model_validate(yaml.load(text) or {})
