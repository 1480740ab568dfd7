"""Warning messages."""


class WarningMessages:
    """Messages of the warnings that this package issues."""

    W001 = (
        "Another package has already registered the extension {object}._.{name}, so it was not "
        "replaced. Use {functions} from {module} instead."
    )
    W002 = (
        "'{name}' cannot learn from {lost} of {total} gold relations: {reasons}. If many have no "
        "candidate, raise max_sentences or max_distance in [components.{name}.candidates]."
    )
    W003 = (
        "{lost} of {total} tokens are outside all windows of the encoder, or beyond its maximum of "
        "{most} word pieces. No entities or relations are predicted there. In get_spans, set "
        "shorter windows and a stride no longer than the window."
    )
    W004 = (
        "'{name}': {lost} of {total} candidate pairs of this batch do not fit into a window of the "
        "encoder and get no relation. This warning is not repeated for later batches. Use longer "
        "windows or more overlap in get_spans, or lower max_distance of the candidates."
    )
    W005 = (
        "These relation labels occur in dev, but not in the labelled documents: {labels}. A model "
        "cannot learn them from unlabelled documents. Annotate some examples by hand first."
    )
    W006 = (
        "The labelled relations connect {pairs}, but no unlabelled document has mentions of both "
        "types of such a pair. Types of the unlabelled mentions: {types}. Check that the type "
        "names match."
    )
    W007 = (
        "{path}: the pipeline does not have these relation labels, so such relations count as no "
        "relation: {labels}. Use --scheme if the pipeline was trained with the labels of a scheme."
    )
    W030 = (
        "{n} processes share GPU {gpu}, and each loads a copy of the pipeline. A single process is "
        "often as fast."
    )
    W031 = "Skipped {n} files with unsupported suffixes: {kinds}."
    W040 = (
        "'{name}' can never predict {n} of {total} gold entities, because they begin or end with "
        "white space or a control character, or contain a line break. They count as missed. "
        "Shorten or split them in the data if there are many."
    )
    W041 = (
        "'{name}' was loaded from a trained pipeline. Its model gets new outputs for these labels, "
        "which only the new training data contains: {labels}. If it should already have them, "
        "check their names."
    )
    W050 = (
        "'{name}' can never predict {n} of {total} gold mentions: {reasons}. They count as missed. "
        "If there are many, raise max_length in [components.{name}], or set within_sentences = "
        "false there."
    )
    W060 = (
        "{n} input files changed during the run: {what}. Their documents may be missing, or belong "
        "to the old or the new version. Process the input again in a new folder."
    )
    W061 = (
        "{path} is missing or damaged. The last {n} shards, from the first affected one on, "
        "are written again."
    )
    W070 = "{path}: left out {n} lines that are not valid {encoding}, the first in line {first}."
    W071 = "Check the encoding of {n} files, e.g. {path}: {doubt}"
    W072 = "{path}: the search left out {summary}. {examples}"
    W080 = (
        "'{name}' cannot learn these attributes, because no mention in the training data has them: "
        "{attributes}. They are set by {source}. To leave them out without this warning, remove "
        "them from the option attributes."
    )
    W090 = (
        "'{name}' has little to learn from: {reasons}. Expect low scores that vary between runs. "
        "Annotate more documents, or merge rare labels with others (--rename of `python -m spacy "
        "clinrel convert`)."
    )
    W091 = (
        "'{name}' will learn no {what}: the documents that it is trained on have no entities. "
        'Set @readers = "spacy-clinrel.Corpus.v1" and gold_entities = true in [corpora.train] (and '
        "in [corpora.dev], if the pipeline has no entity component). Or list the entity component, "
        "and the encoder that it listens to, in [training] annotating_components. `python -m spacy "
        "clinrel init` writes such a config."
    )
    W092 = (
        "'{name}' will learn no {what}: in training, {setters} finds no entities, since it listens "
        "to an encoder that is not in [training] annotating_components. List {missing} there "
        "before {setters}."
    )
    W093 = (
        "Most tokens of the training documents are single Latin letters, because the tokenizer is "
        "the one for Chinese. For English notes, convert the corpus with --lang en, and write the "
        "config with `python -m spacy clinrel init --lang en`."
    )
    W094 = (
        "'{name}' will have scores of 0 in training: the dev documents have no entities, and no "
        "component of the pipeline finds any. Set gold_entities = true in [corpora.{corpus}] too, "
        "with the reader spacy-clinrel.Corpus.v1."
    )
    W100 = "{path}: {n} documents or files could not be read, and were left out. First:\n{examples}"
    W101 = (
        "{path} was annotated by a pipeline (apply), and not by hand. The scores show how much two "
        "pipelines agree, not how good one is."
    )
    W102 = (
        "The pipeline has no component that finds entities, and the documents that it gets have "
        "none, so no relation or attribute could be predicted. Use --gold-entities (in Python, "
        "gold_entities=True) to predict and score them on the gold entities of the data."
    )
