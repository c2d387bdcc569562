"""The addresses of studying: home, a deck's pages, and the modes."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from sessions_app.corrections import owner_views
from sessions_app.corrections import views as corrections
from sessions_app.folders import views as folders
from sessions_app.learners import guest_views
from sessions_app.learners import views as learners
from sessions_app.matching import views as matching
from sessions_app.practice_test.views import paper, printing, results, sharing
from sessions_app.progress.views import card, deck, home
from sessions_app.sessions.views import after_answer, import_and_study, marks, mixups, study
from sessions_app.study.modes import MODES
from sessions_app.today import views as today


class ModeConverter(StringConverter):
    """The name of a mode that exists."""

    regex = "|".join(MODES)


class AskingModeConverter(StringConverter):
    """The name of a mode that asks one question after another."""

    regex = "|".join(mode.name for mode in MODES.values() if not mode.at_once)


register_converter(ModeConverter, "mode")
register_converter(AskingModeConverter, "asking")

urlpatterns = [
    path("", home.home, name="home"),
    path("today/", today.today_start, name="today_start"),
    path("today/settings/", today.today_settings, name="today_settings"),
    path("folders/", folders.folders, name="folders"),
    path("folders/<key:pk>/", folders.folder, name="folder"),
    path("folders/<key:pk>/remove/", folders.remove, name="folder_remove"),
    path("decks/<slug:slug>/folders/", folders.deck_folders, name="deck_folders"),
    path("decks/<slug:slug>/archive/", folders.archive, name="deck_archive"),
    path("import/<slug:token>/study/", import_and_study.import_study, name="import_study"),
    path("guest/", guest_views.guest, name="guest"),
    path("guest/fresh/", guest_views.start_fresh, name="guest_start_fresh"),
    path("decks/<slug:slug>/", deck.deck_page, name="deck"),
    path("decks/<slug:slug>/cards/<key:pk>/", card.card_page, name="card"),
    path("decks/<slug:slug>/cards/<key:pk>/mark/", marks.card_mark, name="card_mark"),
    path("decks/<slug:slug>/cards/<key:pk>/report/", corrections.report, name="card_report"),
    path("decks/<slug:slug>/marked/", marks.marked, name="deck_marked"),
    path("decks/<slug:slug>/edit/overridden/", owner_views.deck_overridden, name="deck_overridden"),
    path("decks/<slug:slug>/mixed-up/", mixups.mixed_up, name="deck_mixed_up"),
    path("decks/<slug:slug>/settings/", learners.deck_settings, name="deck_settings"),
    path("decks/<slug:slug>/start-over/", learners.start_over, name="deck_start_over"),
    path("decks/<slug:slug>/sharing/", learners.sharing, name="deck_sharing"),
    # Matching and Test have pages of their own, whose addresses come before the one of every mode.
    path("decks/<slug:slug>/matching/", matching.matching, name="matching"),
    path("decks/<slug:slug>/matching/answer/", matching.answer, name="matching_answer"),
    path("decks/<slug:slug>/matching/pause/", matching.pause, name="matching_pause"),
    path("decks/<slug:slug>/matching/finish/", matching.finish, name="matching_finish"),
    path("decks/<slug:slug>/test/", paper.test_page, name="test"),
    path("decks/<slug:slug>/test/save/", paper.save, name="test_save"),
    path("decks/<slug:slug>/test/hand-in/", paper.hand_in, name="test_hand_in"),
    path("decks/<slug:slug>/test/judge/", paper.judge, name="test_judge"),
    path("decks/<slug:slug>/test/discard/", paper.discard, name="test_discard"),
    path("decks/<slug:slug>/test/results/<key:pk>/", results.results, name="test_results"),
    path("decks/<slug:slug>/test/results/<key:pk>/retake/", results.retake, name="test_retake"),
    path("decks/<slug:slug>/test/results/<key:pk>/sharing/", sharing.sharing, name="test_sharing"),
    path("decks/<slug:slug>/test/beat/<str:token>/", sharing.beat, name="test_beat"),
    path("decks/<slug:slug>/test/print/<key:pk>/", printing.printed, name="test_print"),
    path("decks/<slug:slug>/test/print/<key:pk>/key/", printing.key, name="test_key"),
    path("decks/<slug:slug>/<mode:mode>/", study.study, name="study"),
    path("decks/<slug:slug>/<asking:mode>/answer/", study.answer, name="study_answer"),
    path("decks/<slug:slug>/<asking:mode>/finish/", study.finish, name="study_finish"),
    path("decks/<slug:slug>/<asking:mode>/aside/", marks.put_aside, name="study_aside"),
    path("decks/<slug:slug>/<asking:mode>/undo/", after_answer.undo, name="study_undo"),
    path("decks/<slug:slug>/<asking:mode>/instead/", study.ask_instead, name="study_instead"),
    path("decks/<slug:slug>/<asking:mode>/retype/", after_answer.retype, name="study_retype"),
    path("reviews/<key:pk>/right-too/", corrections.right_too, name="review_right_too"),
    path("reviews/<key:pk>/accept/", corrections.accept, name="review_accept"),
    path("reviews/<key:pk>/twins/", corrections.twins, name="review_twins"),
    path("reviews/<key:pk>/override/", corrections.override, name="review_override"),
]
