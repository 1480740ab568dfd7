"""Small trained pipelines that the component tests share."""

from functools import partial
from typing import Any, Callable, Dict, Iterable, List, NamedTuple

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Doc

from spacy_clinrel.ml.encoder_files import save_encoder
from spacy_clinrel.pretraining.make_encoder import build_encoder

from ..util import (
    both,
    chain_config,
    edges,
    ents,
    fit,
    focused_config,
    gold_examples,
    joint_config,
    joint_relations_config,
    make_notes,
    ner_config,
    relation_config,
    span_config,
    text_examples,
)


class Kind(NamedTuple):
    """A component with one of its models, for tests that run on all of them."""

    name: str
    model: str
    config: Callable[[], dict]
    examples: Callable
    view: Callable[[Doc], Any]
    score: str

    @property
    def id(self) -> str:
        """Return the names of component and model, since a component may have several models."""
        return f"{self.name} {self.model}"

    def with_encoder(self, bert: str) -> "Kind":
        """Return a copy that loads its encoder from a folder, if the model needs one."""
        is_focused = self.config is focused_config
        return self._replace(config=partial(self.config, bert)) if is_focused else self

    def blank(self, **options: Any) -> Language:
        """Return a pipeline with the component, not initialized."""
        nlp = spacy.blank("zh")
        nlp.add_pipe(self.name, config={**self.config(), **options})
        return nlp

    def docs(self, nlp: Language, notes: Iterable[Doc]) -> List[Doc]:
        """Return the documents that the component annotates."""
        return [example.predicted for example in self.examples(nlp, notes)]


KINDS = [
    Kind("clinical_ner", "crf", ner_config, text_examples, ents, "ents_f"),
    Kind("relation_classifier", "pairs", relation_config, gold_examples, edges, "rel_micro_f"),
    Kind("relation_classifier", "chains", chain_config, gold_examples, edges, "rel_micro_f"),
    Kind("joint_extractor", "multi-head", joint_config, text_examples, both, "rel_micro_f"),
    Kind("span_ner", "pointer", span_config, text_examples, ents, "ents_f"),
    Kind("joint_extractor", "pairs", joint_relations_config, text_examples, both, "rel_micro_f"),
    Kind("joint_extractor", "focused", focused_config, text_examples, both, "rel_micro_f"),
]


@pytest.fixture(scope="session")
def load_trained(bert) -> Callable[[Kind], Language]:
    """Return a function that loads the trained pipeline of a kind. Each kind is trained when a test
    first asks for it, since most test files need only one of them."""
    data: Dict[str, bytes] = {}

    def load(kind: Kind) -> Language:
        kind = kind.with_encoder(bert)
        if kind.id not in data:
            nlp = kind.blank()
            # Learning both tasks at once takes more steps.
            steps = 80 if kind.name == "joint_extractor" else 40
            fit(nlp, kind.examples(nlp, make_notes(nlp, 8)), steps=steps, drop=0.1)
            data[kind.id] = nlp.to_bytes()
        return kind.blank().from_bytes(data[kind.id])

    return load


@pytest.fixture(params=KINDS, ids=lambda kind: kind.id)
def kind(request, bert) -> Kind:
    """Return each component with each of its models."""
    return request.param.with_encoder(bert)


@pytest.fixture
def trained(kind, load_trained) -> Language:
    """Return a pipeline with the component, fitted to eight notes."""
    return load_trained(kind)


@pytest.fixture
def relations(load_trained) -> Language:
    """Return the trained relation_classifier pipeline."""
    return load_trained(KINDS[1])


@pytest.fixture
def entities(load_trained) -> Language:
    """Return the trained clinical_ner pipeline."""
    return load_trained(KINDS[0])


@pytest.fixture(scope="session")
def bert(tmp_path_factory) -> str:
    """Return the folder of a BERT with random weights, two layers and no dropout."""
    folder = tmp_path_factory.mktemp("bert")
    texts = [note.text for note in make_notes(spacy.blank("zh"), 100)]
    encoder = build_encoder(texts, layers=2, width=16, heads=2, length=128, seed=0)
    config = encoder.transformer.config
    config.hidden_dropout_prob = config.attention_probs_dropout_prob = 0.0
    save_encoder(encoder, folder)
    return str(folder)
