"""Which peer explains in which way, and the versions that are installed."""

from importlib.metadata import PackageNotFoundError, version

import captum_peer
import ferret_peer
import other_peers

PACKAGES = {
    "ferret": "ferret-xai",
    "captum": "captum",
    "lime": "lime",
    "shap": "shap",
    "transformers-interpret": "transformers-interpret",
}
BESIDE = ("torch", "transformers", "tokenizers", "numpy", "scikit-learn", "numba")
ROUTES = {
    ("ferret", "gradient"): ferret_peer.gradient,
    ("ferret", "gradient_x_input"): ferret_peer.gradient_x_input,
    ("ferret", "integrated_gradients"): ferret_peer.integrated_gradients,
    ("ferret", "lime"): ferret_peer.lime,
    ("ferret", "shap"): ferret_peer.shap,
    ("ferret", "leave_one_out"): ferret_peer.leave_one_out,
    ("captum", "integrated_gradients"): captum_peer.integrated_gradients,
    ("captum", "leave_one_out"): captum_peer.leave_one_out,
    ("captum", "same_integrated_gradients"): captum_peer.same_integrated_gradients,
    ("captum", "same_gradient_x_input"): captum_peer.same_gradient_x_input,
    ("captum", "same_leave_one_out"): captum_peer.same_leave_one_out,
    ("lime", "lime"): other_peers.lime,
    ("shap", "shap"): other_peers.shap,
    ("transformers-interpret", "integrated_gradients"): other_peers.interpret,
    ("transformers-interpret", "every_token"): other_peers.interpret_every_token,
}


def installed():
    """Versions by the peers' own names, and of the libraries beside them."""
    named = {**PACKAGES, **{name: name for name in BESIDE}}
    versions = {}
    for name, package in named.items():
        try:
            versions[name] = version(package)
        except PackageNotFoundError:
            continue
    return versions
