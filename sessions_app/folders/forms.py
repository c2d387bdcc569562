"""Forms of folders."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cards.models import Deck
from sessions_app.models import MAX_FOLDER_NAME, Folder
from studysite.accounts.models import User

SAME_NAME = "You already have a folder with this name."


class PksField(forms.TypedMultipleChoiceField):
    """Check boxes of rows. A row that has gone since the page was opened is left out without an error."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, required=False, **kwargs)

    def offer(self, rows: Iterable[Any]) -> None:
        self.choices = [(row.pk, str(row)) for row in rows]

    def to_python(self, value: Any) -> list[str]:
        return [each for each in super().to_python(value) if self.valid_value(each)]


class NameForm(forms.ModelForm):
    """The name of a folder, unique among the learner's without regard to case."""

    class Meta:
        model = Folder
        fields = ("name",)

    # The length is that of the clean name, which the model checks.
    name = forms.CharField(
        max_length=4 * MAX_FOLDER_NAME,
        label="Name",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter a name."},
    )

    def clean_name(self) -> str:
        folder = Folder(pk=self.instance.pk, learner=self.instance.learner, name=self.cleaned_data["name"])
        folder.clean_name()
        if folder.is_double():
            raise ValidationError(SAME_NAME)
        return folder.name


class FolderForm(NameForm):
    """The name of a folder, and the decks in it."""

    decks = PksField(label="Decks")

    def __init__(self, *args: Any, offered: Iterable[Deck], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["decks"].offer(offered)  # type: ignore[attr-defined]


class DeckFoldersForm(forms.Form):
    """The folders that a deck is in, and the name of a new one."""

    folders = PksField(label="Folders")
    name = forms.CharField(
        max_length=4 * MAX_FOLDER_NAME,
        required=False,
        label="New folder",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, learner: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.learner = learner
        self.fields["folders"].offer(learner.folders.all())  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """A clean name, or nothing. The name of an existing folder is that folder."""
        if not (name := self.cleaned_data["name"]):
            return ""
        folder = Folder(learner=self.learner, name=name)
        folder.clean_name()
        return folder.name
