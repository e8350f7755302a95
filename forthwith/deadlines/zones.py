"""State codes, and the time zone of a state or country where none was given."""

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from forthwith.fields import STATES

WASHINGTON = "America/New_York"
"""The default zone: that of the federal government."""


class State(NamedTuple):
    """A state, district or territory, with IANA time zones."""

    name: str
    zone: str
    """The zone in which most of its people live."""
    other_zones: tuple[str, ...] = ()


_EASTERN, _CENTRAL, _MOUNTAIN, _PACIFIC = WASHINGTON, "America/Chicago", "America/Denver", "America/Los_Angeles"

PLACES = {
    "AL": State("Alabama", _CENTRAL),
    "AK": State("Alaska", "America/Anchorage", ("America/Adak",)),
    "AZ": State("Arizona", "America/Phoenix", (_MOUNTAIN,)),
    "AR": State("Arkansas", _CENTRAL),
    "CA": State("California", _PACIFIC),
    "CO": State("Colorado", _MOUNTAIN),
    "CT": State("Connecticut", _EASTERN),
    "DE": State("Delaware", _EASTERN),
    "DC": State("District of Columbia", _EASTERN),
    "FL": State("Florida", _EASTERN, (_CENTRAL,)),
    "GA": State("Georgia", _EASTERN),
    "HI": State("Hawaii", "Pacific/Honolulu"),
    "ID": State("Idaho", "America/Boise", (_PACIFIC,)),
    "IL": State("Illinois", _CENTRAL),
    "IN": State("Indiana", "America/Indiana/Indianapolis", (_CENTRAL,)),
    "IA": State("Iowa", _CENTRAL),
    "KS": State("Kansas", _CENTRAL, (_MOUNTAIN,)),
    "KY": State("Kentucky", "America/Kentucky/Louisville", (_CENTRAL,)),
    "LA": State("Louisiana", _CENTRAL),
    "ME": State("Maine", _EASTERN),
    "MD": State("Maryland", _EASTERN),
    "MA": State("Massachusetts", _EASTERN),
    "MI": State("Michigan", "America/Detroit", (_CENTRAL,)),
    "MN": State("Minnesota", _CENTRAL),
    "MS": State("Mississippi", _CENTRAL),
    "MO": State("Missouri", _CENTRAL),
    "MT": State("Montana", _MOUNTAIN),
    "NE": State("Nebraska", _CENTRAL, (_MOUNTAIN,)),
    "NV": State("Nevada", _PACIFIC, (_MOUNTAIN,)),
    "NH": State("New Hampshire", _EASTERN),
    "NJ": State("New Jersey", _EASTERN),
    "NM": State("New Mexico", _MOUNTAIN),
    "NY": State("New York", _EASTERN),
    "NC": State("North Carolina", _EASTERN),
    "ND": State("North Dakota", _CENTRAL, (_MOUNTAIN,)),
    "OH": State("Ohio", _EASTERN),
    "OK": State("Oklahoma", _CENTRAL),
    "OR": State("Oregon", _PACIFIC, ("America/Boise",)),
    "PA": State("Pennsylvania", _EASTERN),
    "RI": State("Rhode Island", _EASTERN),
    "SC": State("South Carolina", _EASTERN),
    "SD": State("South Dakota", _CENTRAL, (_MOUNTAIN,)),
    "TN": State("Tennessee", _CENTRAL, (_EASTERN,)),
    "TX": State("Texas", _CENTRAL, (_MOUNTAIN,)),
    "UT": State("Utah", _MOUNTAIN),
    "VT": State("Vermont", _EASTERN),
    "VA": State("Virginia", _EASTERN),
    "WA": State("Washington", _PACIFIC),
    "WV": State("West Virginia", _EASTERN),
    "WI": State("Wisconsin", _CENTRAL),
    "WY": State("Wyoming", _MOUNTAIN),
    "AS": State("American Samoa", "Pacific/Pago_Pago"),
    "GU": State("Guam", "Pacific/Guam"),
    "MP": State("Northern Mariana Islands", "Pacific/Saipan"),
    "PR": State("Puerto Rico", "America/Puerto_Rico"),
    "VI": State("U.S. Virgin Islands", "America/St_Thomas"),
}


def state_code(written: str) -> str:
    """The postal code of a state given by code or name. Raises ``ValueError`` with similar names."""
    word = " ".join(written.split())
    if word.upper() in STATES:
        return word.upper()
    by_name = {state.name.lower(): code for code, state in PLACES.items()}
    if code := by_name.get(word.lower()):
        return code
    near = [PLACES[by_name[name]].name for name in get_close_matches(word.lower(), by_name, n=3)]
    if len(word) == 2:
        near += [f"{code} ({state.name})" for code, state in PLACES.items() if code[0] == word[0].upper()]
    meant = f"; did you mean {', '.join(near)}?" if near else ""
    raise ValueError(f"no state is called {written!r}{meant or '; write its postal code, such as IL, or its name'}")


def zone_for(state: str | None, calendars: Sequence[str]) -> tuple[str, str]:
    """The IANA time zone for a ``state`` (postal code) or for ``calendars``, and a sentence with the reason.

    Raises ``ValueError`` for a country of several zones: there the zone must be given.
    """
    if not state:
        named = (name.upper().removeprefix("US-") for name in calendars if name.upper().startswith("US-"))
        state = next((code for code in named if code in STATES), None)
    if state:
        place = PLACES[state]
        others = f"; for its parts with {' or '.join(place.other_zones)} give --zone" if place.other_zones else ""
        whose = f"most of {place.name}" if place.other_zones else place.name
        return place.zone, f"No zone was given: it is {place.zone}, that of {whose}{others}."
    for country in (name.partition("-")[0].upper() for name in calendars):
        zones = _zones_of().get(country, ())
        if len(zones) == 1:
            return zones[0], f"No zone was given: it is {zones[0]}, the only one of {country}."
        if zones and country != "US":
            raise ValueError(f"{country} has {len(zones)} time zones; give --zone, such as {', '.join(zones[:3])}")
    return WASHINGTON, f"Neither a zone nor a state was given: the zone is {WASHINGTON}, that of Washington, D.C."


@cache
def _zones_of() -> dict[str, tuple[str, ...]]:
    """The zones of each country by its ISO code, as the pinned ``tzdata`` lists them."""
    zones: dict[str, tuple[str, ...]] = {}
    for line in (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            zones[country] = (*zones.get(country, ()), zone)
    return zones
