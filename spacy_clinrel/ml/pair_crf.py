"""A linear-chain CRF over candidate pairs, upon any relation model."""

from dataclasses import dataclass
from typing import Any, Callable, ClassVar, Iterator, List, Optional, Tuple, cast

import numpy as np
import torch
from spacy.tokens import Doc
from thinc.api import Model, torch2xp, xp2torch
from thinc.backends import get_array_ops
from thinc.types import Floats2d, Ints1d

from ..errors import Errors
from ..layers import crf
from ..layers.ragged import length_batches, padding_mask
from ..tokens.sentences import Sentences
from ..types import IMPOSSIBLE, Candidates, Emissions, GoldPairs, SentenceRule
from .pair_model import RelationModel
from .wrap import to_tensor

SCOPES = ("sentence", "document")
WEIGHTS = ("transitions", "start", "end")
# Most cells (chains × pairs) of a padded batch, and the least ratio of the lengths in it.
PLACES, ALIKE = 65536, 0.5


def PairCRF(
    relations: RelationModel, scope: str = "sentence", use_sents: Optional[bool] = None
) -> Model[Tuple[List[Doc], Candidates], Emissions]:
    """Create a CRF over the candidate pairs of a text. The relation model's scores are the unary
    scores of no relation and of each label; learned transitions connect each pair to the next.
    Viterbi decoding chooses the labels, and a relation's score is its marginal probability.

    The pairs of a chain are in the order of the candidates: by head, then by tail, each in the
    order of the text. A pair across sentences belongs to the chain of its head's sentence.

    relations (RelationModel): Scores pairs, e.g. `spacy-clinrel.Hierarchical.v1`.
    scope (str): "sentence" for a chain over the pairs of each sentence, or "document".
    use_sents (Optional[bool]): None for the sentence rule of the candidates. Configs of earlier
        versions set it: whether to use the sentence boundaries of the Doc if it has any.
    RETURNS (Model[Tuple[List[Doc], Candidates], Emissions]): For a `relation_classifier` with
        exclusive labels.
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
        attrs={"scope": scope, "use_sents": use_sents, "head": "spacy-clinrel.ChainHead.v1"},
    )


@dataclass(frozen=True, eq=False)
class ChainHead:
    """One label or none for a pair, by the best label sequence of its chain.

    allowed (Optional[ndarray]): Labels that the types allow, see `PairHead`.
    """

    allowed: Optional[np.ndarray] = None
    is_exclusive: ClassVar[bool] = True

    def n_outputs(self, n_labels: int) -> int:
        return 1 + n_labels

    def model_pairs(self, candidates: Candidates) -> Candidates:
        return candidates

    def model_gold(self, gold: GoldPairs) -> GoldPairs:
        return gold

    def loss(
        self,
        output: Emissions,
        pairs: Candidates,
        gold: np.ndarray,
        counted: Optional[np.ndarray] = None,
    ) -> Tuple[float, Emissions]:
        """Return the negative log-likelihood of the gold labels. A pair has one label in a chain:
        the first of several.
        """
        columns = np.where(gold.any(axis=1), 1 + gold.argmax(axis=1), 0)
        counted = np.ones(len(pairs), dtype=bool) if counted is None else counted
        loss, gradient = chain_loss(self._mask(output, pairs), columns, counted)
        docs = max(len(pairs.pair_lengths), 1)
        return loss / docs, gradient.scaled(1.0 / docs)

    def probabilities(self, output: Emissions, candidates: Candidates) -> np.ndarray:
        """Return the marginal probabilities of no relation and of each pair's label on the best
        path; the other labels have 0.
        """
        return chain_scores(self._mask(output, candidates))

    def _mask(self, emissions: Emissions, pairs: Candidates) -> Emissions:
        if self.allowed is None:
            return emissions
        ops = get_array_ops(emissions.scores)
        scores = ops.to_numpy(emissions.scores).copy()
        head, tail = pairs.types[pairs.batch_pairs()].T
        scores[:, 1:][~self.allowed[head, tail]] = IMPOSSIBLE
        return emissions._replace(scores=ops.asarray2f(scores))


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
    use_sents = model.attrs["use_sents"]
    rule = X[1].sentences if use_sents is None else Sentences(use_sents=use_sents)
    lengths = chain_lengths(*X, model.attrs["scope"], rule)
    weights = {name: cast(Any, model.get_param(name)) for name in WEIGHTS}
    chains = model.ops.asarray1i(lengths.tolist())

    def backprop(gradient: Emissions) -> Any:
        for name in WEIGHTS:
            model.inc_grad(name, getattr(gradient, name))
        return backprop_relations(gradient.scores)

    return Emissions(scores=scores, lengths=chains, **weights), backprop


def chain_lengths(docs: List[Doc], pairs: Candidates, scope: str, rule: SentenceRule) -> np.ndarray:
    """Return the number of pairs of each chain.

    docs (List[Doc]): The documents.
    pairs (Candidates): Their pairs, sorted by head in each document.
    scope (str): "sentence" or "document".
    rule (SentenceRule): Splits texts into sentences.
    RETURNS (ndarray): Of the chains that have pairs. Shape: (chains,)
    """
    chains = pairs.owners()
    if scope == "sentence":
        starts = pairs.batch_mentions(np.asarray([len(doc) for doc in docs]))[:, 0]
        chains = rule.batch_ids(docs)[starts[pairs.batch_pairs()[:, 0]], 1]
    return np.unique(chains, return_counts=True)[1]


def chain_loss(
    emissions: Emissions, gold: np.ndarray, counted: np.ndarray
) -> Tuple[float, Emissions]:
    """Return the negative log-likelihood of gold labels, and its gradient.

    emissions (Emissions): What the model returned.
    gold (ndarray): Column of each pair's label. Shape: (pairs,)
    counted (ndarray): Whether a pair's document is annotated, bool. Shape: (pairs,)
    RETURNS (Tuple[float, Emissions]): The loss, summed over the chains, and its gradient.
    """
    scores, *weights = _tensors(emissions)
    gradient = [torch.zeros_like(part) for part in (scores, *weights)]
    d_scores, d_transitions, d_start, d_end = gradient
    labels, is_counted = (to_tensor(array, scores.device) for array in (gold, counted))
    loss = 0.0
    for places, mask in _padded_chains(emissions):
        # Documents are annotated as a whole, so all pairs of a chain count or none does.
        rows = is_counted[places[:, 0]].bool()
        places, mask = places[rows], mask[rows]
        if not len(places):
            continue
        padded, tags = scores[places], labels[places]  # (chains, longest, nO), (chains, longest)
        expected = crf.forward_backward(padded, mask, *weights)
        score = crf.sequence_score(padded, tags, mask, *weights)
        # Rounding can make the difference slightly negative.
        loss += float((expected.log_partition - score).clamp(min=0.0).sum())
        # Expected counts minus gold counts: the gradient of the negative log-likelihood.
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
    """Return the marginal probabilities of no relation and of the labels on the best paths.

    emissions (Emissions): What the model returned.
    RETURNS (ndarray): No relation first; labels that are not on the best path have 0. Shape:
        (pairs, nO)
    """
    scores, *weights = _tensors(emissions)
    found = torch.zeros_like(scores)
    for places, mask in _padded_chains(emissions):
        best = crf.viterbi(scores[places], mask, *weights)[:, :, None]  # (chains, longest, 1)
        marginals = crf.forward_backward(scores[places], mask, *weights).tags
        found[places[mask], 0] = marginals[:, :, 0][mask]
        found[places[mask], best.squeeze(2)[mask]] = marginals.gather(2, best).squeeze(2)[mask]
    return found.cpu().numpy()


def _tensors(emissions: Emissions) -> Tuple[torch.Tensor, ...]:
    return tuple(xp2torch(cast(Floats2d, part)) for part in emissions[:4])


def _padded_chains(emissions: Emissions) -> Iterator[Tuple[torch.Tensor, torch.Tensor]]:
    """Yield chains of similar length, padded: the index of each pair, and which indices are real.
    Shape of both: (chains, longest)
    """
    lengths = xp2torch(cast(Ints1d, emissions.lengths)).long()
    starts = lengths.cumsum(0) - lengths
    for rows in length_batches(lengths, PLACES, ALIKE):
        mask = padding_mask(lengths[rows])
        places = starts[rows, None] + torch.arange(mask.shape[1], device=mask.device)
        yield places * mask, mask
