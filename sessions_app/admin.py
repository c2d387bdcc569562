"""Read-only admin pages of what was studied, so that an editor can find a learner's answers.

Nothing can be changed here: only answers add to the log, and everything else follows from it. The lists work with
millions of rows: newest first, searched by learner or deck, and counted only up to a limit.
"""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from cards.admin.base import SearchingAdmin
from cards.admin.filters import DeckFilter, RowFilter
from cards.models import Card, Deck
from sessions_app.models import Enrollment, Review, Step, StudySession
from studysite.accounts.admin.filters import GuestLearnerFilter
from studysite.accounts.models import User
from studysite.admin.pages import CappedPaginator

SHORT_TEXT = 70
MAX_FOUND = 50
"""Users and decks that a search finds, at most; it lists their rows."""


class LearnerFilter(RowFilter):
    """The rows of one learner."""

    title = "learner"
    parameter_name = "learner"
    to = Enrollment._meta.get_field("learner")


class ReadOnlyAdmin(SearchingAdmin):
    """A list of rows by learner or deck, newest first, without adding, changing and deleting."""

    actions = None
    paginator = CappedPaginator
    list_per_page = 50
    list_filter: ClassVar[Any] = (LearnerFilter, DeckFilter, GuestLearnerFilter)
    ordering = ("-pk",)
    # No index supports other orders.
    sortable_by = ()
    show_facets = admin.ShowFacets.NEVER
    # Shows the search box; `get_search_results` does the search.
    search_fields = ("learner",)
    search_help_text = "A learner's e-mail address or name, or a deck's title or address."
    learner: ClassVar[str] = "learner"
    deck: ClassVar[str] = "deck"
    """Lookups from the model to the learner and the deck."""

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fields

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Search users and decks first, then their rows by primary keys, for which there is an index."""
        for term in search_term.split():
            people = User.objects.filter(Q(email__icontains=term) | Q(name__icontains=term))
            decks = Deck.objects.filter(Q(title__icontains=term) | Q(slug__icontains=term))
            found = Q(**{f"{self.learner}__in": keys_of(people)}) | Q(**{f"{self.deck}__in": keys_of(decks)})
            queryset = queryset.filter(found)
        return queryset, False


def keys_of(rows: QuerySet[Any]) -> list[int]:
    return list(rows.order_by("pk").values_list("pk", flat=True)[:MAX_FOUND])


def link_to(page: str, text: str, **query: object) -> SafeString:
    return format_html('<a href="{}">{}</a>', reverse(f"admin:sessions_app_{page}", query=query), text)


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnlyAdmin):
    list_display = ("learner", "deck", "levels", "last_studied_at", "shares_progress", "sessions", "reviews")
    list_select_related = ("learner", "deck")
    fields = (
        *("learner", "deck", "levels", "sessions", "reviews", "shares_progress", "created_at"),
        *("last_studied_at", "reset_at", "new_per_day", "retention", "side_choice"),
    )

    @admin.display(description="questions by level")
    def levels(self, enrollment: Enrollment) -> str:
        names = ("recognised", "recalled", "learned", "mastered", "suspended")
        counts = [(getattr(enrollment, name), name) for name in names]
        return ", ".join(f"{count:,} {name}" for count, name in counts if count) or "none yet"

    @admin.display(description="sessions")
    def sessions(self, enrollment: Enrollment) -> str:
        return link_to("studysession_changelist", "Sessions", **chosen_of(enrollment))

    @admin.display(description="reviews")
    def reviews(self, enrollment: Enrollment) -> str:
        return link_to("review_changelist", "Reviews", **chosen_of(enrollment))


def chosen_of(row: Enrollment | StudySession) -> dict[str, int]:
    """The row's learner and deck as values of the lists' filters."""
    return {LearnerFilter.parameter_name: row.learner_id, DeckFilter.parameter_name: row.deck_id}


class FinishedFilter(admin.SimpleListFilter):
    """Open sessions, or those that have ended."""

    title = "state"
    parameter_name = "finished"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("no", "Unfinished"), ("yes", "Finished")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(finished_at__isnull=self.value() == "no")


@admin.register(StudySession)
class StudySessionAdmin(ReadOnlyAdmin):
    list_display = ("started_at", "learner", "deck", "mode", "finished_at", "steps")
    list_filter = (*ReadOnlyAdmin.list_filter, "mode", FinishedFilter)
    list_select_related = ("learner", "deck")
    fields = (
        *("learner", "deck", "mode", "started_at", "finished_at", "study_day", "result", "steps"),
        *("reviews", "settings", "seed"),
    )

    @admin.display(description="steps")
    def steps(self, session: StudySession) -> str:
        return link_to("step_changelist", "Steps", session=session.pk)

    @admin.display(description="reviews")
    def reviews(self, session: StudySession) -> str:
        return link_to("review_changelist", "Reviews", **chosen_of(session))

    @admin.display(description="result")
    def result(self, session: StudySession) -> str:
        """The score of a test or the result of a board; other modes have none."""
        if paper := getattr(session, "paper", None):
            return "Not handed in." if paper.right is None else f"{paper.right} of {paper.counted} right"
        if board := getattr(session, "matching_board", None):
            time = "" if board.milliseconds is None else f" in {board.milliseconds / 1000:.1f} s"
            return f"{len(board.found)} of {board.pairs} pairs{time}, {board.misses} wrong"
        return "–"


class StepLearnerFilter(LearnerFilter):
    def narrow(self, queryset: QuerySet[Any], key: int) -> QuerySet[Any]:
        return queryset.filter(session__learner=key)


class StepDeckFilter(DeckFilter):
    def narrow(self, queryset: QuerySet[Any], key: int) -> QuerySet[Any]:
        return queryset.filter(session__deck=key)


class StepGuestFilter(GuestLearnerFilter):
    is_guest = "session__learner__is_guest"


@admin.register(Step)
class StepAdmin(ReadOnlyAdmin):
    """The questions of a session. Steps may be deleted later; the reviews of their answers stay."""

    list_display = ("position", "session", "card", "side", "response", "verdict", "answered_at", "retired_at")
    list_filter = (StepLearnerFilter, StepDeckFilter, StepGuestFilter)
    list_select_related = ("session__learner", "card")
    fields = (
        *("session", "position", "card", "side", "origin", "response", "verdict", "drawn_at", "answered_at"),
        *("retired_at", "on_paper", "saved", "question"),
    )
    learner, deck = "session__learner", "session__deck"

    @admin.display(description="side asked for")
    def side(self, step: Step) -> str:
        return str(step.question.get("side", "–"))


class ReviewDeckFilter(DeckFilter):
    """Reviews of cards that are in a deck now: by its cards, because reviews have no index by deck."""

    def narrow(self, queryset: QuerySet[Any], key: int) -> QuerySet[Any]:
        return queryset.filter(card__in=Card.objects.filter(deck=key).values("pk"))


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    list_display = (
        "reviewed_at",
        "learner",
        "card",
        "side",
        "mode",
        "verdict",
        "rating",
        "answer",
        "voided_at",
    )
    list_filter = (LearnerFilter, ReviewDeckFilter, GuestLearnerFilter)
    list_select_related = ("learner", "card")
    fields = (
        *("learner", "card", "deck", "step", "mode", "side", "kind", "evidence", "verdict", "judged_by"),
        *("rating", "response", "mistaken_for", "elapsed_ms", "reviewed_at", "study_day", "counted_since"),
        *("scheduler", "voided_at"),
    )
    deck = "card__deck"

    @admin.display(description="response")
    def answer(self, review: Review) -> str:
        return Truncator(review.response).chars(SHORT_TEXT)
