"""Label schemes: named mappings of relation labels.

The two published Chinese schemes are mappings of the same 22 labels (between treatment, test,
disease, symptom and body position), so one annotation serves both. To add a scheme, add an entry
point in the group `spacy_clinrel_schemes`, or register a function in a file given as --code:

    @schemes.register("mine")
    def mine() -> Dict[str, str]:
        return {"TeRD": "reveals", "TeRS": "reveals"}
"""

from typing import Callable, Dict, Mapping

import catalogue

from ..errors import Errors

Scheme = Mapping[str, str]

schemes = catalogue.create("spacy_clinrel", "schemes", entry_points=True)


def fifteen_labels() -> Dict[str, str]:
    """Return the scheme of "Attention-based deep residual network", with relations between
    treatments, tests, diseases and symptoms.

    RETURNS (Dict[str, str]): Old label → new label.
    """
    treatment_disease = ("TrID", "TrWD", "TrCD", "TrAD", "TrNAD")
    treatment_symptom = ("TrIS", "TrWS", "TrCS", "TrAS", "TrNAS")
    others = ("TeRD", "TeCD", "TeRS", "TeBS", "DCS")
    return {label: label for label in (*treatment_disease, *treatment_symptom, *others)}


def eleven_labels() -> Dict[str, str]:
    """Return the scheme of "ResGRU-Att", with body positions.

    Its TeAS ("test is applied to the symptom") is TeBS of the 22 labels. Its TrAD ("treatment is
    applied to the disease") is independent of the outcome and covers TrAD, TrID and TrWD.

    RETURNS (Dict[str, str]): Old label → new label.
    """
    same = ("DAP", "SAP", "SNAP", "TeRD", "TeAP", "TeCP", "TeRS", "TrAD", "TrRD", "TrAP")
    return {**{label: label for label in same}, "TeBS": "TeAS", "TrID": "TrAD", "TrWD": "TrAD"}


def get_scheme(name: str) -> Scheme:
    """Look up a scheme.

    name (str): The name, e.g. "15-labels" or "11-labels".
    RETURNS (Mapping[str, str]): Old label → new label. Relations with other labels are dropped.
    RAISES (ValueError): If the name is unknown.
    """
    known: Dict[str, Callable[[], Scheme]] = schemes.get_all()
    if name not in known:
        raise ValueError(Errors.F023.format(name=name, known=", ".join(sorted(known))))
    return known[name]()
