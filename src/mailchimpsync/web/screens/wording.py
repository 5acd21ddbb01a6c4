"""The engine's texts as screens say them: without commands, in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext

from mailchimpsync.actions.texts.wording import ON_SCREENS


def on_screen(text: str) -> str:
    """Translate a text of the engine for a screen."""
    return gettext(ON_SCREENS.get(text, text))
