"""What the library's codes say in English: problems, and notes about what came otherwise than asked for.

No sentence ever holds text that came from outside, so none can ping or mislead.
"""

from typing import Final

PICTURE_SENTENCES: Final[dict[str, str]] = {
    "empty": "That file is empty. Please send the picture again.",
    "not_a_picture": "I cannot read that file as a picture. Please send a PNG, JPEG, GIF, WebP, AVIF, TIFF or "
    "BMP, or a video as MP4, MOV or WebM.",
    "no_heic": "I cannot read HEIC photos here. Please save it as a JPEG and send that.",
    "no_video": "I cannot read videos here. Please save it as a GIF and send that.",
    "sound_alone": "There is no picture in that file, only sound. Please send a picture or a video.",
    "unknown_codec": "I cannot unpack that kind of video. Please save it as an MP4 with H.264 and send that.",
    "encrypted": "That video is encrypted, so I cannot read it. Please send a copy that is not.",
    "unknown_tiff": "I cannot read that kind of TIFF ({kind}). Please save it as a PNG or JPEG and send that.",
    "broken": "That picture is damaged or cut short, so I cannot read it. Please save it again and resend it.",
    "too_many_bytes": "That file is larger than {limit_mb} MB. Please send a smaller one.",
    "too_many_pixels": "That picture measures {width}×{height}, which is more than I can take "
    "({limit_mp} megapixels). Please send a smaller one.",
    "too_small": "That picture is only {width}×{height} pixels. Please send one of at least {least}×{least}.",
    "too_thin": "That picture measures {width}×{height}: too long and thin to draw. Please crop it so that one "
    "side is at most {ratio} times the other.",
    "too_slow": "That picture takes too long to unpack. Please save it again as an ordinary PNG or JPEG.",
    "too_heavy": "That picture takes more memory to unpack than I have. Please send a smaller one, "
    "or save it again as an ordinary PNG or JPEG.",
    "bad_palette": "I do not know that palette. Choose {names}, give one colour like `#ff69b4` or `red`, "
    "or give two colours like `#0000ff-#ff69b4`.",
    "bad_palette_near": "I do not know that palette. Did you mean `{near}`? Otherwise choose {names}, give one "
    "colour like `#ff69b4` or `red`, or give two colours like `#0000ff-#ff69b4`.",
    "bad_columns": "I can draw {least} to {most} columns. Please choose a number in between.",
}

NOTES: Final[dict[str, str]] = {
    "narrower": "I drew {columns} columns instead of {asked}, because a picture of this shape would otherwise have "
    "over {most:,} characters.",
    "cut_frames": "I drew the first {frames} frames, the limit for one animation.",
    "cut_seconds": "I drew the first {seconds} seconds, the limit for one animation.",
    "cut_pixels": "I drew only the first {frames} frames, because the animation is very large. "
    "A smaller one keeps more.",
    "cut_cells": "I drew the first {frames} frames. With fewer columns I can draw more.",
    "cut_time": "I drew the first {frames} frames before my time was up. Fewer columns take less time.",
    "cut_slow": "I drew only the first {frames} frames, because that video takes long to unpack. "
    "A smaller one keeps more.",
    "cut_broken": "The file is damaged, so I drew only the first {frames} frames.",
    "one_frame": "The file is damaged after its first frame, so I drew that one alone, and nothing moves.",
    "cut_part": "A part of the picture is missing from the file or damaged. I drew what is there.",
    "thinned": "To fit this server's upload limit, I kept one frame in {every} and left out the shading.",
}
