"""ferret (Attanasio et al. 2023): its explainers and its benchmark, on the model that answers for one token.

The released package knows sequence classifiers alone, so the model is wrapped (`one_token`). Explainers are called as
`Benchmark.explain` calls them. `tokens.index` is how the development branch finds a token that is given as a string.
"""

import time

from answers import of_pieces


def gradient(token, tokenizer, case, settings):
    return _explained(_gradients(False)(token, tokenizer), case)


def gradient_x_input(token, tokenizer, case, settings):
    return _explained(_gradients(True)(token, tokenizer), case)


def _gradients(multiplied):
    from ferret import GradientExplainer

    return lambda token, tokenizer: GradientExplainer(token, tokenizer, multiply_by_inputs=multiplied)


def integrated_gradients(token, tokenizer, case, settings):
    from ferret import IntegratedGradientExplainer

    explainer = IntegratedGradientExplainer(token, tokenizer, multiply_by_inputs=True)
    return _explained(explainer, case, call_args={"n_steps": settings["steps"]})


def lime(token, tokenizer, case, settings):
    import numpy
    from ferret import LIMEExplainer

    numpy.random.seed(settings["seed"])  # the package's explainer takes no seed
    return _explained(LIMEExplainer(token, tokenizer), case, call_args={"num_samples": settings["samples"]})


def shap(token, tokenizer, case, settings):
    from ferret import SHAPExplainer

    return _explained(SHAPExplainer(token, tokenizer), case, call_args={"max_evals": settings["evaluations"]})


def leave_one_out(token, tokenizer, case, settings):
    """The drops that its tau metric computes, a piece removed at a time."""
    from ferret import TauLOO_Evaluation

    drops = -TauLOO_Evaluation(token, tokenizer).compute_leave_one_out_occlusion(case.text, target=case.label).numpy()
    return of_pieces(case, [0.0, *drops.tolist(), 0.0])


def _explained(explainer, case, **arguments):
    explanation = explainer(case.text, case.label, **arguments)
    tokens = list(explanation.tokens)
    return of_pieces(case, explanation.scores, {"found_by_string": tokens.index(tokens[case.place])})


def benchmark(token, tokenizer, case, settings):
    """Seconds of five explainers and of all metrics over them, and each explanation's three faithfulness scores."""
    import ferret
    import numpy

    numpy.random.seed(settings["seed"])
    explainers = [
        ferret.SHAPExplainer(token, tokenizer),
        ferret.LIMEExplainer(token, tokenizer),
        ferret.GradientExplainer(token, tokenizer, multiply_by_inputs=False),
        ferret.GradientExplainer(token, tokenizer, multiply_by_inputs=True),
        ferret.IntegratedGradientExplainer(token, tokenizer, multiply_by_inputs=True),
    ]
    bench = ferret.Benchmark(token, tokenizer, explainers=explainers)
    marks = [_clocks()]
    explanations = bench.explain(case.text, target=case.label, show_progress=False)
    marks.append(_clocks())
    rows_of_explainers = len(token.rows)
    evaluations = bench.evaluate_explanations(explanations, target=case.label, show_progress=False)
    marks.append(_clocks())
    scores = {
        evaluation.explanation.explainer: {one.name: float(one.score) for one in evaluation.evaluation_scores}
        for evaluation in evaluations
    }
    explain, evaluate = (
        [after - before for before, after in zip(*pair, strict=True)] for pair in (marks[:2], marks[1:])
    )
    about = {"pieces": case.ids, "place": case.place, "scores": scores}
    return {"explain": explain, "evaluate": evaluate, "rows": token.rows[rows_of_explainers:], **about}


def _clocks():
    """Seconds by the clock, and of the processor."""
    return time.perf_counter(), time.process_time()
