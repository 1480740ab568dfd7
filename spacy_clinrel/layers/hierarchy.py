"""Words, sentences, document: what each mention knows of its surroundings, and scores of pairs."""

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

    with attention a over words and b over sentences.

    n_in (int): Width of the token vectors.
    width (int): Width of the GRUs' output, half of it for each direction; even.
    sentence_level (bool): Whether there is a GRU over sentences; without it nothing of other
        sentences is seen.
    attention (bool): Attention at both levels; False takes means.
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
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        texts (Tensor): The number of each token's text, ascending. *Shape:* (tokens,)
        sentences (Tensor): The number of each token's sentence, ascending through the texts.
            *Shape:* (tokens,)
        RETURNS (Tuple[Tensor, Tensor]): h of each token, and for each token [s; b g; d] of its
            sentence and text, s alone without a sentence level; b g times the number of sentences,
            so that equal weights leave g as it is. *Shape:* (tokens, width) and (tokens, 3 · width
            or width)
        """
        _, own, sizes = sentences.unique_consecutive(return_inverse=True, return_counts=True)
        words = self.words(tokens, sizes)
        _, vectors = self.of_words(words, own, len(sizes))  # (sentences, width)
        if not self.sentence_level:
            return words, vectors[own]
        firsts = sizes.cumsum(0) - sizes
        _, text, counts = texts[firsts].unique_consecutive(return_inverse=True, return_counts=True)
        states = self.sentences(vectors, counts)
        weights, documents = self.of_sentences(states, text, len(counts))
        weighted = (weights * counts[text])[:, None] * states
        around = torch.cat([vectors, weighted, documents[text]], dim=1)
        return words, around[own]


class HierarchicalPairs(nn.Module):
    """Scores of pairs of mentions, as `MentionPair` gives them, from

    * the vectors of the two mentions, over the token vectors and the word states h;
    * the gated sum of what stands between the two;
    * beside each mention, the word-attention vector s of its sentence, the sentence's state after
      sentence attention, b g, and the document vector d;
    * the distance in tokens and in mentions.

    n_in (int): Width of the token vectors.
    n_types (int): Number of mention types.
    n_out (int): Number of scores of a pair.
    width (int): Width of the vectors of mentions and pairs.
    hidden_width (int): Width of the GRUs' output.
    between (int): Width of what a pair sees of the tokens between its mentions.
    sentence_level (bool): Whether there is a sentence level.
    attention (bool): Attention at both levels; False takes means.
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
        """tokens (Tensor): Token vectors of all texts. *Shape:* (tokens, n_in)
        mentions (Tensor): Start, end (exclusive), type. *Shape:* (mentions, 3)
        pairs (Tensor): Head and tail, indices into mentions. *Shape:* (pairs, 2)
        places (Tensor): The number of each token's text and of its sentence, as `Hierarchy` takes
            them. *Shape:* (tokens, 2)
        RETURNS (Tensor): *Shape:* (pairs, n_out)
        """
        texts, sentences = places.unbind(1)
        words, around = self.hierarchy(self.tags(tokens, mentions), texts, sentences)
        both = torch.cat([tokens, words], dim=1)
        # A mention stands in the sentence it begins in.
        beside = around.index_select(0, mentions[:, 0])
        return self.pairs(both, mentions, pairs, beside=beside)
