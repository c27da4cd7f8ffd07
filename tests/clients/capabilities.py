"""What is tried on every client: each a function uses the bot as a person would, and fails with what is wrong."""

from collections.abc import Callable
from typing import Any, Final

from playground.state.seed import ADA_ID, BOT_ID, DIRECTS, GUILD_ID, MIA_ID
from playground.testing import PINK_HEART
from tests.clients.scene import Failed, Scene
from tests.playground.pictures import PNG_3X2

IMAGE = {"image": ("cat.png", PNG_3X2, "image/png")}
DIRECT = next(direct.id for direct in DIRECTS.values() if direct.people == (MIA_ID, BOT_ID))
MOST_LATENCY_MS = 3000
"""Far above what a busy machine needs, far below the 5 s between two heartbeats that a wrong one would show."""


def check(fact: object, what: str) -> None:
    if not fact:
        raise Failed(what)


def log_in(scene: Scene) -> None:
    # Before the bot is there: nextcord shows what it has heard, which is without content, not what it is given.
    scene.written = scene.controls.message("as I said")
    scene.start()


def drawn(scene: Scene) -> dict[str, Any]:
    options = {"palette": "pink", "style": "book", "columns": 40}
    return scene.answer(scene.controls.slash("draw", options, files=IMAGE))


def slash_command(scene: Scene) -> None:
    answer = drawn(scene)
    check(answer["content"] == f"cat.png {len(PNG_3X2)} pink book 40", answer["content"])


def deferred_file(scene: Scene) -> None:
    answer = drawn(scene)
    (file,) = answer["attachments"]
    check(file["filename"] == "result.png", file["filename"])
    check(scene.controls.fetch(file["url"]) == PNG_3X2, "the file has changed on the way")


def autocomplete(scene: Scene) -> None:
    used = scene.controls.autocomplete("draw", "style", {"style": "bo"})
    data = scene.wait(lambda: scene.controls.interaction(used["interaction_id"])["response_data"])
    check([choice["value"] for choice in data["choices"]] == ["bold", "book"], str(data))


def buttons(scene: Scene) -> None:
    answer = drawn(scene)
    scene.controls.click(answer["id"], "again")
    check(scene.said("again")["id"] == answer["id"], "another message was edited")


def select(scene: Scene) -> None:
    used = scene.controls.click(drawn(scene)["id"], "pick", values=["green"])
    answer = scene.answer(used)
    check(answer["content"] == "picked green" and answer["ephemeral_to"] == MIA_ID, str(answer))


def modal(scene: Scene) -> None:
    used = scene.controls.click(drawn(scene)["id"], "ask")
    scene.wait(lambda: scene.controls.interaction(used["interaction_id"])["response_data"])
    sent = scene.controls.modal(used["interaction_id"], {"name": "Mia"})
    check((content := scene.answer(sent)["content"]) == "hello Mia", content)


def context_menus(scene: Scene) -> None:
    greeted = scene.answer(scene.controls.slash("Greet", target=ADA_ID))
    check(greeted["content"] == "hello Ada", greeted["content"])
    quoted = scene.answer(scene.controls.slash("Quote", target=scene.written))
    check(quoted["content"] == "> as I said", quoted["content"])


def reactions(scene: Scene) -> None:
    written = scene.controls.message("look")
    scene.controls.react(written, PINK_HEART)
    reply = scene.said(f"{PINK_HEART} by Mia")
    check(reply["message_reference"]["message_id"] == written, "it replies to another message")
    reacted = next(m for m in scene.controls.messages() if m["id"] == written)["reacted"]
    check(reacted.get("👍") == [BOT_ID], str(reacted))


def fetches(scene: Scene) -> None:
    answer = drawn(scene)
    told = scene.answer(scene.controls.slash("fetch", {"message": answer["id"]}))["content"]
    check(told == f"Playground, ascii, {answer['content']}, Mia, Playground", told)


def reply(scene: Scene) -> None:
    written = scene.controls.message(f"<@{BOT_ID}> ping")
    check(scene.said("pong")["message_reference"]["message_id"] == written, "it replies to another message")


def typing(scene: Scene) -> None:
    seen: list[str] = []
    scene.playground.world.events.on_change.append(
        lambda what, data: seen.append(data["user_id"]) if what == "typing" else None
    )
    scene.controls.message(f"<@{BOT_ID}> ping")
    scene.wait(lambda: BOT_ID in seen)


def presence(scene: Scene) -> None:
    def shown() -> bool:
        found = scene.controls.state()["presences"].get(BOT_ID, {})
        activities = [(activity["type"], activity["name"]) for activity in found.get("activities", [])]
        return found.get("status") == "idle" and activities == [(3, "letters")]

    scene.wait(shown)


def direct_message(scene: Scene) -> None:
    scene.controls.message("hello", channel=DIRECT)
    scene.said("you wrote hello", DIRECT)
    sent = scene.answer(scene.controls.slash("whisper"))
    check(sent["content"] == "sent", sent["content"])
    scene.said("psst", DIRECT)


def members(scene: Scene) -> None:
    told = scene.answer(scene.controls.slash("members", {"query": "m"}))["content"]
    check(told == "mia mod", told)


def latency(scene: Scene) -> None:
    found = scene.wait(lambda: latency_ms if (latency_ms := scene.report()["latency_ms"]) > 0 else None)
    check(found < MOST_LATENCY_MS, f"{found} ms")


def _sessions(scene: Scene) -> set[str]:
    return set(scene.playground.gateway.sessions)


def _resumes(scene: Scene, disturb: str) -> None:
    """After the disturbance the bot is back in the same session, and at work."""
    before, connections = _sessions(scene), set(scene.playground.gateway.connections)
    check(scene.controls.gateway(disturb) > 0, "there was no connection")
    scene.wait(
        lambda: scene.playground.gateway.connected() and not connections & scene.playground.gateway.connections
    )
    check(_sessions(scene) == before, "it identified anew instead of resuming")
    slash_command(scene)


def dropped_connection(scene: Scene) -> None:
    _resumes(scene, "drop")


def op_7(scene: Scene) -> None:
    _resumes(scene, "reconnect")


def op_9(scene: Scene) -> None:
    before = _sessions(scene)
    scene.controls.gateway("invalid_session")
    scene.wait(lambda: scene.playground.gateway.connected() and not before & _sessions(scene))
    slash_command(scene)


def two_shards(scene: Scene) -> None:
    scene.stop()
    scene.start(SHARDS="2")
    shards = {session.shard for session in scene.playground.gateway.sessions.values() if session.connection}
    check(shards == {(0, 2), (1, 2)}, str(shards))
    slash_command(scene)
    scene.controls.message("two", channel=DIRECT)
    scene.said("you wrote two", DIRECT)


def privileged_intents(scene: Scene) -> None:
    scene.stop()
    granted = {"members": True, "presences": True, "message_content": True}
    scene.controls.request("POST", "/playground/application", {"intents": granted})
    scene.start(PRIVILEGED="1")
    scene.controls.message("open words")
    scene.said("read open words")
    scene.controls.gateway("send", event="GUILD_MEMBER_REMOVE", data={"guild_id": GUILD_ID, "user": SOMEBODY})
    scene.controls.request("POST", "/playground/presence", {"user_id": MIA_ID, "status": "dnd"})
    scene.wait(lambda: {"leave somebody", "presence mia dnd"} <= set(scene.report()["seen"]))


SOMEBODY = {"id": "139000000000000009", "username": "somebody", "discriminator": "0", "avatar": None}

CAPABILITIES: Final[dict[str, Callable[[Scene], None]]] = {
    "log-in": log_in,
    "slash command with a file and choices": slash_command,
    "autocomplete": autocomplete,
    "deferred answer with a file": deferred_file,
    "buttons": buttons,
    "select menu": select,
    "modal": modal,
    "context menus": context_menus,
    "reactions": reactions,
    "fetches": fetches,
    "reply": reply,
    "typing": typing,
    "presence": presence,
    "direct message": direct_message,
    "members by op 8": members,
    "latency": latency,
    "dropped connection": dropped_connection,
    "op 7, reconnect": op_7,
    "op 9, invalid session": op_9,
    "two shards": two_shards,
    "privileged intents": privileged_intents,
}
"""In the order in which they are tried, on one bot until it is started anew."""


def tried(scene: Scene) -> dict[str, str | None]:
    """Every capability with what was wrong, or None. Where the bot cannot log in, nothing else is tried."""
    found: dict[str, str | None] = {}
    for name, try_it in CAPABILITIES.items():
        if found.get("log-in"):
            found[name] = "not tried"
            continue
        try:
            try_it(scene)
            found[name] = None
        except Exception as error:
            found[name] = f"{type(error).__name__}: {error}"
    return found
