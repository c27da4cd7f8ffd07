"""All state of the playground in one place.

Routes and controls only parse and answer; what happens, happens in the parts of the world, which tell `events`.
"""

from playground.state.audit_log import AuditLog
from playground.state.bans import Bans
from playground.state.channels import Channels
from playground.state.clock import Clock
from playground.state.commands import Commands
from playground.state.events import Events
from playground.state.expressions import Expressions
from playground.state.files import Files
from playground.state.guild import Guild
from playground.state.interactions import Interactions
from playground.state.invites import Invites
from playground.state.members import Members
from playground.state.messages import Messages
from playground.state.pins import Pins
from playground.state.polls import Polls
from playground.state.portal import Portal
from playground.state.presences import Presences
from playground.state.publishing import Publishing
from playground.state.reactions import Reactions
from playground.state.roles import Roles
from playground.state.scheduled_events import ScheduledEvents
from playground.state.seed import restore
from playground.state.snowflake import Snowflakes
from playground.state.thread_access import ThreadAccess
from playground.state.threads import Threads
from playground.state.webhooks import Webhooks
from playground.types import Json


class World:
    def __init__(self, clock: Clock) -> None:
        restore()
        self.clock = clock
        self.site = ""  # where the API is, as addresses of webhooks name it
        self.ids = Snowflakes(clock)
        self.events = Events()
        self.portal = Portal(clock)
        self.presences = Presences(clock, self.events)
        self.commands = Commands(self.ids)
        self.files = Files(clock)
        self.messages = Messages(clock, self.ids, self.files, self.events, self.portal)
        self.audit_log = AuditLog(self.ids, self.events)
        self.members = Members(clock, self.events, self.audit_log)
        self.guild = Guild(self.events, self.audit_log)
        self.expressions = Expressions(self.ids, self.files, self.events, self.audit_log)
        self.scheduled_events = ScheduledEvents(self.ids, self.events, self.audit_log)
        self.roles = Roles(self.ids, self.events, self.audit_log)
        self.channels = Channels(self.ids, self.events, self.audit_log, self.messages)
        self.bans = Bans(clock, self.events, self.audit_log, self.members, self.messages)
        self.threads = Threads(clock, self.ids, self.events, self.messages, self.audit_log)
        ThreadAccess(self.events)
        self.polls = Polls(clock, self.events, self.messages)
        self.invites = Invites(clock, self.events, self.audit_log)
        self.pins = Pins(clock, self.events, self.messages, self.audit_log)
        self.webhooks = Webhooks(self.ids, self.events, self.audit_log)
        self.publishing = Publishing(clock, self.ids, self.messages, self.webhooks)
        self.reactions = Reactions(self.events, self.messages)
        self.interactions = Interactions(clock, self.messages, self.files, self.events)
        self.role_metadata: list[Json] = []
        """The application's role connection metadata."""
        self.locales: dict[str, str] = {}
        self.permitted: dict[str, set[str]] = {}
        """Who may use a command whatever its default permissions say: Server Settings, Integrations."""

    def locale(self, user_id: str) -> str:
        """The language of a person's client, by Discord's name for it."""
        return self.locales.get(user_id, "en-US")
