"""A linear-chain CRF over candidate pairs, upon any relation model."""

from typing import Any, Callable, Iterator, List, Tuple, cast

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import Model, torch2xp, xp2torch
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from ..layers import crf
from ..layers.ragged import length_batches, padding_mask
from ..tokens.sentences import text_sentences
from ..types import Candidates, Emissions
from .pair_model import RelationModel
from .wrap import to_tensor

SCOPES = ("sentence", "document")
WEIGHTS = ("transitions", "start", "end")
# The most (chain × pair) places of a padded batch, and how alike the lengths in it must be.
PLACES, ALIKE = 65536, 0.5


def PairCRF(
    relations: RelationModel, scope: str = "sentence", use_sents: bool = False
) -> Model[Tuple[List[Doc], Candidates], Emissions]:
    """Create a CRF over the candidate pairs of a text: the relation model's scores are the unary
    scores of no relation and of each label, learned transitions join each pair to the next one.
    Viterbi decides; a relation's score is its marginal probability.

    Pairs come in the order of the candidates: by head, then by tail, each in the order of the text.
    A pair across sentences stands in the chain of its head's sentence.

    relations (RelationModel): Scores pairs, e.g. `spacy-clinrel.Hierarchical.v1`.
    scope (str): "sentence", a chain for the pairs of each sentence, or "document", one for all.
    use_sents (bool): Take the sentences of the Doc, where it has any.
    RETURNS (Model[Tuple[List[Doc], Candidates], Emissions]): For a `relation_classifier` whose
        labels are exclusive. What the component needs for loss and prediction is in
        `attrs["chain_loss"]` and `attrs["chain_scores"]`.
    RAISES (ValueError): If the scope is unknown.
    """
    if scope not in SCOPES:
        raise ValueError(Errors.M004.format(what="scope", need=" or ".join(SCOPES), value=scope))
    return Model(
        "pair_crf",
        _forward,
        init=_init,
        layers=[relations],
        dims={"nO": None},
        params=dict.fromkeys(WEIGHTS),
        refs={"relations": relations},
        attrs={
            "scope": scope,
            "use_sents": use_sents,
            "chain_loss": chain_loss,
            "chain_scores": chain_scores,
        },
    )


def _init(model: Model, X: Any = None, Y: Any = None) -> None:
    size = model.get_dim("nO")
    model.layers[0].set_dim("nO", size)
    model.layers[0].initialize(X=X)
    model.set_param("transitions", model.ops.alloc2f(size, size))
    model.set_param("start", model.ops.alloc1f(size))
    model.set_param("end", model.ops.alloc1f(size))


def _forward(
    model: Model, X: Tuple[List[Doc], Candidates], is_train: bool
) -> Tuple[Emissions, Callable[[Emissions], Any]]:
    scores, backprop_relations = model.layers[0](X, is_train)
    lengths = chain_lengths(*X, model.attrs["scope"], model.attrs["use_sents"])
    weights = {name: cast(Any, model.get_param(name)) for name in WEIGHTS}
    chains = model.ops.asarray1i(lengths.tolist())

    def backprop(gradient: Emissions) -> Any:
        for name in WEIGHTS:
            model.inc_grad(name, getattr(gradient, name))
        return backprop_relations(gradient.scores)

    return Emissions(scores=scores, lengths=chains, **weights), backprop


def chain_lengths(
    docs: List[Doc], candidates: Candidates, scope: str, use_sents: bool
) -> np.ndarray:
    """How many pairs each chain has.

    docs (List[Doc]): The documents.
    candidates (Candidates): Their pairs, those of each sorted by head.
    scope (str): "sentence" or "document".
    use_sents (bool): Take the sentences of the Doc, where it has any.
    RETURNS (ndarray): Of the chains that have any. Shape: (chains,)
    """
    pairs = np.repeat(np.arange(len(docs)), candidates.pair_lengths)
    if scope == "sentence":
        heads = candidates.batch_mentions(np.asarray([len(doc) for doc in docs]))[:, 0]
        pairs = text_sentences(docs, use_sents=use_sents)[heads[candidates.batch_pairs()[:, 0]], 1]
    return np.unique(pairs, return_counts=True)[1]


def chain_loss(
    emissions: Emissions, gold: np.ndarray, counted: np.ndarray
) -> Tuple[float, Emissions]:
    """Negative log-likelihood of gold labels.

    emissions (Emissions): What the model returned.
    gold (ndarray): Column of each pair's label. Shape: (pairs,)
    counted (ndarray): Whether a pair's document is annotated, bool. Shape: (pairs,)
    RETURNS (Tuple[float, Emissions]): The loss, summed over the chains, and its gradient.
    """
    scores, *weights = _tensors(emissions)
    gradient = [torch.zeros_like(part) for part in (scores, *weights)]
    d_scores, d_transitions, d_start, d_end = gradient
    labels, known = (to_tensor(array, scores.device) for array in (gold, counted))
    loss = 0.0
    for places, mask in _padded_chains(emissions):
        # Documents are annotated as a whole, and so are chains.
        rows = known[places[:, 0]].bool()
        places, mask = places[rows], mask[rows]
        if not len(places):
            continue
        padded, tags = scores[places], labels[places]  # (chains, longest, labels), without labels
        expected = crf.forward_backward(padded, mask, *weights)
        score = crf.sequence_score(padded, tags, mask, *weights)
        # Never negative, but for rounding.
        loss += float((expected.log_partition - score).clamp(min=0.0).sum())
        # What is expected less what is there.
        surplus = expected.tags.scatter_add(2, tags[:, :, None], -mask[:, :, None].to(scores.dtype))
        d_scores[places[mask]] = surplus[mask]
        followed = torch.stack([tags[:, :-1], tags[:, 1:]])[:, mask[:, 1:]]  # (2, steps)
        minus = scores.new_full((followed.shape[1],), -1.0)
        d_transitions += expected.transitions.index_put(tuple(followed), minus, accumulate=True)
        d_start += surplus[:, 0].sum(0)
        last = (mask.sum(1) - 1)[:, None, None].expand(-1, 1, scores.shape[1])
        d_end += surplus.gather(1, last).sum((0, 1))
    arrays = cast(Tuple[Any, Any, Any, Any], tuple(torch2xp(part) for part in gradient))
    return loss, Emissions(*arrays, emissions.lengths)


def chain_scores(emissions: Emissions) -> np.ndarray:
    """The labels of the best sequences, and how sure each is.

    emissions (Emissions): What the model returned.
    RETURNS (ndarray): The marginal probability of each pair's label on the best path, 0 for the
        others. Shape: (pairs, nO)
    """
    scores, *weights = _tensors(emissions)
    found = torch.zeros_like(scores)
    for places, mask in _padded_chains(emissions):
        best = crf.viterbi(scores[places], mask, *weights)[:, :, None]
        marginals = crf.forward_backward(scores[places], mask, *weights).tags.gather(2, best)
        found[places[mask], best.squeeze(2)[mask]] = marginals.squeeze(2)[mask]
    return found.cpu().numpy()


def _tensors(emissions: Emissions) -> Tuple[torch.Tensor, ...]:
    return tuple(xp2torch(cast(Floats2d, part)) for part in emissions[:4])


def _padded_chains(emissions: Emissions) -> Iterator[Tuple[torch.Tensor, torch.Tensor]]:
    """Pairs of chains of like length, and which places hold one. Shape of both: (chains,
    longest)"""
    lengths = xp2torch(cast(Ints1d, emissions.lengths)).long()
    starts = lengths.cumsum(0) - lengths
    for rows in length_batches(lengths, PLACES, ALIKE):
        mask = padding_mask(lengths[rows])
        places = starts[rows, None] + torch.arange(mask.shape[1], device=mask.device)
        yield places * mask, mask
