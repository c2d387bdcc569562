"""A learner's folders, the folders of one deck, and the archive. Guests have them too."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cards.text.natural_order import natural_key
from sessions_app.folders import services
from sessions_app.folders.forms import SAME_NAME, DeckFoldersForm, FolderForm, NameForm
from sessions_app.models import MAX_FOLDERS, Folder
from sessions_app.progress.home_decks import ARCHIVE, clean_choice, list_address
from sessions_app.progress.standing import decks_of
from studysite.accounts.guests import learner_required
from studysite.http.requests import LearnerRequest
from studysite.methods import READ_AND_POST

TOO_MANY = f"You have {MAX_FOLDERS} folders. Remove one before you make another."


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def folders(request: LearnerRequest) -> HttpResponse:
    """The learner's folders; a POST makes one, and leads to the page that puts decks into it."""
    data = request.POST if request.method == "POST" else None
    form = NameForm(data, instance=Folder(learner=request.learner))
    if form.is_valid():
        try:
            made = services.folder_make(learner=request.learner, name=form.cleaned_data["name"])
            return redirect("folder", pk=made.pk)
        except services.TooManyFoldersError:
            form.add_error("name", TOO_MANY)
    context = {"form": form, "folders": request.learner.folders.all()}
    return render(request, "sessions_app/folders/list.html", context)


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def folder(request: LearnerRequest, pk: int) -> HttpResponse:
    """The folder's name and its decks, as check boxes."""
    found = get_object_or_404(request.learner.folders, pk=pk)
    name, offered = found.name, list(decks_of(request.learner).defer("words"))
    offered.sort(key=lambda deck: (natural_key(deck.title), deck.pk))
    among = [deck.pk for deck in offered]
    form = FolderForm(
        request.POST if request.method == "POST" else None,
        instance=found,
        offered=offered,
        initial={"decks": list(found.links.values_list("deck", flat=True))},
    )
    if form.is_valid():
        changed = form.cleaned_data
        if services.folder_change(folder=found, name=changed["name"], decks=changed["decks"], among=among):
            messages.success(request, f"“{found.name}” is saved.")
            return redirect(list_address(str(pk)))
        form.add_error("name", SAME_NAME)
    context = {"folder": found, "name": name, "form": form, "has_decks": bool(offered)}
    return render(request, "sessions_app/folders/folder.html", context)


@learner_required
@require_POST
def remove(request: LearnerRequest, pk: int) -> HttpResponse:
    """Remove the folder; its decks stay."""
    found = get_object_or_404(request.learner.folders, pk=pk)
    found.delete()
    messages.success(request, f"The folder “{found.name}” is removed. Its decks are still in your list.")
    return redirect("folders")


@never_cache
@learner_required
@require_http_methods(READ_AND_POST)
def deck_folders(request: LearnerRequest, slug: str) -> HttpResponse:
    """The folders that one deck is in, as check boxes, with a field for a new folder."""
    learner = request.learner
    deck = get_object_or_404(decks_of(learner), slug=slug)
    form = DeckFoldersForm(
        request.POST if request.method == "POST" else None,
        learner=learner,
        initial={"folders": list(learner.folders.filter(links__deck=deck).values_list("pk", flat=True))},
    )
    if form.is_valid():
        chosen = list(form.cleaned_data["folders"])
        try:
            if name := form.cleaned_data["name"]:
                chosen.append(services.folder_make(learner=learner, name=name).pk)
            services.deck_folders_set(learner=learner, deck=deck, folders=chosen)
            messages.success(request, f"The folders of {deck.title} are saved.")
            return redirect(list_address(""))
        except services.TooManyFoldersError:
            form.add_error("name", TOO_MANY)
    return render(request, "sessions_app/folders/deck.html", {"deck": deck, "form": form})


@learner_required
@require_POST
def archive(request: LearnerRequest, slug: str) -> HttpResponse:
    """Put the deck into the learner's archive, or with ``back`` take it out; then show the list they came from."""
    deck = get_object_or_404(decks_of(request.learner), slug=slug)
    is_back = "back" in request.POST
    services.archive(learner=request.learner, deck=deck, at=None if is_back else timezone.now())
    messages.success(request, f"{deck.title} is {'back in your list' if is_back else 'in your archive'}.")
    return redirect(list_address(chosen_list(request)))


def chosen_list(request: LearnerRequest) -> str:
    """The list that the learner came from; all decks if it is a folder that has been removed."""
    choice = clean_choice(request.POST.get("folder", ""))
    is_gone = choice not in ("", ARCHIVE) and not request.learner.folders.filter(pk=choice).exists()
    return "" if is_gone else choice
