"""The admin for learners' reports on cards."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from cards.admin.base import SearchingAdmin
from cards.models import CardReport
from cards.reporting.services import accept_answer


class SettledFilter(admin.SimpleListFilter):
    """Open and settled reports."""

    title = "settled"
    parameter_name = "settled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Open"), ("yes", "Closed")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[CardReport]) -> QuerySet[CardReport]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(settled_at__isnull=self.value() == "no")


@admin.register(CardReport)
class CardReportAdmin(SearchingAdmin):
    """Reports can be read and closed here, but not written."""

    list_display = ("created_at", "kind", "card_link", "text", "side", "reporter")
    list_filter = (SettledFilter, "kind")
    list_select_related = ("card__deck", "reporter")
    search_fields = ("text", "card__term", "card__deck__title")
    actions = ("settle", "accept")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("card_link", "kind", "side", "text", "reporter", "created_at", "settled_at")

    fields = ("card_link", "kind", "side", "text", "reporter", "created_at", "settled_at")

    @admin.display(description="card", ordering="card")
    def card_link(self, report: CardReport) -> str:
        address = reverse("admin:cards_card_change", args=[report.card_id])
        return format_html('<a href="{}">{}</a> ({})', address, report.card, report.card.deck)

    @admin.action(description="Close selected reports", permissions=["change"])
    def settle(self, request: HttpRequest, queryset: QuerySet[CardReport]) -> None:
        count = queryset.filter(settled_at=None).update(settled_at=timezone.now())
        self.message_user(request, f"{count:,} closed.", messages.SUCCESS)

    @admin.action(description="Accept the answers of selected reports", permissions=["change"])
    def accept(self, request: HttpRequest, queryset: QuerySet[CardReport]) -> None:
        """Accept the answers that learners gave, and close their reports."""
        reports = queryset.filter(settled_at=None, kind=CardReport.Kind.ALSO_RIGHT).select_related("card")
        count = sum(accept_answer(card=report.card, side=report.side, text=report.text) for report in reports)
        settled = queryset.filter(kind=CardReport.Kind.ALSO_RIGHT, settled_at=None)
        settled.update(settled_at=timezone.now())
        self.message_user(request, f"{count:,} answers are accepted from now on.", messages.SUCCESS)
