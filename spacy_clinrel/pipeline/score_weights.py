"""Weights of the components' scores in the choice of the best pipeline; None to only report a
score.
"""

from typing import Dict, Optional

Weights = Dict[str, Optional[float]]

ENTITIES: Weights = {
    **{"ents_f": 1.0, "ents_p": 0.0, "ents_r": 0.0, "ents_per_type": None},
    **{"ents_boundary_f": None, "ents_boundary_p": None, "ents_boundary_r": None},
}
MENTIONS: Weights = {
    **ENTITIES,
    **{"ents_f": 0.0, "mentions_f": 1.0, "mentions_p": 0.0, "mentions_r": 0.0},
    "mentions_per_type": None,
}
RELATIONS: Weights = {
    **{"rel_micro_f": 1.0, "rel_micro_p": 0.0, "rel_micro_r": 0.0, "rel_macro_f": 0.0},
    **{"rel_boundary_f": None, "rel_boundary_p": None, "rel_boundary_r": None},
    **{"rel_text_f": None, "rel_text_p": None, "rel_text_r": None, "rel_per_type": None},
}
JOINT: Weights = {**ENTITIES, **RELATIONS, "ents_f": 0.5, "rel_micro_f": 0.5}
ASSERTION: Weights = {
    **{"assertion_exact": 0.5, "assertion_micro_f": 0.5, "assertion_micro_p": 0.0},
    **{"assertion_micro_r": 0.0, "assertion_e2e_f": 0.0, "assertion_e2e_p": None},
    **{"assertion_e2e_r": None, "assertion_per_attribute": None},
    **{"assertion_e2e_per_attribute": None},
}
