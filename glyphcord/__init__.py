"""The command `glyphcord`, and the leaves that every program's command line shares.

`arguments`, `exit_codes` and `nearest` need Python's own library alone, so anybody may import them. The rest starts
the programs and asks after them, each imported only when its command is given.
"""
