"""Where a customer may send us, and where not, however it is spelled or looked up."""

import socket
import ssl
import threading
from contextlib import suppress
from ipaddress import ip_address, ip_network

import pytest
from django.test import override_settings

from msp_portal.lib import outside
from msp_portal.lib.outside import Limits, NoAnswer
from msp_portal.lib.outside_addresses import NotAllowed, addresses_of, is_allowed, target_of
from tests.usage.receiver import receiver

LIMITS = Limits(connect=2, call=5, answer=100)

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
FORBIDDEN = {
    "the machine itself": ["127.0.0.1", "127.255.255.254", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1", "::7f00:1"],
    "private networks": ["10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd12::1", "::ffff:10.0.0.1"],
    "link-local, where clouds keep their metadata": ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "fd00:ec2::254"],
    "the carrier's side of a NAT": ["100.64.0.1", "100.127.255.255"],
    "many at once": ["224.0.0.1", "239.255.255.255", "255.255.255.255", "ff02::1", "ff0e::1"],
    "an IPv4 address beyond a translator or a tunnel": [
        *("64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::"),
    ],
    "what is nobody's": [
        "192.0.2.1",
        "198.51.100.1",
        "203.0.113.1",
        "198.18.0.1",
        "240.0.0.1",
        "192.0.0.8",
        "2001:db8::1",
        "3fff::1",
        "fec0::1",
    ],
}
SPELLED = ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0", "[::1]", "[::ffff:7f00:1]", "169.254.169.254"]


@pytest.fixture
def no_demo():
    """As on a server: no plain HTTP, nothing on the loopback address."""
    with override_settings(LOOPBACK=False):
        yield


def refusal_of(url):
    with pytest.raises(NotAllowed) as refused:
        target_of(url)
    return refused.value.code


@pytest.mark.usefixtures("no_demo")
class TestAnAddress:
    @pytest.mark.parametrize("written", PUBLIC)
    def test_of_the_public_internet_may_be_called(self, written):
        assert is_allowed(ip_address(written))

    @pytest.mark.parametrize("written", [each for every in FORBIDDEN.values() for each in every])
    def test_of_any_other_kind_may_not(self, written):
        assert not is_allowed(ip_address(written))

    def test_in_a_network_that_the_operators_named_may(self):
        with override_settings(WEBHOOK_NETWORKS=(ip_network("10.1.0.0/16"),)):
            assert is_allowed(ip_address("10.1.2.3"))
            assert is_allowed(ip_address("::ffff:10.1.2.3"))
            assert not is_allowed(ip_address("10.2.0.1"))

    def test_on_the_loopback_may_in_the_demo_alone(self):
        assert not is_allowed(ip_address("127.0.0.1"))
        with override_settings(LOOPBACK=True):
            assert is_allowed(ip_address("127.0.0.1"))
            assert not is_allowed(ip_address("10.0.0.1"))


@pytest.mark.usefixtures("no_demo")
class TestAUrl:
    def test_names_host_port_and_path(self):
        target = target_of("https://Hooks.Example.com:8443/in?of=1#part")
        assert (target.host, target.port, target.path, target.authority) == (
            *("hooks.example.com", 8443, "/in?of=1"),
            "hooks.example.com:8443",
        )
        assert target_of("https://hooks.example.com").path == "/"

    @pytest.mark.parametrize("host", SPELLED)
    def test_that_spells_a_forbidden_address_is_refused_as_it_is_typed(self, host):
        assert refusal_of(f"https://{host}/") == "forbidden_address"

    @pytest.mark.parametrize(
        ("url", "code"),
        [
            ("http://hooks.example.com/", "not_https"),
            ("ftp://hooks.example.com/", "not_https"),
            ("https://user:secret@hooks.example.com/", "credentials"),
            ("https://hooks.example.com@10.0.0.1/", "credentials"),
            ("", "not_a_url"),
            ("hooks.example.com", "not_a_url"),
            ("javascript:alert(1)", "not_a_url"),
            ("file:///etc/passwd", "not_a_url"),
            ("https://", "not_a_url"),
            ("https://:443/", "not_a_url"),
            ("https://hooks.example.com:99999/", "not_a_url"),
            ("https://hooks.example.com:0/", "not_a_url"),
            ("https://hooks.example.com/a b", "not_a_url"),
            ("https://hooks.example.com/\r\nHost: x", "not_a_url"),
            ("https://hooks.example.com\\@10.0.0.1/", "not_a_url"),
            ("https://[fe80::1%25eth0]/", "not_a_url"),
            ("https://hööks.example.com/", "not_a_url"),
            ("https://[::1/", "not_a_url"),
        ],
    )
    def test_of_another_form_is_refused(self, url, code):
        assert refusal_of(url) == code


@pytest.mark.usefixtures("no_demo")
class TestAName:
    @pytest.fixture
    def leads_to(self, monkeypatch):
        def names(*addresses):
            found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in addresses]
            real = socket.getaddrinfo
            monkeypatch.setattr(
                socket,
                "getaddrinfo",
                lambda host, *rest, **more: found if host == "hooks.example.com" else real(host, *rest, **more),
            )

        return names

    def test_leads_to_all_its_addresses(self, leads_to):
        leads_to("8.8.8.8", "8.8.4.4")
        target = target_of("https://8.8.8.8/")
        assert target.host == "8.8.8.8"
        hooks = target.__class__("hooks.example.com", 443, "/", is_encrypted=True)
        assert addresses_of(hooks, seconds=2) == [ip_address("8.8.8.8"), ip_address("8.8.4.4")]

    def test_that_leads_inside_with_one_of_them_is_not_called(self, leads_to):
        leads_to("8.8.8.8", "10.0.0.1")
        hooks = target_of("https://8.8.8.8/").__class__("hooks.example.com", 443, "/", is_encrypted=True)
        with pytest.raises(NotAllowed, match="forbidden_address"):
            addresses_of(hooks, seconds=2)

    def test_that_nobody_looks_up_in_time_is_not_waited_for(self, monkeypatch):
        asked = threading.Event()
        hooks = target_of("https://8.8.8.8/").__class__("hooks.example.com", 443, "/", is_encrypted=True)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: asked.wait(20))
        monkeypatch.setattr(outside, "target_of", lambda url: hooks)
        with pytest.raises(NoAnswer, match="not_found"):
            outside.post("https://hooks.example.com/", b"", {}, Limits(connect=0.05, call=1, answer=1))
        asked.set()


class TestACall:
    def test_goes_to_the_address_that_was_judged(self, monkeypatch):
        """The name is looked up once. A second look, which could lead elsewhere (rebinding), would fail here."""
        real, asked = socket.getaddrinfo, []

        def once(host, *rest, **more):
            if host == "hooks.example.com" and more.get("flags") != socket.AI_NUMERICHOST:
                asked.append(host)
                assert len(asked) == 1
                return real("127.0.0.1", *rest, **more)
            return real(host, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", once)
        with receiver() as there:
            port = there.url.split(":")[2].split("/")[0]
            answer = outside.post(f"http://hooks.example.com:{port}/in", b"{}", {}, LIMITS)
        assert (answer.status, there.got[0][1]["Host"]) == (200, f"hooks.example.com:{port}")

    def test_whose_answer_says_no_length_and_drips_is_cut(self):
        dripped, is_over = [], threading.Event()

        def drip(server):
            wire, _ = server.accept()
            with wire:
                wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                with suppress(OSError):
                    while len(dripped) < 50 and not is_over.wait(0.1):
                        wire.sendall(b"a")
                        dripped.append(b"a")

        with socket.create_server(("127.0.0.1", 0)) as server:
            thread = threading.Thread(target=drip, args=[server])
            thread.start()
            answer = outside.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"", {}, Limits(connect=2, call=0.5, answer=40))
            is_over.set()
            thread.join()
        assert answer.status == 200
        assert 0 < len(answer.beginning) < 40, "else it was read to the last byte that is kept, however long that takes"

    def test_goes_through_no_proxy_of_the_environment(self, monkeypatch):
        with receiver() as proxy, receiver() as there:
            for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"):
                monkeypatch.setenv(name, proxy.url)
            outside.post(there.url, b"{}", {}, LIMITS)
        assert (len(there.got), proxy.got) == (1, [])

    def test_trusts_no_certificate_that_is_not_the_names(self, monkeypatch):
        """A server without TLS stands for one whose certificate is wrong: both end in the handshake."""
        with receiver() as there, pytest.raises(NoAnswer, match="not_trusted"):
            outside.post(there.url.replace("http://", "https://"), b"{}", {}, LIMITS)
        assert ssl.create_default_context().check_hostname
