"""From a finished drawing to Discord: the message, the REST client, which route it takes."""
