"""Tables as LaTeX, for papers: booktabs, a caption in plain words, and every character of a corpus as text.

A file is one `table` environment. It needs `\\usepackage{booktabs}`; letters beyond Latin need XeLaTeX or LuaLaTeX.
`of_markdown` makes such files of every table of a document, so that the tables of studies, which are kept as Markdown, serve a paper too.
"""

from __future__ import annotations

import html
import re

from liap.errors import printable
from liap.reports.display import Shown
from liap.reports.layout import MISSING

_SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "▲": r"$\uparrow$", "▼": r"$\downarrow$", "↑": r"$\uparrow$", "↓": r"$\downarrow$", "±": r"$\pm$", MISSING: "--", "…": r"\dots{}", "×": r"$\times$", "−": "$-$",
}  # fmt: skip
_FENCED = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)  # code
_NO_NOTE = ("#", "|", "!", "-", "    ")  # lines that say nothing of the table above them
_RULE = re.compile(r"\|(\s*:?-+:?\s*\|)+")  # the second line of a Markdown table
_MINUS = re.compile(r"(?<![\w.%-])-(?=\d)")  # of a number; a range such as 1-10 or 0%-10% keeps its hyphen


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


def of_markdown(text: str, stem: str) -> dict[str, str]:
    """Each table of a Markdown document as LaTeX: file name -> content; names count from `STEM_1.tex`.

    The caption is the heading that a table stands under, and the line behind the table.
    """
    files: dict[str, str] = {}
    heading, lines = "", [line.rstrip() for line in _FENCED.sub("", text).splitlines() if not line.startswith("<!--")]
    for place, line in enumerate(lines[:-1]):
        heading = _plain(line.lstrip("# ")) if line.startswith("#") else heading
        if not line.startswith("|") or not _RULE.fullmatch(lines[place + 1]):
            continue
        end = next((at for at in range(place, len(lines)) if not lines[at].startswith("|")), len(lines))
        note = next((one for one in lines[end : end + 2] if one and not one.startswith(_NO_NOTE)), "")
        left = next((at for at, rule in enumerate(_cells(lines[place + 1])) if rule.endswith(":")), len(_cells(line)))
        name, caption = f"{stem}_{len(files) + 1}", [f"{heading}." if heading else "", _plain(note)]
        shown = Shown(_cells(line), [_cells(one) for one in lines[place + 2 : end]], left)
        files[f"{name}.tex"] = latex_table(shown, " ".join(filter(None, caption)), name)
    return files


def _cells(line: str) -> list[str]:
    """Of a line of a Markdown table, as they are read."""
    return [_plain(cell.strip()) for cell in re.split(r"(?<!\\)\|", line.strip().removeprefix("|").removesuffix("|"))]


def _plain(text: str) -> str:
    """Markdown as it is read: without marks of emphasis and code, escapes and links."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(?<!\\)(\*\*|`|(?<!\w)\*(?=\w)|(?<=\w)\*(?!\w))", "", text)
    return html.unescape(re.sub(r"\\([\\`*_{}\[\]|$~])", r"\1", text))


def latex_text(text: str) -> str:
    """Text as LaTeX shows it literally; a number's hyphen becomes a minus sign."""
    parts = [_escaped(part) for part in _MINUS.split(printable(text))]
    shown = "$-$".join(parts)
    return (
        "{" + shown[0] + "}" + shown[1:] if shown[:1] in ("[", "*") else shown
    )  # which a line's end would read as an option


def _escaped(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
