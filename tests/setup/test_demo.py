"""bin/demo as a newcomer meets it, in a copy of this clone that shares its Python packages."""

import http.cookiejar
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from pathlib import Path

import pytest

from setup import ports, processes

ROOT = Path(__file__).resolve().parents[2]
LEFT_BEHIND = shutil.ignore_patterns(".venv", "var", ".git", "__pycache__", ".*_cache", ".hypothesis")
LOGIN_KEYS = {"email", "password", "role", "provider", "organization"}


class Demo:
    def __init__(self, folder):
        self.folder = folder
        self.port = ports.any_free()
        while not all(ports.is_free(self.port + more) for more in (1, 2)):
            self.port = ports.any_free()

    def command(self, *arguments):
        """Run bin/demo to its end, with nothing of this test's own settings."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "REDIS_", "PORTAL_", "PSP_"))
        }
        for name in ("SECRET_KEY", "KEY_PEPPERS", "DJANGO_SETTINGS_MODULE"):
            kept.pop(name, None)
        return subprocess.run(
            [str(self.folder / "bin" / "demo"), *arguments], env=kept, capture_output=True, text=True, check=False, timeout=180
        )

    def start(self, *arguments):
        answer = self.command("--detach", "--port", str(self.port), *arguments)
        assert answer.returncode == 0, answer.stdout + answer.stderr
        return answer.stdout

    def told(self):
        return json.loads((self.folder / "var" / "demo.json").read_text())

    def pids(self):
        noted = json.loads((self.folder / "var" / "running.json").read_text())
        return [noted["supervisor"], *noted["processes"].values()]


@pytest.fixture(scope="module")
def demo():
    folder = Path(tempfile.mkdtemp(prefix="msp-portal-demo-"))
    folder.chmod(0o755)
    clone = folder / "clone"
    shutil.copytree(ROOT, clone, ignore=LEFT_BEHIND)
    (clone / ".venv").symlink_to(ROOT / ".venv")
    demo = Demo(clone)
    demo.said = demo.start()
    yield demo
    demo.command("--stop")
    shutil.rmtree(folder, ignore_errors=True)


class Form(HTMLParser):
    """The names and values of a page's fields, and whether it asks for a password."""

    def __init__(self, page):
        super().__init__()
        self.fields, self.asks_password = {}, False
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if tag == "input" and given.get("name"):
            self.fields[given["name"]] = given.get("value") or ""
            self.asks_password |= given.get("type") == "password"


def sign_in(login, told):
    """The page that a person sees after signing in, as (status, address, form)."""
    start = told["operator_url"] + "/" if login["role"] == "Operator" else told["url"] + "/sign-in/"
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    with browser.open(start) as answer:
        form, address = Form(answer.read().decode()), answer.url
    assert form.asks_password, f"{address} does not ask for a password"
    name = "email" if "email" in form.fields else "username"
    fields = {**form.fields, name: login["email"], "password": login["password"]}
    sent = urllib.request.Request(address, urllib.parse.urlencode(fields).encode(), {"Referer": address})
    with browser.open(sent) as answer:
        return answer.status, answer.url, Form(answer.read().decode())


@pytest.mark.xdist_group("demo")
class TestTheDemo:
    def test_is_one_for_all_of_these(self, request):
        """Were the group not heeded, each worker would start a demo of its own, and nothing else would tell."""
        assert request.node.nodeid.endswith("@demo") or not hasattr(request.config, "workerinput")

    def test_says_each_step_its_time_and_where_it_is(self, demo):
        assert "Migrations" in demo.said
        assert f"http://127.0.0.1:{demo.port}" in demo.said
        assert all(login["password"] in demo.said for login in demo.told()["logins"])

    def test_writes_what_a_script_needs_where_only_its_owner_reads(self, demo):
        told = demo.told()
        assert set(told) == {"url", "operator_url", "providers", "logins"}
        assert [set(provider) for provider in told["providers"]] == [{"id", "name", "api_key"}] * 3
        assert all(set(login) == LOGIN_KEYS for login in told["logins"])
        assert {provider["name"] for provider in told["providers"]} == {"Northwind MSP", "Bluefin IT", "Cobalt Services"}
        for name in ("demo.json", "secrets.json", "sample.json"):
            assert stat.S_IMODE((demo.folder / "var" / name).stat().st_mode) == 0o600

    def test_lets_every_listed_person_in(self, demo):
        told = demo.told()
        for login in told["logins"]:
            status, address, form = sign_in(login, told)
            assert (status, form.asks_password) == (200, False), f"{login['email']} stands at {address}"

    def test_has_a_stand_in_for_the_payment_provider_and_says_so(self, demo):
        address = f"http://127.0.0.1:{demo.port + 2}"
        assert address in demo.said.strip().splitlines()[-1]
        with urllib.request.urlopen(address) as answer:
            assert "no money is moved" in answer.read().decode()

    def test_answers_about_itself(self, demo):
        answer = demo.command("--status")
        assert answer.returncode == 0
        assert answer.stdout.count("  ready") == 2

    def test_refuses_to_run_twice(self, demo):
        answer = demo.command("--detach")
        assert answer.returncode == 1
        assert "runs already" in answer.stderr

    def test_starts_again_what_was_killed(self, demo):
        web = json.loads((demo.folder / "var" / "running.json").read_text())["processes"]["web"]
        os.kill(web, signal.SIGKILL)
        until = time.monotonic() + 60
        while web in demo.pids() or demo.command("--status").returncode != 0:
            assert time.monotonic() < until, "the portal did not come back"
            time.sleep(0.2)

    def test_leaves_nothing_running_and_knows_the_same_people_next_time(self, demo):
        told, pids = demo.told(), demo.pids()
        assert demo.command("--stop").returncode == 0
        assert [pid for pid in pids if processes.is_alive(pid)] == []
        assert ports.is_free(demo.port)
        assert demo.command("--status").returncode == 3
        demo.start()
        assert demo.told() == told

    def test_takes_its_children_along_when_it_is_killed(self, demo):
        supervisor, *children = demo.pids()
        os.kill(supervisor, signal.SIGKILL)
        assert all(processes.wait_until_gone(child, 20) for child in children)
