"""Reading panels: can someone who sees only the page say what the photo shows? `python -m bench.reading COMMAND`.

`deal` makes a folder for each reader, `rate` collects what they wrote for a rater, `score` prints the table of that
panel or of those that are kept, and `keep` keeps one as data. docs/evaluation.md says how a panel is run.
"""
