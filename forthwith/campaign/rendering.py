"""The renderer of a command that reads or plans a campaign."""

from functools import cache

from forthwith.rendering import Limits, Renderer
from forthwith.settings import Settings


@cache
def renderer() -> Renderer:
    """One for the process, with the limits that its settings give. It ends with the process."""
    return Renderer(Limits.model_validate(Settings().rendering))
