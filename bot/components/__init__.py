"""Buttons, menus and reactions under our messages."""
