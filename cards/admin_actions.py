"""What the admin does to several cards at once after a page that says what it means."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from cards import services
from cards.forms import MoveForm
from cards.models import Card, Deck
from cards.signals import learners_asked

SHOWN_CARDS = 20
CONFIRMED = "confirmed"


def decks_of(cards: QuerySet[Card]) -> QuerySet[Deck]:
    return Deck.objects.filter(pk__in=cards.order_by().values("deck")).order_by("pk")


@admin.action(description="This is a new question: start anew for everybody", permissions=["change"])
def reask(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Card]) -> TemplateResponse | None:
    if CONFIRMED not in request.POST:
        return confirmation(modeladmin, request, queryset, "reask", learners=learner_count(queryset))
    now = timezone.now()
    with transaction.atomic():
        count = sum(services.reask_cards(deck=deck, cards=queryset, now=now) for deck in decks_of(queryset))
    modeladmin.message_user(request, f"{count:,} start anew for everybody.", messages.SUCCESS)
    return None


@admin.action(description="Move to another deck", permissions=["change"])
def move(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Card]) -> TemplateResponse | None:
    form = MoveForm(request.POST if CONFIRMED in request.POST else None, site=modeladmin.admin_site)
    if not form.is_valid():
        learners = learner_count(queryset)
        return confirmation(modeladmin, request, queryset, "move", learners=learners, form=form)
    deck = form.cleaned_data["deck"]
    count = services.move_cards(cards=queryset, to=deck, now=timezone.now())
    modeladmin.message_user(request, f"{count:,} moved to “{deck}”.", messages.SUCCESS)
    return None


def learner_count(cards: QuerySet[Card]) -> int:
    """How many learners have progress on ``cards``, as those say who keep it."""
    numbers: list[Any] = [number for _, number in learners_asked.send(sender=Card, cards=cards.order_by())]
    return sum(numbers)


def confirmation(
    modeladmin: ModelAdmin,
    request: HttpRequest,
    queryset: QuerySet[Card],
    action: str,
    *,
    learners: int,
    form: forms.Form | None = None,
) -> TemplateResponse:
    """The page between choosing the action and doing it; its form posts the same choice once more."""
    select_across = request.POST.get("select_across", "0")
    # One stands for all where all pages are meant: ten thousand hidden fields would be refused.
    selected = request.POST.getlist(ACTION_CHECKBOX_NAME)[: 1 if select_across == "1" else None]
    context: dict[str, Any] = {
        **modeladmin.admin_site.each_context(request),
        "title": dict(modeladmin.get_action_choices(request, [])).get(action, ""),
        "opts": modeladmin.opts,
        "action": action,
        "cards": queryset[:SHOWN_CARDS],
        "count": queryset.count(),
        "learners": learners,
        "form": form,
        "media": modeladmin.media,
        "checkbox": ACTION_CHECKBOX_NAME,
        "selected": selected,
        "select_across": select_across,
    }
    return TemplateResponse(request, f"admin/cards/{action}_cards.html", context)
