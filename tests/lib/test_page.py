import json

import pytest
from django.contrib.messages import get_messages

from msp_portal.lib.page import page, redirect_to

pytestmark = pytest.mark.usefixtures("test_templates")


def answer(request, **options):
    context = {"word": "apples"}
    return page(request, "lib_page.html", context, **options).render()


class TestABrowserWithoutHtmx:
    def test_gets_the_whole_page(self, ask):
        assert "<h1>Whole</h1>" in answer(ask(), fragment="row").content.decode()

    def test_gets_the_refusal_as_a_whole_page_with_its_status(self, ask):
        response = answer(ask("post"), fragment="row", status=422)
        assert (response.status_code, "<h1>Whole</h1>" in response.content.decode()) == (422, True)

    def test_is_sent_on_after_the_act_and_reads_the_toast_there(self, ask):
        request = ask("post")
        response = page(request, "lib_page.html", {}, fragment="row", toast="Saved.", then="/list/")
        assert (response.status_code, response["Location"]) == (303, "/list/")
        assert [str(message) for message in get_messages(request)] == ["Saved."]

    def test_gets_an_answer_of_its_own_from_a_cache(self, ask):
        assert answer(ask())["Vary"] == "HX-Request, HX-Target"


class TestHtmx:
    def test_gets_the_fragment_for_the_element_of_its_name(self, ask):
        response = answer(ask(htmx=True), fragment="row")
        assert response.content.decode() == '<p id="row">apples</p>'
        assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#row", "outerHTML")

    def test_gets_the_fragment_for_the_row_that_was_named(self, ask):
        assert answer(ask("post", htmx=True), fragment="row", target="row-7")["HX-Retarget"] == "#row-7"

    def test_gets_the_other_fragments_that_changed_out_of_band(self, ask):
        content = answer(ask("post", htmx=True), fragment="row", also=["summary"]).content.decode()
        assert content == '<p id="row">apples</p><p id="summary" hx-swap-oob="true">of apples</p>'

    def test_is_told_what_to_say_and_to_close_the_dialog_after_the_swap(self, ask):
        response = answer(ask("post", htmx=True), fragment="row", toast="Größe gespeichert.", close_dialog=True)
        assert json.loads(response["HX-Trigger-After-Swap"]) == {"toast": {"text": "Größe gespeichert."}, "close-dialog": {}}

    @pytest.mark.parametrize("header", ["HX_Boosted", "HX_History_Restore_Request"])
    def test_gets_the_whole_page_for_a_whole_page(self, ask, header):
        response = answer(ask(htmx=True, **{header: "true"}), fragment="row")
        assert "<h1>Whole</h1>" in response.content.decode()
        assert "HX-Retarget" not in response


class TestADialog:
    def test_is_filled_by_the_form_that_was_opened_for_it(self, ask):
        response = answer(ask(htmx=True, HX_Target="dialog"), fragment="row")
        assert (response["HX-Retarget"], response["HX-Reswap"]) == ("#dialog", "innerHTML")
        assert "in the dialog" in response.content.decode()

    @pytest.mark.parametrize("status", [409, 422])
    def test_takes_back_the_form_that_was_refused(self, ask, status):
        assert answer(ask("post", htmx=True, HX_Target="dialog"), fragment="row", status=status)["HX-Retarget"] == "#dialog"

    def test_leaves_a_success_to_the_row(self, ask):
        response = answer(ask("post", htmx=True, HX_Target="dialog"), fragment="row")
        assert response["HX-Retarget"] == "#row"
        assert "in the dialog" not in response.content.decode()


class TestRedirects:
    def test_tell_a_browser_to_get_the_page(self, ask):
        response = redirect_to(ask("post"), "/list/")
        assert (response.status_code, response["Location"]) == (303, "/list/")

    def test_tell_htmx_to_leave_the_page(self, ask):
        response = redirect_to(ask("post", htmx=True), "/list/", "Closed.")
        assert (response.status_code, response["HX-Redirect"]) == (200, "/list/")

    @pytest.mark.parametrize("url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
    def test_never_leave_the_portal(self, ask, url):
        with pytest.raises(ValueError, match="not a page of this portal"):
            redirect_to(ask(), url)
