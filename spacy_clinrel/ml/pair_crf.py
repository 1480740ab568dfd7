"""A linear-chain CRF over the candidate pairs of any relation model."""

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
from ..types import IMPOSSIBLE, Candidates, Emissions, GoldPairs, Resize, SentenceRule
from .pair_model import RelationModel
from .resize import resize_parameters
from .wrap import to_tensor

SCOPES = ("sentence", "document")
WEIGHTS = ("transitions", "start", "end")
# Maximum number of cells (chains × pairs) of a padded batch, and minimum ratio of its shortest to
# its longest chain.
MAX_CELLS, MIN_LENGTH_RATIO = 65536, 0.5


def PairCRF(
    relations: RelationModel, scope: str = "sentence", use_sents: Optional[bool] = None
) -> Model[Tuple[List[Doc], Candidates], Emissions]:
    """Create a CRF over the candidate pairs of a text.

    The relation model's scores are the unary scores of no relation and of each label. Learned
    transitions connect each pair to the next. Viterbi decoding chooses the labels, and the score of
    a relation is its marginal probability.

    The pairs of a chain have the order of the candidates: by head, then by tail, each in the order
    of the text. A pair across sentences belongs to the chain of its head's sentence.

    relations (RelationModel): Scores pairs, e.g. `spacy-clinrel.Hierarchical.v1`.
    scope (str): "sentence" for a chain over the pairs of each sentence, or "document".
    use_sents (Optional[bool]): None for the sentence rule of the candidates. Configs of earlier
        versions set it: whether to use the sentence boundaries of the Doc if it has any.
    RETURNS (Model[Tuple[List[Doc], Candidates], Emissions]): The model, for a `relation_classifier`
        with exclusive labels.
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
            "head": "spacy-clinrel.ChainHead.v1",
            **({"resize": resize_chain} if "resize" in relations.attrs else {}),
        },
    )


def resize_chain(model: Model, resize: Resize) -> None:
    """Add labels to a model from `PairCRF`. Transitions from and to new labels are zero.

    model (Model): The model.
    resize (Resize): The new sizes.
    """
    relations = model.get_ref("relations")
    relations.attrs["resize"](relations, resize)
    resize_parameters(model, WEIGHTS, resize.sizes["n_out"])


@dataclass(frozen=True, eq=False)
class ChainHead:
    """Pair head of a CRF: each pair has at most one label, the one on the best path of its chain.

    allowed (Optional[ndarray]): Labels that the types of head and tail allow, see `PairHead`.
    """

    allowed: Optional[np.ndarray] = None
    is_exclusive: ClassVar[bool] = True

    def n_outputs(self, n_labels: int) -> int:
        """Return the number of scores per pair: no relation and the labels."""
        return 1 + n_labels

    def model_pairs(self, candidates: Candidates) -> Candidates:
        """Return the candidates."""
        return candidates

    def model_gold(self, gold: GoldPairs) -> GoldPairs:
        """Return the gold annotation of the candidates."""
        return gold

    def loss(
        self,
        output: Emissions,
        pairs: Candidates,
        gold: np.ndarray,
        counted: Optional[np.ndarray] = None,
    ) -> Tuple[float, Emissions]:
        """Return the negative log-likelihood of the gold labels, averaged over the documents, and
        its gradient. If a pair has several gold labels, only the first one counts.
        """
        columns = np.where(gold.any(axis=1), 1 + gold.argmax(axis=1), 0)
        counted = np.ones(len(pairs), dtype=bool) if counted is None else counted
        loss, gradient = chain_loss(self._mask(output, pairs), columns, counted)
        docs = max(len(pairs.pair_lengths), 1)
        return loss / docs, gradient.scaled(1.0 / docs)

    def probabilities(self, output: Emissions, candidates: Candidates) -> np.ndarray:
        """Return the marginal probabilities of no relation and of the label on the best path. The
        other labels have probability 0. Shape: (pairs, 1 + labels)
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
    rule (SentenceRule): The sentence rule.
    RETURNS (ndarray): Number of pairs of each chain that has any. Shape: (chains,)
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

    emissions (Emissions): Output of the model.
    gold (ndarray): Column of each pair's label; 0 for no relation. Shape: (pairs,)
    counted (ndarray): Whether a pair's document is annotated, bool. Shape: (pairs,)
    RETURNS (Tuple[float, Emissions]): The loss, summed over the chains, and its gradient.
    """
    scores, *weights = _tensors(emissions)
    gradient = [torch.zeros_like(part) for part in (scores, *weights)]
    d_scores, d_transitions, d_start, d_end = gradient
    labels, is_counted = (to_tensor(array, scores.device) for array in (gold, counted))
    loss = 0.0
    for indices, mask in _padded_chains(emissions):
        # Documents are annotated as a whole, so all pairs of a chain count or none does.
        rows = is_counted[indices[:, 0]].bool()
        indices, mask = indices[rows], mask[rows]
        if not len(indices):
            continue
        padded, tags = scores[indices], labels[indices]  # (chains, longest, nO), (chains, longest)
        expected = crf.forward_backward(padded, mask, *weights)
        score = crf.sequence_score(padded, tags, mask, *weights)
        # Rounding can make the difference slightly negative.
        loss += float((expected.log_partition - score).clamp(min=0.0).sum())
        # Expected counts minus gold counts: the gradient of the negative log-likelihood.
        d_tags = expected.tags.scatter_add(2, tags[:, :, None], -mask[:, :, None].to(scores.dtype))
        d_scores[indices[mask]] = d_tags[mask]
        gold_steps = torch.stack([tags[:, :-1], tags[:, 1:]])[:, mask[:, 1:]]  # (2, steps)
        minus_one = scores.new_full((gold_steps.shape[1],), -1.0)
        d_transitions += expected.transitions.index_put(
            tuple(gold_steps), minus_one, accumulate=True
        )
        d_start += d_tags[:, 0].sum(0)
        last = (mask.sum(1) - 1)[:, None, None].expand(-1, 1, scores.shape[1])
        d_end += d_tags.gather(1, last).sum((0, 1))
    arrays = cast(Tuple[Any, Any, Any, Any], tuple(torch2xp(part) for part in gradient))
    return loss, Emissions(*arrays, emissions.lengths)


def chain_scores(emissions: Emissions) -> np.ndarray:
    """Return the marginal probabilities of no relation and of the labels on the best paths.

    emissions (Emissions): Output of the model.
    RETURNS (ndarray): Probability of no relation in the first column; 0 for labels that are not on
        the best path. Shape: (pairs, nO)
    """
    scores, *weights = _tensors(emissions)
    probabilities = torch.zeros_like(scores)
    for indices, mask in _padded_chains(emissions):
        best = crf.viterbi(scores[indices], mask, *weights)[:, :, None]  # (chains, longest, 1)
        marginals = crf.forward_backward(scores[indices], mask, *weights).tags
        rows = indices[mask]
        probabilities[rows, 0] = marginals[:, :, 0][mask]
        probabilities[rows, best.squeeze(2)[mask]] = marginals.gather(2, best).squeeze(2)[mask]
    return probabilities.cpu().numpy()


def _tensors(emissions: Emissions) -> Tuple[torch.Tensor, ...]:
    return tuple(xp2torch(cast(Floats2d, part)) for part in emissions[:4])


def _padded_chains(emissions: Emissions) -> Iterator[Tuple[torch.Tensor, torch.Tensor]]:
    """Yield padded batches of chains of similar length: the index of each pair, and the mask of
    indices that are not padding. Shape of both: (chains, longest)
    """
    lengths = xp2torch(cast(Ints1d, emissions.lengths)).long()
    starts = lengths.cumsum(0) - lengths
    for rows in length_batches(lengths, MAX_CELLS, MIN_LENGTH_RATIO):
        mask = padding_mask(lengths[rows])
        indices = starts[rows, None] + torch.arange(mask.shape[1], device=mask.device)
        yield indices * mask, mask
