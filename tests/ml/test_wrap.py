"""PyTorch modules as Thinc models: sizes, serialization, averages and dropout."""

import json
import pickle

import numpy as np
import pytest
import srsly
import torch
from spacy.util import fix_random_seed
from thinc.api import Adam, Model, chain, set_dropout_rate, with_array
from torch import nn

from spacy_clinrel.layers.dropout import Dropout
from spacy_clinrel.ml.encode import BiRNN, ResidualCNN, sequence_encoder

ENCODERS = {
    "cnn": lambda width=6: ResidualCNN(width, 2),
    "lstm": lambda width=6: BiRNN(width, 2),
    "gru": lambda width=6: BiRNN(width, 1, cell="gru"),
}


def vectors(seed=0, lengths=(4, 0, 2)):
    dice = np.random.default_rng(seed)
    return [dice.normal(size=(n, 5)).astype("float32") for n in lengths]


def module(model):
    return model.shims[0]._model


def weights(model):
    return {name: value.detach().clone() for name, value in module(model).state_dict().items()}


def all_equal(first, second):
    return len(first) == len(second) and all(np.array_equal(a, b) for a, b in zip(first, second))


@pytest.fixture(params=ENCODERS)
def create(request):
    """Return a function that creates an encoder of a given width."""
    return ENCODERS[request.param]


@pytest.fixture
def model(create):
    """Return an initialized encoder."""
    fix_random_seed(0)
    model = create()
    model.initialize(X=vectors())
    return model


def test_sizes_are_inferred_from_the_input(create):
    model = create()
    assert model.has_dim("nI") is None and model.get_dim("nO") == 6
    assert not list(module(model).parameters())
    with pytest.raises(ValueError, match=f"M001.*'{model.name}'"):
        model.predict(vectors())
    model.initialize(X=vectors())
    assert model.get_dim("nI") == 5 and len(list(module(model).parameters())) > 2
    assert [x.shape for x in model.predict(vectors())] == [(4, 6), (0, 6), (2, 6)]


def test_sizes_can_be_set_before_initialization(create):
    model = create()
    model.set_dim("nI", 5)
    model.initialize()
    assert len(model.predict(vectors())) == 3


def test_initialization_keeps_existing_weights(model):
    before = weights(model)
    model.initialize(X=vectors(1))
    assert all(torch.equal(value, before[name]) for name, value in weights(model).items())


def test_layer_round_trips_through_bytes(create, model):
    data = model.to_bytes()
    other = create().from_bytes(data)
    assert other.get_dim("nI") == 5 and other.to_bytes() == data
    assert all_equal(other.predict(vectors()), model.predict(vectors()))


def test_layer_round_trips_through_disk(create, model, tmp_path):
    model.to_disk(tmp_path / "model")
    other = create().from_disk(tmp_path / "model")
    assert all_equal(other.predict(vectors()), model.predict(vectors()))


def test_uninitialized_layer_round_trips_through_bytes(create):
    other = create().from_bytes(create().to_bytes())
    with pytest.raises(ValueError, match="M001"):
        other.predict(vectors())


def test_weights_are_stored_as_safetensors(model):
    (data,) = [shim.to_bytes() for shim in model.shims]
    for part in (data, model.to_bytes()):
        assert b"PK\x03\x04" not in part  # zip file of torch.save
        assert b"torch" not in part and b"OrderedDict" not in part
    packed = srsly.msgpack_loads(data)["state"]
    length = int.from_bytes(packed[:8], "little")
    header = json.loads(packed[8 : 8 + length])
    assert json.loads(header.pop("__metadata__")["sizes"]) == {"n_in": 5}
    assert header.keys() == weights(model).keys()
    assert {tuple(entry["shape"]) for entry in header.values()} == {
        tuple(value.shape) for value in weights(model).values()
    }
    with pytest.raises(pickle.UnpicklingError):
        pickle.loads(packed)


def test_loading_weights_of_another_width_fails(create, model):
    with pytest.raises(ValueError, match="'nO'"):  # Thinc's message
        create(width=8).from_bytes(model.to_bytes())


@pytest.mark.parametrize("other", [BiRNN(6, 1), BiRNN(6, 2, cell="gru"), ResidualCNN(6, 2)])
def test_loading_weights_of_another_layer_fails(other):
    model = BiRNN(6, 2)
    model.initialize(X=vectors())
    with pytest.raises(ValueError, match=rf"M002.*'{other.name}'.*n_in"):
        other.shims[0].from_bytes(model.shims[0].to_bytes())


def test_layer_can_be_pickled(model):
    other = pickle.loads(pickle.dumps(model))
    assert all_equal(other.predict(vectors()), model.predict(vectors()))


def test_copied_layers_are_independent(model):
    other = model.copy()
    assert all_equal(other.predict(vectors()), model.predict(vectors()))
    before = model.predict(vectors())
    with torch.no_grad():
        for parameter in module(other).parameters():
            parameter.add_(1.0)
    assert all_equal(model.predict(vectors()), before)
    assert not all_equal(other.predict(vectors()), before)


def train(model, steps=3, optimizer=None):
    optimizer = optimizer or Adam(0.05)
    for step in range(steps):
        outputs, backprop = model.begin_update(vectors(step))
        backprop([np.ones_like(output) for output in outputs])
        model.finish_update(optimizer)
        optimizer.step_schedules()
    return optimizer


def test_training_changes_every_weight(model):
    before = weights(model)
    train(model)
    for name, value in weights(model).items():
        assert not torch.equal(value, before[name]), name


def test_use_params_restores_the_weights(model):
    optimizer = train(model)
    trained, scores = weights(model), model.predict(vectors())
    averages = {
        key[1]: value for key, value in optimizer.averages.items() if key[0] == model.shims[0].id
    }
    assert averages.keys() == dict(module(model).named_parameters()).keys()
    with model.use_params(optimizer.averages):
        for name, value in weights(model).items():
            np.testing.assert_array_equal(value.numpy(), averages[name])
        assert any(not torch.equal(v, trained[n]) for n, v in weights(model).items())
        assert not all_equal(model.predict(vectors()), scores)
        saved = model.to_bytes()
    assert all(torch.equal(value, trained[name]) for name, value in weights(model).items())
    assert all_equal(model.predict(vectors()), scores)
    # Inside the context, to_bytes stores the averages.
    model.from_bytes(saved)
    np.testing.assert_array_equal(
        weights(model)[next(iter(averages))].numpy(), next(iter(averages.values()))
    )


def test_use_params_restores_the_weights_after_an_error(model):
    optimizer = train(model)
    trained = weights(model)
    with pytest.raises(RuntimeError, match="oh"), model.use_params(optimizer.averages):
        raise RuntimeError("oh")
    assert all(torch.equal(value, trained[name]) for name, value in weights(model).items())


def test_use_params_within_a_chain(model):
    outer = chain(model, with_array(_identity()))
    optimizer = train(outer)
    before = outer.predict(vectors())
    with outer.use_params(optimizer.averages):
        assert not all_equal(outer.predict(vectors()), before)
    assert all_equal(outer.predict(vectors()), before)


def _identity():
    return Model("identity", lambda model, X, is_train: (X, lambda dY: dY))


def rates(model):
    return {part.rate for part in module(model).modules() if isinstance(part, Dropout)}


def test_dropout_rate_reaches_the_module(model):
    set_dropout_rate(model, 0.5)
    torch.manual_seed(0)
    first, _ = model.begin_update(vectors())
    assert rates(model) == {0.5}
    second, _ = model.begin_update(vectors())
    assert not all_equal(first, second)
    predicted = model.predict(vectors())
    assert rates(model) == {0.0} and all_equal(predicted, model.predict(vectors()))
    set_dropout_rate(model, 0.0)
    plain, _ = model.begin_update(vectors())
    for a, b in zip(plain, predicted):
        np.testing.assert_allclose(a, b, atol=1e-6)


def test_batch_without_tokens(model):
    empty = vectors(lengths=(0, 0))
    outputs, backprop = model.begin_update(empty)
    assert [x.shape for x in outputs] == [(0, 6), (0, 6)]
    assert [x.shape for x in backprop(outputs)] == [(0, 5), (0, 5)]


def test_input_gradient_equals_finite_differences(model):
    """Compare with finite differences."""
    X = vectors()
    dice = np.random.default_rng(5)
    outputs, backprop = model.begin_update(X)
    dY = [dice.normal(size=y.shape).astype("float32") for y in outputs]
    dX = backprop(dY)
    assert [d.shape for d in dX] == [x.shape for x in X]

    def value(X):
        return sum(float((y.astype("float64") * d).sum()) for y, d in zip(model.predict(X), dY))

    for text, row, column in ((0, 0, 0), (0, 3, 4), (2, 1, 2)):
        high, low = ([x.copy() for x in X] for _ in range(2))
        high[text][row, column] += 1e-2
        low[text][row, column] -= 1e-2
        numeric = (value(high) - value(low)) / 2e-2
        assert dX[text][row, column] == pytest.approx(numeric, rel=0.05, abs=0.02)


@pytest.mark.parametrize("kwargs", [{"cell": "rnn"}, {"width": 7}])
def test_encoder_options_out_of_range_are_errors(kwargs):
    with pytest.raises(ValueError, match="M004"):
        BiRNN(**{"width": 8, **kwargs})


def test_sequence_encoder_wraps_any_module():
    class Twice(nn.Module):
        def __init__(self, n_in):
            super().__init__()
            self.scale = nn.Parameter(torch.full((n_in,), 2.0))

        def forward(self, tokens, lengths):
            assert tokens.shape[0] == int(lengths.sum())
            return tokens * self.scale

    model = sequence_encoder("twice", Twice, 5)
    model.initialize(X=vectors())
    assert all_equal(model.predict(vectors()), [2 * x for x in vectors()])
