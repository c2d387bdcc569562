"""The images in the form of a card: those of each side with their descriptions, and fields for a new one.

A form cannot show an uploaded file again. So a new image is stored at once, and the form contains its signed name
until the card is saved. `cards.media.files.unused_images_remove` deletes images whose card was never saved.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from cards.access import MAX_GUEST_FILE
from cards.formats.sources import megabytes
from cards.forms import PlainTextField, SizedFileField
from cards.media.encoding import ImageError, reencode
from cards.media.files import MAX_ON_SIDE, path_of, store
from cards.models import MAX_ALT
from cards.text.images import MAX_IMAGE, StoredImage
from cards.text.studied_side import SIDES

ACCEPT = "image/png,image/jpeg,image/gif,image/webp"
NO_DESCRIPTION = "Say what the image shows, for those who cannot see it."
LOST = "An image was not saved in time. Choose it again."
signer = signing.Signer(salt="image")


def token_of(image: StoredImage) -> str:
    """The signed name of an image in a form, so that a user cannot name images of others."""
    return signer.sign(f"{image.sha256}.{image.width}.{image.height}")


def image_of(token: str, alt: str) -> StoredImage | None:
    """The image that a token names. None if the token is not ours."""
    try:
        sha256, width, height = signer.unsign(token).split(".")
    except (signing.BadSignature, ValueError):
        return None
    return StoredImage(sha256, int(width), int(height), alt)


@dataclass(frozen=True)
class Row:
    """An image in the form. A new one is on no card yet, so no page can show it."""

    image: StoredImage
    is_new: bool
    is_removed: bool = False
    error: str = ""

    @property
    def token(self) -> str:
        return token_of(self.image)


class NewDescriptionField(PlainTextField):
    """The description of a new image. Shown empty once the image is in the list."""

    is_used = False

    def bound_data(self, data: Any, initial: Any) -> Any:
        return "" if self.is_used else super().bound_data(data, initial)


class SideImagesForm(forms.Form):
    """The images of one ``side``: the inputs ``image`` and ``alt`` for each, and ``remove`` to remove it."""

    file = SizedFileField(label="Add an image", widget=forms.FileInput(attrs={"accept": ACCEPT}))
    words = NewDescriptionField(label="What it shows", required=False, help_text=NO_DESCRIPTION)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        side: str,
        has: list[StoredImage],
        auto_id: str,
        is_guest: bool,
    ) -> None:
        super().__init__(data, files, prefix=side, auto_id=auto_id)
        self.side, self.has = side, has
        field = cast(SizedFileField, self.fields["file"])
        field.most = MAX_GUEST_FILE if is_guest else MAX_IMAGE
        field.help_text = f"PNG, JPEG, GIF or WebP; at most {megabytes(field.most)}."
        self.rows = [Row(image, is_new=False) for image in has]
        if self.is_bound:
            self.rows = self._sent_rows()

    def _sent_rows(self) -> list[Row]:
        """The images that the form named, and those that the card has got in the meantime."""
        sent = self.data if isinstance(self.data, MultiValueDict) else MultiValueDict()
        tokens, alts = sent.getlist(self.add_prefix("image")), sent.getlist(self.add_prefix("alt"))
        gone = set(sent.getlist(self.add_prefix("remove")))
        there = {image.sha256: image for image in self.has}
        rows: dict[str, Row] = {}
        for token, alt in zip(tokens[:MAX_ON_SIDE], alts, strict=False):
            if image := image_of(token, PlainTextField(required=False).to_python(alt)):
                rows[image.sha256] = self._row(image, there.get(image.sha256), gone)
        for image in self.has:
            rows.setdefault(image.sha256, Row(image, is_new=False, is_removed=image.sha256 in gone))
        return list(rows.values())

    def _row(self, image: StoredImage, had: StoredImage | None, gone: set[str]) -> Row:
        is_removed = image.sha256 in gone
        error = ""
        if len(image.alt) > MAX_ALT:
            error = f"At most {MAX_ALT} characters."
        # An imported image without a description must not keep the card from being saved.
        elif not image.alt and (had is None or had.alt):
            error = NO_DESCRIPTION
        elif had is None and not path_of(image.sha256).exists():
            error = LOST
        return Row(image, had is None, is_removed, "" if is_removed else error)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file: UploadedFile | None = cleaned.get("file")
        if file:
            self._add(file, cleaned["words"])
        elif cleaned.get("words") and "file" not in self.errors:
            self.add_error("file", "Choose the image for this description.")
        if len(self.images) > MAX_ON_SIDE:
            self.add_error(None, f"A side has at most {MAX_ON_SIDE} images.")
        for error in dict.fromkeys(row.error for row in self.rows if row.error):
            self.add_error(None, error)
        return cleaned

    def _add(self, file: UploadedFile, description: str) -> None:
        try:
            image = store(reencode(file.read()), description)
        except ImageError as error:
            self.add_error("file", ValidationError(str(error)))
            return
        had = next((one for one in self.has if one.sha256 == image.sha256), None)
        self.rows = [row for row in self.rows if row.image.sha256 != image.sha256]
        self.rows.append(self._row(image, had, set()))
        cast(NewDescriptionField, self.fields["words"]).is_used = True

    @property
    def images(self) -> list[StoredImage]:
        """The images of the side after saving."""
        return [row.image for row in self.rows if not row.is_removed]


class ImageForms:
    """The images of both sides of a card."""

    def __init__(
        self,
        data: Any,
        files: Any,
        *,
        has: Mapping[str, list[StoredImage]],
        auto_id: str,
        is_guest: bool,
    ) -> None:
        self.forms = [
            SideImagesForm(data, files, side=side, has=has[side], auto_id=auto_id, is_guest=is_guest)
            for side in SIDES
        ]

    def is_valid(self) -> bool:
        # All of them, so that an error on one side does not lose the other side's file.
        are_valid = [form.is_valid() for form in self.forms]
        return all(are_valid)

    @property
    def by_side(self) -> dict[str, list[StoredImage]]:
        """The images of each side after saving."""
        return {form.side: form.images for form in self.forms}

    @property
    def is_open(self) -> bool:
        """Whether the fields are shown: there are images or errors."""
        return any(form.rows or form.errors for form in self.forms)
