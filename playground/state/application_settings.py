"""What the application says of itself now, of the one that a process has.

https://docs.discord.com/developers/resources/application#application-object
"""

from playground.types import Json

APPLICATION: Json = {
    "description": "A bot on its playground.",
    "role_connections_verification_url": None,
    "integration_types_config": {"0": {}, "1": {}},
}
