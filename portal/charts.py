"""Numbers as inline SVG, with a table that says the same.

No `style=` anywhere, so that a strict content policy lets them through: colours are presentation attributes, which
the classes of `portal.css` override. Everything given is escaped. Values may be int, float or Decimal; an unknown one
(None, not finite) draws nothing and reads « – », a negative one draws nothing and is still written.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import count
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from portal.templatetags.formats import THIN, mois, nombre, pourcent

BAR, TRACK, MARK, INK = "#2f5d8a", "#e6eaef", "#b34000", "#1f2933"
EMPTY = "Aucune donnée à représenter."
WIDTH, LABEL_WIDTH, VALUE_WIDTH = 640, 220, 110  # of a bar chart, in SVG units
ROW_HEIGHT, BAR_HEIGHT, BASELINE = 30, 18, 20
MULTIPLE_HEIGHT, MULTIPLE_TITLE, MONTH_WIDTH, COLUMN_WIDTH = 70, 22, 14, 10
LONGEST_LABEL = 24  # characters shown beside a bar; the table has the whole
MOST_MONTHS = 60  # the last ones

_ids = count(1)


def bar_chart(series: Iterable[tuple[Any, Any]], *, unit: str = "", title: str) -> SafeString:
    """Horizontal bars for (label, value) pairs, in the given order, on one scale from 0 to the greatest value."""
    series = list(series)
    if not series:
        return _empty(title)
    room = WIDTH - LABEL_WIDTH - VALUE_WIDTH
    longest = max(_size(value) for _, value in series) or 1
    bars = format_html_join(
        "",
        '<g><title>{}</title><text class="chart-label" x="{}" y="{}" text-anchor="end" fill="{}">{}</text>'
        '<rect class="chart-bar" x="{}" y="{}" width="{}" height="{}" fill="{}"/>'
        '<text class="chart-value" x="{}" y="{}" fill="{}">{}</text></g>',
        (
            (
                f"{label}\u00a0: {_with_unit(value, unit)}",
                LABEL_WIDTH - 8,
                rank * ROW_HEIGHT + BASELINE,
                INK,
                _shortened(label),
                LABEL_WIDTH,
                rank * ROW_HEIGHT + (ROW_HEIGHT - BAR_HEIGHT) // 2,
                _svg(room * _size(value) / longest),
                BAR_HEIGHT,
                BAR,
                _svg(LABEL_WIDTH + room * _size(value) / longest + 6),
                rank * ROW_HEIGHT + BASELINE,
                INK,
                _with_unit(value, unit),
            )
            for rank, (label, value) in enumerate(series)
        ),
    )
    return _figure("chart chart-bars", title, WIDTH, len(series) * ROW_HEIGHT, bars)


def progress(
    done: Any,
    due: Any,
    expected_share: float | None = None,
    label: str = "",
    *,
    unit: str = "h",
    late: bool | None = None,
) -> SafeString:
    """A bar of what is done out of what is due; `expected_share`, from 0 to 1, marks the pace expected today.

    The bar stops at its end when more is done than due; the words say the true share. Nothing due: an empty bar.
    `late` gives the bar the colour of a delay, whoever decides it; unknown, it is late as soon as it is behind.
    """
    share = _size(done) / _size(due) if _size(due) else 0.0
    # A template hands over "" for what its context does not hold: no pace is expected then.
    expected = None if expected_share in (None, "") else min(max(_size(expected_share), 0.0), 1.0)
    words = f"{_with_unit(done, unit)} sur {_with_unit(due, unit)}"
    words += f" ({pourcent(share)})" if _size(due) else ""
    words += f", {pourcent(expected)} attendus à ce jour" if expected is not None else ""
    if late in (None, ""):
        late = expected is not None and share < expected
    mark = (
        format_html(
            '<rect class="chart-expected" x="{}" y="0" width="3" height="24" fill="{}" stroke="{}" '
            'vector-effect="non-scaling-stroke"/>',
            _svg(597 * expected),
            MARK,
            MARK,
        )
        if expected is not None
        else ""
    )
    bar = format_html(
        '<rect class="chart-track" x="0" y="4" width="600" height="16" rx="3" fill="{}"/>'
        '<rect class="chart-done{}" x="0" y="4" width="{}" height="16" rx="3" fill="{}"/>{}',
        TRACK,
        " chart-late" if late else "",
        _svg(600 * min(share, 1.0)),
        BAR,
        mark,
    )
    title = f"{label}\u00a0: {words}" if label else words
    return _figure("chart chart-progress", title, 600, 24, bar, stretched=True)


def small_multiples_months(series: Mapping[str, Mapping[date, Any]], *, unit: str = "", title: str) -> SafeString:
    """One small column chart per label, all on the same months and the same scale, to be compared at a glance.

    `series` maps a label to its values by month (any day of it). Months without value are gaps; at most the last 60.
    """
    by_month = {label: {_month(day): value for day, value in values.items()} for label, values in series.items()}
    months = _months(month for values in by_month.values() for month in values)
    if not months:
        return _empty(title)
    highest = max((_size(values.get(month)) for values in by_month.values() for month in months), default=0) or 1
    width = max(LABEL_WIDTH, len(months) * MONTH_WIDTH)
    charts = format_html_join(
        "",
        '<g transform="translate(0 {})"><text class="chart-label" x="0" y="14" fill="{}">{}</text>{}'
        '<line class="chart-axis" x1="0" x2="{}" y1="{}" y2="{}" stroke="{}"/></g>',
        (
            (
                rank * (MULTIPLE_HEIGHT + MULTIPLE_TITLE),
                INK,
                label,
                _columns(values, months, highest, unit),
                width,
                MULTIPLE_HEIGHT,
                MULTIPLE_HEIGHT,
                INK,
            )
            for rank, (label, values) in enumerate(by_month.items())
        ),
    )
    period = f"{title}, de {mois(months[0])} à {mois(months[-1])}" if len(months) > 1 else f"{title}, {mois(months[0])}"
    return _figure("chart chart-months", period, width, len(by_month) * (MULTIPLE_HEIGHT + MULTIPLE_TITLE), charts)


def chart_table(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str) -> SafeString:
    """The same numbers as a table: the first cell of each row names it, numbers are printed in French."""
    head = format_html_join("", '<th scope="col">{}</th>', ((name,) for name in headers))
    body = format_html_join(
        "",
        '<tr><th scope="row">{}</th>{}</tr>',
        ((name, format_html_join("", "<td>{}</td>", ((_printed(cell),) for cell in cells))) for name, *cells in rows),
    )
    return format_html(
        '<table class="table chart-table"><caption>{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        title,
        head,
        body,
    )


def _figure(
    classes: str, title: str, width: int, height: int, content: SafeString, *, stretched: bool = False
) -> SafeString:
    """`stretched`: the drawing takes the height its class gives it, however narrow the page."""
    identifier = f"graphique-{next(_ids)}"
    return format_html(
        '<svg class="{}" role="img" aria-labelledby="{}" viewBox="0 0 {} {}" width="100%"{} '
        'xmlns="http://www.w3.org/2000/svg" focusable="false"><title id="{}">{}</title>{}</svg>',
        classes,
        identifier,
        width,
        height,
        mark_safe(' preserveAspectRatio="none"') if stretched else "",
        identifier,
        title,
        content,
    )


def _columns(values: Mapping[date, Any], months: list[date], highest: float, unit: str) -> SafeString:
    room = MULTIPLE_HEIGHT - MULTIPLE_TITLE
    return format_html_join(
        "",
        '<rect class="chart-bar" x="{}" y="{}" width="{}" height="{}" fill="{}"><title>{}</title></rect>',
        (
            (
                rank * MONTH_WIDTH,
                _svg(MULTIPLE_HEIGHT - room * _size(values[month]) / highest),
                COLUMN_WIDTH,
                _svg(room * _size(values[month]) / highest),
                BAR,
                f"{mois(month)}\u00a0: {_with_unit(values[month], unit)}",
            )
            for rank, month in enumerate(months)
            if month in values
        ),
    )


def _months(found: Iterable[date]) -> list[date]:
    """Every month from the first to the last found, cut to the last ones when there are too many."""
    ranks = sorted({month.year * 12 + month.month - 1 for month in found})
    if not ranks:
        return []
    first = max(ranks[0], ranks[-1] - MOST_MONTHS + 1)
    return [date(rank // 12, rank % 12 + 1, 1) for rank in range(first, ranks[-1] + 1)]


def _month(day: date) -> date:
    return date(day.year, day.month, 1)


def _size(value: Any) -> float:
    """`value` as a length to draw: 0 when it is unknown, negative or not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0.0
    return max(number, 0.0) if math.isfinite(number) else 0.0


def _svg(number: float) -> str:
    """A coordinate, always with a point: SVG knows no decimal comma."""
    return f"{number:.1f}".removesuffix(".0")


def _with_unit(value: Any, unit: str) -> str:
    return f"{nombre(value)}{THIN}{unit}" if unit else nombre(value)


def _printed(cell: Any) -> Any:
    return cell if isinstance(cell, str) else nombre(cell)


def _shortened(label: Any) -> str:
    text = str(label)
    return text if len(text) <= LONGEST_LABEL else text[: LONGEST_LABEL - 1].rstrip() + "…"


def _empty(title: str) -> SafeString:
    return format_html('<p class="chart-empty">{}\u00a0: {}</p>', title, EMPTY[:1].lower() + EMPTY[1:])
