"""Addresses of studying: home, a deck's page, and the modes."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from sessions_app.study.modes import MODES
from sessions_app.views import (
    answers,
    card,
    deck,
    guest,
    home,
    marks,
    matching,
    mixups,
    overridden,
    paper,
    paper_print,
    paper_results,
    paper_sharing,
    paste,
    settings,
    study,
    undo,
)


class ModeConverter(StringConverter):
    """The name of a mode that exists."""

    regex = "|".join(MODES)


class AskingModeConverter(StringConverter):
    """The name of a mode that asks one question at a time."""

    regex = "|".join(mode.name for mode in MODES.values() if not mode.at_once)


register_converter(ModeConverter, "mode")
register_converter(AskingModeConverter, "asking")

urlpatterns = [
    path("", home.home, name="home"),
    path("import/<slug:token>/study/", paste.import_study, name="import_study"),
    path("guest/", guest.guest, name="guest"),
    path("guest/fresh/", guest.start_fresh, name="guest_start_fresh"),
    path("decks/<slug:slug>/", deck.deck_page, name="deck"),
    path("decks/<slug:slug>/cards/<key:pk>/", card.card_page, name="card"),
    path("decks/<slug:slug>/cards/<key:pk>/mark/", marks.card_mark, name="card_mark"),
    path("decks/<slug:slug>/cards/<key:pk>/report/", answers.report, name="card_report"),
    path("decks/<slug:slug>/marked/", marks.marked, name="deck_marked"),
    path("decks/<slug:slug>/edit/overridden/", overridden.deck_overridden, name="deck_overridden"),
    path("decks/<slug:slug>/mixed-up/", mixups.mixed_up, name="deck_mixed_up"),
    path("decks/<slug:slug>/settings/", settings.deck_settings, name="deck_settings"),
    path("decks/<slug:slug>/start-over/", settings.start_over, name="deck_start_over"),
    path("decks/<slug:slug>/sharing/", deck.sharing, name="deck_sharing"),
    # Before those of the modes that ask question after question.
    path("decks/<slug:slug>/matching/", matching.matching, name="matching"),
    path("decks/<slug:slug>/matching/answer/", matching.answer, {"mode": "matching"}, name="matching_answer"),
    path("decks/<slug:slug>/matching/finish/", matching.finish, {"mode": "matching"}, name="matching_finish"),
    path("decks/<slug:slug>/test/", paper.test_page, name="test"),
    path("decks/<slug:slug>/test/save/", paper.save, name="test_save"),
    path("decks/<slug:slug>/test/hand-in/", paper.hand_in, name="test_hand_in"),
    path("decks/<slug:slug>/test/judge/", paper.judge, name="test_judge"),
    path("decks/<slug:slug>/test/discard/", paper.discard, name="test_discard"),
    path("decks/<slug:slug>/test/results/<key:pk>/", paper_results.results, name="test_results"),
    path("decks/<slug:slug>/test/results/<key:pk>/retake/", paper_results.retake, name="test_retake"),
    path("decks/<slug:slug>/test/results/<key:pk>/sharing/", paper_sharing.sharing, name="test_sharing"),
    path("decks/<slug:slug>/test/beat/<str:token>/", paper_sharing.beat, name="test_beat"),
    path("decks/<slug:slug>/test/print/<key:pk>/", paper_print.printed, name="test_print"),
    path("decks/<slug:slug>/test/print/<key:pk>/key/", paper_print.key, name="test_key"),
    path("decks/<slug:slug>/<mode:mode>/", study.study, name="study"),
    path("decks/<slug:slug>/<asking:mode>/answer/", study.answer, name="study_answer"),
    path("decks/<slug:slug>/<asking:mode>/finish/", study.finish, name="study_finish"),
    path("decks/<slug:slug>/<asking:mode>/aside/", marks.put_aside, name="study_aside"),
    path("decks/<slug:slug>/<asking:mode>/undo/", undo.undo, name="study_undo"),
    path("decks/<slug:slug>/<asking:mode>/instead/", study.ask_instead, name="study_instead"),
    path("decks/<slug:slug>/<asking:mode>/retype/", answers.retype, name="study_retype"),
    path("reviews/<key:pk>/right-too/", answers.right_too, name="review_right_too"),
    path("reviews/<key:pk>/accept/", answers.accept, name="review_accept"),
    path("reviews/<key:pk>/twins/", answers.twins, name="review_twins"),
    path("reviews/<key:pk>/override/", undo.override, name="review_override"),
]
