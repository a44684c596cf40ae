import re

import pytest
from django import forms
from django.template import Context, Template

from msp_portal.lib.tables import Choice, TableQuery


class CapForm(forms.Form):
    kind = forms.ChoiceField(
        label="User Cap",
        widget=forms.RadioSelect,
        choices=[("none", "No User Cap"), ("cap", "Cap Users at")],
        help_text="One of two.",
    )
    seats = forms.CharField(label="Seats", help_text="1 to 10,000.", max_length=5)
    zone = forms.ChoiceField(label="Time zone", choices=[("UTC", "UTC")], required=False)
    agreed = forms.BooleanField(label="Allow overage", help_text="It is billed.")
    hidden = forms.CharField(widget=forms.HiddenInput, required=False)


def drawn(name, /, **context):
    values = " ".join(f"{key}={key}" for key in context)
    return Template(f'{{% include "components/{name}.html" with {values} only %}}').render(Context(context))


def field(name, **typed):
    return drawn("field", field=CapForm(typed or None)[name])


class TestAField:
    def test_is_named_by_its_label(self):
        html = field("seats")
        assert '<label for="id_seats">Seats</label>' in html
        assert 'class="form-control"' in html

    def test_keeps_what_was_typed_and_says_beside_it_what_is_wrong(self):
        html = field("seats", seats="1000000")
        assert 'value="1000000"' in html
        assert "has 7" in html
        described_by = re.search(r'aria-describedby="([^"]+)"', html)[1].split()
        assert described_by == ["id_seats_helptext", "id_seats_error"]
        assert all(f'id="{name}"' in html for name in described_by)
        assert 'aria-invalid="true"' in html

    def test_shows_typed_markup_as_text(self):
        assert "<script>" not in field("seats", seats="<script>")

    def test_of_radio_buttons_is_a_group_with_a_legend(self):
        html = field("kind", kind="cap")
        assert "<legend>User Cap</legend>" in html
        assert len(re.findall(r'<label for="id_kind_\d"><input type="radio"', html)) == 2
        assert re.search(r'value="cap"[^>]* checked', html)

    def test_of_a_check_box_stands_before_its_words(self):
        html = field("agreed", seats="x")
        assert html.index('type="checkbox"') < html.index("Allow overage")
        assert 'id="id_agreed_error"' in html

    def test_that_may_stay_empty_says_so(self):
        assert "optional" in field("zone")
        assert "form-select" in field("zone")

    def test_that_is_hidden_is_only_itself(self):
        assert field("hidden").strip() == '<input type="hidden" name="hidden" id="id_hidden">'


class TestAForm:
    def test_says_at_its_top_what_is_wrong_with_it_as_a_whole(self):
        form = CapForm({})
        form.full_clean()
        form.add_error(None, "Someone else was faster.")
        html = drawn("form_errors", form=form)
        assert 'role="alert"' in html
        assert "Someone else was faster." in html

    def test_is_quiet_when_nothing_is_wrong(self):
        assert drawn("form_errors", form=CapForm()).strip() == ""

    def test_can_be_left_without_saving(self):
        html = drawn("form_actions", submit="Save", cancel_url="/list/")
        assert re.search(r'href="/list/" data-close', html)

    def test_that_confirms_carries_its_token_and_the_words_of_what_breaks(self):
        html = drawn(
            "confirm",
            action="/x/",
            title="Close",
            text="Nobody can sign in.",
            submit="Close it",
            cancel_url="/",
            danger=True,
            in_dialog=True,
            csrf_token="tok",
        )
        assert 'name="csrfmiddlewaretoken" value="tok"' in html
        assert 'hx-post="/x/"' in html
        assert "Nobody can sign in." in html
        assert "btn-danger" in html

    def test_that_confirms_posts_by_itself_outside_the_dialog(self):
        assert "hx-post" not in drawn(
            "confirm", action="/x/", title="Close", text="", submit="Close it", in_dialog=False, csrf_token="tok"
        )


def test_a_refusal_says_who_can_help():
    html = drawn("refusal", text="All seats are taken.", name="Ada", email="ada@northwind.example", phone="+1 303 555 0100")
    assert 'role="alert"' in html
    assert 'href="mailto:ada@northwind.example"' in html
    assert 'href="tel:+13035550100"' in html


def test_a_contact_nobody_entered_leaves_no_empty_list():
    assert drawn("contact", name="", email="", phone="").strip() == ""


def test_an_id_is_masked_but_copied_whole():
    html = drawn("copy_id", value="68f1c2aa90b3", masked="••••90b3", label="Provider ID", id="provider-id")
    assert re.search(r'<code [^>]*id="provider-id"[^>]*>••••90b3</code>', html)
    assert 'data-copy="68f1c2aa90b3"' in html
    assert 'aria-label="Show Provider ID"' in html
    assert 'aria-label="Copy Provider ID"' in html


@pytest.mark.parametrize(("state", "words"), [("reached", "LIMIT REACHED"), ("near", "NEAR LIMIT"), ("", "")])
def test_a_cap_badge_says_its_state_in_words(state, words):
    assert words in drawn("cap_badge", state=state)
    assert ("tag" in drawn("cap_badge", state=state)) == bool(words)


def test_the_current_tab_is_told_apart_without_its_colour():
    html = drawn(
        "tabs",
        label="Account",
        tabs=[{"label": "Usage", "url": "/u/", "current": True}, {"label": "Billing", "url": "/b/", "current": False}],
    )
    assert html.count('aria-current="page"') == 1
    assert '<nav class="page-tabs" aria-label="Account">' in html


def test_a_breadcrumb_ends_at_the_page_itself():
    html = drawn("breadcrumb", trail=[{"label": "Organizations", "url": "/o/"}, {"label": "Alder", "url": ""}])
    assert '<a href="/o/">Organizations</a>' in html
    assert '<span aria-current="page">Alder</span>' in html


class TestAListsLinks:
    table = TableQuery.from_request(
        {"q": 'a"b', "cap": "near", "size": "50"},
        columns={"name": "name"},
        default="name",
        search=lambda rows, words: rows,
        filters={"cap": {"near": Choice("Near limit", lambda rows: rows)}},
    )

    def test_keep_the_rest_of_the_query_when_searching(self):
        assert (
            '<input type="hidden" form="s" name="cap" value="near"><input type="hidden" form="s" name="size" value="50">'
            in drawn("kept_query", table=self.table, form="s")
        )

    def test_keep_the_words_that_were_typed(self):
        assert 'value="a&quot;b"' in drawn("search_form", table=self.table, id="s", label="Search")

    def test_say_which_filter_is_on(self):
        html = drawn("filter_links", label="Cap", every=self.table.every["cap"], choices=self.table.choices["cap"])
        assert re.search(r'id="cap-near"[^>]*aria-current="true"', html)
        assert not re.search(r'id="cap-all"[^>]*aria-current', html)

    def test_lead_to_exactly_this_as_csv(self):
        assert 'href="/usage.csv?q=a%22b&amp;cap=near"' in drawn("csv_link", url="/usage.csv", table=self.table)

    def test_tell_the_order_to_screen_readers(self):
        assert '<th scope="col" aria-sort="ascending" class="num">' in drawn(
            "sort_header", label="Users", link=self.table.sort["name"], num=True
        )


def test_an_empty_list_tells_how_to_fill_it():
    html = drawn("empty", icon="users", title="No users yet", text="Add the first.", url="/new/", action="Add user")
    assert "No users yet" in html
    assert 'href="/new/"' in html


def test_a_figure_may_lead_to_its_list():
    assert '<a href="/o/?cap=reached">7</a>' in drawn(
        "stat", label="At their cap", value="7", note="", state="over", url="/o/?cap=reached"
    )


def test_a_badge_is_words_in_a_colour():
    assert drawn("badge", kind="over", words="Past Due").strip() == '<span class="tag tag-over">Past Due</span>'
