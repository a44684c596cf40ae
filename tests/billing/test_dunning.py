"""The plan of an invoice: what is charged by itself and when, what stops it, and what never happens whatever the banks answer."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billing.declines import DECLINES, is_final, words_of
from billing.dunning import Stop, plan_of, working_days_after
from tests.billing.dunning_play import DUE, Play, bank, card, days_after, failed, situation, told

VISA, MASTERCARD, BANK = card("Visa"), card("Mastercard"), bank("First Bank")
CODES = [*DECLINES, "a_code_of_tomorrow"]


def always(code, days=0):
    return lambda method, number: (code, 0 if method.is_card else days)


class TestThePlan:
    def test_charges_the_default_on_the_due_date_then_the_backups_and_cards_again_later(self):
        assert told(plan_of(situation(VISA, BANK), days_after(-20))) == [
            (0, "Visa", "autopay"),
            (0, "First Bank", "backup"),
            (3, "Visa", "retry"),
            (5, "Visa", "retry"),
            (7, "Visa", "retry"),
        ]

    def test_falls_to_the_backup_card_on_each_of_its_days(self):
        plan = plan_of(situation(VISA, MASTERCARD, attempts=(failed(VISA), failed(MASTERCARD))), days_after(1))
        assert told(plan)[:3] == [(3, "Visa", "retry"), (3, "Mastercard", "backup"), (5, "Visa", "retry")]

    def test_goes_on_with_the_next_backup_the_same_day(self):
        plan = plan_of(situation(VISA, BANK, attempts=(failed(VISA),)), DUE)
        assert (plan.due(DUE).method, plan.due(DUE).reason) == (BANK, "backup")

    def test_charges_nothing_before_the_due_date(self):
        assert plan_of(situation(VISA), days_after(-1)).due(days_after(-1)) is None

    def test_follows_a_new_order_of_the_methods(self):
        plan = plan_of(situation(MASTERCARD, VISA, attempts=(failed(VISA), failed(MASTERCARD))), days_after(3))
        assert plan.due(days_after(3)).method == MASTERCARD

    def test_counts_its_days_from_the_first_failure(self):
        """The bank took four days to say no."""
        debit = failed(BANK, ended_on=days_after(4))
        assert told(plan_of(situation(BANK, VISA, attempts=(debit,)), days_after(4))) == [
            (4, "Visa", "backup"),
            (7, "Visa", "retry"),
            (9, "Visa", "retry"),
            (11, "Visa", "retry"),
        ]

    def test_takes_in_a_method_added_later_on_its_next_day(self):
        new = card("New", added_on=days_after(1))
        plan = plan_of(situation(VISA, new, attempts=(failed(VISA, code="lost_card"),)), days_after(1))
        assert told(plan)[0] == (3, "New", "retry")

    def test_tries_another_bank_account_once(self):
        other = bank("Other Bank", added_on=days_after(1))
        plan = plan_of(situation(BANK, other, attempts=(failed(BANK),)), days_after(1))
        assert told(plan) == [(3, "Other Bank", "retry")]

    def test_knows_a_bank_account_that_was_removed_and_added_again(self):
        again = bank("Again", account="First Bank", added_on=days_after(1))
        assert plan_of(situation(again, attempts=(failed(BANK),)), days_after(3)).stop == Stop.NONE_LEFT

    def test_begins_at_once_when_autopay_comes_late(self):
        assert told(plan_of(situation(VISA), days_after(30)))[0] == (30, "Visa", "autopay")

    def test_makes_up_for_missed_days_once(self):
        plan = plan_of(situation(VISA, attempts=(failed(VISA),)), days_after(6))
        assert told(plan) == [(6, "Visa", "retry"), (7, "Visa", "retry")]

    def test_groups_its_steps_by_day(self):
        first, *later = plan_of(situation(VISA, BANK), DUE).days
        assert (first.first.method, [step.method for step in first.others]) == (VISA, [BANK])
        assert [day.day for day in later] == [days_after(3), days_after(5), days_after(7)]

    def test_does_not_try_the_persons_failed_card_again_on_the_same_day(self):
        assert told(plan_of(situation(VISA, attempts=(failed(VISA),)), DUE))[0] == (3, "Visa", "retry")


class TestNothingMoreIsCharged:
    @pytest.mark.parametrize(
        ("changes", "stop"),
        [
            ({"owed": Decimal(0)}, Stop.PAID),
            ({"autopay": False}, Stop.AUTOPAY_OFF),
            ({"ceiling": Decimal("37.49")}, Stop.OVER_CEILING),
            ({"methods": ()}, Stop.NO_METHOD),
            ({"sent_back": True}, Stop.SENT_BACK),
            ({"attempts": (failed(VISA, state="requires_action"),)}, Stop.CONFIRMATION),
            ({"attempts": (failed(VISA, state="unknown"),)}, Stop.UNDER_WAY),
            ({"attempts": (failed(VISA, state="succeeded", came_back=True),)}, Stop.DISPUTED),
            ({"attempts": (failed(VISA, code="expired_card"),)}, Stop.NONE_LEFT),
            ({"attempts": tuple(failed(VISA, days_after(day)) for day in (0, 3, 5, 7))}, Stop.ENDED),
        ],
    )
    def test_and_the_plan_says_why(self, changes, stop):
        assert plan_of(situation(VISA), DUE).stop is None
        plan = plan_of(replace(situation(VISA), **changes), days_after(8))
        assert (plan.steps, plan.stop) == ((), stop)

    def test_at_exactly_the_ceiling_it_is(self):
        assert plan_of(situation(VISA, ceiling=Decimal("37.50")), DUE).due(DUE)

    def test_until_the_bank_has_settled(self):
        plan = plan_of(situation(BANK, VISA, attempts=(failed(BANK, state="processing", ended_on=None),)), days_after(1))
        assert (plan.stop, plan.until) == (Stop.UNDER_WAY, date(2026, 12, 11))  # the due date is a Saturday

    def test_of_a_bank_account_whose_debit_came_back_but_the_backup_is(self):
        back = failed(BANK, state="succeeded", came_back=True, ended_on=days_after(20), code="returned")
        assert told(plan_of(situation(BANK, VISA, attempts=(back,)), days_after(20)))[0] == (20, "Visa", "backup")


class TestDeclines:
    def test_that_cant_get_better_are_those(self):
        assert is_final("stolen_card")
        assert is_final("authentication_required")
        assert not is_final("insufficient_funds")
        assert not is_final("a_code_of_tomorrow")

    def test_have_words(self):
        assert words_of("insufficient_funds") == "The bank says there is not enough money in the account."
        assert words_of("a_code_of_tomorrow") == words_of("generic_decline")


def test_working_days_leave_out_the_weekend():
    assert working_days_after(date(2026, 12, 4), 1) == date(2026, 12, 7)


def draw_methods():
    one = st.builds(lambda number, is_card, added: (number, is_card, added), st.integers(0, 3), st.booleans(), st.integers(-5, 9))
    return st.lists(one, max_size=5).map(
        lambda drawn: tuple(
            card(f"method {place}", is_card=is_card, account=f"account {number} {is_card}", added_on=days_after(min(added, 0)))
            for place, (number, is_card, added) in enumerate(drawn)
        )
    )


answers = st.lists(
    st.tuples(st.one_of(st.none(), st.sampled_from(CODES), st.just("insufficient_funds")), st.integers(0, 6)), min_size=1
)
new_methods = st.lists(st.tuples(st.integers(0, 20), st.booleans()), max_size=3)


def bring(number, day, is_card):
    """An event: a new method becomes the default."""
    new = card(f"new {number}", is_card=is_card, account=f"new account {number}", added_on=days_after(day))
    return day, lambda case: replace(case, methods=(new, *case.methods))


class TestWhateverTheBanksAnswer:
    @settings(max_examples=400)
    @given(draw_methods(), answers, st.sets(st.integers(0, 40)), new_methods, st.one_of(st.none(), st.just(Decimal("37.50"))))
    def test_nobody_is_charged_twice_and_it_comes_to_an_end(self, methods, drawn, sleeps, new, ceiling):
        """The play itself asserts that no two charges are under way at once."""
        events = [bring(number, *one) for number, one in enumerate(new)]
        play = Play(situation(*methods, ceiling=ceiling), lambda method, number: drawn[number % len(drawn)])
        play.until(60, worker_sleeps=sleeps, events=events)
        charges = play.charges
        assert [charge.state for charge in charges].count("succeeded") <= 1
        assert all(charge.state == "failed" for charge in charges[:-1])
        debits = [charge.method.account for charge in charges if not charge.method.is_card]
        assert len(debits) == len(set(debits)), "a failed bank debit was tried again"
        hopeless = [charge.method.id for charge in charges if charge.method.is_card and is_final(charge.decline_code)]
        for method in set(hopeless):
            mine = [charge for charge in charges if charge.method.id == method]
            assert [is_final(charge.decline_code) for charge in mine] == [*[False] * (len(mine) - 1), True]
        for charge in charges:
            same_day = [one for one in charges if (one.began_on, one.method.id) == (charge.began_on, charge.method.id)]
            assert len(same_day) == 1, "one method twice on a day"
        cards = [charge.method.id for charge in charges if charge.method.is_card]
        assert all(cards.count(method) <= 4 for method in cards)

    @given(draw_methods().filter(lambda methods: len(methods) > 0))
    def test_all_that_fails_at_once_is_over_after_the_seventh_day(self, methods):
        play = Play(situation(*methods), always("insufficient_funds")).until(40)
        assert {day for day, _name in play.made} <= {0, 3, 5, 7}
        assert plan_of(play.case, days_after(41)).stop in {Stop.ENDED, Stop.NONE_LEFT}

    @given(draw_methods(), st.integers(0, 10))
    def test_what_is_shown_is_what_is_done(self, methods, since):
        """Read on any day, the plan names the very charges that follow, if all of them fail."""
        play = Play(situation(*methods), always("insufficient_funds")).until(since - 1)
        before, shown = len(play.made), told(plan_of(play.case, days_after(since)))
        play.until(60, worker_sleeps=range(since))
        assert play.made[before:] == [(day, name) for day, name, _reason in shown]

    @given(draw_methods(), st.decimals("0.01", "37.49", places=2))
    def test_nothing_over_the_ceiling_is_charged(self, methods, ceiling):
        assert Play(situation(*methods, ceiling=ceiling), always(None)).until(20).charges == []
