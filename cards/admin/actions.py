"""Actions of the admin on several rows, each with a page for confirmation."""

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

from cards import hooks
from cards.admin.forms import MoveForm
from cards.editing import moving
from cards.models import Card, Deck, Tag, tag_key
from cards.tagging import services as tagging
from cards.tagging.forms import TagNamesField
from studysite.accounts.models import User

SHOWN_ROWS = 20
MAX_OWNERS = 10
"""Owners whose cards can be tagged at once; each has their own tags."""

CONFIRMED = "confirmed"

CONFIRMATIONS = {
    "export": "admin/cards/export_decks.html",
    "move": "admin/cards/move_cards.html",
    "reask": "admin/cards/reask_cards.html",
    "tag": "admin/cards/tag_cards.html",
    "untag": "admin/cards/untag_cards.html",
}
"""The template of each action's page, by the action's name."""


def decks_of(cards: QuerySet[Card]) -> QuerySet[Deck]:
    return Deck.objects.filter(pk__in=cards.order_by().values("deck")).order_by("pk")


@admin.action(description="This is a new question: every learner starts over", permissions=["change"])
def reask(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Card]) -> TemplateResponse | None:
    if CONFIRMED not in request.POST:
        return confirmation(modeladmin, request, queryset, "reask", learners=learner_count(queryset))
    now = timezone.now()
    with transaction.atomic():
        count = sum(moving.reask_cards(deck=deck, cards=queryset, now=now) for deck in decks_of(queryset))
    modeladmin.message_user(request, f"{count:,} start over for every learner.", messages.SUCCESS)
    return None


@admin.action(description="Move to another deck", permissions=["change"])
def move(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Card]) -> TemplateResponse | None:
    form = MoveForm(request.POST if CONFIRMED in request.POST else None, site=modeladmin.admin_site)
    if not form.is_valid():
        learners = learner_count(queryset)
        return confirmation(modeladmin, request, queryset, "move", learners=learners, form=form)
    deck = form.cleaned_data["deck"]
    count = moving.move_cards(cards=queryset, to=deck, now=timezone.now())
    modeladmin.message_user(request, f"{count:,} moved to “{deck}”.", messages.SUCCESS)
    return None


def learner_count(cards: QuerySet[Card]) -> int:
    """How many learners have progress on ``cards``."""
    return hooks.study.learner_count(cards.order_by())


class TagsForm(forms.Form):
    """Names of tags, for cards of any owners."""

    names = TagNamesField(label="Tags", help_text="Separate them with commas.")


@admin.action(description="Tag selected cards", permissions=["change"])
def tag(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Card]) -> TemplateResponse | None:
    """Tag the cards, each with tags of its deck's owner, which are created if they do not exist."""
    owners, answer = owners_and_form(modeladmin, request, queryset, "tag")
    if not isinstance(answer, TagsForm):
        return answer
    names = answer.cleaned_data["names"]
    with transaction.atomic():
        count = sum(
            tagging.tag_cards(owner=owner, names=names, cards=queryset.filter(deck__owner=owner))
            for owner in owners
        )
    modeladmin.message_user(request, f"{quoted(names)} added to {count_of_cards(count)}.", messages.SUCCESS)
    return None


@admin.action(description="Untag selected cards", permissions=["change"])
def untag(modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Card]) -> TemplateResponse | None:
    """Remove the owners' tags from the cards; learners keep their own tags."""
    owners, answer = owners_and_form(modeladmin, request, queryset, "untag")
    if not isinstance(answer, TagsForm):
        return answer
    names = answer.cleaned_data["names"]
    count = 0
    with transaction.atomic():
        for owner in owners:
            tags = Tag.objects.filter(owner=owner, key__in=[tag_key(name) for name in names])
            count += tagging.untag_cards(tags=tags, cards=queryset.filter(deck__owner=owner))
    modeladmin.message_user(
        request, f"{quoted(names)} removed from {count_of_cards(count)}.", messages.SUCCESS
    )
    return None


def owners_and_form(
    modeladmin: ModelAdmin, request: HttpRequest, cards: QuerySet[Card], action: str
) -> tuple[list[User], TagsForm | TemplateResponse | None]:
    """The owners of the cards, and the valid form with the tags' names, or the page that asks for them.

    None if the cards have too many owners; a message says so.
    """
    owners = list(User.objects.filter(decks__in=decks_of(cards).order_by()).distinct()[: MAX_OWNERS + 1])
    if len(owners) > MAX_OWNERS:
        too_many = f"Choose cards of at most {MAX_OWNERS} owners at once: each owner has their own tags."
        modeladmin.message_user(request, too_many, messages.ERROR)
        return owners, None
    form = TagsForm(request.POST if CONFIRMED in request.POST else None)
    # A name that contains a comma can only be recognised if there is one owner.
    form.fields["names"].owner = owners[0] if len(owners) == 1 else None  # type: ignore[attr-defined]
    if form.is_valid():
        return owners, form
    return owners, confirmation(modeladmin, request, cards, action, form=form, owners=owners)


def quoted(names: list[str]) -> str:
    return ", ".join(f"“{name}”" for name in names)


def count_of_cards(count: int) -> str:
    return f"{count:,} card{'' if count == 1 else 's'}"


def confirmation(
    modeladmin: ModelAdmin, request: HttpRequest, queryset: QuerySet[Any], action: str, **more: Any
) -> TemplateResponse:
    """The page that asks for confirmation; its form posts the same selection again.

    ``more`` is further context for the action's template, for example its ``form``.
    """
    select_across = request.POST.get("select_across", "0")
    # If all pages are selected, one key is enough: ten thousand hidden fields would be refused.
    selected = request.POST.getlist(ACTION_CHECKBOX_NAME)[: 1 if select_across == "1" else None]
    context: dict[str, Any] = {
        **modeladmin.admin_site.each_context(request),
        "title": dict(modeladmin.get_action_choices(request, [])).get(action, ""),
        "opts": modeladmin.opts,
        "action": action,
        "rows": queryset[:SHOWN_ROWS],
        "count": queryset.count(),
        "media": modeladmin.media,
        "checkbox": ACTION_CHECKBOX_NAME,
        "selected": selected,
        "select_across": select_across,
        **more,
    }
    return TemplateResponse(request, CONFIRMATIONS[action], context)
