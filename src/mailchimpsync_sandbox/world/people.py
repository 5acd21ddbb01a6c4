"""Names and addresses of people who don't exist."""

# ruff: noqa: RUF001 - names have letters of many alphabets

from __future__ import annotations

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_FIRST = _names(
    """
    Ada Aisha Ákos Alice Amara Ana André Anneliese Bartosz Beatriz Ben Björn Céline Chidi Chloé Daniel Dóra Élodie
    Emil Emma Fatima Finn Françoise Gül Hana Håkon Hugo Ibrahim Inés Ingrid Jakub James Jürgen Kateřina Kwame Lea
    Liam Łukasz Mai Malika Marta Mei Miguel Mohammed Nadia Niamh Noah Nuria Olivia Omar Øyvind Paolo Priya Ravi
    Renée Rosa Sakura Samuel Seán Sofía Sven Tamar Theo Tomáš Uma Victor Wanjiru Xavier Yara Youssef Zoë
    """
)
_LAST = _names(
    """
    Abara Ahmed Almeida Andersson Bakker Baker Çelik Cohen Costa Dąbrowski Diallo Dubois Eriksen Evans Fernández
    Fischer García Grant Gruber Haddad Hansen Hughes Ito Ivanova Jensen Jones Kaya Kim Kovács Kowalski Lambert
    Lindqvist López Mbeki Meyer Müller Nakamura Nguyen Novák Nuñez O’Brien Okafor Olsen Patel Pereira Popescu
    Quinn Rossi Sato Schäfer Silva Smith Söderberg Tanaka Taylor Thompson Ünal Varga Vasquez Weber Williams Yılmaz
    Young Zając Zhang
    """
)
_EMOJI = ("🌿", "🚲", "🦉", "🥾")
_DOMAINS = ("mail.example", "post.example", "inbox.example", "example.org", "letters.example")
_ONE_IN_WITH_EMOJI = 150


@dataclass(frozen=True, slots=True)
class Person:
    """A person with an address of their own."""

    first_name: str
    last_name: str
    address: str

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


def endless_people(chance: random.Random) -> Iterator[Person]:
    """Yield people without end, each with a different address."""
    number = 0
    while True:
        number += 1
        first, last = chance.choice(_FIRST), chance.choice(_LAST)
        address = f"{_plain(first)}.{_plain(last)}{number}@{chance.choice(_DOMAINS)}"
        decorated = first if chance.randrange(_ONE_IN_WITH_EMOJI) else f"{first} {chance.choice(_EMOJI)}"
        yield Person(decorated, last, address)


def _plain(name: str) -> str:
    spelt = name.replace("ł", "l").replace("Ł", "L").replace("ø", "o").replace("Ø", "O").replace("ı", "i")
    letters = unicodedata.normalize("NFKD", spelt).encode("ascii", "ignore").decode()
    return "".join(letter for letter in letters.lower() if letter.isalnum())
