"""Hierarchical attention over words and sentences, and scores of mention pairs from it."""

from typing import Tuple

import torch
from torch import Tensor, nn

from .mention_pair import MentionPair, MentionTags
from .recurrent import BiRNN
from .segments import SegmentAttention


class Hierarchy(nn.Module):
    """Word level and sentence level of a hierarchical attention network (Yang et al. 2016):

        h_it = BiGRU(x_it) over the words of a sentence,  s_i = Σ_t a_it h_it
        g_i = BiGRU(s_i) over the sentences of a document,  d = Σ_i b_i g_i

    with attention weights a over words and b over sentences (see `SegmentAttention`).

    n_in (int): Width of the token vectors.
    width (int): Width of the GRUs' output, half of it for each direction; even.
    sentence_level (bool): Whether to use a GRU over sentences. Without it, a token's context is
        only its sentence.
    attention (bool): Attention at both levels; False uses means.
    """

    def __init__(self, *, n_in: int, width: int, sentence_level: bool, attention: bool):
        super().__init__()
        self.words = BiRNN(n_in=n_in, width=width, depth=1, cell="gru")
        self.of_words = SegmentAttention(width=width, equal=not attention)
        self.sentence_level = sentence_level
        if sentence_level:
            self.sentences = BiRNN(n_in=width, width=width, depth=1, cell="gru")
            self.of_sentences = SegmentAttention(width=width, equal=not attention)

    def forward(self, tokens: Tensor, texts: Tensor, sentences: Tensor) -> Tuple[Tensor, Tensor]:
        """Encode words, sentences and documents.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        texts (Tensor): Text index of each token, ascending. *Shape:* (tokens,)
        sentences (Tensor): Sentence index of each token, ascending through the batch. *Shape:*
            (tokens,)
        RETURNS (Tuple[Tensor, Tensor]): Word states h, and the context [s; b g; d] of each token's
            sentence and text, or s alone without a sentence level. b g is multiplied by the number
            of sentences, so that equal weights leave g unchanged. *Shape:* (tokens, width) and
            (tokens, 3 · width or width)
        """
        # The sentence index of each token, and the number of tokens of each sentence.
        _, sentence, sizes = sentences.unique_consecutive(return_inverse=True, return_counts=True)
        words = self.words(tokens, sizes)  # (tokens, width)
        _, vectors = self.of_words(words, sentence, len(sizes))  # (sentences, width)
        if not self.sentence_level:
            return words, vectors[sentence]
        first_tokens = sizes.cumsum(0) - sizes  # (sentences,)
        _, text, counts = texts[first_tokens].unique_consecutive(
            return_inverse=True, return_counts=True
        )  # (texts,), (sentences,), (texts,)
        states = self.sentences(vectors, counts)  # (sentences, width)
        weights, documents = self.of_sentences(states, text, len(counts))
        weighted = (weights * counts[text])[:, None] * states  # (sentences, width)
        context = torch.cat([vectors, weighted, documents[text]], dim=1)  # (sentences, 3 · width)
        return words, context[sentence]  # (tokens, width), (tokens, 3 · width)


class HierarchicalPairs(nn.Module):
    """Scores of mention pairs. `MentionPair` computes them from

    * the vectors of the two mentions, from the token vectors and the word states h;
    * the gated sum of the tokens between the two;
    * for each mention, the context [s; b g; d] of its sentence and text (see `Hierarchy`);
    * the distance in tokens and in mentions.

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types.
    n_out (int): Number of scores of a pair.
    width (int): Width of the vectors of mentions and pairs.
    hidden_width (int): Width of the GRUs' output.
    between (int): Width of the vector for the tokens between two mentions.
    sentence_level (bool): Whether to use the GRU over sentences.
    attention (bool): Attention at both levels; False uses means.
    """

    def __init__(
        self,
        *,
        n_in: int,
        n_types: int,
        n_out: int,
        width: int,
        hidden_width: int,
        between: int,
        sentence_level: bool = True,
        attention: bool = True,
    ):
        super().__init__()
        self.tags = MentionTags(n_in=n_in, n_types=n_types)
        self.hierarchy = Hierarchy(
            n_in=n_in, width=hidden_width, sentence_level=sentence_level, attention=attention
        )
        self.pairs = MentionPair(
            n_in=n_in + hidden_width,
            n_types=n_types,
            n_out=n_out,
            width=width,
            between=between,
            n_beside=(3 if sentence_level else 1) * hidden_width,
        )

    def forward(self, tokens: Tensor, mentions: Tensor, pairs: Tensor, places: Tensor) -> Tensor:
        """Score pairs.

        tokens (Tensor): Token vectors. *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail, indices into mentions. *Shape:* (pairs, 2)
        places (Tensor): Text index and sentence index of each token, see `Hierarchy`. *Shape:*
            (tokens, 2)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        texts, sentences = places.unbind(1)  # (tokens,) each
        words, context = self.hierarchy(self.tags(tokens, mentions), texts, sentences)
        combined = torch.cat([tokens, words], dim=1)  # (tokens, n_in + hidden_width)
        # A mention belongs to the sentence in which it begins.
        beside = context.index_select(0, mentions[:, 0])  # (mentions, n_beside)
        return self.pairs(combined, mentions, pairs, beside=beside)  # (pairs, n_out)
