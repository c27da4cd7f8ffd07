"""pix2pix for characters: photos in, cell grids of real glyphs out.

A library of its own. The leaves `containers`, `formats`, `limits`, `options`, `palettes`, `problems`, `sentences`
and `sniff` import no torch, so that the bot's image needs none; everything else is imported by its full name.
"""
