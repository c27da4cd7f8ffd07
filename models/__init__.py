"""pix2pix for characters: photos in, cell grids of real glyphs out.

A library of its own. The leaves `forms`, `limits`, `palettes`, `problems` and `sniff` import no torch, so that the
bot's image can do without it; everything that needs torch is imported by its full name.
"""
