"""Signals about people whose accounts are erased."""

from django.dispatch import Signal

# With ``people`` (primary keys). Receivers return a list of sentences: reasons why one of them cannot be erased.
objections_asked = Signal()

# With ``people`` (primary keys). Receivers return a list of `erasing.Belonging`: the data that they keep of them.
belongings_asked = Signal()

# With ``person``, the ``heir`` of their decks (None: the decks are erased) and ``now``, in the transaction that
# ends the account. Receivers remove everything of the person that others can see.
person_leaving = Signal()

# With ``person``, whose account has ended, and ``slice_``. Receivers erase the data that they keep of the person,
# in short transactions, stop when the time of ``slice_`` is over, and return whether nothing is left. Sent outside
# any transaction.
person_erasing = Signal()
