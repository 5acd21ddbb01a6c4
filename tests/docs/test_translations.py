"""Everything that people read on the screens can be read in each language."""

from __future__ import annotations

import ast
import gettext
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]

NO_PART_OF_US = {"admin", "admindocs"}
"""What of Django is not installed here, so that its words are never shown."""


def translator() -> Any:
    spec = spec_from_file_location("translate_screens", ROOT / "docs/translate.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stored(language: str) -> Catalog:
    with translator().catalogue_file(language).open("rb") as stream:
        return read_po(stream, locale=language)


@pytest.mark.parametrize("language", translator().LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert translator().untranslated(translator().updated(language)) == [], "run: python docs/translate.py"


def test_no_text_that_may_reach_a_screen_has_lost_its_values_in_an_f_string() -> None:
    translate = translator()
    filled_in = [
        f"{file.relative_to(translate.PACKAGE)}:{call.lineno}"
        for file in translate.modules()
        for call in translate.calls_that_say(file.read_text("utf-8"))
        if any(isinstance(one, ast.JoinedStr) for one in call.args[:2])
    ]

    assert filled_in == [], 'write say("… %(name)s …", name=…)'


@pytest.mark.parametrize("language", translator().LANGUAGES)
def test_the_catalogue_that_django_reads_is_made_from_the_one_that_people_edit(language: str) -> None:
    file = translator().catalogue_file(language)

    assert file.with_suffix(".mo").read_bytes() == translator().compiled(stored(language)), "run: docs/translate.py"


@pytest.mark.parametrize("language", translator().LANGUAGES)
def test_a_translation_names_the_same_values_as_its_text(language: str) -> None:
    wrong = [(str(message.id), [str(error) for error in errors]) for message, errors in stored(language).check()]

    assert wrong == []


@pytest.mark.parametrize("language", translator().LANGUAGES)
def test_no_text_of_ours_takes_the_place_of_one_of_djangos_that_means_something_else(language: str) -> None:
    """Ours come first for all of Django too: a column "May" without a context would rename the month."""
    ours = _messages(translator().catalogue_file(language).with_suffix(".mo"))
    files = Path(django.__file__).parent.rglob(f"{language}/LC_MESSAGES/django.mo")
    djangos = [found for file in files if not NO_PART_OF_US & {*file.parts} for found in _messages(file).items()]

    assert ("May", "Mai") in djangos or language != "de"
    assert {text: (ours[text], said) for text, said in djangos if ours.get(text, said) != said} == {}


def _messages(file: Path) -> dict[Any, str]:
    with file.open("rb") as stream:
        found: dict[Any, str] = vars(gettext.GNUTranslations(stream))["_catalog"]
    return {text: said for text, said in found.items() if text}
