"""pix2pix for characters: photos in, cell grids of real glyphs out.

A library of its own. The leaves `colour_names`, `containers`, `formats`, `limits`, `options`, `palettes`,
`problems`, `sentences` and `sniff` import no torch, so that the bot's image needs none; everything else is imported
by its full name.
"""

import os

# ONNX Runtime's builds have telemetry for Microsoft, with an id and a database in the user's cache, unless this is
# set before its import.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
