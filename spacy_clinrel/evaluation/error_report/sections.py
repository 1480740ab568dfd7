"""The sections of a report: a plot, a table with the same figures, and what they mean."""

from typing import Any, Dict, List, Optional, Sequence

from ...viewer import to_html
from .budget import (
    MISSED_MENTION,
    MISSED_RELATION,
    PRUNED_CANDIDATE,
    SPURIOUS_MENTION,
    SPURIOUS_RELATION,
    WRONG_BOUNDARY,
    WRONG_DIRECTION,
    WRONG_LABEL,
    WRONG_TYPE,
)
from .figures import Analysis, named_copy
from .markup import Markup, element, join, percent, table, with_interval
from .plots import budget_plot, reliability_plot, scores_plot

# Line widths of a document on a wide screen, where two stand side by side, and on a narrow one.
COLUMNS = (66, 42)
HEADER = ("P", "R", "F", "gold", "predicted", "right", "documents")
NO_RELATION = "no relation"
CAUSE_NAMES = {
    MISSED_MENTION: "Missed mention",
    SPURIOUS_MENTION: "Spurious mention",
    WRONG_BOUNDARY: "Wrong boundary",
    WRONG_TYPE: "Wrong type",
    PRUNED_CANDIDATE: "Pruned candidate",
    WRONG_LABEL: "Wrong label",
    WRONG_DIRECTION: "Wrong direction",
    MISSED_RELATION: "Missed relation",
    SPURIOUS_RELATION: "Spurious relation",
}


def _side(plot: Optional[Markup], listed: Markup) -> Markup:
    """A plot beside its table."""
    if plot is None:
        return listed
    return element("div", join([element("figure", plot), listed]), class_="side")


def _row(figures: Dict[str, Any]) -> List[Any]:
    scores = [with_interval(figures[key], figures["intervals"][key]) for key in "prf"]
    return [
        figures["name"],
        *scores,
        *(figures[key] for key in ("gold", "predicted", "right", "docs")),
    ]


def scores_section(found: Optional[Dict[str, Any]], name: str, kind: str) -> Optional[Markup]:
    """P, R and F by label or type, over all, and their mean.

    found (Optional[Dict[str, Any]]): What `intervals.summary` returned; None if nothing was scored.
    name (str): A name for the plot.
    kind (str): What the groups are.
    RETURNS (Optional[Markup]): HTML; None if nothing was scored.
    """
    if found is None:
        return None
    macro = with_interval(found["macro_f"], found["macro_f_interval"])
    rows = [
        ["All (micro)", *_row(found["micro"])[1:]],
        ["Mean over labels (macro)", "", "", macro, "", "", "", ""],
        *map(_row, found["groups"]),
    ]
    listed = table([kind.capitalize(), *HEADER], rows, f"P, R and F by {kind}")
    plot = scores_plot(found["groups"], name, kind) if found["groups"] else None
    return _side(plot, listed)


def budget_section(figures: Dict[str, Any]) -> Markup:
    """What each cause of errors costs.

    figures (Dict[str, Any]): All figures.
    RETURNS (Markup): HTML.
    """
    budget, f = figures["budget"], figures["relations"]["micro"]["f"]
    total = max(budget["gold"] + budget["predicted"], 1)
    rows, bars = [], []
    for row in budget["causes"]:
        name = CAUSE_NAMES[row["cause"]]
        gain = row["f_repaired"] - f
        cells = [row["missed"], row["spurious"], percent(row["lost"]), percent(row["f_repaired"])]
        rows.append([name, *cells, f"+{percent(gain)}"])
        bars.append((name, 100 * row["missed"] / total, 100 * row["spurious"] / total))
    sums = [sum(row[key] for row in budget["causes"]) for key in ("missed", "spurious")]
    rows.append(["All causes", *sums, percent(sum(sums) / total), "", ""])
    header = ["Cause", "missed", "spurious", "points of F lost", "F if repaired", "gain"]
    key = join(
        [
            element("span", "", class_="key"),
            " missed gold relations, ",
            element("span", "", class_="key spurious"),
            " spurious predicted relations",
        ]
    )
    parts = [
        element("p", BUDGET_TEXT),
        element("p", key, class_="soft"),
        _side(budget_plot(bars, "budget"), table(header, rows, "Errors by cause")),
        element("ul", join([element("li", text) for text in RULES])),
    ]
    if not figures["candidates_known"]:
        parts.append(element("p", NO_CANDIDATES, class_="setting"))
    return join(parts)


BUDGET_TEXT = (
    "Each missed gold relation and each spurious predicted one has exactly one cause. F is what is "
    "right, twice, divided by gold and predicted relations together; so the errors of a cause "
    "divided by the same are the points of F that it takes, and these add up to what F lacks. "
    "“F if repaired” is what micro-F would be if the relations missed for this cause alone were "
    "found and the spurious ones made for it were gone. For mentions and candidates that is the "
    "most that a repair can bring, as the relation would still have to be found."
)
NO_CANDIDATES = (
    "No component of this pipeline says which pairs are candidates, so that pruned candidates are "
    "among the missed relations."
)
RULES = (
    "The first cause in the order of the table that holds is the one that counts.",
    "Mentions are matched one to one: equal ones, then those with the same boundaries and another "
    "type, then those that overlap by at least one character (the same type first, then the "
    "larger overlap).",
    "Between matched mentions, a missed and a spurious relation make one pair at most, in which "
    "both have the same cause: with the same label and direction, then with another label, then "
    "with the other direction.",
    "A missed relation without such a pair is missed for its mentions, where these are not right; "
    "else for the candidates, where these leave the two mentions out; else the model gave it no "
    "score above the threshold.",
    "A spurious relation without such a pair is judged likewise: one of its mentions stands for no "
    "gold one (spurious mention), or for one with other boundaries or another type; else it is a "
    "spurious relation.",
)


def groups_section(figures: Dict[str, Any]) -> Markup:
    """F by where the relations stand.

    figures (Dict[str, Any]): All figures.
    RETURNS (Markup): HTML.
    """
    text = (
        "Distance counts the tokens from the start of one mention to the start of the other. "
        "Sentences are the pipeline's where it sets any; else one ends at 。；;！？!? and line "
        "breaks. The last table goes by the number of gold mentions in the document."
    )
    titles = {
        "by_distance": "Distance in tokens",
        "by_sentence": "Sentence",
        "by_mentions": "Mentions in the document",
    }
    parts = [element("p", text)]
    for key, title in titles.items():
        listed = table([title, *HEADER], list(map(_row, figures[key])), f"P, R and F: {title}")
        plot = scores_plot(figures[key], key, title.lower()) if figures[key] else None
        parts += [element("h3", title), _side(plot, listed)]
    return join(parts)


def calibration_section(found: Optional[Dict[str, Any]]) -> Markup:
    """Whether scores say how often a relation is right.

    found (Optional[Dict[str, Any]]): The bins; None if nothing was predicted.
    RETURNS (Markup): HTML.
    """
    if found is None:
        return element("p", "Nothing was predicted, so that there is nothing to calibrate.")
    text = (
        "Do the scores say how often a relation is right? Predicted relations are put in ten bins "
        "by their score. Only what was predicted is counted: pairs below the component's threshold "
        "are not here. A relation is right as above, with its mentions; end to end, wrong mentions "
        "lower the shares, too. Larger points stand for more predictions; on the dashed line, the "
        "scores would be exact."
    )
    error = (
        f"Expected calibration error: {percent(found['expected_calibration_error'])} points (mean "
        "distance of score and share right, each bin weighted by its predictions). Mean score "
        f"{percent(found['mean_score'])}, right {percent(found['right'])}, of "
        f"{found['predictions']} predictions."
    )
    rows = [
        [
            f"{100 * row['from']:.0f}–{100 * row['to']:.0f}",
            *(percent(row[key]) for key in ("mean_score", "right")),
            row["count"],
        ]
        for row in found["bins"]
    ]
    listed = table(["Score", "mean score", "right", "predictions"], rows, "Predictions by score")
    plot = reliability_plot(found["bins"], "calibration")
    return join([element("p", text), element("p", error), _side(plot, listed)])


def documents_section(analysis: Analysis) -> Markup:
    """The documents with the most errors, gold beside predicted.

    analysis (Analysis): The figures and the documents.
    RETURNS (Markup): HTML.
    """
    found: Sequence[Dict[str, Any]] = analysis.figures["worst"]
    if not found:
        return element("p", "No document has an error.")
    rows = []
    for doc in found:
        errors = doc["gold"] + doc["predicted"] - 2 * doc["right"]
        rows.append([doc["name"], errors, *(doc[key] for key in ("gold", "predicted", "right"))])
    header = ["Document", "errors", "gold", "predicted", "right"]
    parts = [table(header, rows, "Documents with the most missed and spurious relations")]
    for doc in found:
        parts += [element("h3", doc["name"]), _errors_table(doc)]
    docs = []
    for case in analysis.worst:
        docs.append(named_copy(case.example.reference, f"{case.name}: gold"))
        docs.append(named_copy(case.example.predicted, f"{case.name}: predicted"))
    # The viewer's markup is escaped by itself.
    drawn = Markup(to_html(docs, lang="en", columns=COLUMNS))
    return join([*parts, element("div", drawn, class_="compare")])


def confusion_section(found: Dict[str, Any]) -> Markup:
    """The labels that are taken for one another.

    found (Dict[str, Any]): What `confusion.confusion` returned.
    RETURNS (Markup): HTML.
    """
    # No relation first, so that it is in sight however many labels there are.
    names = [NO_RELATION, *found["labels"]]
    matrix = [[row[-1], *row[:-1]] for row in (found["matrix"][-1], *found["matrix"][:-1])]
    rows = []
    for i, counts in enumerate(matrix):
        total = max(sum(counts), 1)
        cells = [
            _cell(count, total, right=i == j, blank=i == j == 0) for j, count in enumerate(counts)
        ]
        rows.append([names[i], *cells])
    text = (
        "Rows are gold labels, columns predicted ones, for the pairs of mentions that are gold and "
        "predicted alike; the colour is the share of the row. The direction counts: a relation in "
        "the wrong direction is one taken for none and none taken for one. Pairs related in "
        "neither are not counted. Not here, as a mention differs: "
        f"{found['gold_outside']} gold and {found['predicted_outside']} predicted relations."
    )
    header = ["gold ↓ predicted →", *names]
    listed = table(header, rows, "Gold and predicted labels")
    return join([element("p", text), element("div", listed, class_="matrix")])


def _cell(count: int, total: int, *, right: bool, blank: bool) -> Markup:
    """A cell of the confusion matrix, coloured by its share."""
    if blank:
        return element("td", "–", class_="none")
    if not count:
        return element("td", 0, class_="cell none", style="--share:0%")
    # Even a single confusion is to be seen.
    share = f"--share:{8 + 52 * count / total:.0f}%"
    return element("td", count, class_="cell right" if right else "cell", style=share)


def _errors_table(doc: Dict[str, Any]) -> Markup:
    rows = [
        [CAUSE_NAMES[error["cause"]], *(_relation(error[key]) for key in ("gold", "predicted"))]
        for error in doc["errors"]
    ]
    return table(["Cause", "gold", "predicted"], rows, f"Errors of {doc['name']}", left=3)


def _relation(relation: Optional[Dict[str, Any]]) -> Any:
    if relation is None:
        return "–"
    head, tail = (
        f"{' '.join(end['text'].split())} ({end['type']})"
        for end in (relation["head"], relation["tail"])
    )
    return f"{head} → {relation['label']} → {tail}"
