"""How `glyphcord demo` takes a Ctrl-C that comes at an awkward moment; as a newcomer has it, tests/e2e has it."""

import subprocess
import sys

import pytest

IN_A_DESTRUCTOR = """
import os, signal, sys, time
from devstack.stack import Stack
from glyphcord import demo

class Destroyed:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)  # here the handler raises, and Python ignores it

def start(stack):
    Destroyed()
    return stack

def then_a_second_ctrl_c(stack):
    time.sleep(demo._Stops.AGAIN_S)
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(60)

def then_what_it_started_is_gone(stack):
    raise ConnectionRefusedError("the playground took the same Ctrl-C")

Stack.__enter__ = start
Stack.__exit__ = lambda *_: None
demo._post_sample = {then}
sys.exit(demo.main())
"""


@pytest.mark.parametrize("then", ["then_a_second_ctrl_c", "then_what_it_started_is_gone"])
def test_a_ctrl_c_that_python_ignores_in_a_destructor_is_not_lost(then: str) -> None:
    code = IN_A_DESTRUCTOR.replace("{then}", then)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "Stopped."), done.stderr
    assert "cannot go on" not in done.stderr
