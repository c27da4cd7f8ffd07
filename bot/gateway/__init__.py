"""The connection to Discord: shards, endpoints, HTTP."""
