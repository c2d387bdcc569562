"""Pages about a guest: add their answers to an account, discard them, or forget the guest in this browser."""

import logging

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sessions_app.learners.guests import belongings, guest_discard, guest_merge
from studysite.accounts import guests
from studysite.accounts.models import User
from studysite.http.requests import SiteRequest, safe_next
from studysite.methods import READ_AND_POST

logger = logging.getLogger(__name__)

ADDED = "The answers and decks from this device are now in your account."
DISCARDED = "The answers and decks from this device are discarded."
NOTHING_LEFT = "There is nothing left to add from this device."
BUSY = "Another answer of yours was saved at the same time. Try again."


@never_cache
@login_required
@require_http_methods(READ_AND_POST)
def guest(request: SiteRequest) -> HttpResponse:
    """After a login: ask whether to add or discard the answers of this browser's guest, and do it."""
    found = guests.guest_of(request)
    target = safe_next(request)
    if found is None:
        messages.info(request, NOTHING_LEFT)
        return redirect(target or "home")
    decision = request.POST.get("decision")
    if decision in ("add", "discard"):
        if merge_or_discard(request, found, add=decision == "add"):
            return redirect(target or "home")
        messages.error(request, BUSY)
    context = {"belongings": belongings(found), "next": target}
    return render(request, "sessions_app/guests/add_to_account.html", context)


def merge_or_discard(request: SiteRequest, found: User, *, add: bool) -> bool:
    """Do what the learner chose; False if they have to try again."""
    if add:
        try:
            merged = guest_merge(guest=found, user=request.user, now=timezone.now())  # type: ignore[arg-type]
        except IntegrityError:
            logger.warning(
                "Guest %s could not be merged into user %s, who can try again.", found.pk, request.user.pk
            )
            return False
        messages.success(request, ADDED if merged else NOTHING_LEFT)
    else:
        guest_discard(guest=found, now=timezone.now())
        messages.success(request, DISCARDED)
    guests.forget(request)
    return True


@never_cache
@require_http_methods(READ_AND_POST)
def start_fresh(request: SiteRequest) -> HttpResponse:
    """Forget the guest in this browser; asks first if answers or decks would be lost."""
    found = guests.guest_of(request)
    if found is None or request.user.is_authenticated:
        return redirect("home")
    lost = belongings(found)
    if request.method == "POST" and ("sure" in request.POST or not lost):
        request.session.flush()
        messages.success(request, "This browser has forgotten the guest.")
        return redirect("home")
    return render(request, "sessions_app/guests/start_fresh.html", {"belongings": lost})
