"""Lines of `explanations.jsonl` -> LIME's own HTML pages, one a mention.

1. A line's weights, as they stand in the file, become an explanation of the `lime` package, which writes the page: the two
   probabilities, a bar for each context word, and the sentence with its words coloured.
2. The page shows the corpus's words; the mention's own are there without a weight. Places in the sentence are counted as
   the browser counts them (UTF-16), so colours stay on their words.
3. The package writes words into a script as JSON, where a word such as `</script>` would end it: every `<` there is written
   as `\\u003c`. In the browser they arrive as text, never as markup.
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from liap.errors import InputError
from liap.files import write_whole

LONGEST_LABEL = (
    60  # characters of a word beside its bar; the page shortens labels letter by letter, which takes its time
)
_BODY = '<div class="lime top_div"'  # begins what the package writes after its library


@dataclass(frozen=True, slots=True)
class ExplainedMention:
    """A line of `explanations.jsonl`, with the scores of one explainer."""

    sentence: int
    start: int
    end: int
    entity_type: str
    probability: float
    words: tuple[str, ...]
    scores: tuple[float, ...]


def read_explanations(path: Path, explainer: str = "lime") -> Iterator[ExplainedMention]:
    """The lines that hold scores of this explainer; InputError with file and line where one cannot be used."""
    if not path.is_file():
        raise InputError(f"{path}: no such file; run the evaluation first, or name its folder with --results")
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                content = json.loads(line.decode("utf-8"))
                found = content["scores"].get(explainer)
                if found is not None:
                    yield _explained(content, found)
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
                raise InputError(
                    f"{path}:{number}: no line of explanations ({repr(error)[:200]}); run it again"
                ) from None


def _explained(content: dict, scores: Sequence[float]) -> ExplainedMention:
    words, kind = content["words"], content["type"]
    sentence, start, end = (content[name] for name in ("sentence", "start", "end"))
    if not (
        isinstance(words, list) and isinstance(scores, list) and all(isinstance(text, str) for text in (kind, *words))
    ):
        raise TypeError("expected lists of words and scores, and a type's name")
    if not all(type(number) is int for number in (sentence, start, end)):
        raise TypeError("expected whole numbers for sentence, start and end")
    if len(scores) != len(words) or not 0 <= start < end <= len(words):
        raise ValueError(f"{len(words)} words, {len(scores)} scores, mention {start} to {end}")
    numbers = [float(number) for number in (content["probability"], *scores)]
    if not all(map(math.isfinite, numbers)) or not 0 <= numbers[0] <= 1:
        raise ValueError("a probability outside [0, 1], or a score that is no number")
    return ExplainedMention(sentence, start, end, kind, numbers[0], tuple(words), tuple(numbers[1:]))


def write_pages(folder: Path, mentions: Sequence[ExplainedMention]) -> list[Path]:
    """`example_1.html` and so on, in the folder; pages left there by an earlier, longer run go."""
    for old in folder.glob("example_*.html"):
        old.unlink()
    paths = [folder / f"example_{number}.html" for number in range(1, len(mentions) + 1)]
    for path, mention in zip(paths, mentions, strict=True):
        write_whole(path, page(mention).encode("utf-8", errors="replace"))
    return paths


def page(mention: ExplainedMention) -> str:
    """The package's page for these weights."""
    from lime.explanation import Explanation

    kind = mention.entity_type
    shown = Explanation(WordMapper(mention.words), class_names=[f"not {kind}", kind], random_state=0)
    shown.predict_proba = np.array([1 - mention.probability, mention.probability])
    context = [word for word in range(len(mention.words)) if not mention.start <= word < mention.end]
    ordered = sorted(context, key=lambda word: -abs(mention.scores[word]))
    shown.local_exp = {1: [(word, mention.scores[word]) for word in ordered]}
    with warnings.catch_warnings():  # the package leaves the file of its own library open
        warnings.filterwarnings("ignore", message="unclosed file .*bundle", category=ResourceWarning)
        return _escaped(shown.as_html(labels=[1]))


def _escaped(html: str) -> str:
    """The page with no `<` inside the script that holds words."""
    library, body = html.split(_BODY, 1)
    before, script = body.split("<script>", 1)
    script, after = script.rsplit("</script>", 1)
    return f"{library}{_BODY}{before}<script>{script.replace('<', chr(92) + 'u003c')}</script>{after}"


class WordMapper:
    """What the package asks of a mapper from its features, here word indices, to what the page shows."""

    def __init__(self, words: Sequence[str]) -> None:
        self.words = words

    def map_exp_ids(self, exp: Sequence[tuple[int, float]]) -> list[tuple[str, float]]:
        """The bars' labels."""
        return [(_label(self.words[word]), weight) for word, weight in exp]

    def visualize_instance_html(
        self, exp: Sequence[tuple[int, float]], label: int, div_name: str, exp_object_name: str
    ) -> str:
        """The call that writes the sentence with coloured words."""
        starts = np.cumsum([0, *(_browser_length(word) + 1 for word in self.words)]).tolist()
        # the page reads no more than a word's length off the string it is given: so many blanks serve any word
        coloured = [(" " * _browser_length(self.words[word]), starts[word], weight) for word, weight in exp]
        return f"{exp_object_name}.show_raw_text({json.dumps(coloured)}, {label}, {json.dumps(' '.join(self.words))}, {div_name});"


def _label(word: str) -> str:
    return word if len(word) <= LONGEST_LABEL else word[: LONGEST_LABEL - 1] + "…"


def _browser_length(text: str) -> int:
    """UTF-16 units, in which a browser counts."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2
