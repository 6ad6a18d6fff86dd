"""The command ``migration``: parses, calls, prints; holds no logic."""

from migration.cli import bringing as bringing
from migration.cli import fetching as fetching
from migration.cli import following as following
from migration.cli.commands import cli
from migration.cli.door import main
from migration.cli.exits import exit_code

__all__ = ["cli", "exit_code", "main"]
