"""REST API v10."""
