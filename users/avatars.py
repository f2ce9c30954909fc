"""Pictures of people: whatever comes in, what is kept is an image that we made ourselves."""

from io import BytesIO
from typing import IO, TYPE_CHECKING

from common.exceptions import DomainError, InvalidInput

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_FILE = 2 * 1024 * 1024
MOST_PIXELS = 20_000_000  # some 80 MB while it is decoded
SIDE = 512
FORMATS = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE = "image/webp"


class TooLarge(DomainError):
    """A file beyond the limit."""

    code = "too_large"
    http_status = 413
    title = "Too large"


def clean_avatar(file: IO[bytes]) -> bytes:
    """Return a picture as WebP of at most 512 pixels a side, without metadata.

    Judged by its content alone: name and stated type do not count. The first frame of an animated
    one is kept, turned as its orientation says. Raises TooLarge and InvalidInput (avatar).
    """
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise too_large()
    from PIL import Image  # noqa: PLC0415 - needed for pictures alone

    # The library warns of a bomb beyond this, and refuses twice as much before it decodes anything.
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            refuse_bomb(image)
            return encode(image)
    except DomainError:
        raise
    except Exception as error:  # what a decoder raises over hostile bytes is no fixed list
        raise refused(
            "This is no readable picture. Send a JPEG, PNG or WebP file of at most 2 MB."
        ) from error


def refuse_bomb(image: "Image") -> None:
    """Raise InvalidInput for a picture with too many pixels, before any is decoded."""
    if image.width * image.height > MOST_PIXELS:
        raise refused(
            f"{image.width} × {image.height} pixels are too many. Send at most "
            f"{MOST_PIXELS // 1_000_000} million, such as 4000 × 5000."
        )


def encode(image: "Image") -> bytes:
    """Decode the first frame, shrink it, and write its pixels alone into a new picture."""
    from PIL import Image, ImageOps  # noqa: PLC0415 - needed for pictures alone

    image.draft("RGB", (SIDE, SIDE))
    mode = "RGBA" if image.has_transparency_data else "RGB"
    upright = ImageOps.exif_transpose(image).convert(mode)
    upright.thumbnail((SIDE, SIDE))
    clean = Image.new(mode, upright.size)
    clean.paste(upright)
    target = BytesIO()
    clean.save(target, "WEBP", quality=85)
    return target.getvalue()


def too_large() -> TooLarge:
    text = "The picture is larger than 2 MB. Send a smaller one."
    return TooLarge(text, {"avatar": [text]})


def refused(text: str) -> InvalidInput:
    return InvalidInput(text, {"avatar": [text]})
