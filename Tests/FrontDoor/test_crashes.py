"""A crash ends the process and loses no line of its log, read or not. A sanitizer handles crashes itself."""

import signal

import pytest
from conftest import IS_SANITIZED, only_long

pytestmark = pytest.mark.skipif(IS_SANITIZED, reason="a sanitizer handles crashes itself")


@pytest.mark.parametrize("number", [signal.SIGILL, signal.SIGABRT, signal.SIGSEGV])
def test_a_crash_ends_the_process_although_nobody_reads_its_message(start, log, number):
    assert start(log=log.fill()).exit_code(number) == -number


def test_the_lines_before_a_crash_are_in_the_log(start, log):
    door = start(log=log.path)
    door.ask_often(400)
    door.send_signal(signal.SIGABRT)
    # More than the named pipe holds: the process still has the rest, which is read only now.
    log.begin()
    assert door.exit_code() == -signal.SIGABRT
    assert sum(entry.get("route") == "exchange" for entry in log.entries()) == 400


# What prints backtraces gives up on a machine that is busy.
@only_long
def test_a_crashs_backtrace_if_Swifts_runtime_prints_one_is_in_the_log_completely(start, log):
    # Of one thread and without names of functions: on a busy machine the rest takes longer than the program is given.
    options = "enable=yes,color=no,threads=crashed,symbolicate=off,timeout=600s"
    door = start(log=log.path, SWIFT_BACKTRACE=options)
    door.send_signal(signal.SIGSEGV)
    log.begin()
    assert door.exit_code() == -signal.SIGSEGV
    # Not every installation has the program that prints it.
    assert ("Backtracing from" in log.to_end()) == ("Backtrace took" in log.text)
