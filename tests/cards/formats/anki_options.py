"""Options of Anki's own decks, for the tests with Anki itself. Import it only if its package is installed."""

from typing import Any

from anki.decks import UpdateDeckConfigs


def switch_fsrs_on(collection: Any, deck: int, *, reschedule: bool = False) -> None:
    """With it Anki computes every memory; with ``reschedule`` also every due day. The deck keeps its options."""
    now = collection.decks.get_deck_configs_for_update(deck)
    current = now.current_deck
    request = UpdateDeckConfigs(
        target_deck_id=deck,
        # The last one becomes that of the deck.
        configs=sorted(
            (one.config for one in now.all_config), key=lambda one: bool(one.id == current.config_id)
        ),
        removed_config_ids=[],
        mode=0,
        card_state_customizer="",
        limits=current.limits,
        new_cards_ignore_review_limit=False,
        fsrs=True,
        apply_all_parent_limits=False,
        fsrs_reschedule=reschedule,
        fsrs_health_check=False,
    )
    collection.decks.update_deck_configs(request)
