"""The consistency gate: checks that a corpus is annotated in the same way everywhere."""

from .gate import SECTION, consistency
from .rules import CorpusRules, make_corpus_rules, read_corpus_rules

__all__ = ["SECTION", "CorpusRules", "consistency", "make_corpus_rules", "read_corpus_rules"]
