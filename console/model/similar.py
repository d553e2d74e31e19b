"""Tasks that seem to be the same, written twice. Pure; about linear in the number of tasks."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from math import ceil
from typing import Final
from unicodedata import normalize

TOKEN_OVERLAP: Final = 0.8
"""Jaccard index of their words from which two tasks are nearly the same."""
TOKENS: Final = 3
"""Different words a task must have before words are compared: "fix it" says too little."""
BIGRAM_OVERLAP: Final = 0.75
"""The same for pairs of neighbouring characters in Korean: its words carry particles, and blanks are a matter of taste.

One particle more leaves more than this of a text of a dozen characters, another word in it leaves less.
"""
BIGRAMS: Final = 6
RIVALS: Final = 12
"""Tasks with a rare feature in common that are compared with a new one: a bound for logs made from one template."""

_WORD: Final = re.compile(r"[^\W_]+")
_DIGITS: Final = re.compile(r"\d+")
_HANGUL: Final = re.compile("[가-힣]")


def groups(tasks: Iterable[tuple[int, str]]) -> tuple[tuple[int, ...], ...]:
    """Return the groups of numbers whose tasks are the same or nearly so; numbers ascend, groups by their first.

    *tasks* are (number, text). Case, width, blanks and punctuation do not count. Numbers in the texts have to be the
    same: "step 1" and "step 2" are two tasks, however much else they share. A text without a word is like no other.
    """
    same: defaultdict[tuple[str, ...], set[int]] = defaultdict(set)
    for number, text in tasks:
        words = tuple(_WORD.findall(normalize("NFKC", text).casefold()))
        if words:
            same[words].add(number)
    texts = list(same)
    leader = list(range(len(texts)))
    _join(texts, [_tokens(words) for words in texts], TOKEN_OVERLAP, leader)
    _join(texts, [_bigrams(words) for words in texts], BIGRAM_OVERLAP, leader)
    found: defaultdict[int, set[int]] = defaultdict(set)
    for at, words in enumerate(texts):
        found[_top(leader, at)] |= same[words]
    return tuple(sorted(tuple(sorted(numbers)) for numbers in found.values() if len(numbers) > 1))


def _tokens(words: tuple[str, ...]) -> frozenset[str]:
    found = frozenset(words)
    return found if len(found) >= TOKENS else frozenset()


def _bigrams(words: tuple[str, ...]) -> frozenset[str]:
    text = "".join(words)
    if _HANGUL.search(text) is None:
        return frozenset()
    found = frozenset(map("".join, pairwise(text)))
    return found if len(found) >= BIGRAMS else frozenset()


def _join(texts: list[tuple[str, ...]], features: list[frozenset[str]], overlap: float, leader: list[int]) -> None:
    """Unite the texts whose features overlap enough, in *leader*.

    Two sets with a Jaccard index of t share one of the first ``n - ceil(t n) + 1`` of their n members, in any one order
    (prefix filtering, Chaudhuri et al., ICDE 2006); the rarest first, few sets meet at all.
    """
    common = Counter(feature for each in features for feature in each)
    index: defaultdict[tuple[tuple[str, ...], str], list[int]] = defaultdict(list)
    for at, own in enumerate(features):
        if not own:
            continue
        digits = tuple(sorted(_DIGITS.findall(" ".join(texts[at]))))
        prefix = sorted(own, key=lambda feature: (common[feature], feature))[: len(own) - ceil(overlap * len(own)) + 1]
        met: set[int] = set()
        for feature in prefix:
            rivals = index[digits, feature]
            met.update(rivals[-RIVALS:])
            rivals.append(at)
        for other in met:
            shared = len(own & features[other])
            if shared >= overlap * (len(own) + len(features[other]) - shared):
                leader[_top(leader, at)] = _top(leader, other)


def _top(leader: list[int], at: int) -> int:
    while leader[at] != at:
        leader[at] = leader[leader[at]]
        at = leader[at]
    return at
