"""Picture files read without decoding: their size, for whom that is enough; and what of them concerns the pixels.

`size_of` of each module is for a process that must not be filled or stopped: a bounded number of steps, no copies.

A phone adds a film to its photos, editors their whole history as text. Pillow reads all of that, and gives up on
damage in it; browsers look at the picture alone. So do these modules: Pillow is given files that hold nothing else.
"""
