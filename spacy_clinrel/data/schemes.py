"""Label schemes: projections of relation labels, by name.

The two published Chinese schemes are projections of the same 22 labels (head → tail: treatment,
test, disease, symptom, body position), so that one annotation serves both. A scheme of one's own
is one more entry point in the group `spacy_clinrel_schemes`, or one more registered function in a
file given as --code:

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
    """The labels of "Attention-based deep residual network", between treatments, tests, diseases
    and symptoms.

    RETURNS (Dict[str, str]): Old label → new label.
    """
    treatment_disease = ("TrID", "TrWD", "TrCD", "TrAD", "TrNAD")
    treatment_symptom = ("TrIS", "TrWS", "TrCS", "TrAS", "TrNAS")
    others = ("TeRD", "TeCD", "TeRS", "TeBS", "DCS")
    return {label: label for label in (*treatment_disease, *treatment_symptom, *others)}


def eleven_labels() -> Dict[str, str]:
    """The labels of "ResGRU-Att", with body positions.

    Its TeAS, "test is applied to the symptom", is TeBS of the 22 labels; its TrAD, "treatment is
    applied to the disease", says nothing of the outcome and so covers TrAD, TrID and TrWD.

    RETURNS (Dict[str, str]): Old label → new label.
    """
    same = ("DAP", "SAP", "SNAP", "TeRD", "TeAP", "TeCP", "TeRS", "TrAD", "TrRD", "TrAP")
    return {**{label: label for label in same}, "TeBS": "TeAS", "TrID": "TrAD", "TrWD": "TrAD"}


def get_scheme(name: str) -> Scheme:
    """Look up a scheme.

    name (str): Its name, e.g. "15-labels" or "11-labels".
    RETURNS (Mapping[str, str]): Old label → new label. Labels that are not in it are outside the
        scheme.
    RAISES (ValueError): If there is none of that name.
    """
    known: Dict[str, Callable[[], Scheme]] = schemes.get_all()
    if name not in known:
        raise ValueError(Errors.F023.format(name=name, known=", ".join(sorted(known))))
    return known[name]()
