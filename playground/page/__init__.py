"""The web page, its inspector and its gallery."""
