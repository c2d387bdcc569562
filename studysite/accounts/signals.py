"""What the accounts tell the rest of the site, and ask it, about people who leave."""

from django.dispatch import Signal

# With ``people`` (primary keys): whoever knows a reason why one of them cannot be erased answers with a list of
# sentences.
objections_asked = Signal()

# With ``people`` (primary keys): whoever keeps something of theirs answers with a list of
# `erasing.Belonging`.
belongings_asked = Signal()

# With ``person``, the ``heir`` of their decks (None: the decks are erased) and ``now``, in the transaction
# that ends the account: whatever others see of the person has to be gone when it is committed.
person_leaving = Signal()

# With ``person``, whose account has ended: whoever keeps something of theirs erases it, in short
# transactions, and answers whether nothing is left when it returns; it stops when the time of
# ``slice_`` is over. Sent outside any transaction.
person_erasing = Signal()
