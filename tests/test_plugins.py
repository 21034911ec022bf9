"""Explainers and metrics in a user's own file: what works, and one line for each mistake."""

import re
import textwrap

import numpy as np
import pytest

from liap.errors import InputError
from liap.evaluation import check_needs, check_settings, evaluate
from liap.explainers import find_explainers
from liap.faithfulness import find_metrics
from liap.faithfulness.scoring import columns_of
from liap.settings import MethodSettings
from tests.toys import ToyTagger, items_of

WEIGHTS = {"in": 0.2, "to": 0.1, "of": 0.05, "x": 0.02, "y": 0.01}
TEXTS = ("in x Rome of y", "to x Rome in")


@pytest.fixture
def tagger():
    return ToyTagger({"Rome": "B-LOC"}, WEIGHTS)


@pytest.fixture
def write(tmp_path):
    """Write a user's file; its path."""

    def call(text, name="mine.py"):
        path = tmp_path / name
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return str(path)

    return call


def run(tagger, **settings):
    chosen = MethodSettings(**({"explainers": ("occlusion",), "target": "tag"} | settings))
    items = items_of(tagger, *TEXTS)
    check_settings(chosen)
    check_needs(tagger, chosen, parsed=True)
    return evaluate(tagger, items, chosen)


NEARNESS = {
    "array": """
        def nearness(case):
            return -case.distances.astype(float)
    """,
    "integers": """
        def nearness(case):
            return -case.distances
    """,
    "list": """
        def nearness(case):
            return [-float(distance) for distance in case.distances]
    """,
    "generator": """
        from liap.records import Explanation

        def nearness(case):
            yield Explanation(-case.distances.astype(float))
    """,
    "generator of numbers": """
        def nearness(case):
            for distance in case.distances:
                yield -int(distance)
    """,
    "decorated": """
        from liap.explainers import explainer

        @explainer(label="near", family="control", colour="#000000")
        def nearness(case):
            return -case.distances.astype(float)
    """,
    "batched": """
        from liap.explainers import explainer

        @explainer(batched=True)
        def nearness(cases):
            for case in cases:
                yield -case.distances.astype(float)
    """,
}


@pytest.mark.parametrize("text", NEARNESS.values(), ids=NEARNESS)
def test_a_function_in_a_file_explains(tagger, write, text):
    outcome = run(tagger, explainers=("random", f"{write(text)}:nearness"))
    assert [row["explainer"] for row in outcome.rows] == ["random", "nearness"] * 2
    assert outcome.scores[0].scores["nearness"].tolist() == [-2, -1, 0, -1, -2]
    assert outcome.scores[0].scores["nearness"].dtype.kind == "f"
    near = outcome.rows[1]
    assert near["important"] == pytest.approx(0.02 + 0.05)  # of the two nearest words
    assert near["unimportant"] == pytest.approx(0.2 + 0.01)


def test_a_file_may_be_named_from_the_current_folder(tagger, write, tmp_path, monkeypatch):
    write(NEARNESS["array"])
    monkeypatch.chdir(tmp_path)
    (one,) = find_explainers(("mine.py:nearness",))
    assert (one.name, one.source, one.declaration.family) == ("nearness", "mine.py", "own")


def test_several_draws_and_several_variants(tagger, write):
    path = write(
        """
        import numpy as np
        from liap.records import Explanation

        def drawn(case):
            return np.stack([np.roll(-case.distances.astype(float), shift) for shift in range(case.settings.draws)])

        def two(case):
            yield Explanation(case.distances.astype(float), "far")
            yield Explanation(None, "none", reason="uncovered")
        """
    )
    outcome = run(tagger, explainers=(f"{path}:drawn", f"{path}:two"), draws=20)
    found = [(row["explainer"], row["variant"], row["reason"]) for row in outcome.rows[:3]]
    assert found == [("drawn", "-", ""), ("two", "far", ""), ("two", "none", "uncovered")]
    assert np.isnan(outcome.rows[2]["lfs"])
    assert sorted(outcome.scores[0].scores) == ["two/far"]


def test_settings_and_columns_of_its_own(tagger, write):
    path = write(
        """
        from __future__ import annotations

        from dataclasses import dataclass

        from liap.explainers import explainer, setting
        from liap.records import Explanation

        @dataclass(frozen=True, slots=True)
        class PowerSettings:
            power: float = setting(1.0, "power of the distance")

        @explainer(settings=PowerSettings, columns=("furthest",), needs=("parse",))
        def nearness(case, settings: PowerSettings):
            '''Near words first.

            And more.
            '''
            scores = -(case.distances.astype(float) ** settings.power)
            return Explanation(scores, columns={"furthest": -scores.min()})
        """
    )
    (one,) = find_explainers((f"{path}:nearness",))
    assert (one.declaration.about, one.needs) == ("Near words first.", {"parse"})
    plain = run(tagger, explainers=("occlusion", f"{path}:nearness"))
    squared = run(tagger, explainers=(f"{path}:nearness",), options={"nearness": one.settings(power=2.0)})
    assert plain.scores[0].scores["nearness"].tolist() == [-2, -1, 0, -1, -2]
    assert squared.scores[0].scores["nearness"].tolist() == [-4, -1, 0, -1, -4]
    assert [row["furthest"] for row in squared.rows] == [4, 4]
    assert np.isnan(plain.rows[0]["furthest"])
    assert list(plain.rows[0])[-3:] == ["furthest", "passes", "seconds"]


METRICS_FILE = """
    import numpy as np
    from liap.faithfulness import Column, metric

    def first_word(case, rankings):
        answers = yield rankings.without_top(1)
        yield {"first_word": answers.intact - answers.probability}

    def nearest_first(case, rankings):
        return (case.distances[rankings.of_words[:, 0]] == 1).astype(float)

    @metric(columns=(Column("both_low", low=0), Column("both_high", better="higher")), joint=False)
    def both(case, rankings):
        ranks = np.arange(len(rankings.order))
        return {"both_low": ranks, "both_high": ranks + 1.0}
"""


def test_metrics_as_generator_and_as_plain_function(tagger, write):
    path = write(METRICS_FILE)
    names = tuple(f"{path}:{name}" for name in ("first_word", "nearest_first", "both"))
    outcome = run(tagger, explainers=("occlusion_ceiling",), metrics=("lfs", *names))
    first, second = outcome.rows
    assert first["first_word"] == pytest.approx(0.2)  # `in` is the most important word of both sentences
    assert second["first_word"] == pytest.approx(0.2)
    assert (first["nearest_first"], second["nearest_first"]) == (0, 1)
    assert (first["both_low"], first["both_high"]) == (31.5, 32.5)
    settings = MethodSettings(metrics=names)
    own = list(columns_of(settings).items())[-6:-2]
    assert own == [("first_word", "float"), ("nearest_first", "float"), ("both_low", "float"), ("both_high", "float")]
    (column,) = find_metrics(names[:1])[0].columns
    assert (column.label, column.better, column.headline) == ("first word", "higher", True)


def refused(call):
    with pytest.raises(InputError) as caught:
        call()
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert "Error: Error" not in message
    return message


SPOILT = {
    "syntax": ("x = 1\ndef nearness(case)\n    return 1\n", "nearness", r"mine\.py:2: .*SyntaxError"),
    "while importing": ("x = 1\n\ny = 1 / 0\n", "nearness", r"mine\.py:3: .*ZeroDivisionError: division by zero"),
    "missing module": (
        "import no_such_module_here\n",
        "nearness",
        r"mine\.py:1: .*No module named 'no_such_module_here'",
    ),
    "ends the program": ("raise SystemExit(3)\n", "nearness", r"mine\.py:1: .*SystemExit: 3"),
    "null bytes": ("x = 1\0\n", "nearness", r"mine\.py:1: .*null bytes"),
    "missing function": ("def near(case): ...\n", "nearness", r"no nearness in .*mine\.py; it has near$"),
    "empty file": ("", "nearness", r"no nearness in .*mine\.py; it has no function$"),
    "not a function": ("nearness = 3\n", "nearness", r"mine\.py:nearness: nearness is a int; expected a function"),
    "a class": ("class nearness: ...\n", "nearness", r"nearness is a type; expected a function"),
    "a wrong need": (
        "from liap.explainers import explainer\n@explainer(needs=('attentoin',))\ndef nearness(case): ...\n",
        "nearness",
        r"mine\.py:2: .*got the need 'attentoin'; needs must be among attention, ",
    ),
    "a wrong role": (
        "from liap.explainers import explainer\n@explainer(role='hero')\ndef nearness(case): ...\n",
        "nearness",
        r"mine\.py:2: .*role must be one of method, .* got 'hero'",
    ),
    "no function named": ("def nearness(case): ...\n", "", r"expected FILE\.py:FUNCTION"),
    "a name that is taken": ("def random(case): ...\n", "random", r"mine\.py: the project has a random of its own"),
}


@pytest.mark.parametrize(("text", "function", "said"), SPOILT.values(), ids=SPOILT)
def test_a_file_that_cannot_be_used(write, text, function, said):
    path = write(text)
    message = refused(lambda: find_explainers((f"{path}:{function}",)))
    assert re.search(said, message), message
    assert path in message


def test_a_file_that_is_missing(tmp_path):
    message = refused(lambda: find_explainers((f"{tmp_path}/none.py:nearness",)))
    assert message == f"--explainers {tmp_path}/none.py: no such file; expected FILE.py:FUNCTION"
    assert "expected FILE.py:FUNCTION" in refused(lambda: find_explainers(("none.py",)))
    assert "--explainers must be among liap" in refused(lambda: find_explainers(("nearness",)))


def test_the_same_name_twice(write):
    path, other = write(NEARNESS["array"]), write(NEARNESS["array"], "other.py")
    for names in ((f"{path}:nearness", f"{path}:nearness"), (f"{path}:nearness", f"{other}:nearness")):
        assert "names nearness twice" in refused(lambda names=names: find_explainers(names))
    assert "names random twice" in refused(lambda: find_explainers(("random", "random")))


def test_an_explainer_is_no_metric(write):
    path = write(NEARNESS["decorated"])
    assert "nearness is a Explainer; expected a function" in refused(lambda: find_metrics((f"{path}:nearness",)))


FAILING = {
    "raises": (
        "x = 1\n    return case.words[99]",
        r"mine\.py:4: the explainer nearness failed on {place} \(IndexError: .*\)",
    ),
    "raises lazily": ("yield case.nothing", r"mine\.py:3: the explainer nearness failed on {place} \(AttributeError"),
    "shape": (
        "return np.zeros(2)",
        r"mine\.py: the explainer nearness returned scores of shape \(2,\).* for {place}; .* 5 words",
    ),
    "axes": ("return np.zeros((2, 2, 5))", r"mine\.py: .* shape \(2, 2, 5\)"),
    "text": ("return np.array(list('abcde'))", r"mine\.py: the explainer nearness returned scores of .* type <U1"),
    "ragged": ("return [[1.0], [1.0, 2.0]]", r"mine\.py: the explainer nearness returned scores of shape \(1,\)"),
    "ragged rows": ("yield [[1.0], [1.0, 2.0]]", r"mine\.py: the explainer nearness returned scores of .* type object"),
    "not a number": (
        "return np.where(case.context, np.nan, 0)",
        r"mine\.py: the explainer nearness returned NaN or infinite scores for {place}",
    ),
    "infinite": ("return np.full(5, np.inf)", r"mine\.py: .* NaN or infinite"),
    "draws": (
        "return np.zeros((3, 5))",
        r"mine\.py: the explainer nearness gave 3 draws for {place}; expected one, or 64",
    ),
    "no draw": ("return np.zeros((0, 5))", r"mine\.py: .*shape \(0, 5\)"),
    "nothing": ("pass", r"mine\.py: the explainer nearness returned nothing for {place}"),
    "no parts": ("yield from ()", r"mine\.py: the explainer nearness returned nothing for {place}"),
    "a number": ("return 3", r"mine\.py: the explainer nearness returned int for {place}"),
    "a word": ("return 'abcde'", r"mine\.py: the explainer nearness returned str for {place}"),
    "a dictionary": ("return {word: 1.0 for word in case.words}", r"mine\.py: the explainer nearness returned"),
    "twice the same": (
        "yield np.zeros(5)\n    yield np.ones(5)",
        r"mine\.py: the explainer nearness gave 2 explanations of the variant '' for {place}",
    ),
    "an undeclared column": (
        "yield Explanation(np.zeros(5), columns={'far': 1.0})",
        r"mine\.py: the explainer nearness filled the column 'far' for {place}; declare it",
    ),
    "a record without a reason": (
        "yield Explanation(None)",
        r"mine\.py:3: the explainer nearness failed on {place} \(AssertionError",
    ),
}
PLACE = "the mention 2-3 of sentence 0"


@pytest.mark.parametrize(("body", "said"), FAILING.values(), ids=FAILING)
@pytest.mark.parametrize("batched", [False, True], ids=["single", "batched"])
def test_an_explainer_that_fails(tagger, write, body, said, batched):
    imports = "import numpy as np; from liap.explainers import explainer; from liap.records import Explanation\n"
    path = write(imports + f"def nearness(case):\n    {body}\n")
    if batched:
        with open(path, "a", encoding="utf-8") as stream:
            stream.write("alone = nearness\n@explainer(batched=True, name='nearness')\n")
            stream.write("def together(cases):\n    return [alone(case) for case in cases]\n")
    name = "together" if batched else "nearness"
    message = refused(lambda: run(tagger, explainers=("occlusion", f"{path}:{name}")))
    assert message.startswith(path)
    assert re.search(said.format(place=re.escape(PLACE)), message), message


def test_a_batched_explainer_answers_every_case(tagger, write):
    path = write(
        """
        from liap.explainers import explainer

        @explainer(batched=True)
        def first(cases):
            yield cases[0].distances
        """
    )
    message = refused(lambda: run(tagger, explainers=(f"{path}:first",)))
    assert message == f"{path}: the explainer first answered 1 of 2 cases; expected an answer for each"


FAILING_METRICS = {
    "raises": ("return case.words[99]", r"mine\.py:3: the metric first failed on {place} \(IndexError"),
    "raises before its masks": (
        "x = 1\n    yield case.nothing",
        r"mine\.py:4: the metric first failed on {place} \(AttributeError",
    ),
    "raises after its masks": (
        "answers = yield rankings.without_top(1)\n    yield answers.nothing",
        r"mine\.py:4: the metric first failed on {place} \(AttributeError",
    ),
    "mask shape": (
        "yield np.ones((2, 3), bool)",
        r"mine\.py: the metric first yielded masks of shape \(2, 3\) .* for {place}; .* 5 words",
    ),
    "one axis": ("yield np.ones(5, bool)", r"mine\.py: the metric first yielded masks of shape \(5,\)"),
    "mask type": (
        "yield np.ones((2, 5))",
        r"mine\.py: the metric first yielded masks of shape \(2, 5\) and type float64",
    ),
    "no mask": ("yield np.ones((0, 5), bool)", r"mine\.py: the metric first yielded masks of shape \(0, 5\)"),
    "ragged masks": ("yield [[True], [True, False]]", r"mine\.py:.* the metric first failed on {place} \(ValueError"),
    "yields nothing": ("yield from ()", r"mine\.py: the metric first ended before it yielded its masks for {place}"),
    "yields no columns": (
        "yield rankings.without_top(1)",
        r"mine\.py: the metric first ended before it yielded its columns for {place}",
    ),
    "wrong column": (
        "return {'second': np.zeros(8)}",
        r"mine\.py: the metric first gave second for {place}; expected its columns first",
    ),
    "no column": ("return {}", r"mine\.py: the metric first gave nothing for {place}"),
    "nothing": ("pass", r"mine\.py: the metric first gave nothing for {place}"),
    "length": (
        "return np.zeros(3)",
        r"mine\.py: the metric first gave first of shape \(3,\) .* each of the 8 rankings, or of the 1 expl",
    ),
    "a lone number": ("return 0.5", r"mine\.py: the metric first gave first of shape \(\)"),
    "text": ("return ['a'] * 8", r"mine\.py: the metric first gave first of shape \(8,\) and type <U1"),
    "ragged": ("return [[1.0]] + [[1.0, 2.0]] * 7", r"mine\.py:.* the metric first failed on {place} \(ValueError"),
}


@pytest.mark.parametrize(("body", "said"), FAILING_METRICS.values(), ids=FAILING_METRICS)
def test_a_metric_that_fails(tagger, write, body, said):
    path = write(f"import numpy as np\ndef first(case, rankings):\n    {body}\n")
    message = refused(lambda: run(tagger, metrics=("lfs", f"{path}:first")))
    assert message.startswith(path)
    assert re.search(said.format(place=re.escape(PLACE)), message), message


@pytest.mark.parametrize(
    ("declared", "column"),
    [
        ("@metric(columns=(Column('lfs'),))\ndef first(case, rankings): ...", "lfs"),
        ("def context(case, rankings): ...", "context"),
        ("def seconds(case, rankings): ...", "seconds"),
        ("@metric(columns=(Column('a'), Column('a')))\ndef first(case, rankings): ...", "a"),
    ],
)
def test_a_column_that_is_taken(tagger, write, declared, column):
    path = write(f"from liap.faithfulness import Column, metric\n{declared}\n")
    name = re.search(r"def (\w+)", declared)[1]
    message = refused(lambda: run(tagger, metrics=("lfs", f"{path}:{name}")))
    assert message.startswith(f"{path}: the metric {name} has a column '{column}', which scores.csv already has")
    assert tagger.requests[len(TEXTS) :] == []  # no work beside the predictions


def test_mistakes_in_the_projects_own_keep_their_traceback(tagger, monkeypatch):
    """Only a user's file is blamed: a bug of the project stays a bug."""
    from liap.explainers import EXPLAINERS

    def broken(case):
        raise ZeroDivisionError

    monkeypatch.setattr("liap.explainers.EXPLAINERS", EXPLAINERS)
    one = EXPLAINERS["occlusion"]
    patched = type(one)(one.declaration, broken)
    monkeypatch.setitem(EXPLAINERS, "occlusion", patched)
    with pytest.raises(ZeroDivisionError):
        run(tagger)
