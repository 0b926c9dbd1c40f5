"""Main: ``python -m relnews`` is the command ``relnews``."""

from relnews.cli import main

if __name__ == "__main__":
    main(prog_name="relnews")
