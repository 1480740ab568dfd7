"""The encoder of a trained pipeline, as the start of another training."""

import numpy as np
import pytest
import spacy
from spacy import util
from spacy.training.initialize import init_nlp

import spacy_clinrel

from ..util import CONFIGS, invoke


def initialized(name, made_up, **paths):
    config = util.load_config(CONFIGS / name, interpolate=False)
    config["paths"].update({key: str(made_up / f"{key}.spacy") for key in ("train", "dev")})
    config["paths"].update(paths)
    return init_nlp(config)


def weights(model):
    return [
        node.get_param(name)
        for node in model.walk()
        for name in node.param_names
        if node.has_param(name)
    ]


def test_training_starts_from_the_exported_encoder(made_up, tmp_path):
    first = initialized("ner.cfg", made_up)
    encoder = first.get_pipe("clinical_ner").model.get_ref("tok2vec")
    for values in weights(encoder):
        values += 0.5
    first.to_disk(tmp_path / "model")
    result = invoke("clinrel", "export-encoder", tmp_path / "model", tmp_path / "encoder.bin")
    assert result.exit_code == 0 and "clinical_ner" in result.stdout
    second = initialized("ner.cfg", made_up, init_tok2vec=str(tmp_path / "encoder.bin"))
    started = second.get_pipe("clinical_ner").model.get_ref("tok2vec")
    assert all(map(np.array_equal, weights(encoder), weights(started)))
    plain = initialized("ner.cfg", made_up).get_pipe("clinical_ner").model.get_ref("tok2vec")
    assert not all(map(np.array_equal, weights(plain), weights(started)))


def test_listeners_have_no_encoder_of_their_own(made_up, tmp_path):
    nlp = initialized("zh_clinrel.cfg", made_up)
    assert spacy_clinrel.export_encoder(nlp, tmp_path / "encoder.bin") == "tok2vec"
    model = nlp.get_pipe("tok2vec").model
    assert (tmp_path / "encoder.bin").read_bytes() == model.to_bytes()
    with pytest.raises(ValueError, match=r"M072.*clinical_ner.*tok2vec"):
        spacy_clinrel.export_encoder(nlp, tmp_path / "no.bin", component="clinical_ner")
    assert not (tmp_path / "no.bin").exists()


def test_pipeline_without_encoder(tmp_path):
    nlp = spacy.blank("zh")
    nlp.add_pipe("clinical_sectionizer")
    with pytest.raises(ValueError, match=r"M071.*none"):
        spacy_clinrel.export_encoder(nlp, tmp_path / "encoder.bin")
