"""Compares the shapes of two JSON values: keys, types, and in lists the types of the elements."""

import json


def kind(value):
    # In Python a bool is an int too.
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "list", dict: "object"}
    return names.get(type(value), "null")


def differences(expected, actual, place="answer"):
    """The differences as sentences; empty if the shapes are the same."""
    if kind(expected) != kind(actual):
        return [f"{place}: expected {kind(expected)}, got {kind(actual)}"]
    found = []
    if kind(expected) == "object":
        for key in sorted(expected.keys() | actual.keys()):
            if key not in actual:
                found.append(f"{place}.{key} is missing")
            elif key not in expected:
                found.append(f"{place}.{key} is not shown")
            else:
                found += differences(expected[key], actual[key], f"{place}.{key}")
    elif kind(expected) == "list":
        shown, got = sorted({kind(item) for item in expected}), sorted({kind(item) for item in actual})
        if shown != got:
            found.append(f"{place}: expected a list of {shown}, got one of {got}")
        elif expected and kind(expected[0]) == "object":
            for item in actual:
                found += differences(expected[0], item, f"{place}[]")
    return found


def answer_differences(shown, output):
    """Compares a block's shown answer with the last line of its output."""
    lines = [line for line in output.splitlines() if line.strip()]
    try:
        return differences(json.loads(shown), json.loads(lines[-1]))
    except (IndexError, ValueError):
        return ["the last line of the output is no JSON:", *lines[-3:]]
