"""Choosing wrong options: they are plausible, and none of them is right."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from types import MappingProxyType

from sessions_app.study.distractors.candidates import others_near, rivals_of
from sessions_app.study.distractors.guard import Doubt, Guard, are_same
from sessions_app.study.distractors.ranking import Candidate, ranked, weights_of_texts
from sessions_app.study.distractors.similarity import names, stems
from sessions_app.study.distractors.twins import weights_of
from sessions_app.study.types import StudyCard

NO_CONFUSIONS: Mapping[int, int] = MappingProxyType({})


def choose(
    card: StudyCard,
    deck: Sequence[StudyCard],
    *,
    count: int = 3,
    rng: Random,
    confusions: Mapping[int, int] = NO_CONFUSIONS,
) -> list[str]:
    """The source texts of up to ``count`` wrong options, the best first; fewer if the deck has no more.

    ``confusions`` maps the id of another card to how often this learner chose its answer for this card. `judge`
    accepts none of the texts as the answer or an accepted answer, and none is a twin's answer. docs/options.md has
    the rules.
    """
    return WrongOptions(card, deck, rng, confusions).best(count)


class WrongOptions:
    """One card's wrong options: its owner's, and the deck's, which are ranked but not yet checked."""

    def __init__(
        self, card: StudyCard, deck: Sequence[StudyCard], rng: Random, confusions: Mapping[int, int]
    ) -> None:
        self.card = card
        self.can_be_asked = bool(names(card.text(card.side)).whole)
        others = others_near(card, deck, rng, confusions) if self.can_be_asked else []
        rivals = rivals_of(card, deck, others, weights_of(deck))
        ids = {rival.id for rival in rivals}
        free = [other for other in others if other.id not in ids]
        self.guard = Guard(card, rivals)
        self.own = list(card.wrong(card.side)) if self.can_be_asked else []
        rng.shuffle(self.own)
        self.others = ranked(card, free, weights_of_texts(deck), rng, confusions)

    def best(self, count: int) -> list[str]:
        """The best wrong options. If prompt and answer share a word, one option has it too, if possible."""
        if count < 1:
            return []
        own = self.own_options(count)
        chosen = self.filled(own, count, self.others)
        if len(own) < count and gives_away(self.card, chosen):
            return self.with_shared_word(chosen, count)
        return chosen

    def fair(self, count: int) -> list[str]:
        """The best wrong options; none if only the right option would have a word of the prompt."""
        chosen = self.best(count)
        if chosen and gives_away(self.card, chosen):
            chosen = self.with_shared_word(chosen, count)
        return [] if gives_away(self.card, chosen) else chosen

    def own_options(self, count: int) -> list[str]:
        chosen: list[str] = []
        for text in self.own:
            if len(chosen) < count and self.guard.allows_own(text) and not is_among(text, chosen):
                chosen.append(text)
        return chosen

    def filled(self, chosen: Sequence[str], count: int, candidates: Iterable[Candidate]) -> list[str]:
        """``chosen`` and the best candidates, up to ``count``; options that may be right come last."""
        result, doubtful = list(chosen), []
        for candidate in candidates:
            if len(result) >= count:
                return result
            doubt = self.guard.doubt_of(candidate.text, candidate.accepted)
            if doubt is Doubt.SOME:
                doubtful.append(candidate.text)
            elif doubt is Doubt.NONE and not is_among(candidate.text, result):
                result.append(candidate.text)
        for text in doubtful:
            if len(result) < count and not is_among(text, result):
                result.append(text)
        return result

    def with_shared_word(self, chosen: Sequence[str], count: int) -> list[str]:
        """``chosen``; the last one is replaced by an option with a word of the prompt, if there is one."""
        kept = list(chosen[: count - 1])
        sharing = (
            candidate.text
            for candidate in self.others
            if candidate.shares
            and not is_among(candidate.text, kept)
            and self.guard.doubt_of(candidate.text, candidate.accepted) is Doubt.NONE
        )
        found = next(sharing, None)
        return list(chosen) if found is None else [*kept, found]


def gives_away(card: StudyCard, chosen: Iterable[str]) -> bool:
    """Whether the right option has a word of the prompt, and none of the wrong ones has one."""
    # A word that stands on both sides is recognised if both are stemmed in the same language.
    language = card.language_of(card.side)
    sought = stems(card.text(card.side.other), language) & stems(card.text(card.side), language)
    return bool(sought) and all(sought.isdisjoint(stems(text, language)) for text in chosen)


def is_among(text: str, chosen: Iterable[str]) -> bool:
    return any(are_same(text, other) for other in chosen)
