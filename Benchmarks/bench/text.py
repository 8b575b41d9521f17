"""Numbers as people read them."""


def number(value, digits=0):
    """`–` for what was not measured."""
    return "–" if value is None else f"{value:,.{digits}f}"


def short(value):
    """About three significant digits, or all of an integer part."""
    if value is None:
        return "–"
    magnitude = abs(value)
    if magnitude < 0.1:
        return f"{value:.2g}"
    return f"{value:,.{0 if magnitude >= 100 else 1 if magnitude >= 10 else 2}f}"


def scene(scheme, delay):
    return f"Upstream {delay} ms, {'HTTPS' if scheme == 'https' else 'plain HTTP'}"
