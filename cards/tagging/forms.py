"""Forms for tags."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from cards.models import Tag, clean_tag_name, tag_key
from cards.text.cleaning import clean_text
from cards.text.markdown import MAX_SOURCE
from studysite.accounts.models import User
from studysite.numbers import whole_number

MAX_TAGS_AT_ONCE = 20


class TagNamesField(forms.CharField):
    """Names of tags, separated by commas. The name of an existing tag may itself contain a comma."""

    default_error_messages = {"required": "Enter the name of a tag."}

    def __init__(self, *, owner: User | None = None, **kwargs: Any) -> None:
        self.owner = owner
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> list[str]:  # type: ignore[override]
        text = (super().to_python(value) or "")[:MAX_SOURCE]
        is_one = self.owner and "," in text and self.owner.tags.filter(key=tag_key(clean_text(text))).exists()
        parts = [text] if is_one else text.split(",")
        names = [clean_name(part) for part in parts if part.strip()]
        if len(names) > MAX_TAGS_AT_ONCE:
            raise ValidationError(f"At most {MAX_TAGS_AT_ONCE} tags at once.")
        return names

    def run_validators(self, value: Any) -> None:
        """Nothing: each name has been validated already."""


def clean_name(text: str) -> str:
    """`clean_tag_name` for a form's field."""
    try:
        return clean_tag_name(text)
    except ValidationError as error:
        raise ValidationError(error.messages) from None


class TagNamesForm(forms.Form):
    name = TagNamesField(label="Tag")

    def __init__(self, data: Any = None, *, owner: User, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["name"].owner = owner  # type: ignore[attr-defined]


class RenameForm(forms.ModelForm):
    """A new name for a tag; its owner may not have another tag with this name."""

    class Meta:
        model = Tag
        fields = ("name",)

    name = forms.CharField(max_length=200, label="Name")

    def clean_name(self) -> str:
        name = clean_name(self.cleaned_data["name"])
        same = Tag.objects.filter(owner=self.instance.owner, key=tag_key(name)).exclude(pk=self.instance.pk)
        if found := same.first():
            raise ValidationError(f"You already have a tag “{found}”. You can merge the two below.")
        return name


class MergeForm(forms.Form):
    """Another tag of the same owner, by its name."""

    into = forms.CharField(
        max_length=200,
        label="Merge into",
        widget=forms.TextInput(attrs={"list": "tag-names", "autocomplete": "off"}),
    )

    def __init__(self, data: Any = None, *, tag: Tag, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.tag = tag

    def clean_into(self) -> Tag:
        key = tag_key(clean_text(self.cleaned_data["into"]))
        found = Tag.objects.filter(owner=self.tag.owner, key=key).exclude(pk=self.tag.pk).first()
        if found is None:
            raise ValidationError("You have no other tag with this name.")
        return found


class SelectionForm(TagNamesForm):
    """The selected cards, or all in the filtered list, and what to do with them."""

    do = forms.ChoiceField(choices=[("tag", "tag"), ("untag", "untag")])
    all = forms.BooleanField(required=False)

    def cards(self) -> list[int]:
        """Primary keys of the selected cards; other values are ignored."""
        ticked = self.data.getlist("card")  # type: ignore[attr-defined]
        return [key for key in map(whole_number, ticked) if key is not None]
