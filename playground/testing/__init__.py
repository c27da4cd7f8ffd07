"""For tests and the demo: the playground as a process, and a small client for its control API (stdlib only).

with PlaygroundProcess() as playground:
    subprocess.Popen([...], env={**os.environ, **playground.environment()})
    used = playground.controls.slash("ascii", files={"image": Path("cat.png")})
"""

from playground.state.seed import (
    ADA_ID,
    ADMIN_ROLE,
    ASCII_CHANNEL,
    BOT_ID,
    GENERAL_CHANNEL,
    GUILD_ID,
    MIA_ID,
    MOD_ID,
    MODERATOR_ROLE,
    SAM_ID,
    TOKEN,
)
from playground.testing.client import PINK_HEART, Controls, File, Refused
from playground.testing.process import PlaygroundProcess
from playground.testing.scene import Scene
from playground.testing.seen import Seen

__all__ = [
    "ADA_ID",
    "ADMIN_ROLE",
    "ASCII_CHANNEL",
    "BOT_ID",
    "GENERAL_CHANNEL",
    "GUILD_ID",
    "MIA_ID",
    "MODERATOR_ROLE",
    "MOD_ID",
    "PINK_HEART",
    "SAM_ID",
    "TOKEN",
    "Controls",
    "File",
    "PlaygroundProcess",
    "Refused",
    "Scene",
    "Seen",
]
