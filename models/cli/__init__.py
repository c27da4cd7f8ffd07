"""The command line: `python -m models …`."""
