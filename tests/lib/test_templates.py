"""What no template may contain: the Content Security Policy would block it, or it would let text become markup."""

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
FORBIDDEN = {
    "a script of its own": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a style of its own": re.compile(r"<style|\sstyle=", re.IGNORECASE),
    "an inline handler": re.compile(r"\son[a-z]+=|hx-on|javascript:", re.IGNORECASE),
    "values that are evaluated": re.compile(r"""hx-(?:vals|headers)=["']js:|hx-trigger=["'][^"']*\["""),
    "unescaped text": re.compile(r"\|\s*safe\b|autoescape\s+off|\|\s*safeseq\b"),
    "another host": re.compile(r"""(?:src|href|action)=["'](?:https?:)?//"""),
}
# Mails and documents stand alone: no policy and no stylesheet of ours reaches them.
pages = [path for path in sorted(TEMPLATES.rglob("*.html")) if not {"emails", "pdf"} & set(path.relative_to(TEMPLATES).parts)]


def findings(text):
    return [what for what, pattern in FORBIDDEN.items() if pattern.search(text)]


@pytest.mark.parametrize("path", pages, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_contains_nothing_that_the_policy_forbids(path):
    assert findings(path.read_text()) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("<script>x()</script>", "a script of its own"),
        ('<p style="color:red">', "a style of its own"),
        ('<button onclick="x()">', "an inline handler"),
        ('<button hx-on:click="x()">', "an inline handler"),
        ("""<i hx-vals='js:{a: b}'>""", "values that are evaluated"),
        ("""<i hx-trigger="keyup[ctrlKey]">""", "values that are evaluated"),
        ("{{ name|safe }}", "unescaped text"),
        ('<script src="https://cdn.example/x.js">', "another host"),
    ],
)
def test_the_search_would_find_it(text, what):
    assert what in findings(text)
