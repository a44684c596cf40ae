"""Money: rounded in one place, shared out to the last cent."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.allocation import spread
from billing.drafts import Mark, commitment_lines, overage_lines, usage_lines
from msp_portal.lib.money import CURRENCIES, digits_shown, from_minor, rounded, to_minor, trimmed

prices = st.decimals(min_value=0, max_value=1000, places=4)
currencies = st.sampled_from(CURRENCIES)
counts = st.lists(st.integers(min_value=0, max_value=20_000), min_size=1, max_size=60)


def marks(numbers):
    return [Mark(f"{place:024x}", f"Client {place}", number) for place, number in enumerate(numbers)]


class TestRounding:
    @pytest.mark.parametrize(
        ("amount", "currency", "told"),
        [
            ("0.125", "USD", "0.12"),
            ("0.135", "USD", "0.14"),
            ("-0.125", "USD", "-0.12"),
            ("2.5", "JPY", "2"),
            ("3.5", "JPY", "4"),
            ("1.0005", "KWD", "1.000"),
            ("1.0015", "KWD", "1.002"),
        ],
    )
    def test_goes_to_the_even_minor_unit(self, amount, currency, told):
        assert str(rounded(Decimal(amount), currency)) == told

    @given(prices, currencies)
    def test_is_undone_by_nothing_and_keeps_minor_units(self, price, currency):
        whole = rounded(price, currency)
        assert from_minor(to_minor(whole, currency), currency) == whole

    @pytest.mark.parametrize(
        ("amount", "currency", "digits"), [("12.500", "USD", 2), ("0.0125", "USD", 4), ("1200.000", "JPY", 0), ("5", "KWD", 3)]
    )
    def test_shows_the_minor_unit_or_all_digits_of_a_finer_price(self, amount, currency, digits):
        assert digits_shown(Decimal(amount), currency) == digits
        assert trimmed(Decimal(amount), currency).as_tuple().exponent == -digits


class TestSpreading:
    @given(st.integers(min_value=0, max_value=10**9), counts)
    def test_adds_up_and_strays_by_less_than_one(self, whole, weights):
        parts = spread(whole, weights)
        assert sum(parts) == whole
        if total := sum(weights):
            assert all(abs(part * total - whole * weight) < total for part, weight in zip(parts, weights, strict=True))

    def test_gives_the_largest_remainder_first_and_ties_to_the_earlier(self):
        assert spread(10, [1, 1, 1]) == [4, 3, 3]
        assert spread(7, [60, 25, 15]) == [4, 2, 1]
        assert spread(3, [0, 0]) == [2, 1]

    @pytest.mark.parametrize(("whole", "weights"), [(1, []), (-1, [1]), (1, [2, -1])])
    def test_refuses_nobody_and_negative_numbers(self, whole, weights):
        with pytest.raises(ValueError, match="share"):
            spread(whole, weights)


class TestLines:
    @given(counts, prices, currencies)
    def test_of_a_month_add_up_to_the_rounded_whole(self, numbers, price, currency):
        lines = usage_lines(marks(numbers), price, currency)
        assert sum(line.amount for line in lines) == rounded(sum(numbers) * price, currency)

    @given(st.integers(min_value=1, max_value=50_000), counts, prices, currencies)
    def test_of_a_commitment_charge_exactly_the_committed_number(self, committed, numbers, price, currency):
        lines = commitment_lines(committed, marks(numbers), price, currency)
        assert sum(line.committed_part for line in lines) == committed
        assert sum(line.amount for line in lines) == rounded(committed * price, currency)

    @given(st.integers(min_value=1, max_value=50_000), counts, prices, currencies)
    def test_of_an_overage_charge_exactly_what_is_above(self, committed, numbers, price, currency):
        lines = overage_lines(committed, marks(numbers), price, currency)
        over = max(0, sum(numbers) - committed)
        assert sum(line.overage_part for line in lines) == over
        assert sum(line.amount for line in lines) == rounded(over * price, currency)
        assert all(line.committed_part + line.overage_part == line.mark.users and line.overage_part > 0 for line in lines)

    def test_charge_three_of_seventeen_over_fourteen(self):
        lines = overage_lines(14, marks([8, 5, 4]), Decimal("12.50"), "USD")
        assert [(line.committed_part, line.overage_part) for line in lines] == [(7, 1), (4, 1), (3, 1)]
        assert sum(line.amount for line in lines) == Decimal("37.50")
