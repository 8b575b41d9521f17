"""The picture: requests/s at the three main points, as bars. Its background is light or dark as the reader's system is,
so that it can be read on any page."""

from .contestants import label
from .shows import MANY, PLAIN, TLS
from .text import short

_PANELS = [
    (PLAIN, "Upstream answers at once, 64 clients"),
    (TLS, "The same over HTTPS"),
    (MANY, "Upstream takes 100 ms, 1,024 clients"),
]
_STYLE = """
    .ground { fill: #ffffff } text { fill: #1f2328; font: 13px system-ui, sans-serif } .title { font-weight: 600 }
    .quiet { fill: #59636e } .bar { fill: #afb8c1 } .ours { fill: #e8590c }
    @media (prefers-color-scheme: dark) {
      .ground { fill: #0d1117 } text { fill: #f0f6fc } .quiet { fill: #9198a1 } .bar { fill: #484f58 }
      .ours { fill: #fd8c4c }
    }
"""
_WIDTH, _LEFT, _BARS, _ROW = 760, 190, 360, 24


def picture(results):
    shapes = []
    y = 16
    for point, title in _PANELS:
        bars = [
            (name, results.median(point, name, "rps"), results.ratio(point, name, "ours"))
            for measured, name in results.rounds
            if measured == point and name != "upstream" and results.median(point, name, "rps")
        ]
        if not bars:
            continue
        bars.sort(key=lambda bar: -bar[1])
        y += 18
        shapes.append(f'<text class="title" x="16" y="{y}">{title}</text>')
        y += 10
        for name, rps, ratio in bars:
            width = max(1.5, _BARS * rps / bars[0][1])
            middle = y + _ROW / 2 + 4.5
            text = f"{short(rps)}/s"
            note = "" if name == "ours" or ratio is None else f"· {short(ratio)} × ours"
            shapes += [
                f'<text x="{_LEFT - 10}" y="{middle}" text-anchor="end">{label(name).replace("`", "")}</text>',
                f'<rect class="{"ours" if name == "ours" else "bar"}" x="{_LEFT}" y="{y + 4}" width="{width:.1f}" '
                f'height="{_ROW - 8}" rx="2"/>',
                f'<text x="{_LEFT + width + 8:.1f}" y="{middle}">{text}<tspan class="quiet" dx="6">{note}</tspan>'
                "</text>",
            ]
            y += _ROW
        y += 10
    y += 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{y}" viewBox="0 0 {_WIDTH} {y}" role="img" '
        f'aria-label="Requests per second, beside others">\n  <style>{_STYLE}  </style>\n'
        f'  <rect class="ground" width="{_WIDTH}" height="{y}" rx="8"/>\n  ' + "\n  ".join(shapes) + "\n</svg>\n"
    )
