"""Picture files taken apart without decoding: what of them concerns the pixels, and what is merely around it.

A phone adds a film to its photos, editors their whole history as text. Pillow reads all of that, and gives up on
damage in it; browsers look at the picture alone. So do these modules: Pillow is given files that hold nothing else.
"""
