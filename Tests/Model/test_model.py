"""The protocol of the shared store, as a model that Spin searches completely: shared-store.pml.

Checked in every state that can be reached: never two sends of one token while it is protected, an answer that is told
twice is the same one, and every wait ends. The model says under which assumptions.
"""

import pathlib
import re
import subprocess

import pytest

MODEL = pathlib.Path(__file__).with_name("shared-store.pml")

# What must hold, with the switches of the model.
SOUND = {
    "the store comes and goes, with its memory or without": [],
    "SHARED_STORE_REQUIRED=0: each process protects for itself": ["-DREQUIRED=0", "-DCRASHES=0"],
}
# What must be found, so that the model is known to notice.
TWO_SENDS, ENDLESS_WAIT = r"assertion violated \(sends\[", r"invalid end state"
BROKEN = {
    "a claim that is shorter than the call": (["-DCLAIM=(CALL-1)", "-DENOUGH=1"], TWO_SENDS),
    "a claim that ends with the call, when the store is away then": (
        ["-DCLAIM=(PATIENCE+CALL+1)", "-DLOSS_WAIT=WINDOW"],
        TWO_SENDS,
    ),
    "a delete that does not compare": (["-DBLIND_DELETE"], TWO_SENDS),
    "no look at the clock before the first byte": (["-DNO_LOOK_AT_THE_CLOCK"], TWO_SENDS),
    "claims right after the store has lost its memory": (["-DLOSS_WAIT=0"], TWO_SENDS),
    "a store that forgets and does not show it": (["-DSILENT_LOSS"], TWO_SENDS),
    "a wait for another instance without a deadline": (["-DENDLESS_POLL"], ENDLESS_WAIT),
}


def search(folder, switches, kind="-DSAFETY", *options):
    """Makes the search, runs it, and returns what it printed."""

    def run(*command):
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=True).stdout

    # Spin hands its switches to a shell.
    run("spin", *(switch.replace("(", "\\(").replace(")", "\\)") for switch in switches), "-a", MODEL)
    run("gcc", "-O1", "-w", kind, "-DMEMLIM=2048", "-o", "search", "pan.c")
    output = run("./search", "-m100000", *options)
    assert "error: max search depth too small" not in output and "out of memory" not in output, output
    return output


def figures(output):
    states = re.search(r"(\d+) states, stored", output)[1]
    return int(states), int(re.search(r"errors: (\d+)", output)[1])


def say(capsys, text):
    with capsys.disabled():
        print(f"\n  {text}", end="")


@pytest.mark.parametrize(("name", "switches"), SOUND.items(), ids=SOUND)
def test_the_protocol_holds(tmp_path, capsys, name, switches):
    output = search(tmp_path, switches)
    states, errors = figures(output)
    assert errors == 0, output
    # So many that it cannot have stopped at the beginning.
    assert states > 100_000
    say(capsys, f"{name}: {states:,} states; no second send, no other answer, no endless wait")


def test_there_is_no_endless_loop_in_which_no_time_passes(tmp_path, capsys):
    states, errors = figures(search(tmp_path, [], "-DNP", "-l"))
    assert errors == 0
    say(capsys, f"no loop without time: {states:,} states")


@pytest.mark.parametrize(("name", "switches", "problem"), [(name, *rest) for name, rest in BROKEN.items()], ids=BROKEN)
def test_a_broken_protocol_is_found_out(tmp_path, capsys, name, switches, problem):
    output = search(tmp_path, switches)
    assert re.search(problem, output), output
    say(capsys, f"{name}: found out after {figures(output)[0]:,} states")
