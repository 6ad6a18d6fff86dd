"""``python -m migration`` is the command ``migration``."""

from migration.cli import main

if __name__ == "__main__":
    main()
