"""Default models and candidates of the components, as config blocks."""

from thinc.api import Config

NER = Config().from_str(
    """
[model]
@architectures = "spacy-clinrel.CRFTagger.v1"

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy-clinrel.CharEmbed.v1"
width = 128
rows = 5000
pair_rows = 20000
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy-clinrel.BiRNN.v1"
width = 256
depth = 1
"""
)

RELATIONS = Config().from_str(
    """
[candidates]
@misc = "spacy-clinrel.SentencePairs.v1"

[model]
@architectures = "spacy-clinrel.MentionPair.v1"
width = 128
between = 32

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy-clinrel.CharEmbed.v1"
width = 128
rows = 5000
pair_rows = 20000
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy-clinrel.ResidualCNN.v1"
width = 128
depth = 2

[model.context]
@architectures = "spacy-clinrel.BiRNN.v1"
width = 256
depth = 1
"""
)

JOINT = Config().from_str(
    """
[candidates]
@misc = "spacy-clinrel.SentencePairs.v1"

[model]
@architectures = "spacy-clinrel.MultiHeadSelection.v1"
width = 128
tag_width = 32

[model.tok2vec]
@architectures = "spacy.Tok2Vec.v2"

[model.tok2vec.embed]
@architectures = "spacy-clinrel.CharEmbed.v1"
width = 128
rows = 5000
pair_rows = 20000
include_static_vectors = false

[model.tok2vec.encode]
@architectures = "spacy-clinrel.BiRNN.v1"
width = 256
depth = 2
"""
)
