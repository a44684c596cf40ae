"""The picture that an authenticator app reads."""

import base64
from io import BytesIO

import qrcode
from qrcode.image.svg import SvgPathFillImage


def qr_code(text: str) -> str:
    """A `data:` address of an SVG picture, black on white in either theme, as cameras want it."""
    picture = BytesIO()
    qrcode.make(text, image_factory=SvgPathFillImage, border=2).save(picture)
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.getvalue()).decode()}"
