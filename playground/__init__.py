"""A local Discord: for bots, tests and the demo. It knows nothing of the bot that it is used with.

    rules/     what Discord demands of messages, components and commands
    state/     the world: guild, messages, files, interactions, and what becomes of them
    api/       REST v10, a module a resource
    gateway/   websockets, sessions, events
    control/   the control API: what users and tests do
    page/      the web page: its files, its inspector, its gallery
    recording/ a session as a pytest file: what people did and what the bot showed
    testing/   a client of the control API, and the playground as a process

Imports run from page, testing, recording and control over api and gateway to state and rules.
"""
