"""The command line: `glyphcord render …`, or `python -m models render …`, and so on.

`models.cli.NAME` has `add_NAME`, which gives a parser the options of the command NAME of glyphcord.commands.
"""
