"""Every template is drawn by some test. A plugin of pytest, as only the end of a whole run can tell.

Each worker notes what was drawn in it; the first process puts the notes together and fails a whole run that left one out.
"""

import pytest
from django.test.signals import template_rendered

from tests.services.databases import ROOT

TEMPLATES = ROOT / "templates"
# Drawn by the server process that Chromium visits, or while the database is away: not in the process that takes notes.
DRAWN_ELSEWHERE = frozenset()

drawn = set()


def note(sender, template, **rest):
    name = getattr(getattr(template, "origin", None), "name", "")
    if name.startswith(str(TEMPLATES)):
        drawn.add(name.removeprefix(f"{TEMPLATES}/"))


def every_template():
    return {str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"}}


def is_whole(config):
    """Whether all tests were asked for, as `bin/test` does."""
    chosen = config.invocation_params.args
    return not config.getoption("keyword") and not any("tests/" in str(argument) for argument in chosen)


@pytest.hookimpl
def pytest_configure(config):
    template_rendered.connect(note)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node, error):
    drawn.update(getattr(node, "workeroutput", {}).get("drawn", []))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session, exitstatus):
    config = session.config
    if hasattr(config, "workeroutput"):
        config.workeroutput["drawn"] = sorted(drawn)
    elif is_whole(config) and (missing := every_template() - drawn - DRAWN_ELSEWHERE):
        config.pluginmanager.get_plugin("terminalreporter").write_line(f"No test draws: {', '.join(sorted(missing))}", red=True)
        session.exitstatus = session.exitstatus or pytest.ExitCode.TESTS_FAILED
