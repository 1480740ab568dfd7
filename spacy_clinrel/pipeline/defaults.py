"""Default models and candidates of the components, as blocks of a config."""

from typing import Any, Dict


def _tok2vec(encoder: Dict[str, Any]) -> Dict[str, Any]:
    embed = {
        "@architectures": "spacy-clinrel.CharEmbed.v1",
        "width": 128,
        "rows": 5000,
        "pair_rows": 20000,
        "include_static_vectors": False,
    }
    return {"@architectures": "spacy.Tok2Vec.v2", "embed": embed, "encode": encoder}


def _birnn(depth: int) -> Dict[str, Any]:
    return {"@architectures": "spacy-clinrel.BiRNN.v1", "width": 256, "depth": depth}


CANDIDATES = {"@misc": "spacy-clinrel.SentencePairs.v1"}

NER_MODEL: Dict[str, Any] = {
    "@architectures": "spacy-clinrel.CRFTagger.v1",
    "tok2vec": _tok2vec(_birnn(depth=1)),
}

SPAN_MODEL: Dict[str, Any] = {
    "@architectures": "spacy-clinrel.GlobalPointer.v1",
    "width": 64,
    "tok2vec": _tok2vec(_birnn(depth=1)),
}

RELATION_MODEL = {
    "@architectures": "spacy-clinrel.MentionPair.v1",
    "width": 128,
    "between": 32,
    "tok2vec": _tok2vec(
        {"@architectures": "spacy-clinrel.ResidualCNN.v1", "width": 128, "depth": 2}
    ),
    "context": _birnn(depth=1),
}

JOINT_MODEL = {
    "@architectures": "spacy-clinrel.MultiHeadSelection.v1",
    "width": 128,
    "tag_width": 32,
    "tok2vec": _tok2vec(_birnn(depth=2)),
}

ASSERTION_MODEL = {
    "@architectures": "spacy-clinrel.MentionAssertion.v1",
    "width": 64,
    "tok2vec": _tok2vec(_birnn(depth=1)),
}
