"""What the cards announce to the apps above, which they do not import. (What they ask is in `cards.hooks`.)

Each is sent inside the transaction of the write that it announces. ``cards`` and ``decks`` are primary keys.
"""

from django.dispatch import Signal

# With ``deck``, by editing.decks.refresh_deck: cards were added, removed, moved or edited. ``affected`` are those
# that have gone, are back, or ask for another side; None if it may be any.
cards_changed = Signal()

# With ``cards``, their ``deck`` and ``now``: they have become new questions, so earlier answers no longer count.
cards_reasked = Signal()

# With the ``card``: an accepted answer was added to it.
answer_accepted = Signal()

# With all ``decks`` concerned: cards are about to move between them. The move locks the cards next, so a receiver
# that locks other rows before it writes rows that refer to cards has to lock them now.
cards_moving = Signal()

# With ``cards``, the deck ``to`` that they have moved to, all ``decks`` concerned, and ``now``.
cards_moved = Signal()
