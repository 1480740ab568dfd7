"""The papers' models: every config trains, gives different scores to different pairs, saves, loads,
and has the hyper-parameters of its paper."""

import shutil

import numpy as np
import pytest
from spacy import util
from spacy.training.initialize import init_nlp
from spacy.util import fix_random_seed

from spacy_clinrel import convert
from spacy_clinrel.data.readers import Corpus

from ..util import ROOT, gradients

FOLDER = ROOT / "configs" / "papers"
ONE = ("cnn_max", "lstm_max", "blstm_attention", "resnet_blstm", "resnet_max", "resnet_patt")
TWO = (
    *("cnn", "cnn_5", "cnn_att", "pcnn", "resnet_5", "resnet_9", "resnet_11", "resnet_13"),
    *("bilstm_att", "bigru_att", "resgru", "resgru_att"),
)
COMPONENT = "relation_classifier"


@pytest.fixture(scope="module")
def notes(tmp_path_factory):
    """Return a .spacy file with the 8 shortest of the notes of assets/zh_notes that have many
    relations."""
    folder = tmp_path_factory.mktemp("notes")
    folder_of_notes = ROOT / "assets" / "zh_notes" / "train"
    texts = (path for path in folder_of_notes.glob("*-[0-4][0-9].txt"))
    for path in sorted(texts, key=lambda path: (path.stat().st_size, path.name))[:8]:
        for suffix in (".txt", ".ann"):
            shutil.copy(path.with_suffix(suffix), folder)
    out = folder / "notes.spacy"
    convert("brat", folder, out)
    return out


def load_config(name):
    return util.load_config(FOLDER / f"{name}.cfg", interpolate=False)


def test_every_model_of_the_papers_has_a_config():
    assert {path.stem for path in FOLDER.glob("*.cfg")} == {*ONE, *TWO}
    assert len(ONE) == 6 and len(TWO) == 12


def encoder_blocks(config):
    encoder = config["components"][COMPONENT]["model"]["encoder"]
    return [encoder, *encoder.get("*", {}).values()]


@pytest.mark.parametrize("name", [*ONE, *TWO])
def test_hyper_parameters_are_those_of_table_3(name):
    config = load_config(name)
    model, training = config["components"][COMPONENT]["model"], config["training"]
    first = name in ONE
    expected = (100, 5, 0.3, 0.01, "15-labels") if first else (300, 25, 0.5, 0.015, "11-labels")
    assert expected == (
        *(model["tok2vec"]["width"], model["position_width"], training["dropout"]),
        *(training["optimizer"]["learn_rate"], config["corpora"]["train"]["scheme"]),
    )
    assert config["corpora"]["dev"]["scheme"] == expected[-1]
    assert config["components"][COMPONENT]["negatives"] is None
    # Complete sentences, unless a text has no punctuation.
    assert model["window"] == 300
    for block in encoder_blocks(config):
        if "filters" in block:
            windows = [3] if first else [3, 5, 7]
            assert block["filters"] == 128 and block["windows"] == windows
        if "cell" in block and not first:
            # 512 units in each direction
            assert (block["width"], block["depth"], block["bidirectional"]) == (1024, 3, True)
    depths = [block["depth"] for block in encoder_blocks(config) if "filters" in block]
    _, _, number = name.partition("_")
    if number.isdigit():
        assert depths == [int(number)]
    if name.startswith("resgru"):
        assert depths == [11]


def make_pipeline(name, notes, limit, **settings):
    """Create the pipeline of a config. Return it, its training examples and their reader."""
    config = load_config(name)
    config["paths"].update(train=str(notes), dev=str(notes))
    # Use few pairs: three layers of 512 units train on 20 pairs per second.
    config["components"][COMPONENT]["negatives"] = 0.2
    config["training"]["optimizer"].update(settings)
    nlp = init_nlp(config)
    scheme = config["corpora"]["train"]["scheme"]
    reader = Corpus(notes, gold_entities=True, scheme=scheme, limit=limit)
    return nlp, list(reader(nlp)), reader


def logit_deviation(pipe, docs):
    """Return the deviation of the logits among pairs with the same types.

    For each combination of types, take the label with the largest standard deviation. Return the
    smallest of these values."""
    candidates = pipe.make_candidates(docs)
    logits = pipe.model.predict((docs, candidates))
    types = candidates.types[candidates.batch_pairs()]
    _, type_pairs, counts = np.unique(types, axis=0, return_inverse=True, return_counts=True)
    repeated = np.flatnonzero(counts > 1)
    assert len(repeated) > 2
    return min(logits[type_pairs.ravel() == i].std(axis=0).max() for i in repeated)


# Three layers of 512 units take long.
LARGE = ("bilstm_att", "bigru_att", "resgru", "resgru_att")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.study) if name in LARGE else name
        for name in (*ONE, *TWO)
    ],
)
def test_it_trains_saves_loads_and_scores_the_same(name, notes, tmp_path):
    """Train two steps at the paper's learning rate. Pairs with the same types have different scores
    before and after training. The papers' rates are too high for ten steps (see README.md)."""
    nlp, examples, reader = make_pipeline(name, notes, limit=5)
    docs = [example.predicted for example in examples]
    pipe = nlp.get_pipe(COMPONENT)
    before = pipe.predict(docs)
    assert len(before.candidates) > 10
    assert logit_deviation(pipe, docs) > 1e-4
    fix_random_seed(0)
    optimizer = nlp.create_optimizer()
    losses = [nlp.update(examples, sgd=optimizer, drop=0.1)[COMPONENT] for _ in range(2)]
    # The first convolution of a residual block has no gradient until the second is not zero.
    nlp.update(examples, sgd=False)
    assert all(gradients(pipe.model))
    assert np.isfinite(losses).all()
    trained = pipe.predict(docs).scores
    assert np.isfinite(trained).all() and not np.allclose(trained, before.scores)
    assert logit_deviation(pipe, docs) > 1e-4
    nlp.to_disk(tmp_path)
    loaded = util.load_model(tmp_path)
    docs = [example.predicted for example in reader(loaded)]
    scores = loaded.get_pipe(COMPONENT).predict(docs).scores
    assert np.array_equal(scores, trained)
    one_by_one = [loaded.get_pipe(COMPONENT).predict([doc]).scores for doc in docs]
    np.testing.assert_allclose(np.concatenate(one_by_one), trained, atol=1e-5)


# One model of each kind: the others differ in depth, pooling or the cell of a wide, slow RNN.
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["cnn", "pcnn", "resnet_9", "resnet_patt", "resnet_blstm", "resgru_att", "bigru_att"]
)
def test_the_loss_falls(name, notes):
    """Use a low learning rate: at the papers' rates, the first step often raises the loss."""
    nlp, examples, _ = make_pipeline(name, notes, limit=3, learn_rate=0.0005)
    optimizer = nlp.create_optimizer()
    losses = []
    for _ in range(3):
        # Sample the same pairs in each step.
        fix_random_seed(0)
        losses.append(nlp.update(examples, sgd=optimizer)[COMPONENT])
    assert losses[0] > losses[1] > losses[2] > 0
