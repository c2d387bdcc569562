"""The addresses of the site that are measured."""

from django.urls import path

from tests.load.floor.views import pages, playing, studying, testing

urlpatterns = [
    path("healthz", pages.health),
    path("", pages.home),
    path("decks/<slug:slug>/", pages.deck_page),
    path("decks/<slug:slug>/edit/", pages.editor),
    path("decks/<slug:slug>/tags/", pages.tags),
    path("decks/<slug:slug>/matching/", playing.matching),
    path("decks/<slug:slug>/matching/answer/", playing.answer),
    path("decks/<slug:slug>/test/", testing.test_page),
    path("decks/<slug:slug>/test/save/", testing.save),
    path("decks/<slug:slug>/test/hand-in/", testing.hand_in),
    path("decks/<slug:slug>/<slug:mode>/", studying.study),
    path("decks/<slug:slug>/<slug:mode>/answer/", studying.answer),
]
