"""The component `assertion_rules`: whether mentions are negated, uncertain and so on, by rules."""

from pathlib import Path
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

import numpy as np
from spacy import registry
from spacy.language import Language
from spacy.tokens import Doc, Span

from ...tokens import read_mentions, write_assertion
from ...types import ASSERTIONS, Mentions
from ..options import MentionSource
from ..rule_pipe import BatchPipe, RulePipe
from ..score_weights import ASSERTION
from .labels import check_attributes
from .mentions import with_tokens
from .rules import CueRules


@Language.factory(
    "assertion_rules",
    assigns=["span._.assertion"],
    default_config={
        "lang": None,
        "path": None,
        "extend": True,
        "types": None,
        "attributes": list(ASSERTIONS),
        "mentions": "auto",
        "scorer": {"@scorers": "spacy-clinrel.assertion_scorer.v1"},
    },
    default_score_weights=ASSERTION,
)
def make_assertion_rules(
    nlp: Language,
    name: str,
    lang: Optional[str],
    path: Optional[str],
    extend: bool,
    types: Optional[List[str]],
    attributes: List[str],
    mentions: MentionSource,
    scorer: Optional[Callable],
) -> "AssertionRulesPipe":
    """Create an AssertionRulesPipe component.

    lang (Optional[str]): Language of the built-in rules: "zh" or "en". None for the pipeline's.
    path (Optional[str]): A YAML or JSON file with more rules, in the form of
        `rules/LANGUAGE/assertion.yml`. The rules are saved with the pipeline, so that the file is
        needed only until then.
    extend (bool): Whether the file extends the built-in rules. If not, it replaces them.
    types (Optional[List[str]]): Entity types of the mentions that get attributes, e.g. Symptom,
        Disease and Treatment. None for all types.
    attributes (List[str]): The attributes that are set, of the five in `ASSERTIONS`.
    mentions (str): Source of the mentions: "auto", "ents" or "group", see `read_mentions`.
    scorer (Optional[Callable]): The scoring method.
    RETURNS (AssertionRulesPipe): The component.
    """
    return AssertionRulesPipe(
        name,
        lang=lang or nlp.lang or "",
        path=path,
        extend=extend,
        types=types,
        attributes=attributes,
        mentions=mentions,
        scorer=scorer,
    )


class AssertionRulesPipe(BatchPipe, RulePipe):
    """Component that sets the assertion attributes of mentions by the cue words around them.

    It overwrites the attributes of the option `attributes` in a document: those of mentions of the
    judged types, or of all mentions if `types` is None.
    """

    def __init__(
        self,
        name: str = "assertion_rules",
        *,
        lang: str = "zh",
        path: Optional[Union[str, Path]] = None,
        extend: bool = True,
        types: Optional[Sequence[str]] = None,
        attributes: Sequence[str] = ASSERTIONS,
        mentions: str = "auto",
        scorer: Union[Callable, str, None] = "spacy-clinrel.assertion_scorer.v1",
    ):
        """Initialize the component. The arguments are those of `make_assertion_rules`.

        RAISES (ValueError): If an attribute does not exist, the rules are invalid, or the language
            has no built-in rules and there is no file.
        """
        check_attributes(name, "attributes", attributes)
        self.name = name
        self.types = None if types is None else tuple(types)
        self.attributes = tuple(attributes)
        self.mentions = mentions
        # Scorers are found by name, since components may not import them.
        self.scorer = registry.scorers.get(scorer)() if isinstance(scorer, str) else scorer
        self._source: Dict[str, Any] = {"lang": lang, "path": path, "extend": extend}
        self._rules: Optional[CueRules] = None
        # A saved pipeline has its rules in its folder, and is loaded where the file is missing.
        if path is None or Path(path).exists():
            self._rules = CueRules.from_language(**self._source)

    @property
    def rules(self) -> CueRules:
        """Return the rules.

        RAISES (ValueError): If the file with the rules is missing.
        """
        if self._rules is None:
            self._rules = CueRules.from_language(**self._source)
        return self._rules

    def predict(self, docs: Sequence[Doc]) -> List[Tuple[Mentions, np.ndarray]]:
        """Judge the mentions of documents, without changing them.

        docs (Sequence[Doc]): The documents.
        RETURNS (List[Tuple[Mentions, ndarray]]): For each document its mentions with tokens, and
            whether each attribute holds, bool, in the order of `ASSERTIONS`. Shape: (mentions, 5)
        """
        mentions = [with_tokens(read_mentions(doc, self.mentions)) for doc in docs]
        holds = self.rules.batch_predict(docs, mentions)
        bounds = np.cumsum([len(part.starts) for part in mentions])
        return list(zip(mentions, np.split(holds, bounds[:-1])))

    def set_annotations(
        self, docs: Sequence[Doc], predictions: Sequence[Tuple[Mentions, np.ndarray]]
    ) -> None:
        """Write the attributes of the judged types to documents.

        docs (Sequence[Doc]): The documents.
        predictions (Sequence[Tuple[Mentions, ndarray]]): The output of `predict`.
        """
        for doc, ((starts, ends, labels), holds) in zip(docs, predictions):
            judged = np.ones(len(starts), dtype=bool)
            if self.types is not None:
                judged = np.isin(labels, [doc.vocab.strings.add(name) for name in self.types])
            rows = zip(starts[judged].tolist(), ends[judged].tolist(), labels[judged].tolist())
            spans = [Span(doc, start, end, label=label) for start, end, label in rows]
            keep_others = self.types is not None
            write_assertion(
                doc, spans, holds[judged], keep_others=keep_others, names=self.attributes
            )

    def stored_rules(self) -> Dict[str, Any]:
        """Return the rules as plain values.

        RETURNS (Dict[str, Any]): Rules of the form of `rules/zh/assertion.yml`.
        RAISES (ValueError): If the file with the rules is missing.
        """
        return self.rules.rules

    def set_rules(self, rules: Any, place: str) -> None:
        """Check and compile rules.

        rules (Any): The rules, as `stored_rules` returns them.
        place (str): Where they come from, for errors.
        RAISES (ValueError): If the rules are invalid.
        """
        self._rules = CueRules(rules, place)
