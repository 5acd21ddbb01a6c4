"""Everything that people read on the screens can be read in each language."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[2]


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


@pytest.mark.parametrize("language", translator().LANGUAGES)
def test_the_catalogue_that_django_reads_is_made_from_the_one_that_people_edit(language: str) -> None:
    file = translator().catalogue_file(language)

    assert file.with_suffix(".mo").read_bytes() == translator().compiled(stored(language)), "run: docs/translate.py"


@pytest.mark.parametrize("language", translator().LANGUAGES)
def test_a_translation_names_the_same_values_as_its_text(language: str) -> None:
    wrong = [(str(message.id), [str(error) for error in errors]) for message, errors in stored(language).check()]

    assert wrong == []
