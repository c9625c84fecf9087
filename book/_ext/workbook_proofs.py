"""A Sphinx extension: the name of a test on a page is a link to its source, in plain words."""

import re
from typing import Any

from docutils import nodes  # type: ignore[import-untyped]  # it ships no types
from sphinx import addnodes

from integrations.commands.proofs import label, words

_NAMED = re.compile(r"((?:tests|integrations)/[\w/]+\.py)::(\w+)")


def _link(app: Any, doctree: nodes.document) -> None:
    for literal in list(doctree.findall(nodes.literal)):
        if found := _NAMED.fullmatch(literal.astext()):
            link = addnodes.pending_xref(
                "",
                nodes.inline("", words(found[2]).lower()),
                refdomain="std",
                reftype="ref",
                reftarget=label(found[1], found[2]),
                refexplicit=True,
                refwarn=True,
                refdoc=app.env.docname,
            )
            literal.replace_self(link)


def setup(app: Any) -> dict[str, Any]:
    """Register the extension."""
    app.connect("doctree-read", _link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
