"""The German catalogue: whole, in step with what the portal reads, and with every placeholder of the English words."""

import gettext
import re
from ast import literal_eval
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import formats, translation

CATALOGUE = Path(__file__).parents[2] / "locale" / "de" / "LC_MESSAGES" / "django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|</?\w+>")
LINE = re.compile(r'^(?:(msgid_plural|msgid|msgstr)(?:\[(\d)\])? )?(".*")$')


def entries():
    """Each message: its English forms and its German ones."""
    for block in CATALOGUE.read_text().split("\n\n"):
        english, german, into = [], [], None
        for keyword, _, text in (match.groups() for line in block.splitlines() if (match := LINE.match(line))):
            if keyword:
                into = german if keyword == "msgstr" else english
                into.append("")
            into[-1] += literal_eval(text)
        if english and english[0]:
            yield english, german


MESSAGES = list(entries())


def test_every_message_has_its_german_words():
    assert len(MESSAGES) > 700
    assert [english[0] for english, german in MESSAGES if not all(german)] == []
    assert "#, fuzzy" not in CATALOGUE.read_text()


def test_no_message_loses_a_placeholder():
    for english, german in MESSAGES:
        known = {name for text in english for name in PLACEHOLDER.findall(text)}
        assert {name for text in german for name in PLACEHOLDER.findall(text)} <= known, english[0]
        if len(english) == 1:
            assert set(PLACEHOLDER.findall(german[0])) == known, english[0]


def test_the_portal_reads_the_words_that_stand_in_the_catalogue():
    with CATALOGUE.with_suffix(".mo").open("rb") as compiled:
        words = gettext.GNUTranslations(compiled)
    for english, german in MESSAGES:
        read = [words.gettext(english[0])] if len(english) == 1 else [words.ngettext(*english, 1), words.ngettext(*english, 2)]
        assert read == german


@pytest.mark.parametrize(("language", "title"), [("en", "Nothing here"), ("de", "Hier ist nichts")])
def test_a_page_speaks_the_language_of_its_reader(language, title):
    with translation.override(language):
        html = render_to_string("404.html")
    assert f"<h1>{title}</h1>" in html
    assert f'<html lang="{language}"' in html


@pytest.mark.parametrize("language", ["en", "de"])
def test_dates_are_written_day_first_and_without_am_and_pm(language):
    with translation.override(language):
        assert formats.get_format("DATETIME_FORMAT").endswith("H:i")
        assert formats.get_format("DATE_FORMAT").startswith("j")
