"""The languages of an import's new decks: as chosen, as the file says, as the cards look, or the usual one."""

import re
from typing import Any

from cards.editing.deck_forms import LANGUAGES, language_choices
from cards.importing import splitting
from cards.importing.preview.comparing import Preview
from cards.models import Deck, ImportDraft

TERMS, DEFINITIONS = LANGUAGES
"""Also options of a draft. An option is stored only if the learner has chosen it."""

USUAL: str = Deck._meta.get_field("language").default

TAG = re.compile(r"[A-Za-z0-9_-]{1,12}")
"""What can be a language tag. A file may say anything."""

Pair = tuple[str, str]
"""The languages of the terms and of the definitions. The second is empty if it is the first."""


def languages_of(draft: ImportDraft, preview: Preview | None, path: tuple[str, ...] = ()) -> Pair:
    """The languages of the new deck, or of the deck that the file's deck with this ``path`` becomes."""
    terms, definitions = found_in(preview, path) if preview else (USUAL, "")
    options = {name: draft.options[name] for name in LANGUAGES if name in draft.options}
    if splitting.is_split(draft):
        # There, an empty choice leaves it to the guess for each deck.
        options = {name: chosen for name, chosen in options.items() if chosen}
    terms = options.get(TERMS) or terms
    definitions = options.get(DEFINITIONS, definitions)
    return terms, "" if definitions == terms else definitions


def shown_in(draft: ImportDraft, preview: Preview | None) -> Pair:
    """What the form shows: for several decks only what the learner has chosen for all of them."""
    if splitting.is_split(draft):
        return draft.options.get(TERMS, ""), draft.options.get(DEFINITIONS, "")
    return languages_of(draft, preview)


def named(pair: Pair) -> str:
    """Both languages in words: "French and English", or one if they are the same."""
    names = dict(language_choices())
    return " and ".join(names.get(code, code).partition(" – ")[0] for code in pair if code)


def found_in(preview: Preview, path: tuple[str, ...]) -> Pair:
    """What the file says, or else what its cards look like."""
    said = {deck.path: deck for deck in preview.parsed.decks}
    about = said.get(path) if path else preview.about
    if about and TAG.fullmatch(about.language):
        definitions = about.definition_language
        return about.language, definitions if TAG.fullmatch(definitions) else ""
    terms, definitions = preview.guesses.get(path) or preview.guesses.get(()) or ("", "")
    terms, definitions = terms or USUAL, definitions or USUAL
    return terms, "" if definitions == terms else definitions


def chosen_in(form: Any, draft: ImportDraft) -> dict[str, Any]:
    """The options that ``form`` (an `IntoForm`) leaves for the languages: what was chosen there or before.

    What the form had shown, and the learner left as it was, is no choice: cards that are read in another way get
    another guess.
    """
    kept = {name: draft.options[name] for name in LANGUAGES if name in draft.options}
    for name in LANGUAGES:
        if name in form.cleaned_data and form.add_prefix(name) in form.data and name in form.changed_data:
            kept[name] = form.cleaned_data[name]
    return {name: chosen for name, chosen in kept.items() if chosen or name != TERMS}


def seen_in(form: Any) -> dict[str, Any]:
    """The languages that ``form`` has shown or that were chosen in it, whose import begins now."""
    sent = {name for name in LANGUAGES if name in form.cleaned_data and form.add_prefix(name) in form.data}
    return {name: form.cleaned_data[name] for name in sent if form.cleaned_data[name] or name != TERMS}
