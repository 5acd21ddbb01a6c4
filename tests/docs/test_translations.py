"""Everything that people read on the screens can be read in each language."""

from __future__ import annotations

import ast
import gettext
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import django
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from mailchimpsync.actions.texts.wording import ON_SCREENS
from mailchimpsync.errors import REGISTRY, remedy_when_lasting

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


COMMAND = re.compile(r"`mailchimpsync|`serve`|--[a-z]{3}|public_url|accept_|force_restart|MAILCHIMPSYNC_")
ONLY_TYPED = {
    (
        "The account “%(name)s” is already configured, and this key has no access to its audience %(audience)s. If "
        "this is another account, give it another name with --account."
    ),
    (
        "Another run is in progress on audience %(id)s, so no new one was started. To stop the other one first, use "
        "`--force-restart --force-restart`, or force_restart=2."
    ),
    (
        "Run %(id)s of audience %(list_id)s can't stop before %(stage)s: it has already reached %(reached)s, which "
        "comes later. Nothing was done. Name a later stage, or start a new run with force_restart. The order of the "
        "stages is: %(stages)s."
    ),
    "The entries lead to the service's public address. Set `public_url` in mailchimpsync.toml first.",
    "There is no site in %(home)s yet; run `mailchimpsync init`.",
    (
        "The journal in %(file)s isn't as it was written, so nothing was imported. Check it where the site was exported, "
        "with `mailchimpsync journal verify`."
    ),
    "The site brings its own key, so remove MAILCHIMPSYNC_SECRET_KEY from the environment meanwhile.",
    "%(home)s is the home of one site, not of a fleet: leave out `--site %(name)s`.",
    (
        "%(home)s is the home of a fleet. Choose a site with `mailchimpsync --site NAME …`; `mailchimpsync site list` "
        "lists them, `mailchimpsync doctor --all` checks them."
    ),
    "%(home)s is the home of one site. `mailchimpsync fleet init` creates a fleet, in another home.",
    (
        "This isn't the fleet's master key: it opens none of the sites in the database. Use the file secret.key of the "
        "home in which the fleet was created, or its content as MAILCHIMPSYNC_SECRET_KEY."
    ),
}
"""Texts that only answer what someone has typed: no screen offers it."""


def test_no_text_that_can_reach_a_screen_or_an_e_mail_with_a_button_names_a_command() -> None:
    found = {str(one) for message in translator().collect() for one in _forms(message.id)}
    found |= {remedy_when_lasting(code) for code in REGISTRY}

    assert [text for text in found - ONLY_TYPED - set(ON_SCREENS) if COMMAND.search(text)] == []
    assert [text for text in map(str, ON_SCREENS.values()) if COMMAND.search(text)] == []
    assert found >= ONLY_TYPED | set(ON_SCREENS)


def _forms(text: object) -> tuple[object, ...]:
    return text if isinstance(text, tuple) else (text,)


SPELT_ONE_WAY = re.compile(
    r"\b\w*(?:ou?rganis|colou?r|favou?r|behaviou?r|honou?r|cent(?:re|er)|(?:un)?licen[cs]|catalog|cancell?(?:ed|ing)|gr[ae]y"
    r"|label(?:led|ed|ling|ing)|judg|postcode|(?:recogn|real|general|personal|minim|optim|custom|organ|summar)[iy][sz]"
    r"|analy[sz]|fulfil|enrol|programme)\w*",
    re.IGNORECASE,
)
"""Words that British and American readers spell in different ways."""


def test_the_screens_are_spelt_as_british_and_american_readers_both_spell() -> None:
    found = {str(one) for message in translator().collect() for one in _forms(message.id)}

    assert [text for text in found if SPELT_ONE_WAY.search(text)] == []
