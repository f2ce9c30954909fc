"""Uploaded pictures: whatever comes in, what is kept is an image that we made ourselves."""

import hashlib
from dataclasses import dataclass
from io import BytesIO
from typing import IO, TYPE_CHECKING

from common.exceptions import DomainError, InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image

MEGABYTE = 1024 * 1024
MOST_PIXELS = 20_000_000  # some 80 MB while it is decoded
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/webp"


class TooLarge(DomainError):
    """A file beyond the limit."""

    code = "too_large"
    http_status = 413
    title = "Too large"


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRules:
    """What may come in as a picture, in which field, and how large what is kept is at most."""

    field: str
    largest_file: int = 2 * MEGABYTE
    side: int = 512
    kinds: str = "JPEG, PNG or WebP"

    def too_large(self) -> TooLarge:
        megabytes = self.largest_file // MEGABYTE
        text = f"The file is larger than {megabytes} MB. Send a smaller one."
        return TooLarge(text, {self.field: [text]})

    def refused(self, text: str) -> InvalidInput:
        return InvalidInput(text, {self.field: [text]})


def clean_picture(file: IO[bytes], rules: PictureRules) -> bytes:
    """Return a picture as WebP of at most `rules.side` pixels a side, without metadata.

    Judged by its content alone: name and stated type do not count. The first frame of an animated
    one is kept, turned as its orientation says. Raises TooLarge and InvalidInput on the field.
    """
    content = file.read(rules.largest_file + 1)
    if len(content) > rules.largest_file:
        raise rules.too_large()
    from PIL import Image  # noqa: PLC0415 - needed for pictures alone

    # The library warns of a bomb beyond this, and refuses twice as much before it decodes anything.
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            refuse_bomb(image, rules)
            return encode(image, rules.side)
    except DomainError:
        raise
    except Exception as error:  # what a decoder raises over hostile bytes is no fixed list
        megabytes = rules.largest_file // MEGABYTE
        raise rules.refused(
            f"This is no readable picture. Send a {rules.kinds} file of at most {megabytes} MB."
        ) from error


def refuse_bomb(image: "Image", rules: PictureRules) -> None:
    """Raise InvalidInput for a picture with too many pixels, before any is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise rules.refused(
            f"{image.width} × {image.height} pixels are too many. Send at most "
            f"{MOST_PIXELS // 1_000_000} million, such as 4000 × 5000."
        )


def encode(image: "Image", side: int) -> bytes:
    """Decode the first frame, shrink it, and write its pixels alone into a new picture."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - needed for pictures alone

    image.draft("RGB", (side, side))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    upright = ImageOps.exif_transpose(image).convert(mode)
    upright.thumbnail((side, side))
    clean = Image.new(mode, upright.size)
    clean.paste(upright)
    target = BytesIO()
    clean.save(target, "WEBP", quality=85)
    return target.getvalue()


def digest_of(content: bytes) -> str:
    """Return what tells one file from another in its address."""
    return hashlib.sha256(content).hexdigest()[:16]
