"""The pages behind tracked links, escaped by the template engine."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from groundswell.domains.sharing.links import Preview

_TEMPLATES = Environment(
    loader=PackageLoader("groundswell.domains.sharing"),
    autoescape=True,
    undefined=StrictUndefined,
)


def preview_page(preview: Preview, url: str) -> str:
    """What crawlers read to make a card, and people see where nothing leads on."""
    return _TEMPLATES.get_template("share.html").render(preview=preview, url=url)


def gone_page(reason: str) -> str:
    """What is at a link that leads nowhere any more."""
    return _TEMPLATES.get_template("gone.html").render(reason=reason)
