"""Label schemes: named mappings of relation labels.

The two published Chinese schemes are mappings of the same 22 labels (between treatment, test,
disease, symptom and body position), so the same annotation can be used with both. To add a scheme,
add an entry point in the group `spacy_clinrel_schemes`, or register a function in a file that is
passed as --code:

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
    """Return the scheme of 15 labels, without relations with body positions.

    Source: "Attention-based deep residual network".

    RETURNS (Dict[str, str]): Old label → new label.
    """
    treatment_disease = ("TrID", "TrWD", "TrCD", "TrAD", "TrNAD")
    treatment_symptom = ("TrIS", "TrWS", "TrCS", "TrAS", "TrNAS")
    others = ("TeRD", "TeCD", "TeRS", "TeBS", "DCS")
    return {label: label for label in (*treatment_disease, *treatment_symptom, *others)}


def eleven_labels() -> Dict[str, str]:
    """Return the scheme of 11 labels, which include relations with body positions.

    Source: "ResGRU-Att". TeAS ("test is applied to the symptom") corresponds to TeBS of the 22
    labels. TrAD ("treatment is applied to the disease") does not depend on the outcome; TrAD, TrID
    and TrWD of the 22 labels are mapped to it.

    RETURNS (Dict[str, str]): Old label → new label.
    """
    same = ("DAP", "SAP", "SNAP", "TeRD", "TeAP", "TeCP", "TeRS", "TrAD", "TrRD", "TrAP")
    return {**{label: label for label in same}, "TeBS": "TeAS", "TrID": "TrAD", "TrWD": "TrAD"}


def get_scheme(name: str) -> Scheme:
    """Look up a scheme.

    name (str): The name, e.g. "15-labels" or "11-labels".
    RETURNS (Mapping[str, str]): Old label → new label. Relations whose label is not a key are
        dropped.
    RAISES (ValueError): If the name is unknown.
    """
    known: Dict[str, Callable[[], Scheme]] = schemes.get_all()
    if name not in known:
        raise ValueError(Errors.F023.format(name=name, known=", ".join(sorted(known))))
    return known[name]()
