"""One that fails keeps no other waiting."""

import pytest

from msp_portal.lib.each import each


def test_gives_what_was_made_of_each_in_order():
    assert each([3, 1], lambda number: number * 2, failed="numbers") == [6, 2]


def test_goes_on_after_a_fault_and_names_what_failed():
    seen = []

    def act(number):
        seen.append(number)
        return 1 // number

    with pytest.raises(ExceptionGroup, match="numbers") as raised:
        each([0, 5], act, failed="numbers")
    assert seen == [0, 5]
    (fault,) = raised.value.exceptions
    assert (type(fault), fault.__notes__) == (ZeroDivisionError, ["0"])
