"""The check that a picture passes before it is stored: its header, read without decoding anything."""

from models.containers import VIDEO_SUFFIXES, video_container
from models.sniff import SUFFIXES, sniff

__all__ = ["SUFFIXES", "VIDEO_SUFFIXES", "sniff", "video_container"]
