"""Counts and prints what held and what did not."""

import difflib
import sys


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def holds(self, text, condition, *details):
        """Notes whether the condition is true; prints the details if it is not."""
        if condition:
            self.passed += 1
            print(f"ok: {text}", flush=True)
        else:
            self.failed += 1
            print(f"FAILED: {text}", flush=True)
            for detail in details:
                for line in str(detail).splitlines()[-15:]:
                    print(f"    {line}", flush=True)
        return bool(condition)

    def none(self, text, problems):
        """Notes that the list is empty; prints what is in it if not."""
        return self.holds(text, not problems, *problems)

    def equal(self, text, expected, actual):
        """Notes that both are the same; prints the parts that differ if they are long."""
        if isinstance(expected, str) and "\n" in expected:
            expected, actual = expected.splitlines(), actual.splitlines()
        if isinstance(expected, list) and len(expected) > 3:
            lines = difflib.unified_diff(
                [str(e) for e in expected], [str(a) for a in actual], "expected", "actual", n=0
            )
            return self.holds(text, expected == actual, *(line.rstrip() for line in lines))
        return self.holds(text, expected == actual, f"expected: {expected}", f"actual:   {actual}")

    def summary(self):
        """Prints the last line.

        Returns the exit code: non-zero also if nothing was checked.
        """
        print(f"{self.passed} passed, {self.failed} failed")
        sys.stdout.flush()
        return 0 if self.passed and not self.failed else 1
