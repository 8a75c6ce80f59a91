from datetime import datetime
from io import BytesIO
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from PIL import Image, ImageOps

from wayline.accounts.models import User, Workspace
from wayline.audit import operations as audit
from wayline.journeys.models import Picture

from .refusals import PictureRefused

MOST_BYTES = 10_000_000
MOST_PIXELS = 40_000_000  # what the header promises is asked before a single pixel is decoded
LONGEST_SIDE = 1600
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
NOT_A_PICTURE = "This file is not a picture we can read. Upload a JPEG, PNG, WebP or GIF file."


@transaction.atomic
def upload_picture(workspace: Workspace, file, *, by: User | None, now: datetime) -> Picture:
    """Keep a picture: checked by what it is, turned upright, made small enough, without its metadata."""
    if file.size > MOST_BYTES:
        raise PictureRefused(
            f"The picture is larger than {MOST_BYTES // 1_000_000} MB. Make it smaller first."
        )
    image = _opened(file)
    written = BytesIO()
    image.save(written, "WEBP", quality=82, method=4)
    picture = Picture(
        workspace=workspace, width=image.width, height=image.height, uploaded_at=now, uploaded_by=by
    )
    picture.file.save(f"{uuid4().hex}.webp", ContentFile(written.getvalue()), save=False)
    picture.save()
    audit.record("picture.uploaded", subject=picture, by=by, at=now, bytes=written.tell())
    return picture


def _opened(file) -> Image.Image:
    """The decoded pixels alone: whatever else the file carries is left behind."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise PictureRefused(
                    f"The picture has {image.width} × {image.height} pixels. Make it smaller than "
                    f"{MOST_PIXELS // 1_000_000} million first."
                )
            upright = ImageOps.exif_transpose(image)
            upright.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
            clean = Image.new("RGBA" if _has_holes(upright) else "RGB", upright.size)
            clean.paste(upright.convert(clean.mode))
            return clean
    except PictureRefused:
        raise
    # SyntaxError is what Pillow says of a broken PNG.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureRefused(NOT_A_PICTURE) from error


def _has_holes(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA") or "transparency" in image.info
