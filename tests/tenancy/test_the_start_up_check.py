"""The public site looks at its wall before it serves. Each breach here is the control of a walk: made by hand, and found."""

import subprocess
import sys

import pytest

from accounts.identity import GLOBAL_TABLES, IDENTITY_TABLES
from msp_portal.lib import walls
from tests.services import databases

OUTSIDE = IDENTITY_TABLES | GLOBAL_TABLES
START = "import msp_portal.wsgi; print('serving')"

BREACHES = {
    "create table forgotten (provider_id text)": "forgotten has no policy for a tenant",
    "alter table usage_user disable row level security": "usage_user has no policy for a tenant",
    "drop policy tenant on usage_seats": "usage_seats has no policy for a tenant",
    "create view everyone as select name from accounts_provider": "everyone is a view that shows what its owner sees",
    "create materialized view copied as select name from accounts_provider": "copied is a view that shows what its owner sees",
    "create policy careless on usage_user to portal_tenant using (true)": "portal_tenant sees every row of usage_user",
    "create policy careless on usage_user using (true)": "portal_tenant sees every row of usage_user",
}


@pytest.fixture
def owner(committed):
    return committed.connect("owner", autocommit=True)


@pytest.fixture
def start(committed):
    """Start the public site as a real process, logged in as one of the logins."""

    def run(login="web"):
        environment = {
            **databases.without_portal_settings(),
            **committed.environment,
            "PORTAL_SITE": "portal",
            "PORTAL_LOGIN": login,
        }
        return subprocess.run(
            [sys.executable, "-c", START], cwd=databases.ROOT, env=environment, capture_output=True, text=True, check=False
        )

    return run


class TestTheWall:
    @pytest.mark.parametrize("breach", BREACHES)
    def test_is_found_breached(self, owner, breach):
        owner.execute(breach)
        assert BREACHES[breach] in walls.breaches(outside=OUTSIDE)

    def test_lets_a_view_stand_that_asks_as_its_reader(self, owner):
        before = walls.breaches(outside=OUTSIDE)
        owner.execute("create view mine with (security_invoker = true) as select name from accounts_provider")
        assert walls.breaches(outside=OUTSIDE) == before


class TestTheSite:
    def test_serves_behind_a_sound_wall(self, start):
        assert start().stdout == "serving\n"

    def test_does_not_serve_behind_a_hole(self, start, owner):
        owner.execute("drop policy tenant on usage_user")
        answer = start()
        assert answer.returncode != 0
        assert "usage_user has no policy for a tenant" in answer.stderr

    @pytest.mark.parametrize(
        ("login", "reason"), [("system", "portal_system sees every row"), ("owner", "portal_owner owns usage_user")]
    )
    def test_does_not_serve_as_someone_who_sees_too_much(self, start, login, reason):
        answer = start(login)
        assert answer.returncode != 0
        assert reason in answer.stderr
