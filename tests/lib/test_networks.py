"""Addresses and networks: as people write them, as the database keeps them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.bounds import KEY_NETWORKS_MAX
from accounts.forms.networks import NetworksField
from accounts.models import ApiKey
from msp_portal.lib.networks import address_of


def cleaned(text):
    return NetworksField(required=False).clean(text)


class TestTheField:
    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ("203.0.113.7", ["203.0.113.7"]),
            ("203.0.113.7/32", ["203.0.113.7"]),
            ("203.0.113.0/255.255.255.0", ["203.0.113.0/24"]),
            ("2001:DB8:0:0::/32", ["2001:db8::/32"]),
            ("2001:db8::1\r\n\r\n  192.0.2.0/24  \n2001:DB8::1", ["2001:db8::1", "192.0.2.0/24"]),
            ("::ffff:192.0.2.1", ["192.0.2.1"]),
            ("::ffff:192.0.2.0/120", ["192.0.2.0/24"]),
            ("  \n ", None),
            ("", None),
        ],
    )
    def test_takes_what_people_write_and_keeps_each_once(self, typed, kept):
        assert cleaned(typed) == kept

    @pytest.mark.parametrize(
        "typed", ["example.com", "10.0.0", "10.0.0.0/33", "10.0.0.1-10.0.0.9", "fe80::1%eth0", "1", "٢.٢.٢.٢", "*"]
    )
    def test_names_the_line_that_is_none(self, typed):
        with pytest.raises(ValidationError) as refused:
            cleaned(f"192.0.2.1\n{typed}")
        assert refused.value.code == "faulty"
        assert typed in str(refused.value)

    def test_widens_no_address_to_a_network_by_itself(self):
        with pytest.raises(ValidationError) as refused:
            cleaned("192.0.2.7/24")
        assert refused.value.code == "between"
        assert "192.0.2.0/24" in str(refused.value)

    def test_takes_so_many_and_no_more(self):
        lines = [f"192.0.2.{number}" for number in range(KEY_NETWORKS_MAX + 1)]
        assert cleaned("\n".join(lines[:-1])) == lines[:-1]
        with pytest.raises(ValidationError) as refused:
            cleaned("\n".join(lines))
        assert refused.value.code == "many"


class TestAKeyWithNetworks:
    @pytest.mark.parametrize("address", ["192.0.2.7", "192.0.2.255", "2001:db8::5", "::ffff:192.0.2.7"])
    def test_is_allowed_from_inside(self, address):
        assert key(["192.0.2.0/24", "2001:db8::/32"]).allows(address)

    @pytest.mark.parametrize("address", ["192.0.3.0", "2001:db9::", "::1", "", None, "unknown", "192.0.2.7, 10.0.0.1"])
    def test_is_refused_from_elsewhere_and_from_what_is_no_address(self, address):
        assert not key(["192.0.2.0/24", "2001:db8::/32"]).allows(address)

    def test_without_any_is_allowed_from_anywhere(self):
        assert key(None).allows("192.0.2.7")
        assert key(None).allows(None)

    def test_says_them_as_people_write_them(self):
        assert key(["192.0.2.7/32", "192.0.2.0/24", "::1/128"]).allowed_from == ["192.0.2.7", "192.0.2.0/24", "::1"]


class TestTheDatabase:
    @pytest.mark.parametrize("written", ["nonsense", "192.0.2.7/24"])
    def test_refuses_what_is_no_network(self, written, db):
        with pytest.raises(Exception, match=r"invalid (input syntax|cidr value)"), connection.cursor() as cursor:
            cursor.execute("select %s::cidr", [written])

    def test_keeps_them_in_its_own_type(self, db):
        with connection.cursor() as cursor:
            cursor.execute("select pg_typeof(networks)::text from accounts_apikey right join (select 1) one on true limit 1")
            assert cursor.fetchone() == ("cidr[]",)


def key(networks):
    return ApiKey(networks=networks)


def test_an_ipv4_address_in_ipv6s_dress_is_taken_for_what_it_is():
    assert str(address_of("::ffff:192.0.2.7")) == "192.0.2.7"
    assert str(address_of("2001:db8::7")) == "2001:db8::7"
