"""Main: the command ``relnews``, also as ``python -m relnews``."""


def main() -> None:
    """Run the command; Ctrl-C that comes while Python imports it ends it as any later one does."""
    try:
        from relnews.cli import main as command
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    command(prog_name="relnews")


if __name__ == "__main__":
    main()
