"""Lines of `explanations.jsonl` -> LIME's own HTML pages, one per mention.

1. A line's weights become an explanation of the `lime` package, which writes the page: the two probabilities, a bar for each
   context word, and the sentence with its words coloured. A title names the mention, and the mention is boxed in the sentence.
2. The page shows the corpus's words; the mention's own have no weight. Positions in the sentence are counted as the browser
   counts them (in UTF-16), so colours stay on their words.
3. The package writes words into a script as JSON, where a word such as `</script>` would end the script. Every `<` there is
   written as `\\u003c`, so words reach the browser as text, never as markup.
4. The package puts its whole library, over a megabyte, into each page. Here the pages of a folder share one copy, `lime.js`
   beside them; they need no network.
"""

from __future__ import annotations

import html
import json
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from liap import manifest
from liap.errors import printable
from liap.explainers.lime import lime
from liap.files import write_whole
from liap.reports.explained import ExplainedLine

LIBRARY = "lime.js"
LONGEST_LABEL = 60  # characters of a word beside its bar; the page itself shortens longer ones, but slowly
LONGEST_TITLE = 120  # characters of the mention
_BODY = '<div class="lime top_div"'  # what follows the package's own library in its page
_MARK_MENTION = """
/* Box the mention in the sentence: it has no colour, so it is a stretch of one text node. Positions are in UTF-16. */
function mark_mention(div, start, end) {
  var sentence = div.select('span').node(), at = 0;
  Array.prototype.slice.call(sentence.childNodes).forEach(function (node) {
    var length = node.textContent.length;
    if (node.nodeType === 3 && start >= at && end <= at + length) {
      var inside = node.splitText(start - at);
      inside.splitText(end - start);
      var mark = document.createElement('mark');
      mark.style.cssText = 'background:none;color:inherit;font-weight:bold;border:2px solid currentColor;padding:0 .2em';
      sentence.insertBefore(mark, inside);
      mark.appendChild(inside);
    }
    at += length;
  });
}
"""


def write_pages(folder: Path, mentions: Sequence[ExplainedLine]) -> list[Path]:
    """Write `example_1.html` and so on into the folder, and the library beside them; listed pages of an earlier, longer run go."""
    paths = [folder / f"example_{number}.html" for number in range(1, len(mentions) + 1)]
    manifest.replace(folder, [path.name for path in paths], "example_*.html")
    manifest.replace(folder, [LIBRARY] if paths else [], LIBRARY)
    if paths:
        write_whole(folder / LIBRARY, library().encode("utf-8"))
    for path, mention in zip(paths, mentions, strict=True):
        write_whole(path, page(mention).encode("utf-8", errors="replace"))
    return paths


def library() -> str:
    """The script that the pages share: the package's own, and the function that boxes the mention."""
    import lime as package

    return (Path(package.__file__).parent / "bundle.js").read_text(encoding="utf-8") + _MARK_MENTION


def page(mention: ExplainedLine) -> str:
    """The package's page for LIME's weights, with a title, and without the library."""
    from lime.explanation import Explanation

    kind, weights = mention.entity_type, mention.scores[lime.name]
    words = WordMapper(mention.words, mention.start, mention.end)
    shown = Explanation(words, class_names=[f"not {kind}", kind], random_state=0)
    shown.predict_proba = np.array([1 - mention.probability, mention.probability])
    context = [word for word in range(len(mention.words)) if not mention.start <= word < mention.end]
    ordered = sorted(context, key=lambda word: -abs(weights[word]))
    shown.local_exp = {1: [(word, weights[word]) for word in ordered]}
    with warnings.catch_warnings():  # the package does not close the file of its own library
        warnings.filterwarnings("ignore", message="unclosed file .*bundle", category=ResourceWarning)
        return _with_title(title(mention), shown.as_html(labels=[1]))


def title(mention: ExplainedLine) -> str:
    """The mention, its type and p, and the number of its sentence."""
    text = printable(" ".join(mention.words[mention.start : mention.end]))
    text = text if len(text) <= LONGEST_TITLE else text[: LONGEST_TITLE - 1] + "…"
    return f"{text}: {printable(mention.entity_type)}, p = {mention.probability:.2f}, sentence {mention.sentence}"


def _with_title(text: str, page: str) -> str:
    """The page under this title, with the shared library, and with no `<` inside the script that holds words."""
    body = page.split(_BODY, 1)[1]
    before, script = body.split("<script>", 1)
    script, after = script.rsplit("</script>", 1)
    text = html.escape(text)
    head = f'<head><meta charset="utf-8"><title>{text}</title><script src="{LIBRARY}" charset="utf-8"></script></head>'
    script = script.replace("<", "\\u003c")
    return f"<html>{head}<body>\n<h2>{text}</h2>\n{_BODY}{before}<script>{script}</script>{after}"


class WordMapper:
    """The package's mapper from its features, here word indices, to what the page shows."""

    def __init__(self, words: Sequence[str], start: int, end: int) -> None:
        self.words, self.start, self.end = words, start, end

    def map_exp_ids(self, exp: Sequence[tuple[int, float]]) -> list[tuple[str, float]]:
        """The bars' labels."""
        return [(_label(self.words[word]), weight) for word, weight in exp]

    def visualize_instance_html(
        self, exp: Sequence[tuple[int, float]], label: int, div_name: str, exp_object_name: str
    ) -> str:
        """The JavaScript calls that write the sentence with coloured words, and box the mention."""
        starts = np.cumsum([0, *(_browser_length(word) + 1 for word in self.words)]).tolist()
        # the page only takes the length of the string it is given, so blanks serve for any word
        coloured = [(" " * _browser_length(self.words[word]), starts[word], weight) for word, weight in exp]
        text = json.dumps(" ".join(self.words))
        mention = f"{starts[self.start]}, {starts[self.end] - 1}"
        show = f"{exp_object_name}.show_raw_text({json.dumps(coloured)}, {label}, {text}, {div_name});"
        return f"{show} mark_mention({div_name}, {mention});"


def _label(word: str) -> str:
    return word if len(word) <= LONGEST_LABEL else word[: LONGEST_LABEL - 1] + "…"


def _browser_length(text: str) -> int:
    """UTF-16 units, in which a browser counts."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2
