"""The hard concrete distribution: gates in [0, 1] that are exactly 0 with some probability, and differentiable (Louizos et al. 2018).

1. s = sigmoid((log u - log(1 - u) + logit) / `TEMPERATURE`), u uniform.
2. The gate is s stretched to (`LOW`, `HIGH`) and cut to [0, 1].

Temperature and stretch are those of De Cao et al. (2020): nothing is cut at 1, so a gate is 0 or partly open.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

TEMPERATURE, LOW, HIGH = 0.2, -0.2, 1.0
CLOSED_AT = TEMPERATURE * math.log(-LOW / HIGH)  # of the logit, where a gate is open with probability one half
POINTS = 512  # of the quadrature of the mean
EDGE = 1e-6  # u is kept within


def sample(logits: Float[Tensor, "*shape"], uniform: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """Gates for numbers drawn uniformly from [0, 1]; differentiable in the logits."""
    uniform = uniform.clamp(EDGE, 1 - EDGE)
    soft = torch.sigmoid((torch.log(uniform) - torch.log1p(-uniform) + logits) / TEMPERATURE)
    return (soft * (HIGH - LOW) + LOW).clamp(0.0, 1.0)


def open_probability(logits: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """P(gate > 0): the expected L0 of each gate, in closed form."""
    return torch.sigmoid(logits - CLOSED_AT)


def above(logits: Float[Tensor, "*shape"], gate: float) -> Float[Tensor, "*shape"]:
    """P(gate > `gate`), in closed form, for a number in [0, 1)."""
    soft = (gate - LOW) / (HIGH - LOW)
    return torch.sigmoid(logits - TEMPERATURE * math.log(soft / (1 - soft)))


def mean(logits: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """E[gate]: P(gate > t) integrated over t from 0 to 1, by the midpoint rule."""
    points = (np.arange(POINTS) + 0.5) / POINTS
    return torch.stack([above(logits, float(point)) for point in points]).mean(dim=0)
