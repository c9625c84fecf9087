"""The HTML of a direct upload: a form that any browser sends without a script."""

from collections.abc import Mapping
from html import escape

from integrations.core.views import BOX, Html


def html_form(
    url: str, fields: Mapping[str, str], *, accept: str = "image/*", disabled: bool = False
) -> Html:
    """Return the form for a page, with its fields hidden and the file last, as S3 wants it.

    Args:
        url: the form's action.
        fields: all of them have to be sent as they are: each is named in the policy.
        accept: what the browser's dialog offers; a convenience, not a check.
        disabled: show it, and do not let it be sent.
    """
    hidden = "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">\n'
        for name, value in fields.items()
    )
    off = " disabled" if disabled else ""
    return Html(
        f'<form action="{escape(url)}" method="post" enctype="multipart/form-data" '
        f'style="{BOX}">\n{hidden}'
        f'<label>Your picture <input type="file" name="file" accept="{escape(accept)}" required'
        f"{off}></label>\n"
        f'<button type="submit"{off}>Upload</button>\n</form>'
    )
