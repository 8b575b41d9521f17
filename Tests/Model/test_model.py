"""The protocol of the shared store, as a model that Spin searches completely: shared-store.pml.

Checked in every state that can be reached: never two sends of one token while it is protected, an answer that is told
twice is the same one, every wait ends, and nobody is stuck: told `in_progress` although nobody is at it. The model says
under which assumptions.
"""

import pathlib
import re
import subprocess

import pytest

MODEL = pathlib.Path(__file__).with_name("shared-store.pml")

# What must hold, with the switches of the model. Each has as many requests, crashes and failures as take a few seconds.
MAY_BE_STUCK = "-DIS_STUCK(i)=false"  # does not look whether somebody is
SOUND = {
    "three requests, a crash and two failures of the store": [],
    "SHARED_STORE_REQUIRED=0, one failure: each process protects for itself": ["-DREQUIRED=0", "-DSTORE_EVENTS=1"],
    "SHARED_STORE_REQUIRED=0, no failure: each protects for all": ["-DREQUIRED=0", "-DSTORE_EVENTS=0", "-DREQUESTS=5"],
    "commands that come after the next connection's": ["-DLATE_COMMANDS=1", MAY_BE_STUCK, "-DCRASHES=0"],
}
# What must be found, so that the model is known to notice.
TWO_SENDS, OTHER_ANSWER = r"assertion violated +!\(+call\[1\]\.is_sent", r"assertion violated \(+n==0\)\|\|\(told\["
STUCK, ENDLESS_WAIT = r"assertion violated +!\(+connection\[i\]==", r"invalid end state"
ANY_OWN_CLAIM = ["-DIS_OWN(n)=IS_OF_PROCESS(n)", "-DMAY_RELEASE(n)=(IS_OF_PROCESS(n)&&key_number<=n)"]
BROKEN = {
    "a claim that is shorter than the call": (["-DCLAIM=CALL"], TWO_SENDS),
    "a claim that ends with the call": (["-DCLAIM=(PATIENCE+CALL+1)"], TWO_SENDS),
    "a claim that is the instance's, whichever process it was": (["-DSAME_OWNER", MAY_BE_STUCK], TWO_SENDS),
    "no look at the clock before the first byte": (["-DENOUGH=0"], TWO_SENDS),
    "a 5xx that frees": (["-DFREE_ON_5XX"], TWO_SENDS),
    "a process that keeps nothing, since there is a store": (["-DMAY_KEEP(n,i)=false"], TWO_SENDS),
    "one that keeps only its own": (["-DMAY_KEEP(n,i)=(call[n].process==process[i])", "-DREQUIRED=0"], OTHER_ANSWER),
    "a publish that is not repeated": (["-DTOLD_ONCE=PUBLISH"], STUCK),
    "a release that is not repeated": (["-DTOLD_ONCE=RELEASE"], STUCK),
    "a publish that is given up when the window ends, without a release": (["-DPUBLISH_ENDS"], STUCK),
    "a release that is given up when the claim should have ended": (["-DOWED_ENDS"], STUCK),
    "a release of exactly one claim": (["-DMAY_RELEASE(n)=(IS_OWN(n)&&key_number==n)"], STUCK),
    "a release of a later claim, too": (["-DMAY_RELEASE(n)=IS_OF_PROCESS(n)"], TWO_SENDS),
    "a release that does not compare": (["-DMAY_RELEASE(n)=true"], TWO_SENDS),
    "claims right after the store has lost its memory": (["-DLOSS_WAIT=0"], TWO_SENDS),
    "a store that forgets and does not show it": (["-DSILENT_LOSS"], TWO_SENDS),
    "commands that come after the next connection's": (["-DLATE_COMMANDS=1"], STUCK),
    "the same, and a claim replaces a later one": (["-DLATE_COMMANDS=1", MAY_BE_STUCK, *ANY_OWN_CLAIM], TWO_SENDS),
    "a wait for another instance without a deadline": (["-DENDLESS_POLL"], ENDLESS_WAIT),
}


def search(folder, switches, compiler_options=("-Og", "-DSAFETY"), *options):
    """Makes the search, runs it, and returns what it printed."""

    def run(*command):
        return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=True).stdout

    # Spin hands its switches to a shell.
    run("spin", *(re.sub(r"[^-\w]", r"\\\g<0>", switch) for switch in switches), "-a", MODEL)
    run("gcc", *compiler_options, "-w", "-DMEMLIM=2048", "-o", "search", "pan.c")
    output = run("./search", "-m100000", *options)
    assert "error: max search depth too small" not in output and "out of memory" not in output, output
    return output


@pytest.mark.parametrize("switches", SOUND.values(), ids=SOUND)
def test_the_protocol_holds(tmp_path, switches):
    output = search(tmp_path, switches)
    assert "errors: 0\n" in output, output
    # So many that it cannot have stopped at the beginning.
    assert int(re.search(r"(\d+) states, stored", output)[1]) > 100_000


def test_there_is_no_endless_loop_in_which_no_time_passes(tmp_path):
    assert "errors: 0\n" in search(tmp_path, ["-DSTORE_EVENTS=1"], ("-Og", "-DNP"), "-l")


@pytest.mark.parametrize(("switches", "problem"), BROKEN.values(), ids=BROKEN)
def test_a_broken_protocol_is_found_out(tmp_path, switches, problem):
    # One failure of the store is enough for each. These searches are short, and it is the compiler that takes the time.
    output = search(tmp_path, [*switches, "-DSTORE_EVENTS=1"], ("-O0", "-DSAFETY"))
    assert re.search(problem, output), output
