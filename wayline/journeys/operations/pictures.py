from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
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
OUR_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH"}  # of a WebP file: pixels, and nothing about them


@transaction.atomic
def upload_picture(workspace: Workspace, file, *, by: User | None, now: datetime) -> Picture:
    """Keep a picture: checked by what it is, turned upright, made small enough, without its metadata."""
    if file.size > MOST_BYTES:
        raise PictureRefused(
            f"The picture is larger than {MOST_BYTES // 1_000_000} MB. Make it smaller first."
        )
    return _kept(workspace, *_written(_opened(file)), by=by, now=now)


@transaction.atomic
def keep_picture(workspace: Workspace, encoded: str, *, by: User | None, now: datetime) -> Picture:
    """Keep a picture that a map file carries as base64, checked and made small as an upload is.

    One that is as we write them stays byte for byte, so that a map goes out and comes back as it was; one
    that the workspace has already is not kept twice.
    """
    image, content = _checked(encoded)
    known = Picture.objects.filter(workspace=workspace).named(_digest(content)).order_by("pk").first()
    return known or _kept(workspace, image, content, by=by, now=now)


def check_pictures(pictures: Mapping[str, str]) -> None:
    """Refused where one of a file's pictures is none, or too large."""
    for name, encoded in pictures.items():
        try:
            _checked(encoded)
        except PictureRefused as refusal:
            raise PictureRefused(f"The picture “{name}” of the file: {refusal}") from refusal


def _checked(encoded: str) -> tuple[Image.Image, bytes]:
    try:
        content = b64decode("".join(encoded.split()), validate=True)
    except ValueError as error:
        raise PictureRefused("It is not written in base64. Write its bytes as base64.") from error
    if len(content) > MOST_BYTES:
        raise PictureRefused(f"It is larger than {MOST_BYTES // 1_000_000} MB. Make it smaller first.")
    image = _opened(BytesIO(content))
    return (image, content) if _is_ours(content) else _written(image)


def _is_ours(content: bytes) -> bool:
    """Whether these bytes are a WebP of our size that holds pixels alone: nothing is to be taken away."""
    if content[:4] != b"RIFF" or int.from_bytes(content[4:8], "little") + 8 != len(content):
        return False
    at = 12
    while at + 8 <= len(content):
        if content[at : at + 4] not in OUR_CHUNKS:
            return False
        length = int.from_bytes(content[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    with Image.open(BytesIO(content)) as image:
        return at == len(content) and max(image.size) <= LONGEST_SIDE


def _written(image: Image.Image) -> tuple[Image.Image, bytes]:
    written = BytesIO()
    image.save(written, "WEBP", quality=82, method=4)
    return image, written.getvalue()


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()[:32]


def _kept(
    workspace: Workspace, image: Image.Image, content: bytes, *, by: User | None, now: datetime
) -> Picture:
    picture = Picture(
        workspace=workspace,
        width=image.width,
        height=image.height,
        digest=_digest(content),
        uploaded_at=now,
        uploaded_by=by,
    )
    picture.file.save(f"{uuid4().hex}.webp", ContentFile(content), save=False)
    picture.save()
    audit.record("picture.uploaded", subject=picture, by=by, at=now, bytes=len(content))
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
