"""What `glyphcord worker weights` can be told; worker.weights.command carries it out."""

import argparse
from pathlib import Path


def add_weights(parser: argparse.ArgumentParser) -> None:
    """The commands and their arguments."""
    parser.description = "The models of a running service, in Redis (REDIS_URL, from the environment or .env)."
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = """\
examples:
  %(prog)s list
  %(prog)s publish mine.safetensors    verify and store it
  %(prog)s activate mine               draw with it, on every worker or none
  %(prog)s rollback mine

Exit codes: 0 done, 1 refused (the reason is on standard error), 2 wrong usage or settings."""
    commands = parser.add_subparsers(dest="weights", required=True, metavar="COMMAND")

    def add(name: str, help: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
        command.set_defaults(run=_run)
        return command

    add("list", "list models, the versions in use and the stored ones")
    verify = add("verify", "verify a file, as an upload is verified")
    publish = add("publish", "verify a file and store it; a model with a new name is available at once")
    for command in (verify, publish):
        command.add_argument("file", type=Path, metavar="FILE", help="a .safetensors file")
    publish.add_argument("--name", help="the model's name (default: the file's)")
    activate = add("activate", "activate a version, on every worker or none")
    rollback = add("rollback", "undo a model's last change")
    default = add("default", "set the default model")
    for command in (activate, rollback, default):
        command.add_argument("name", metavar="NAME", help="a model's name, as `list` shows it")
    activate.add_argument(
        "version", nargs="?", metavar="VERSION", help="the beginning of its hash (default: the newest stored)"
    )
    add("audit", "list who changed what, or was refused, newest first")


def _run(arguments: argparse.Namespace) -> int:
    # Imported only now, so that --help reads no settings and needs no Redis.
    from worker.weights.command import carry_out  # noqa: PLC0415

    return carry_out(arguments)
