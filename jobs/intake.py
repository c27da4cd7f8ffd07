"""The check that a picture passes before it is stored: its header, read without decoding anything."""

from models.sniff import PictureInfo, sniff

__all__ = ["PictureInfo", "sniff"]
