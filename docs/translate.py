"""Collects all texts for people in the catalogues of `web/locale`, and compiles them.

    python docs/translate.py            # after texts have changed; then translate the new ones in the .po files
    python docs/translate.py --check    # lists missing translations; for tests

Texts come from templates and modules of `web/`, and from the engine: see `engine_texts` and `texts_in`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from io import BytesIO
from itertools import islice
from pathlib import Path

import django
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from mailchimpsync import errors
from mailchimpsync.actions.texts.codes import explain_code
from mailchimpsync.data.catalogue import ALIASES, SUMMARIES
from mailchimpsync.errors import PURPOSES, REGISTRY, Who

WEB = Path(__file__).parents[1] / "src/mailchimpsync/web"
PACKAGE = WEB.parent
ENGLISH_DOORS = (PACKAGE / "cli", WEB / "api", PACKAGE / "actions/entities")
"""Their texts are for the command line and for programs, which are in English."""

LOCALE = WEB / "locale"
LANGUAGES = ("de",)

_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}


_SAYING = {"say", "CannotTellError", "UnfitError", *(name for name in errors.__all__ if name.endswith("Error"))}


def engine_texts() -> Iterator[tuple[str, str]]:
    """Yield the engine's texts about codes, with their place."""
    for code, entry in REGISTRY.items():
        for text in filter(None, (entry.sentence, entry.cause, entry.remedy, entry.fine_because)):
            yield f"errors/registry:{code.value}", text
    for right, purpose in PURPOSES.items():
        for text in (purpose.why, purpose.without):
            yield f"errors/rights.py:{right.name}", text
    unknown = explain_code(None)
    for text in (unknown.sentence, unknown.cause, unknown.remedy):
        yield "actions/texts/codes.py", text
    for summary in SUMMARIES.values():
        yield "data/catalogue.py", summary.label
    for _field, label, _type in ALIASES.values():
        yield "data/catalogue.py", label
    for who in Who:
        yield "errors/codes.py:Who", who.value


def collect() -> Catalog:
    """Return a catalogue of all texts, without line numbers, which change too often."""
    catalog = Catalog(project="mailchimpsync", charset="utf-8")
    for file in sorted(WEB.rglob("*.py")):
        if "migrations" not in file.parts:
            _add(catalog, file, file.read_bytes())
    for file in modules():
        for text in texts_in(file.read_text("utf-8")):
            catalog.add(text, locations=[(file.relative_to(PACKAGE).as_posix(), None)])
    for file in sorted(WEB.rglob("*.html")):
        _add(catalog, file, templatize(file.read_text("utf-8")).encode())
    for place, text in engine_texts():
        catalog.add(text, locations=[(place, None)])
    return catalog


def modules() -> list[Path]:
    """Return the modules whose texts may appear on a screen."""
    return sorted(file for file in PACKAGE.rglob("*.py") if not any(map(file.is_relative_to, ENGLISH_DOORS)))


def texts_in(source: str) -> Iterator[str]:
    """Yield the texts of a module: the first argument of `say`, and the text of each error that is raised."""
    for call in calls_that_say(source):
        texts = (one.value for one in call.args[:2] if isinstance(one, ast.Constant) and isinstance(one.value, str))
        yield from islice(texts, 1)


def calls_that_say(source: str) -> Iterator[ast.Call]:
    """Yield the calls in a module that have a text for people."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SAYING:
            yield node


def _add(catalog: Catalog, file: Path, source: bytes) -> None:
    place = file.relative_to(WEB).as_posix()
    for _line, message, comments, context in extract("python", BytesIO(source), keywords=_KEYWORDS):
        if message and message != ("", ""):
            catalog.add(message, locations=[(place, None)], auto_comments=comments, context=context)


def catalogue_file(language: str) -> Path:
    """Return the file of a language's catalogue."""
    return LOCALE / language / "LC_MESSAGES/django.po"


def updated(language: str) -> Catalog:
    """Return a language's catalogue with the current texts only."""
    file = catalogue_file(language)
    found = Catalog(locale=language)
    if file.exists():
        with file.open("rb") as stream:
            found = read_po(stream, locale=language)
    found.update(collect(), no_fuzzy_matching=True, update_header_comment=False)
    found.obsolete.clear()
    return found


def untranslated(catalog: Catalog) -> list[str]:
    """Return the texts without a translation, or with a fuzzy one."""
    return [
        str(message.id) for message in catalog if message.id and (not _is_complete(message.string) or message.fuzzy)
    ]


def _is_complete(string: object) -> bool:
    return all(string) if isinstance(string, tuple | list) else bool(string)


class _Headed(Catalog):
    """A catalogue without names and dates in its header, so that it changes only with the texts."""

    def __iter__(self) -> Iterator[Message]:
        header = {
            "Project-Id-Version": "mailchimpsync",
            "Language": str(self.locale),
            "Plural-Forms": self.plural_forms,
            "MIME-Version": "1.0",
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Transfer-Encoding": "8bit",
        }
        yield Message("", "".join(f"{name}: {value}\n" for name, value in header.items()))
        yield from (message for message in super().__iter__() if message.id)


def _headed(catalog: Catalog) -> Catalog:
    name = catalog.locale.english_name if catalog.locale else ""
    headed = _Headed(catalog.locale, header_comment=f"# What people read of mailchimpsync, in {name}.", charset="utf-8")
    for message in catalog:
        if message.id:
            headed[message.id] = message
    return headed


def written(catalog: Catalog) -> bytes:
    """Return a catalogue in the format of its file."""
    stream = BytesIO()
    write_po(stream, _headed(catalog), width=120, sort_output=True, include_lineno=False)
    return stream.getvalue()


def compiled(catalog: Catalog) -> bytes:
    """Return a catalogue in the format that Django reads."""
    stream = BytesIO()
    write_mo(stream, _headed(catalog))
    return stream.getvalue()


def main() -> int:
    """Update the catalogues, or list what is missing."""
    if not settings.configured:
        settings.configure(USE_I18N=True)
        django.setup()
    missing = 0
    for language in LANGUAGES:
        catalog = updated(language)
        texts = untranslated(catalog)
        missing += len(texts)
        for text in texts:
            sys.stdout.write(f"{language}: {text}\n")
        if "--check" in sys.argv:
            continue
        file = catalogue_file(language)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(written(catalog))
        file.with_suffix(".mo").write_bytes(compiled(catalog))
    sys.stdout.write(f"{missing} texts are not translated.\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
