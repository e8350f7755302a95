"""Draws histories as SVG: one common time axis, one strip a request, and the legend from the same shapes.

Every position along the axis is a percentage, so that a strip is as wide as its table leaves it, on paper and on a
telephone, while the marks keep their size. What is written into the drawing is escaped here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from html import escape as escape_html
from typing import Literal
from zoneinfo import ZoneInfo

from forthwith.request.vocabulary import Status
from forthwith.views.history import History, Span, SpanKind
from forthwith.views.marks import Mark, MarkKind
from forthwith.visible import visible

MARGIN = 0.02
"""Of the axis, free at both ends, so that no mark is cut off."""

ROOM = 2.6
"""Percent that two marks of one lane are apart at least; a thin line leads from a moved one to its true moment."""

MAX_TICKS = 6

WIDE_ENOUGH = 2.4
"""Percent of the bar that a part must have for its number to stand in it; every number stands beneath."""

THEIRS, BAND, OURS, ASKED = 9, 24, 40, 52
"""The heights of the lanes: what the recipient does, the time that runs, what the office does, whom it asks."""
HEIGHT, THICK = 57, 10

Lane = Literal["theirs", "band", "ours", "asked"]


@dataclass(frozen=True)
class Shape:
    """How one kind of mark looks. ``path`` is SVG around the origin, some twelve units across."""

    id: str
    lane: Lane
    legend: str
    svg: str


def _end(id: str, legend: str, inner: str) -> Shape:
    return Shape(id, "band", legend, f'<circle r="7"/><path class="k" d="{inner}"/>')


_ENVELOPE = '<rect x="-7" y="-5" width="14" height="10" rx="1"/><path class="k" d="M-6-4l6 5 6-5"/>'
_SEAL = '<rect x="-6" y="-6" width="12" height="12" rx="3"/>'
_STAR = '<path d="M0-8l2 4.2 4.6.6-3.3 3.2.8 4.6L0 2.4l-4.1 2.2.8-4.6-3.3-3.2 4.6-.6z"/>'

SHAPES: dict[MarkKind, Shape] = {
    MarkKind.DEMAND: Shape("md", "ours", "Demand sent", _ENVELOPE),
    MarkKind.CLOCK: Shape("mc", "band", "Clock starts", '<path d="M-1-9v18h2v-6l6-3-6-3v-6z"/>'),
    MarkKind.LETTER: Shape(
        "ml",
        "ours",
        "Reminder or other letter",
        '<rect x="-4.5" y="-3.5" width="9" height="7" rx=".5"/><path class="k" d="M-4-3l4 3 4-3"/>',
    ),
    MarkKind.DEADLINE: Shape("mx", "band", "Response due", '<path d="M-5-13h10l-4 6v16h-2v-16z"/>'),
    MarkKind.MOVED: Shape("mm", "band", "Date that was moved", '<path d="M-4-12h8l-3 5v14h-2v-14z"/>'),
    MarkKind.NOTICE: Shape(
        "mn", "ours", "Final notice", '<path d="M0-7l7.5 13h-15z"/><path class="k" d="M0-2v3.6M0 3.4v1"/>'
    ),
    MarkKind.CURE: Shape("mu", "band", "Time to cure ends", '<path d="M-4-12h8v5h-3v16h-2v-16h-3z"/>'),
    MarkKind.DRAFT: Shape(
        "mf", "ours", "Subpoena drafted", '<path d="M-5-7h6l4 4v10h-10z"/><path class="k" d="M-2.5 0h5M-2.5 3h5"/>'
    ),
    MarkKind.APPROVED: Shape(
        "ma",
        "ours",
        "Draft approved",
        _SEAL + '<path class="k" d="M-3 0l2 2.5 4-5"/>',
    ),
    MarkKind.RETURNED: Shape(
        "mr",
        "ours",
        "Draft sent back or rejected",
        _SEAL + '<path class="k" d="M3 2.5v-4h-6m2.5-2.5l-2.5 2.5 2.5 2.5"/>',
    ),
    MarkKind.ISSUED: Shape(
        "mi",
        "ours",
        "Subpoena issued",
        _STAR,
    ),
    MarkKind.SERVED: Shape("mv", "ours", "Subpoena served", '<path d="M-7-3h6v-4l8 7-8 7v-4h-6z"/>'),
    MarkKind.RETURN: Shape("mt", "band", "Return date", '<path d="M-1 9v-14.5a3.6 3.6 0 1 1 2 0v14.5z"/>'),
    MarkKind.MEMO: Shape("mo", "ours", "Referral memo", '<path d="M-5-7h2v0h9l-2.5 3.5 2.5 3.5h-9v7h-2z"/>'),
    MarkKind.CHASE: Shape("mp", "asked", "One of our own people asked", '<circle r="2"/>'),
    MarkKind.COURSE: Shape(
        "mz",
        "ours",
        "Extended, escalated or set anew by a person",
        '<path d="M0-7.5l7.5 7.5-7.5 7.5-7.5-7.5z"/><path class="k" d="M-3 0h6M0-3v6"/>',
    ),
    MarkKind.PARTIAL: Shape(
        "mh", "theirs", "Response in part", '<circle class="o" r="5.5"/><path d="M0-5.5a5.5 5.5 0 0 0 0 11z"/>'
    ),
    MarkKind.COMPLETE: Shape("mk", "theirs", "Complete response", '<circle r="6"/>'),
    MarkKind.OBJECTION: Shape(
        "mj",
        "theirs",
        "Objection or refusal",
        '<path d="M-3-7h6l4 4v6l-4 4h-6l-4-4v-6z"/><path class="k" d="M-3.5 0h7"/>',
    ),
    MarkKind.WORD: Shape("mw", "theirs", "Other word from the recipient", '<path d="M-6-6h12v9h-6l-3.5 4v-4h-2.5z"/>'),
    MarkKind.FAILED: Shape(
        "me",
        "ours",
        "Came back, refused or unreadable",
        '<path d="M-6-3.5l2.5-2.5 3.5 3.5 3.5-3.5 2.5 2.5-3.5 3.5 3.5 3.5-2.5 2.5-3.5-3.5-3.5 3.5-2.5-2.5 3.5-3.5z"/>',
    ),
    MarkKind.END: Shape("mq", "band", "Ended", '<circle r="7"/>'),
}
"""One for every kind. Their classes: ``k`` is a line on the shape, ``o`` an outline."""

ENDS = {
    Status.COMPLIED: _end("qc", "Ended: complied", "M-3.5 0l2.5 3 4.5-6"),
    Status.REFERRED_FOR_ENFORCEMENT: _end("qr", "Ended: referred for enforcement", "M-3 0h6m-2.5-3l3 3-3 3"),
    Status.WITHDRAWN: _end("qw", "Ended: withdrawn", "M-3.5 0h7"),
    Status.UNSERVICEABLE: _end("qu", "Ended: could not be delivered", "M-3-3l6 6m0-6l-6 6"),
}

SPANS = {
    SpanKind.RESPONSE: ("sr", "Time to respond"),
    SpanKind.CURE: ("sc", "Time to cure"),
    SpanKind.OURS: ("so", "Draft, review, issuance, service"),
    SpanKind.RETURN: ("st", "Time to return"),
    SpanKind.PAUSE: ("sp", "Clock paused"),
}

SMALLER = ' class="small"'
"""What stands side by side is drawn smaller where there is less room: on paper and on a telephone."""

_HEIGHTS: dict[Lane, int] = {"theirs": THEIRS, "band": BAND, "ours": OURS, "asked": ASKED}

_UNITS = (
    *(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900, 3600, 6 * 3600)),
    *(timedelta(days=days) for days in (1, 2, 7, 14)),
)
"""The distances between ticks of a short axis; a longer one has months."""


@dataclass(frozen=True)
class Axis:
    """A stretch of time on paper: later is further right, and as far as it is later."""

    since: datetime
    until: datetime
    zone: str

    @classmethod
    def over(cls, moments: Iterable[datetime], zone: str) -> "Axis":
        """As long as it takes to show all of ``moments``."""
        known = sorted(moments)
        since, until = known[0], max(known[-1], known[0] + timedelta(seconds=10))
        margin = (until - since) * MARGIN
        return cls(since - margin, until + margin, zone)

    def at(self, instant: datetime) -> float:
        """Percent of the width, from 0 at the left end to 100 at the right one."""
        return round(100 * min(max((instant - self.since) / (self.until - self.since), 0), 1), 2)

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Where lines go, with what is written there: at most some six."""
        length = self.until - self.since
        unit = next((unit for unit in _UNITS if length / unit <= MAX_TICKS), None)
        moments = self._months() if unit is None else self._every(unit)
        year = 0
        for moment in moments:
            if unit is None:
                words = f"{moment:%b}" if moment.year == year else f"{moment:%b %Y}"
            elif unit >= timedelta(days=1):
                words = f"{moment.day} {moment:%b}" if moment.year == year else f"{moment.day} {moment:%b %Y}"
            elif moment.time() == time.min:
                words = f"{moment.day} {moment:%b}"
            elif unit >= timedelta(minutes=1):
                words = f"{moment:%H:%M}"
            else:
                words = f"{moment:%H:%M:%S}"
            year = moment.year
            yield self.at(moment), words

    def _every(self, unit: timedelta) -> Iterator[datetime]:
        zone = ZoneInfo(self.zone)
        moment = self.since.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
        while moment <= self.until:
            if moment >= self.since:
                yield moment
            moment += unit

    def _months(self) -> Iterator[datetime]:
        first = self.since.astimezone(ZoneInfo(self.zone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        count = (self.until - self.since) / timedelta(days=30)
        step = next(step for step in (1, 3, 6, 12, 24, 60, 120, 1200) if count / step <= MAX_TICKS or step == 1200)
        month = (first.month - 1) // step * step if step < 12 else 0
        moment = first.replace(month=month + 1)
        while moment <= self.until:
            if moment >= self.since:
                yield moment
            months = moment.month - 1 + step
            moment = moment.replace(year=moment.year + months // 12, month=months % 12 + 1)

    def is_short(self) -> bool:
        """Whether it is measured in hours rather than days."""
        return self.until - self.since < timedelta(days=3)


def sprite(axis: Axis, now: datetime | None) -> str:
    """Every shape and pattern, once a page; the strips and the legend refer to them."""
    shapes = "".join(
        f'<g id="{shape.id}"{"" if shape.lane == "band" else SMALLER}>{shape.svg}</g>'
        for shape in (*SHAPES.values(), *ENDS.values())
    )
    defined = f"{_PATTERNS}{grid(axis, now)}{shapes}"
    return f'<svg class="sprite" width="0" height="0" aria-hidden="true"><defs>{defined}</defs></svg>'


_TEXTURES = (
    "",
    "M0 0l8 8M-2 6l4 4M6-2l4 4",
    "M0 8l8-8M-2 2l4-4M6 10l4-4",
    "M2 0v8M6 0v8",
    "M0 2h8M0 6h8",
    "M2 2h.1M6 6h.1",
    "M0 0l8 8M0 8l8-8",
)
"""Textures for parts of the bar that are the same grey on paper."""


def _texture(number: int, lines: str) -> str:
    return (
        f'<pattern id="x-{number}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<path d="{lines}" class="texture"/></pattern>'
    )


def _pattern(id: str, ground: str, lines: str, size: int = 6) -> str:
    return (
        f'<pattern id="p-{id}" width="{size}" height="{size}" patternUnits="userSpaceOnUse">'
        f'<rect width="{size}" height="{size}" fill="var(--{ground})"/>'
        f'<path d="{lines}" stroke="var(--{ground}-ink)" stroke-width="1.2" fill="none"/></pattern>'
    )


_PATTERNS = (
    _pattern("sc", "cure", "M-1 1l2-2M0 6l6-6M5 7l2-2")
    + _pattern("so", "ours", "M1 1h1M4 4h1", 6)
    + _pattern("st", "return", "M1.5 0v6M4.5 0v6")
    + _pattern("sp", "pause", "M0 0l6 6M0 6l6-6")
    + "".join(_texture(number, lines) for number, lines in enumerate(_TEXTURES))
)


def scale(axis: Axis, now: datetime | None) -> str:
    """The axis itself, with the words along it."""
    ticks = list(axis.ticks())
    lines = "".join(f'<line class="tick" x1="{at}%" x2="{at}%" y1="16" y2="24"/>' for at, _ in ticks)
    words = "".join(f'<text x="{at}%" y="12"{_anchor(at)}>{escape(text)}</text>' for at, text in ticks)
    here = ""
    if now:
        at = axis.at(now)
        here = f'<path class="now" d="M0 0"/><line class="now" x1="{at}%" x2="{at}%" y1="15" y2="24"/>'
        here += f'<text class="now" x="{at}%" y="24" dx="4"{_anchor(at, end=True)}>now</text>'
    return f'<svg class="scale" width="100%" height="24" aria-hidden="true">{lines}{words}{here}</svg>'


def _anchor(at: float, *, end: bool = False) -> str:
    if at > 92 or (end and at > 88):
        return ' text-anchor="end"'
    return ' text-anchor="middle"' if at > 6 and not end else ""


def grid(axis: Axis, now: datetime | None) -> str:
    """What lies behind every strip, once a page: lines at the ticks, and at now."""
    lines = [f'<line class="tick" x1="{at}%" x2="{at}%" y2="{HEIGHT}"/>' for at, _ in axis.ticks()]
    return f'<g id="grid">{"".join(lines)}{_now(axis, now) if now else ""}</g>'


def strip(
    history: History, axis: Axis, *, number: int, title: str, now: datetime | None, words: Mapping[Mark, str]
) -> str:
    """One history. Without ``now`` it ends with its last entry; ``words`` has the title of each mark."""
    is_open = history.ended_as is None
    here = now if now and is_open else history.recorded_until
    begins, ends = axis.at(history.begins), axis.at(here)
    lanes: dict[Lane, list[Mark]] = {lane: [] for lane in _HEIGHTS}
    for mark in history.marks:
        lanes[SHAPES[mark.kind].lane].append(mark)
    return "".join(
        (
            f'<svg class="history" role="img" width="100%" height="{HEIGHT}" aria-labelledby="t{number}"',
            f' aria-describedby="w{number}"><title id="t{number}">{escape(title)}</title><use href="#grid"/>',
            f'<line class="path" x1="{begins}%" x2="{ends}%" y1="{BAND}" y2="{BAND}"/>',
            *(
                part
                for span in sorted(history.spans, key=lambda span: span.kind is SpanKind.PAUSE)
                for part in _drawn_span(span, axis, here)
            ),
            _now(axis, here) if is_open and not now else "",
            *(_drawn_lane(lane, marks, axis, history, words) for lane, marks in lanes.items() if marks),
            "</svg>",
        )
    )


def _now(axis: Axis, here: datetime) -> str:
    return f'<line class="now" x1="{axis.at(here)}%" x2="{axis.at(here)}%" y2="{HEIGHT}"/>'


def _drawn_span(span: Span, axis: Axis, here: datetime) -> Iterator[str]:
    name, _ = SPANS[span.kind]
    until = span.until or max(here, span.since)
    for since, end, look in ((span.since, min(until, here), name), (max(span.since, here), until, f"{name} ahead")):
        if end > since:
            left = axis.at(since)
            width = max(axis.at(end) - left, 0.15)
            yield f'<rect class="{look}" x="{left}%" y="{BAND - THICK // 2}" width="{width:.2f}%" height="{THICK}"/>'


def _drawn_lane(lane: Lane, marks: Sequence[Mark], axis: Axis, history: History, words: Mapping[Mark, str]) -> str:
    exactly = [axis.at(mark.at) for mark in marks]
    positions = _side_by_side(exactly) if lane in ("theirs", "ours") else exactly
    parts: list[str] = []
    for mark, exact, at in zip(marks, exactly, positions, strict=True):
        has_its_end = mark.kind is MarkKind.END and history.ended_as
        shape = ENDS[has_its_end] if has_its_end else SHAPES[mark.kind]
        if at != exact:
            edge, end = (BAND + 5 - OURS, -6) if lane == "ours" else (BAND - 5 - THEIRS, 6)
            parts.append(f'<line class="lead" x1="{exact}%" y1="{edge}" x2="{at}%" y2="{end}"/>')
        look = " ".join(filter(None, ("h" if mark.planned else "", "late" if mark.late else "")))
        classes = f' class="{look}"' if look else ""
        title = f"><title>{escape(words[mark])}</title></use>" if mark in words else "/>"
        parts.append(f'<use{classes} href="#{shape.id}" x="{at}%"{title}')
        if mark.late:
            side = 'dx="9"' if at < 94 else 'dx="-9" text-anchor="end"'
            parts.append(f'<text class="late" x="{at}%" y="3" {side}>late</text>')
    return f'<g class="{lane}" transform="translate(0 {_HEIGHTS[lane]})">{"".join(parts)}</g>'


def _side_by_side(exactly: Sequence[float]) -> list[float]:
    """Places apart from each other, in the same order: moved to the right, and back where the axis ends."""
    room, positions = min(ROOM, 98 / max(len(exactly), 1)), list[float]()
    for at in exactly:
        positions.append(max(at, positions[-1] + room) if positions else at)
    last = 100 - room / 2
    for number in range(len(positions) - 1, -1, -1):
        positions[number] = round(min(positions[number], last), 2)
        last = positions[number] - room
    return positions


def legend() -> Iterator[tuple[str, str]]:
    """Each kind of time and each mark, in the order of the lanes: a small drawing, and what it means."""
    for name, words in SPANS.values():
        yield _key(f'<rect class="{name}" x="1" y="6" width="26" height="{THICK}"/>'), words
    yield _key(f'<rect class="sr ahead" x="1" y="6" width="26" height="{THICK}"/>'), "The same, still ahead"
    for lane in _HEIGHTS:
        for kind, shape in SHAPES.items():
            if shape.lane == lane and kind is not MarkKind.END:
                y, hollow = (14 if lane == "band" else 11, " h" if kind is MarkKind.MOVED else "")
                yield _key(f'<use class="{lane}{hollow}" href="#{shape.id}" x="14" y="{y}"/>'), shape.legend
    planned = f'<use class="ours h" href="#{SHAPES[MarkKind.LETTER].id}" x="14" y="11"/>'
    yield _key(planned), "Hollow: still ahead, or no longer needed"
    for shape in ENDS.values():
        yield _key(f'<use class="band" href="#{shape.id}" x="14" y="11"/>'), shape.legend


def _key(drawn: str) -> str:
    return f'<svg class="key" width="28" height="22" aria-hidden="true">{drawn}</svg>'


def bar(counts: Sequence[tuple[str, str, int]], *, title: str) -> str:
    """How many stand where, as one bar: ``counts`` are the class, the words and the number of each part."""
    total, left, parts = sum(count for _, _, count in counts), 0.0, list[str]()
    for number, (look, words, count) in enumerate(counts):
        width = 100 * count / total
        place = f'x="{left:.3f}%" width="{width:.3f}%" height="34"'
        parts.append(f'<rect class="{look}" {place}/><rect fill="url(#x-{number % len(_TEXTURES)})" {place}>')
        parts.append(f"<title>{count} {escape(words)}</title></rect>")
        if width > WIDE_ENOUGH:
            parts.append(f'<text class="{look}" x="{left + width / 2:.3f}%" y="22">{count}</text>')
        left += width
    words = ", ".join(f"{count} {words}" for _, words, count in counts)
    return (
        f'<svg class="bar" role="img" width="100%" height="34" aria-label="{escape(title)}: {escape(words)}">'
        f"{''.join(parts)}</svg>"
    )


def swatch(number: int, look: str) -> str:
    """The same look beside the words."""
    place = 'width="16" height="16" rx="3"'
    over = f'<rect fill="url(#x-{number % len(_TEXTURES)})" {place}/>'
    return f'<svg width="16" height="16" aria-hidden="true"><rect class="{look}" {place}/>{over}</svg>'


def escape(text: str) -> str:
    """Text as it may stand in the drawing."""
    return escape_html(visible(text))
