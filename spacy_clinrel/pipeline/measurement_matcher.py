"""The component `measurement_matcher`: values of tests, doses of treatments, dates and durations,
found by rules."""

from bisect import bisect_right
from functools import partial
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..errors import Errors
from ..measurements import DATE, DOSAGE, DURATION, VALUE, Dosage, plain_values
from ..measurements.binding import Binder
from ..measurements.dates import DateParser
from ..measurements.dosage import DosageParser
from ..measurements.relative_dates import Moment, read_moment
from ..measurements.results import Result
from ..measurements.rule_sets import read_rule_sets
from ..measurements.values import ValueParser
from ..rules import Rules
from ..tokens import span_key, write_measurements
from ..tokens.group import DOSAGES, VALUES
from ..tokens.mentions import mention_spans
from ..tokens.rows import replace_rows
from .rule_pipe import RulePipe

# Types of tests and treatments in the corpora for which this package has configs.
TEST_TYPES = ["Test", "test", "检查和检验", "实验室检验", "检查"]
TREATMENT_TYPES = ["Treatment", "treatment", "治疗", "药物"]


@Language.factory(
    "measurement_matcher",
    assigns=["span._.value", "span._.dosage"],
    default_config={
        "lang": None,
        "test_types": TEST_TYPES,
        "treatment_types": TREATMENT_TYPES,
        "path": None,
        "extend": True,
        "note_date": None,
    },
)
def make_measurement_matcher(
    nlp: Language,
    name: str,
    lang: Optional[str],
    test_types: List[str],
    treatment_types: List[str],
    path: Optional[Path],
    extend: bool,
    note_date: Optional[str],
) -> "MeasurementMatcher":
    """Create a MeasurementMatcher component.

    lang (Optional[str]): Language of the rules. None for the language of the pipeline.
    test_types (List[str]): Entity types whose mentions get values.
    treatment_types (List[str]): Entity types whose mentions get doses.
    path (Optional[Path]): A YAML or JSON file with rules of the user's own.
    extend (bool): Whether the rules of the file are added to the built-in ones, or replace them.
    note_date (Optional[str]): Name of an extension of Doc with the date of the note, e.g.
        "note_date" for `doc._.note_date`: a `datetime.date` or `datetime.datetime`, a string such
        as "2024-02-13", or None. Dates such as "3天前" are normalized with it. Without it, the date
        after a heading of the text is used, such as 记录日期 or "Date:", or else that of admission.
    RETURNS (MeasurementMatcher): The component.
    """
    return MeasurementMatcher(
        lang or nlp.lang or "",
        name,
        test_types=test_types,
        treatment_types=treatment_types,
        path=path,
        extend=extend,
        note_date=note_date,
    )


class Bound(NamedTuple):
    """The measurements of a document.

    results (List[Tuple[str, Result]]): Label and result of each measurement, in the order of the
        text.
    values (List[Tuple[Span, Result]]): Tests and their values.
    dosages (List[Tuple[Span, Result]]): Treatments and their doses.
    """

    results: List[Any]
    values: List[Any]
    dosages: List[Any]


class MeasurementMatcher(RulePipe):
    """Component that finds values, doses, dates and durations, and binds values to the mentions of
    tests and doses to those of treatments.

    All of them are written to `doc.spans["measurements"]`, and the bound ones to `span._.value` and
    `span._.dosage`. A value whose test is not certain stays unbound.
    """

    def __init__(
        self,
        lang: str,
        name: str = "measurement_matcher",
        *,
        test_types: Sequence[str] = tuple(TEST_TYPES),
        treatment_types: Sequence[str] = tuple(TREATMENT_TYPES),
        path: Optional[Union[str, Path]] = None,
        extend: bool = True,
        note_date: Optional[str] = None,
    ):
        """Initialize the component. The arguments are those of `make_measurement_matcher`.

        RAISES (ValueError): If there are no rules for the language, or a rule is invalid.
        """
        self.name = name
        self.test_types = frozenset(test_types)
        self.treatment_types = frozenset(treatment_types)
        self.note_date = note_date
        self._read = partial(read_rule_sets, lang, path, extend=extend)
        self.rules: Dict[str, Rules] = {}
        # The rules of a saved pipeline are in its files. Without them, a missing file is an error
        # when the component is first used.
        if path is None or Path(path).exists():
            self.stored_rules()

    def set_rules(self, rules: Dict[str, Rules], place: str) -> None:
        """Compile rules.

        rules (Dict[str, Dict[str, Any]]): The sets of rules by name.
        place (str): Not used: the errors of rules name the set.
        RAISES (ValueError): If the rules are invalid.
        """
        self.rules = rules
        self._values = ValueParser(rules["units"], rules["values"])
        self._binder = Binder(rules["values"])
        self._dosages = DosageParser(rules["dosage"])
        self._dates = DateParser(rules["dates"])

    def __call__(self, doc: Doc) -> Doc:
        """Set the measurements of a document, and bind them to its mentions.

        doc (Doc): The document.
        RETURNS (Doc): The same document.
        """
        text = doc.text
        bound = self.find(doc, text)
        rows = [(r.start, r.end, label, plain_values(r, text)) for label, r in bound.results]
        write_measurements(doc, rows)
        values = [(mention, plain_values(value, text)) for mention, value in bound.values]
        dosages = [
            (mention, plain_values(dosage, text, mention.start_char))
            for mention, dosage in bound.dosages
        ]
        replace_rows(doc, {VALUES: values, DOSAGES: dosages})
        return doc

    def find(self, doc: Doc, text: Optional[str] = None) -> Bound:
        """Find the measurements of a document, without changing it.

        doc (Doc): The document.
        text (Optional[str]): Its text, if the caller has it already.
        RETURNS (Bound): The measurements and their mentions.
        """
        self.stored_rules()
        text = doc.text if text is None else text
        mentions = mention_spans(doc)
        treatments = [span for span in mentions if span.label_ in self.treatment_types]
        dosages, unbound = self._find_dosages(text, mentions, treatments)
        found: List[Tuple[str, Result]] = [(DOSAGE, dosage) for _, dosage in dosages]
        found += [(DOSAGE, dosage) for dosage in unbound]
        times = self._dates.find(text, self._note_date(doc))
        dates = _outside(times.dates, [result for _, result in found])
        found += [(DATE, date) for date in dates]
        tests = [span for span in mentions if span.label_ in self.test_types]
        others = [span for span in mentions if span.label_ not in self.test_types]
        candidates = self._values.find(text, _offsets(tests))
        candidates = _outside(candidates, [result for _, result in found])
        pairs = self._binder.bind(text, _offsets(tests), _offsets(others), candidates)
        bound = {index for _, index in pairs}
        values = [candidate.value for candidate in candidates]
        found += [
            (VALUE, values[i])
            for i, candidate in enumerate(candidates)
            if i in bound or candidate.is_certain
        ]
        # A time with the name of a test before it is a value: 出血时间3min.
        durations = _outside(times.durations, [result for _, result in found])
        found += [(DURATION, duration) for duration in durations]
        # The drugs of a mixture can have the same dosage.
        results = {(result.start, result.end, label): result for label, result in found}
        return Bound(
            results=[(label, results[start, end, label]) for start, end, label in sorted(results)],
            values=[(tests[test], values[index]) for test, index in pairs],
            dosages=dosages,
        )

    def _note_date(self, doc: Doc) -> Optional[Moment]:
        """Return the date of the note; None if it is unknown.

        RAISES (ValueError): If the extension does not exist, or its value is no date.
        """
        if self.note_date is None:
            return None
        if not Doc.has_extension(self.note_date):
            raise ValueError(Errors.C093.format(name=self.name, extension=self.note_date))
        try:
            return read_moment(getattr(doc._, self.note_date))
        except (TypeError, ValueError) as error:
            raise ValueError(Errors.C094.format(extension=self.note_date)) from error

    def _find_dosages(
        self, text: str, mentions: Sequence[Span], treatments: Sequence[Span]
    ) -> Tuple[List[Tuple[Span, Dosage]], List[Dosage]]:
        """Return the dosages of treatments, and those without a treatment."""
        parts = self._dosages.parts(text)
        keys = {span_key(span) for span in treatments}
        others = [span for span in mentions if span_key(span) not in keys]
        pairs = self._dosages.bind(text, _offsets(treatments), _offsets(others), parts)
        unbound = _outside(self._dosages.find(text, parts), [dosage for _, dosage in pairs])
        return [(treatments[index], dosage) for index, dosage in pairs], unbound

    def stored_rules(self) -> Dict[str, Rules]:
        """Return the rules as plain values.

        RETURNS (Dict[str, Dict[str, Any]]): The sets of rules by name.
        RAISES (ValueError): If the file with the rules is missing.
        """
        if not self.rules:
            self.set_rules(self._read(), "")
        return self.rules


def _outside(found: Sequence[Any], taken: Sequence[Any]) -> List[Any]:
    """Return the results or candidates that do not overlap others.

    found (Sequence[Any]): Results, or candidates with a field `value`.
    taken (Sequence[Any]): Results of another kind.
    """
    ends = sorted((result.end, result.start) for result in taken)
    outside = []
    for item in found:
        result = getattr(item, "value", item)
        # The first that ends behind the start of the result.
        index = bisect_right(ends, (result.start, float("inf")))
        if index == len(ends) or ends[index][1] >= result.end:
            outside.append(item)
    return outside


def _offsets(mentions: Sequence[Span]) -> List[Any]:
    return [(span.start_char, span.end_char) for span in mentions]
