"""Generator of the reference pages in docs/reference: `python -m tools.reference`.

The pages are committed, so that they can be read without building the site. `--check`, and
tests/test_reference.py, find pages that do not agree with the code.
"""

from pathlib import Path
from typing import Callable, Dict

from .api import write_api
from .commands import write_commands
from .configs import write_configs
from .errors import write_errors
from .project import write_project
from .registered import write_architectures, write_components

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
# Function that returns the text of each page.
PAGES: Dict[str, Callable[[], str]] = {
    "architectures.md": write_architectures,
    "commands.md": write_commands,
    "components.md": write_components,
    "configs.md": write_configs,
    "errors.md": write_errors,
    "project.md": write_project,
    "python-api.md": write_api,
}
