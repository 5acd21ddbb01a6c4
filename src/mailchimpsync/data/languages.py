"""The languages Mailchimp has for members, and how CiviCRM's codes map to them. Pure."""

from __future__ import annotations

from mailchimpsync.messages import Message, say

# fmt: off
LANGUAGES = frozenset({
    "en", "ar", "af", "be", "bg", "ca", "zh", "hr", "cs", "da", "nl", "et", "fa", "fi", "fr", "fr_CA",
    "de", "el", "he", "hi", "hu", "is", "id", "ga", "it", "ja", "km", "ko", "lv", "lt", "mt", "ms",
    "mk", "no", "pl", "pt", "pt_PT", "ro", "ru", "sr", "sk", "sl", "es", "es_ES", "sw", "sv", "ta", "th",
    "tr", "uk", "vi",
})
# fmt: on
"""The codes in Mailchimp's list (mailchimp.com/help/view-and-edit-contact-languages)."""

_OTHER_CODES = {"nb": "no", "nn": "no", "iw": "he", "in": "id"}
"""Languages that have another code at Mailchimp: both written forms of Norwegian, and old codes."""


def language_at_mailchimp(code: str) -> str | None:
    """Return Mailchimp's code for a language such as `nb_NO` or `de-AT`; None: it doesn't have the language."""
    language, _, region = code.strip().replace("-", "_").partition("_")
    language = language.lower()
    exact = f"{language}_{region[:2].upper()}"
    known = exact if exact in LANGUAGES else _OTHER_CODES.get(language, language)
    return known if known in LANGUAGES else None


def unknown_language(code: str) -> Message:
    """Return what is wrong with a language that Mailchimp doesn't have."""
    return say("Mailchimp does not know the language %(code)s", code=code)
