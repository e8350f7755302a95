"""The templates that come with the package. What a request uses is pinned in the dossier when it starts."""

from collections.abc import Mapping
from importlib.resources import files


def default_templates() -> Mapping[str, str]:
    """File name to text."""
    shipped = (
        file
        for file in (files("forthwith") / "documents" / "templates").iterdir()
        if file.name.endswith((".j2", ".typ"))
    )
    return {file.name: file.read_text(encoding="utf-8") for file in shipped}
