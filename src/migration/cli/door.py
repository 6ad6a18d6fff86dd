"""The way into the command and out of it: streams, signals, one line, one code."""

import gc
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from itertools import pairwise
from typing import NoReturn

import click

from migration.cli.commands import cli
from migration.cli.exits import BAD_INPUT, INTERRUPTED, exit_code
from migration.cli.output import close_output, json_stream, open_streams
from migration.errors import MigrationError, ParameterError
from migration.plain import printable

# Imports make objects by the ten thousand, and no garbage: looked for less often than
# Python does by itself, a command that renders nothing ends a tenth sooner.
_NEW_OBJECTS = 20_000


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and exit with its code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(_NEW_OBJECTS)
    _end_in_order()
    open_streams()
    try:
        code = cli.main(given, prog_name="migration", standalone_mode=False)
    except click.exceptions.Exit as error:
        code = error.exit_code
    except click.ClickException as error:
        _log_refusal(given, error.format_message())
        error.show()
        code = BAD_INPUT
    except (click.Abort, KeyboardInterrupt):
        click.echo("migration: interrupted; what was in place before stands", err=True)
        code = INTERRUPTED
    except Exception as error:  # one line; --debug shows where it arose
        code = _complain(error, debug="--debug" in given)
    close_output()
    sys.exit(code if isinstance(code, int) else 0)


def _log_refusal(given: Sequence[str], said: str) -> None:
    """Let a log of JSON end with an event, whatever of the command line is wrong."""
    pairs = pairwise(given)
    if "report" in given and ("--log=json" in given or ("--log", "json") in pairs):
        from migration.report.command import telling

        with suppress(ParameterError), telling("json", json_stream()):
            raise ParameterError(said)


def _complain(error: Exception, *, debug: bool) -> int:
    """Say one line; where it arose only if asked."""
    if debug:
        traceback.print_exception(error)
    click.echo(f"migration: {printable(_said(error))}", err=True)
    return exit_code(error)


def _said(error: Exception) -> str:
    if isinstance(error, MigrationError):
        return str(error)
    if isinstance(error, OSError):  # a full disk, a folder that may not be written
        return f"the system refused: {error}; run it again with --debug to see where"
    return (
        f"a fault of this program: {type(error).__name__}: {error}; run it again "
        "with --debug and report what it prints"
    )


def _end_in_order() -> None:
    """Take a request to end, or a terminal that is closed, as Ctrl-C.

    A hang-up that is ignored, as below ``nohup``, stays ignored.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    hang_up = getattr(signal, "SIGHUP", None)  # not on Windows
    if hang_up is not None and signal.getsignal(hang_up) is signal.SIG_DFL:
        signal.signal(hang_up, _interrupt)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
