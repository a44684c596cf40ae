"""The stand-in itself: as strict as the real service, and harmless."""

import json
import re
import urllib.error
import urllib.parse
import urllib.request

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from payment_stand_in import idempotency, instruments, state
from payment_stand_in.call import Answer
from payment_stand_in.errors import ApiError
from payment_stand_in.wire_form import nested
from tests.services import stand_in as stand_ins


def call(stand_in, path, form=None, key=stand_ins.SECRET_KEY):
    """Status and body of a bare call."""
    body = urllib.parse.urlencode(form).encode() if form is not None else None
    request = urllib.request.Request(stand_in.url + path, body, {"Authorization": f"Bearer {key}"})
    try:
        with urllib.request.urlopen(request, timeout=stand_ins.PATIENCE) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


class TestTheApi:
    @pytest.mark.parametrize("path", ["/v1/customers", "/v1/payment_intents", "/v1/nothing"])
    def test_lets_nobody_in_without_the_key(self, stand_in, path):
        status, body = call(stand_in, path, {"name": "x"}, key="sk_test_guess")
        assert (status, body["error"]["type"]) == (401, "invalid_request_error")
        assert "guess" not in str(body)

    @pytest.mark.parametrize(
        ("path", "form", "status", "code"),
        [
            ("/v1/customers", {"nam": "x"}, 400, "parameter_unknown"),
            ("/v1/payment_intents", {"payment_method_types[]": "card"}, 400, "payment_method_types_no_longer_supported"),
            ("/v1/payment_intents", {"currency": "usd"}, 400, "parameter_missing"),
            ("/v1/payment_intents", {"currency": "usd", "amount": "-1"}, 400, "parameter_invalid_integer"),
            ("/v1/payment_intents", {"currency": "usd", "amount": "1", "customer": "cus_0"}, 404, "resource_missing"),
            ("/v1/payment_intents", {"currency": "kwd", "amount": "1255"}, 400, "invalid_amount"),
            ("/v1/payment_intents?limit=101", None, 400, "parameter_invalid_integer"),
            ("/v1/payment_intents?starting_after=pi_0", None, 400, "resource_missing"),
            ("/v1/payment_intents?created[about]=1", None, 400, "parameter_unknown"),
            ("/v1/payment_intents?created[gte]=x", None, 400, None),
            ("/v1/payment_intents", {"amount[x]": "1", "currency": "usd"}, 400, None),
            ("/v1/customers", {"name": "1", "name[x]": "2"}, 400, None),
            ("/v1/customers/cus_0", None, 404, "resource_missing"),
            ("/v1/nothing", None, 404, None),
        ],
    )
    def test_refuses_what_the_real_service_refuses(self, stand_in, path, form, status, code):
        answered, body = call(stand_in, path, form)
        assert (answered, body["error"].get("code")) == (status, code)

    def test_needs_an_address_to_come_back_to_when_the_payer_is_there(self, customer, stand_in):
        form = {
            "amount": "1",
            "currency": "usd",
            "customer": customer.id,
            "payment_method": customer.adds().token,
            "confirm": "true",
        }
        status, body = call(stand_in, "/v1/payment_intents", form)
        assert (status, body["error"]["param"]) == (400, "return_url")
        assert stand_in.objects("payment_intent") == [], "a refusal leaves nothing behind"

    def test_shows_no_number(self, customer, stand_in):
        method = customer.adds()
        assert "4242424242424242" not in str(call(stand_in, f"/v1/payment_methods/{method.token}"))
        assert "4242424242424242" not in str(stand_in.objects("payment_method"))

    def test_reads_forms_as_the_library_writes_them(self):
        pairs = [("a[b][c]", "1"), ("list[0]", "x"), ("list[1]", "y"), ("more[]", "z"), ("more[]", "w"), ("plain", "2")]
        assert nested(pairs) == {"a": {"b": {"c": "1"}}, "list": ["x", "y"], "more": ["z", "w"], "plain": "2"}


class TestItsMemory:
    def test_frees_a_key_whose_work_a_kill_undid(self, tmp_path):
        call = idempotency.keyed("key", "POST", "/v1/customers", b"name=A")
        memory = state.Memory(tmp_path / "state")
        assert idempotency.begin(memory, call) is None
        with pytest.raises(ApiError, match="in-progress"):
            idempotency.begin(memory, call)
        memory.close()
        again = state.Memory(tmp_path / "state")
        assert idempotency.begin(again, call) is None
        again.close()

    def test_has_the_answer_of_work_that_was_done_when_it_was_killed(self, tmp_path):
        call = idempotency.keyed("key", "POST", "/v1/customers", b"name=A")
        memory = state.Memory(tmp_path / "state")
        idempotency.begin(memory, call)
        idempotency.run(memory, call, lambda found: Answer(found.add("cus", "customer", {})))
        memory.close()
        again = state.Memory(tmp_path / "state")
        answered = idempotency.begin(again, call)
        with again.transaction() as found:
            assert found.all("customer") == [answered.shape]
        again.close()


class TestTheControlAddress:
    @pytest.mark.parametrize("key", ["", stand_ins.SECRET_KEY])
    def test_is_for_those_with_its_own_key(self, stand_in, key):
        request = urllib.request.Request(f"{stand_in.url}/control/reset", b"{}", {"Stand-In-Control-Key": key})
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request, timeout=stand_ins.PATIENCE)
        with refused.value as answer:
            assert answer.code == 403

    def test_forgets_everything_when_it_is_told(self, customer, stand_in):
        customer.pays(customer.adds())
        assert stand_in.events()
        stand_in.control("reset")
        assert [stand_in.objects("charge"), stand_in.objects("customer"), stand_in.events()] == [[], [], []]


class TestItsPages:
    def test_list_every_test_number(self, stand_in):
        text = stand_in.get("/")[2]
        told = {re.sub(r"\s", "", number) for number in re.findall(r"<code>([^<]*)</code>", text)}
        known = [*instruments.CARDS, *instruments.US_ACCOUNTS, *instruments.IBANS]
        assert told == {one.number for one in known} | {instruments.US_ROUTING}
        assert stand_ins.SECRET_KEY not in text
        assert stand_ins.CONTROL_KEY not in text.replace("Control", "")

    @pytest.mark.parametrize("address", ["/pay/cs_test_0", "/pay/", "/confirm/pi_0", "/confirm/cus_0", "/nothing"])
    def test_say_that_there_is_nothing_where_there_is_nothing(self, stand_in, address):
        assert stand_in.get(address)[0] == 404

    def test_escape_what_was_typed(self, customer, stand_in):
        typed = '"><script>alert(1)</script>'
        status, _, text = stand_in.pay_page(customer.opens().url, number=typed, expiry=typed, name=typed)
        assert status == 422
        assert "<script>" not in text

    @pytest.mark.parametrize("form", [{"expiry": "01/20"}, {"expiry": "13/34"}, {"name": " "}, {"number": "1"}, {"number": ""}])
    def test_take_no_form_with_a_fault(self, customer, stand_in, form):
        assert stand_in.pay_page(customer.opens().url, **{**stand_ins.GOOD_CARD, **form})[0] == 422
        assert stand_in.objects("payment_method") == []

    @pytest.mark.parametrize("scheme", ["light", "dark"])
    def test_are_accessible_on_a_phone(self, customer, stand_in, new_context, scheme):
        page = new_context(color_scheme=scheme, viewport={"width": 375, "height": 700}).new_page()
        waits = customer.pays(customer.adds("4000002760003184"), off_session=False, return_url=stand_in.url)
        for address in (stand_in.url, customer.opens().url, customer.opens("bank_account").url, waits.action_url):
            page.goto(address)
            found = Axe().run(page)
            assert found.violations_count == 0, found.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth") == 375

    def test_work_without_script(self, customer, stand_in, new_context):
        page = new_context(java_script_enabled=False).new_page()
        page.goto(customer.opens(back=f"{stand_in.url}/?added=1").url)
        expect(page.get_by_text("no money is moved")).to_be_visible()
        page.get_by_label("Test card number").fill("4000 0025 0000 3155")
        page.get_by_label("Expiry").fill("12 / 34")
        page.get_by_label("Name of the holder").fill("Ada Adler")
        page.get_by_role("button", name="Add this card").click()
        page.get_by_role("button", name="Confirm").click()
        expect(page).to_have_url(f"{stand_in.url}/?added=1")
        assert stand_in.objects("checkout.session")[0]["status"] == "complete"
