"""The check that a picture passes before it is stored: its header, read without decoding anything."""

from models.sniff import SUFFIXES, PictureInfo, sniff

__all__ = ["SUFFIXES", "PictureInfo", "sniff"]
