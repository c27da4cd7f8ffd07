"""Types that all of the playground uses."""

from typing import Any

Json = dict[str, Any]
"""A JSON object."""
