"""What the cards tell the rest of the site, and ask it, which they do not know.

All are sent inside the transaction of the write that they tell of. ``cards`` are primary keys.
"""

from django.dispatch import Signal

# With ``deck``, by services.refresh_deck: cards were added, removed, moved or edited.
cards_changed = Signal()

# With ``cards``, their ``deck`` and ``now``: these ask something else, and what was answered before says nothing.
cards_reasked = Signal()

# With the ``card``, to which an answer was added that counts from now on.
answer_accepted = Signal()

# With all ``decks`` concerned (primary keys): cards are about to move between them. A move locks the cards against
# rows that refer to them, so whoever locks something else before writing such rows has to lock it now.
cards_moving = Signal()

# With ``cards``, the deck ``to`` in which they now are, all ``decks`` concerned (primary keys), and ``now``.
cards_moved = Signal()

# With ``cards`` (a QuerySet): whoever keeps progress answers with the number of learners who have any on them.
learners_asked = Signal()

# With ``decks`` (primary keys): whoever keeps what learners typed answers with the number of answers in each that
# wait for a decision whether they are right too.
answers_asked = Signal()

# With ``deck`` and ``learner``, for whom an archive is written, and some of the ``cards`` (primary keys): whoever
# keeps something of the learner's by card answers with records about these, in their order, by name
# (docs/formats.md). Without any cards it is what is kept about the deck, and every name that there may be.
records_asked = Signal()

# With ``deck``, ``learner``, the file's ``history`` (`cards.importing.history.FileHistory`), for how many
# ``seconds``, and ``now``: a file's history is to be written. Whoever keeps histories answers with where to go on
# next and for how many cards it is written, None once all of it is there. Sent outside any transaction.
history_offered = Signal()

# With ``cards`` of one ``deck``: what they say is about to be erased for good. Whoever keeps texts of
# theirs elsewhere than in this deck, if that is erased as a whole, erases these, in short transactions, and
# answers whether none is left when it returns; it stops when the monotonic clock is past ``until``. Sent
# outside any transaction.
cards_erasing = Signal()

# With an erased ``deck``: whoever keeps what it said, or anything that its owner has learned there, erases
# that in the same way, and answers in the same way. Sent outside any transaction.
deck_erasing = Signal()

# With ``keys`` (primary keys of decks or cards, as the sender says): whoever keeps something about them
# that has to stay answers with the keys of those that it needs.
references_asked = Signal()
