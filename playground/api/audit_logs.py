"""The audit log, read.

https://docs.discord.com/developers/resources/audit-log#get-guild-audit-log
"""

from playground.api.guild_access import check_guild
from playground.api.routing import Call, Response, route
from playground.state.guild_settings import SCHEDULED
from playground.state.permissions import VIEW_AUDIT_LOG
from playground.state.seed import THREADS, USERS
from playground.state.webhooks import Webhook
from playground.types import Json


@route("GET", "/guilds/{guild_id}/audit-logs")
def get_audit_log(call: Call) -> Response:
    """The latest first, or with `after` the oldest first."""
    check_guild(call, VIEW_AUDIT_LOG)
    limit, before, after = (
        call.number("limit", 50, 1, 100),
        call.number("before", 1 << 64, 0, 1 << 64),
        call.number("after", 0, 0, 1 << 64),
    )
    wanted = {key: call.query[key] for key in ("user_id", "target_id", "action_type") if key in call.query}
    found = [
        entry
        for entry in call.world.audit_log.entries
        if after < int(entry["id"]) < before and all(str(entry[key]) == value for key, value in wanted.items())
    ]
    if "after" not in call.query:
        found.reverse()
    found = found[:limit]
    webhooks = call.world.webhooks
    named = dict.fromkeys(one for entry in found for one in (entry["user_id"], entry["target_id"]))
    return Response(
        {
            "audit_log_entries": found,
            "users": [USERS[one].as_json() for one in named if one in USERS],
            "integrations": [],
            "webhooks": [_partial(webhooks[one]) for one in named if one in webhooks],
            "guild_scheduled_events": [SCHEDULED[one] for one in named if one in SCHEDULED],
            "threads": [THREADS[one].as_json() for one in named if one in THREADS],
            "application_commands": [],
            "auto_moderation_rules": [],
        }
    )


def _partial(webhook: Webhook) -> Json:
    """A webhook without what it would take to write by it, which is for those who manage webhooks."""
    return {key: value for key, value in webhook.as_json("").items() if key not in ("token", "url")}
