"""Tries are counted before they are looked at, exactly, also when forty come at one instant."""

from collections import Counter
from contextlib import nullcontext
from datetime import timedelta

import pytest
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone

from accounts import audit, throttle
from accounts.actions.sign_in import WrongPassword, person_with
from accounts.bounds import SIGN_INS_OF_ADDRESS, SIGN_INS_OF_EMAIL, Limit
from accounts.models import Person, SignInAttempts
from accounts.throttle import TooManyTries
from tests.cast import PASSWORD, person

NOW = timezone.now()
THREE_A_MINUTE = Limit("test", 3, timedelta(minutes=1))
GUESSERS = 40


def guess(email, password="wrong", at=None):
    return person_with(email=email, password=password, request=RequestFactory().post("/sign-in/"), at=at or timezone.now())


@pytest.mark.django_db
class TestAWindow:
    def spend(self, at, subject="someone"):
        throttle.spend(THREE_A_MINUTE, subject, at=at)

    def test_lets_its_number_of_tries_through(self):
        for _ in range(3):
            self.spend(NOW)
        with pytest.raises(TooManyTries):
            self.spend(NOW)

    def test_says_how_long_to_wait(self):
        for _ in range(3):
            self.spend(NOW)
        with pytest.raises(TooManyTries, match="1 minute "):
            self.spend(NOW + timedelta(seconds=10))

    def test_ends_and_begins_anew(self):
        for number in range(4):
            with pytest.raises(TooManyTries) if number == 3 else nullcontext():
                self.spend(NOW)
        self.spend(NOW + timedelta(minutes=1))
        assert SignInAttempts.objects.get().tries == 1

    def test_is_not_drawn_out_by_tries_that_were_refused(self):
        for second in range(0, 59, 10):
            with pytest.raises(TooManyTries) if second >= 30 else nullcontext():
                self.spend(NOW + timedelta(seconds=second))
        self.spend(NOW + timedelta(seconds=60))

    def test_is_anothers_for_another_subject_or_purpose(self):
        for _ in range(3):
            self.spend(NOW)
        self.spend(NOW, "someone else")
        throttle.spend(THREE_A_MINUTE._replace(name="else"), "someone", at=NOW)

    def test_names_nobody_in_the_table(self):
        self.spend(NOW, "ana@northwind.example")
        subject = SignInAttempts.objects.get().subject
        assert len(subject) == 64
        assert "ana" not in subject

    def test_is_forgotten_a_day_later(self):
        self.spend(NOW)
        assert throttle.forget_old(NOW + timedelta(hours=23)) == 0
        assert throttle.forget_old(NOW + timedelta(hours=25)) == 1


@pytest.mark.django_db
class TestSigningIn:
    @pytest.fixture
    def ana(self):
        return person("ana@northwind.example")

    def test_is_refused_past_the_limit_with_the_right_password_too(self, ana):
        for _ in range(SIGN_INS_OF_EMAIL.tries):
            with pytest.raises(WrongPassword):
                guess(ana.email)
        with pytest.raises(TooManyTries):
            guess(ana.email, PASSWORD)

    def test_is_refused_alike_for_an_address_that_nobody_has(self, ana):
        said = []
        for email in (ana.email, "nobody@elsewhere.example"):
            for _ in range(SIGN_INS_OF_EMAIL.tries):
                with pytest.raises(WrongPassword):
                    guess(email)
            with pytest.raises(TooManyTries) as refusal:
                guess(email)
            said.append(str(refusal.value))
        assert said[0] == said[1]

    def test_counts_one_account_however_it_is_written(self, ana):
        for written in (ana.email, ana.email.upper(), f" {ana.email}", ana.email.title(), ana.email):
            with pytest.raises(WrongPassword):
                guess(written)
        with pytest.raises(TooManyTries):
            guess(ana.email)

    def test_works_again_when_the_window_is_over(self, ana):
        for _ in range(SIGN_INS_OF_EMAIL.tries):
            with pytest.raises(WrongPassword):
                guess(ana.email)
        SignInAttempts.objects.update(window_started_at=timezone.now() - SIGN_INS_OF_EMAIL.window)
        assert guess(ana.email, PASSWORD) == ana

    def test_forgives_the_account_and_not_the_address_it_came_from(self, ana):
        token = audit.address.set("192.0.2.7")
        for _ in range(3):
            with pytest.raises(WrongPassword):
                guess(ana.email)
        guess(ana.email, PASSWORD)
        audit.address.reset(token)
        left = SignInAttempts.objects.get()
        assert (left.subject, left.tries) == (throttle.pseudonym(SIGN_INS_OF_ADDRESS.name, "192.0.2.7"), 4)

    def test_of_many_accounts_from_one_address_ends_at_its_limit(self, ana):
        for number in range(SIGN_INS_OF_ADDRESS.tries):
            throttle.before_password(f"user{number}@northwind.example", at=timezone.now())
        with pytest.raises(TooManyTries):
            guess(ana.email, PASSWORD)

    def test_looks_at_no_password_when_refused(self, ana, monkeypatch):
        looked = []
        for _ in range(SIGN_INS_OF_EMAIL.tries):
            throttle.before_password(ana.email, at=timezone.now())
        monkeypatch.setattr(Person, "check_password", lambda self, raw: looked.append(raw))
        with pytest.raises(TooManyTries):
            guess(ana.email, PASSWORD)
        assert looked == []


class TestFortyGuessesAtOneInstant:
    @pytest.fixture
    def looked_at(self, monkeypatch):
        looked = []
        monkeypatch.setattr(Person, "check_password", lambda self, raw: looked.append(raw) or False)
        return looked

    @pytest.fixture
    def ana(self, committed):
        return person("ana@northwind.example")

    def guess_together(self, committed, email):
        outcomes = committed.together([lambda number=number: guess(email, f"guess {number}") for number in range(GUESSERS)])
        return Counter(type(outcome) for outcome in outcomes)

    def test_get_five_looked_at(self, committed, ana, looked_at):
        outcomes = self.guess_together(committed, ana.email)
        assert outcomes == {WrongPassword: SIGN_INS_OF_EMAIL.tries, TooManyTries: GUESSERS - SIGN_INS_OF_EMAIL.tries}
        assert len(looked_at) == SIGN_INS_OF_EMAIL.tries

    def test_would_get_more_looked_at_if_counting_took_three_steps(self, committed, ana, looked_at, monkeypatch):
        monkeypatch.setattr(throttle, "spend", read_check_write)
        self.guess_together(committed, ana.email)
        assert len(looked_at) > SIGN_INS_OF_EMAIL.tries


def read_check_write(limit, subject, *, at):
    """The control: counting as one would without a thought for simultaneous tries."""
    name = throttle.pseudonym(limit.name, subject)
    row = SignInAttempts.objects.filter(subject=name).first() or SignInAttempts(subject=name, window_started_at=at, tries=0)
    if row.tries >= limit.tries:
        raise TooManyTries(limit.window)
    with connection.cursor() as cursor:
        cursor.execute("select pg_sleep(0.05)")
    row.tries += 1
    row.save()
