"""Is a file a video, and of which kind? By its first bytes; what is in it, its decoder finds out."""

from typing import Final

VIDEO_SUFFIXES_OF: Final = {"MP4": (".mp4", ".mov", ".m4v", ".3gp", ".qt"), "WEBM": (".webm", ".mkv")}
"""Suffixes of the files of each kind of container, in lower case, the usual one first: MP4 and QuickTime's MOV are
one kind, WebM and Matroska are one."""
VIDEO_SUFFIXES: Final = frozenset(suffix for suffixes in VIDEO_SUFFIXES_OF.values() for suffix in suffixes)

HEAD: Final = 64
"""So many bytes of a file are enough to tell."""

_EBML: Final = b"\x1a\x45\xdf\xa3"
# What a QuickTime file of before 2001 may begin with: it has no `ftyp`.
_OLD_QUICKTIME: Final = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
# Pictures are in the same boxes: these, and Canon's raw photos.
AVIF_BRANDS: Final = (b"avif", b"avis")
HEIF_BRANDS: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"miaf")
_CANON: Final = (b"crx ",)


def video_container(data: bytes) -> str | None:
    """A name in VIDEO_SUFFIXES_OF, or None for whatever else begins so; HEAD bytes of it suffice."""
    head = data[:HEAD]
    if head.startswith(_EBML):
        return "WEBM" if b"webm" in head or b"matroska" in head else None
    kind = head[4:8]
    if kind == b"ftyp":
        return "MP4" if head[8:12] not in AVIF_BRANDS + HEIF_BRANDS + _CANON else None
    # Text may have such a word there; a box has its length before it, which begins with a small number.
    return "MP4" if kind in _OLD_QUICKTIME and head[0] < 8 else None
