"""The chaos run: thousands of pictures asked for while everything that can die does, and an audit at the end.

    python -m bench.chaos --jobs 2000 --seed 1

Real processes against an embedded Valkey and the playground. Users use /ascii and click 🩷; meanwhile workers
are killed (also between a message's change and its acknowledgement), Valkey is killed and stopped, bots are
killed, Discord answers 429 and 500 or hangs up, gateways drop, tokens expire. Then everything is left to
settle, and the playground, which has seen every change of every message, is asked what they got. Prints one
table. Exit code 0 only if nothing was lost, doubled, left loading or overwritten.
"""
