"""The geometry of the two charts; `templates/components/` draws it. Coordinates are text with a point, whatever the reader's locale."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, cos, log10, pi, sin

CENTRE, OUTER, INNER = 60, 57, 41  # the donut's box is 120 units wide
BARS_WIDTH, BARS_HEIGHT, LEFT, BOTTOM, TOP = 420, 170, 46, 22, 12
MOST_LABELS = 7
FAR_ABOVE = 2  # a limit higher than this would flatten the bars to nothing


@dataclass(frozen=True)
class Donut:
    """Consumed against committed. `state` is `ok`, `near` or `over`; `percent` is the share consumed, in whole percent, rounded down."""

    consumed: int
    committed: int
    mark: int | None
    state: str
    percent: int
    filled: str
    tick: tuple[str, str, str, str] | None

    @property
    def over_by(self) -> int:
        return max(0, self.consumed - self.committed)

    @property
    def available(self) -> int:
        return max(0, self.committed - self.consumed)


def donut_of(consumed: int, committed: int, mark: int | None, state: str) -> Donut:
    """A ring whose filled part is `consumed` of `committed` (closed from 100 % on) with a tick at `mark`, at most once round.

    :raises ValueError: without a commitment there is no ring to draw.
    """
    if committed < 1:
        raise ValueError("A donut needs a commitment of at least one licence.")
    filled = _text(min(1, consumed / committed) * 100)
    tick = None if mark is None else _tick(min(1, mark / committed))
    return Donut(consumed, committed, mark, state, consumed * 100 // committed, filled, tick)


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, and the words of its row in the table. `label` is empty where the axis has no room."""

    x: str
    y: str
    width: str
    height: str
    middle: str
    label: str
    name: str
    value: int
    note: str
    is_current: bool
    url: str
    more_url: str


@dataclass(frozen=True)
class BarChart:
    bars: Sequence[Bar]
    lines: Sequence[tuple[str, int]]
    limit_y: str | None
    limit: int | None
    highest: Bar | None

    @property
    def has_notes(self) -> bool:
        return any(bar.note for bar in self.bars)


@dataclass(frozen=True)
class BarValue:
    """One row of a bar chart: `short` stands under the bar, `name` and `note` in the table, where the value leads to `url`, the name to `more_url`."""

    short: str
    name: str
    value: int
    note: str = ""
    is_current: bool = False
    url: str = ""
    more_url: str = ""


def bars_of(values: Iterable[BarValue], limit: int | None = None, places: int = 0) -> BarChart:
    """Bars from left to right over an axis with a few round numbers, and a line at `limit` unless it lies far above all of them.

    `places` keeps room on the axis for bars that are still to come.
    """
    rows = list(values)
    highest = max([row.value for row in rows] + [1])
    limit = None if limit is None or limit > highest * FAR_ABOVE else limit
    top = _round_top(max(highest, limit or 0))
    bars = [_bar(row, place, (len(rows), max(len(rows), places)), top) for place, row in enumerate(rows)]
    lines = [(_text(_height_of(value, top)), value) for value in _steps(top)]
    limit_y = None if limit is None else _text(_height_of(limit, top))
    return BarChart(bars, lines, limit_y, limit, max(bars, key=lambda bar: bar.value, default=None))


def _tick(share: float) -> tuple[str, str, str, str]:
    angle = 2 * pi * share - pi / 2
    inner, outer = INNER - 2, OUTER + 2
    x, y = cos(angle), sin(angle)
    return (_text(CENTRE + inner * x), _text(CENTRE + inner * y), _text(CENTRE + outer * x), _text(CENTRE + outer * y))


def _bar(row: BarValue, place: int, counts: tuple[int, int], top: int) -> Bar:
    count, places = counts
    slot = (BARS_WIDTH - LEFT) / places
    width = min(slot * 0.68, 36)
    middle = LEFT + slot * (place + 0.5)
    y = _height_of(row.value, top)
    every = ceil(places / MOST_LABELS)
    # Counted from the right, so that the newest always has its label.
    label = row.short if (count - 1 - place) % every == 0 else ""
    return Bar(
        x=_text(middle - width / 2),
        y=_text(y),
        width=_text(width),
        height=_text(BARS_HEIGHT - BOTTOM - y),
        middle=_text(middle),
        label=label,
        name=row.name,
        value=row.value,
        note=row.note,
        is_current=row.is_current,
        url=row.url,
        more_url=row.more_url,
    )


def _height_of(value: int, top: int) -> float:
    room = BARS_HEIGHT - BOTTOM - TOP
    return TOP + room * (1 - value / top)


def _round_top(highest: int) -> int:
    """The smallest of 1, 2, 4, 5, 6, 8 times a power of ten that is not below `highest`; at least 4, for whole steps."""
    power = int(10 ** int(log10(highest)))
    return max(4, next(step * power for step in (1, 2, 4, 5, 6, 8, 10) if step * power >= highest))


def _steps(top: int) -> list[int]:
    pieces = next((count for count in (4, 5, 3, 2) if top % count == 0), 1)
    return [top * piece // pieces for piece in range(pieces + 1)]


def _text(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
