from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.template import Context, Template
from django.utils import translation

from msp_portal.lib.charts import BarValue, bars_of, donut_of


def drawn(text, **context):
    return Template("{% load portal %}" + text).render(Context(context))


class TestTheDonut:
    def test_is_filled_by_the_share_consumed(self):
        donut = donut_of(450, 500, None, "near")
        assert (donut.filled, donut.percent, donut.available, donut.over_by) == ("90", 90, 50, 0)

    def test_closes_when_over_and_says_by_how_many(self):
        donut = donut_of(523, 500, 530, "over")
        assert (donut.filled, donut.over_by, donut.available) == ("100", 23, 0)

    @pytest.mark.parametrize(("consumed", "percent"), [(899, 89), (900, 90), (999, 99), (1000, 100)])
    def test_never_rounds_up_to_a_limit(self, consumed, percent):
        assert donut_of(consumed, 1000, None, "ok").percent == percent

    def test_puts_a_quarter_mark_at_three_o_clock(self):
        x1, y1, x2, y2 = donut_of(1, 100, 25, "ok").tick
        assert (float(x1) > 60, y1, float(x2) > float(x1), y2) == (True, "60", True, "60")

    def test_cannot_be_drawn_without_a_commitment(self):
        with pytest.raises(ValueError, match="at least one licence"):
            donut_of(3, 0, None, "ok")

    @pytest.mark.parametrize("state", ["ok", "near", "over"])
    def test_tells_its_facts_to_who_cannot_see_it(self, state):
        svg = drawn("{% donut 1523 1500 1530 state %}", state=state)
        assert f'class="donut donut-{state}"' in svg
        assert "1,523 of 1,500 committed licences consumed, 101 %. 23 over. This month's mark: 1,530." in svg

    def test_keeps_its_points_in_a_language_with_commas(self):
        with translation.override("de"):
            assert 'stroke-dasharray="33.33 100"' in drawn("{% donut 1 3 None 'ok' %}")


class TestTheBars:
    MONTHS = [{"month": date(2026, month, 1), "value": month * 100, "note": f"on day {month}"} for month in range(1, 13)]

    def test_stand_on_the_axis_and_reach_their_value(self):
        chart = bars_of([BarValue("J", "January", 50), BarValue("F", "February", 100)])
        first, second = chart.bars
        assert float(first.y) + float(first.height) == float(second.y) + float(second.height) == 148
        assert float(second.height) == 2 * float(first.height)

    @pytest.mark.parametrize(
        ("highest", "steps"),
        [(0, [0, 1, 2, 3, 4]), (3, [0, 1, 2, 3, 4]), (17, [0, 5, 10, 15, 20]), (459, [0, 125, 250, 375, 500]), (6, [0, 2, 4, 6])],
    )
    def test_have_round_numbers_beside_them(self, highest, steps):
        assert [value for _, value in bars_of([BarValue("J", "January", highest)]).lines] == steps

    def test_show_the_limit_only_where_it_is_in_reach(self):
        assert bars_of([BarValue("J", "January", 50)], limit=60).limit_y
        assert bars_of([BarValue("J", "January", 50)], limit=10_000).limit_y is None

    def test_always_label_the_last_month(self):
        assert bars_of([BarValue(str(n), str(n), n) for n in range(30)]).bars[-1].label == "29"

    def test_come_with_the_same_numbers_as_a_table_newest_first(self):
        html = drawn("{% month_bars rows label='Marks' value_label='Users' limit=cap %}", rows=self.MONTHS, cap=1300)
        assert html.index("December 2026</th>") < html.index("January 2026</th>")
        assert "1,200</td>" in html
        assert "on day 12" in html
        assert "the user cap of 1,300" in html

    def test_may_be_none_at_all(self):
        assert "<svg" in drawn("{% month_bars rows label='Marks' value_label='Users' %}", rows=[])


class TestFigures:
    def test_follow_the_language(self):
        shown = "{{ 1234567|number }} {{ amount|money:'EUR' }}"
        assert drawn(shown, amount=Decimal("1234.50")) == "1,234,567 1,234.50\u00a0EUR"
        with translation.override("de"):
            assert drawn(shown, amount=Decimal("1234.50")) == "1.234.567 1.234,50\u00a0EUR"

    def test_have_the_digits_of_their_currency(self):
        assert drawn("{{ amount|money:'JPY' }}", amount=Decimal("1200.00")) == "1,200\u00a0JPY"

    def test_show_a_dash_for_nothing(self):
        assert drawn("{{ none|number }}{{ none|money:'USD' }}{{ none|in_zone:'UTC' }}", none=None) == "–––"

    def test_stand_in_the_zone_they_are_meant_in(self):
        at = datetime(2026, 3, 17, 16, 0, tzinfo=UTC)
        html = drawn("{{ at|in_zone:'America/Denver' }}", at=at)
        assert html == '<time datetime="2026-03-17T10:00:00-06:00" title="America/Denver">17 Mar 2026, 10:00 MDT</time>'
        assert "UTC-03" in drawn("{{ at|in_zone:'America/Sao_Paulo' }}", at=at)
        day = drawn("{{ at|day_in_zone:'America/Denver' }}", at=at)
        assert f'title="{html.partition(">")[2].removesuffix("</time>")}"' in day, "the exact time is one hover away"


def test_initials_are_those_of_the_first_and_last_name():
    assert drawn("{{ 'Ada King Lovelace'|initials }}{{ 'cher'|initials }}{{ ''|initials }}") == "ALC?"


def test_an_icon_is_hidden_from_screen_readers():
    assert 'aria-hidden="true"' in drawn('{% icon "eye" %}')
