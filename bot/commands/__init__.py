"""The slash commands and menus."""
