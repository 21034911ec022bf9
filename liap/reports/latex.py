"""Tables as LaTeX, for papers: booktabs, a caption in plain words, and every character of a corpus as text.

A file is one `table` environment. It needs `\\usepackage{booktabs}`; letters beyond Latin need XeLaTeX or LuaLaTeX.
"""

from __future__ import annotations

import re

from liap.errors import printable
from liap.reports.display import Shown
from liap.reports.layout import MISSING

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "▲": r"$\uparrow$", "▼": r"$\downarrow$", MISSING: "--", "…": r"\dots{}", "×": r"$\times$", "−": "$-$",
}  # fmt: skip
_MINUS = re.compile(r"(?<![\w.-])-(?=\d)")  # of a number; a range such as 1-10 keeps its hyphen


def latex_table(table: Shown, caption: str, label: str) -> str:
    """The table under its caption; `label` is what `\\ref` names."""
    columns = "".join("l" if place < table.left else "r" for place in range(len(table.header)))
    lines = [r" & ".join(map(latex_text, line)) + r" \\" for line in table.lines]
    return "\n".join(
        [
            r"% \usepackage{booktabs}",
            r"\begin{table}",
            r"\centering",
            rf"\caption{{{latex_text(caption)}}}",
            rf"\label{{tab:{label}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            r" & ".join(map(latex_text, table.header)) + r" \\",
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table}",
            "",
        ]
    )


def latex_text(text: str) -> str:
    """Text as LaTeX shows it literally; a number's hyphen becomes a minus sign."""
    parts = [_escaped(part) for part in _MINUS.split(printable(text))]
    shown = "$-$".join(parts)
    return (
        "{" + shown[0] + "}" + shown[1:] if shown[:1] in ("[", "*") else shown
    )  # which a line's end would read as an option


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
