"""An MSP asks support, in a browser: the dialog, the conversation, the answer."""

import pytest
from django.utils import timezone

from accounts.actions.cases import answer_case
from accounts.models import Person, SupportCase


@pytest.fixture
def operator(committed):
    return Person.objects.create(email="olive@portal.example", first_name="Olive", last_name="Operator")


class TestAsking:
    def test_from_the_dialog_to_the_closed_case(self, window, cast, operator):
        page = window(cast.northwind.owner, "/help/")
        page.get_by_text("Does suspending a user free the seat?").click()
        page.get_by_text("A suspended user keeps the seat").wait_for()
        page.get_by_role("link", name="Submit a Case").click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Subject").fill("Laptops do not enrol")
        dialog.get_by_label("Product").select_option("Device management")
        dialog.get_by_label("Severity 2").check()
        dialog.get_by_role("button", name="Submit").click()
        dialog.get_by_text("This field is required.").first.wait_for()
        assert dialog.get_by_label("Subject").input_value() == "Laptops do not enrol"
        assert dialog.get_by_label("Severity 2").is_checked()

        dialog.get_by_label("Kind").select_option("Problem")
        dialog.get_by_label("Description").fill("It stops.\nThen nothing.")
        dialog.get_by_role("button", name="Submit").click()
        page.get_by_role("heading", name="Laptops do not enrol").wait_for()
        case = SupportCase.objects.get()
        page.get_by_text(f"Your case {case.number} is with support.").wait_for()

        answer_case(text="Is there a proxy?", status="Answered", case=case, by=operator, at=timezone.now())
        page.reload()
        page.get_by_text("the next word is yours").wait_for()
        page.get_by_label("Your reply").fill("There is.")
        page.get_by_role("button", name="Reply").click()
        page.get_by_text("Your reply is with support.").wait_for()
        assert page.locator(".written").all_inner_texts() == ["It stops.\nThen nothing.", "Is there a proxy?", "There is."]
        assert page.get_by_label("Your reply").input_value() == ""

        page.get_by_role("button", name="Close case").click()
        page.get_by_role("button", name="Reopen case").wait_for()
        page.get_by_role("link", name="Cases", exact=True).click()
        assert "Closed" in page.locator("tbody tr").inner_text()
