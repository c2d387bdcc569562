"""The admin's page for erasing people: it lists their data and asks what to do with their decks."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import ModelAdmin
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from studysite.accounts import erasing
from studysite.accounts.models import User
from studysite.slices import Slice

MOST_AT_ONCE = 50
"""People that one request may erase."""

SHOWN_ROWS = 20
YOURSELF = "You cannot delete yourself. Ask another superuser."
TOO_MANY = f"Choose at most {MOST_AT_ONCE} people at once."
ERASE, HAND_OVER = "erase", "hand_over"


class DecksForm(forms.Form):
    """What to do with the decks of ``people``; a new owner is entered by e-mail address."""

    decks = forms.ChoiceField(
        label="Their decks",
        choices=[(ERASE, "Erase them"), (HAND_OVER, "Give them to another user")],
        widget=forms.RadioSelect,
    )
    heir = forms.EmailField(
        label="New owner", required=False, help_text="The e-mail address of the account that gets the decks."
    )

    def __init__(self, data: Any, *, people: Sequence[User]) -> None:
        super().__init__(data)
        self.people = people

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decks") != HAND_OVER or "heir" in self.errors:
            return cleaned
        if not cleaned.get("heir"):
            self.add_error("heir", "Enter who gets the decks.")
            return cleaned
        cleaned["heir"] = erasing.heirs().filter(email=cleaned["heir"].lower()).first()
        if cleaned["heir"] is None:
            self.add_error("heir", "No account that can own decks has this address.")
        elif cleaned["heir"] in self.people:
            self.add_error("heir", "That account is also being deleted.")
        return cleaned

    @property
    def chosen_heir(self) -> User | None:
        """The new owner of the decks; None if they are erased."""
        return self.cleaned_data["heir"] if self.cleaned_data["decks"] == HAND_OVER else None


def erase(modeladmin: ModelAdmin, request: HttpRequest, people: Sequence[User]) -> HttpResponse | None:
    """Return the page that asks for confirmation. When its form is sent, erase ``people`` and return None."""
    keys = [person.pk for person in people]
    objections = [YOURSELF] if request.user.pk in keys else []
    objections += [TOO_MANY] if len(people) > MOST_AT_ONCE else []
    objections += erasing.objections(keys)
    found = erasing.belongings(keys)
    # The list's action, which leads to this page, is a POST too.
    sent = request.POST if "post" in request.POST else None
    form = None
    if any(each.can_be_handed_over for each in found):
        form = DecksForm(sent, people=people)
    if sent is not None and not objections and (form is None or form.is_valid()):
        try:
            _erase_all(modeladmin, request, people, form.chosen_heir if form else None)
        except erasing.ErasureRefusedError as error:
            objections = [str(error)]
        else:
            return None
    return _page(modeladmin, request, people, form=form, found=found, protected=objections)


def _erase_all(
    modeladmin: ModelAdmin, request: HttpRequest, people: Sequence[User], heir: User | None
) -> None:
    for person in people:
        # In one transaction: the log has an entry only for a person who is erased, and then without their name.
        with transaction.atomic():
            if erasing.erase_person(person=person, heir=heir, now=timezone.now()):
                modeladmin.log_deletions(request, User.objects.filter(pk=person.pk))
    keys = [person.pk for person in people]
    is_done = erasing.continue_erasing(slice_=Slice(), people=keys)
    said = f"{len(people):,} account{'' if len(people) == 1 else 's'} deleted."
    rest = "" if is_done else " The daily command deletes the rest of their answers and decks."
    modeladmin.message_user(request, said + rest, messages.SUCCESS)


def _page(
    modeladmin: ModelAdmin, request: HttpRequest, people: Sequence[User], **more: Any
) -> TemplateResponse:
    context = {
        **modeladmin.admin_site.each_context(request),
        "title": "Delete people",
        "opts": modeladmin.opts,
        "rows": people[:SHOWN_ROWS],
        "count": len(people),
        "checkbox": ACTION_CHECKBOX_NAME if request.POST.get("action") else "",
        "keys": [person.pk for person in people],
        "media": modeladmin.media,
        **more,
    }
    return TemplateResponse(request, "admin/accounts/user/erase.html", context)
