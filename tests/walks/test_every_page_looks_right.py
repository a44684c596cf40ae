"""Every page that can be reached by links, in Chromium: both themes, two widths. Screenshots land in var/screenshots/ for a person to look at.

A page is wrong when axe finds a violation, when it is wider than the window, or when the browser's console complains (which is also
how a breach of the Content Security Policy shows).
"""

from pathlib import Path
from urllib.parse import urlsplit

import axe_playwright_python
import pytest
from django.urls import resolve

DOWNLOADS = {"contract", "invoice-pdf"}
SCREENSHOTS = Path(__file__).parents[2] / "var" / "screenshots"
AXE = next(Path(axe_playwright_python.__file__).parent.rglob("axe*.js")).read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [("light", 1280), ("dark", 390)]
ALL_LOOKS = [*LOOKS, ("light", 390), ("dark", 1280)]
VISITORS = {
    "nobody": None,
    "msp": ("Administrator With Billing", "Northwind MSP"),
    "without-commitment": ("Administrator With Billing", "Bluefin IT"),
    "too-junior": ("Help Desk", "Northwind MSP"),
    "client": ("Organization Administrator", "Northwind MSP"),
}
ALWAYS = {"nobody": 2, "msp": 12, "client": 4}  # and how many pages each reaches at least; the others only in a full run

pytestmark = pytest.mark.sample_data


@pytest.fixture
def visit(live_portal, sample_sign_ins, browser):
    """A window at the portal, signed in as the visitor; `complaints` gathers what its console says."""
    context = browser.new_context(locale="en-US", base_url=live_portal.url)

    def enter(visitor):
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda message: page.complaints.append(message.text) if message.type in {"error", "warning"} else None)
        page.on("pageerror", lambda fault: page.complaints.append(str(fault)))
        page.goto("/sign-in/")
        if VISITORS[visitor]:
            role, provider = VISITORS[visitor]
            login = next(one for one in sample_sign_ins["logins"] if (one["role"], one["provider"]) == (role, provider))
            page.get_by_label("E-mail").fill(login["email"])
            page.get_by_label("Password", exact=True).fill(login["password"])
            page.get_by_role("button", name="Sign in", exact=True).click()
            page.wait_for_url(lambda url: "/sign-in/" not in url)
        return page

    yield enter
    context.close()


def walks():
    """Each visitor in each look; a run that is not full leaves out the rarer ones."""
    for visitor in VISITORS:
        for theme, width in ALL_LOOKS:
            rare = visitor not in ALWAYS or (theme, width) not in LOOKS
            yield pytest.param(visitor, theme, width, marks=[pytest.mark.full] if rare else [])


@pytest.mark.parametrize(("visitor", "theme", "width"), [*walks()])
def test_every_page_looks_right(visitor, theme, width, visit, live_portal):
    page, found, wrong = visit(visitor), set(), []
    page.context.add_cookies([{"name": "theme", "value": theme, "url": live_portal.url}])
    page.set_viewport_size({"width": width, "height": 900})
    for route, path in walk(page):
        found.add(route)
        picture(page, f"{visitor}-{route}-{theme}-{width}")
        wrong += [f"{path}: {what}" for what in faults(page)]
    assert wrong == []
    assert len(found) >= ALWAYS.get(visitor, 4), found


def test_the_walk_would_see_a_page_that_is_wrong(visit):
    page = visit("nobody")
    page.evaluate("""() => {
        const wide = document.createElement("img");
        wide.width = 3000;
        document.querySelector("main").append(wide);
        console.error("something broke");
    }""")
    found = " ".join(faults(page))
    assert "image-alt" in found
    assert "wider than the window" in found
    assert "something broke" in found


def walk(page):
    """Open one page for each route that links lead to from here, and yield its route and path."""
    seen, waiting = set(), [urlsplit(page.url).path]
    while waiting:
        path = waiting.pop()
        match = resolve(path)
        route = match.url_name
        if route in seen | DOWNLOADS or hasattr(match.func, "listing"):  # a CSV
            continue
        seen.add(route)
        page.goto(path)
        links = page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)")
        waiting += [urlsplit(url).path for url in links if urlsplit(url).netloc == urlsplit(page.url).netloc]
        yield route, path


def picture(page, name):
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)


def faults(page):
    """What is wrong with the page as it stands, in words; empty when nothing is."""
    page.evaluate(AXE)
    report = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    said, page.complaints[:] = list(page.complaints), []
    too_wide = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    violations = [f"axe {one['id']} at {[node['target'] for node in one['nodes']][:3]}" for one in report["violations"]]
    return [*violations, *(["wider than the window"] if too_wide else []), *said]
