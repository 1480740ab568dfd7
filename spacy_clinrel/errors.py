"""Coded error and warning messages."""

import importlib
from typing import Any

from spacy.errors import ErrorsWithCodes


class Errors(metaclass=ErrorsWithCodes):
    """Messages of the errors that this package raises. The code is put before the message."""

    # Relation store
    R001 = (
        "The {end} of a relation is not a Span of this Doc: {span!r}. Create it from the same Doc, "
        "e.g. doc[2:4] or doc.char_span(...)."
    )
    R002 = (
        "doc.spans['{group}'] has {mentions} mentions, but a relation refers to mention {index}. "
        "Set relations through doc._.relations, which updates the mentions too."
    )
    R003 = "The label of a relation must be a non-empty string, got {label!r}."
    R004 = "Cannot concatenate an empty list of docs. Give at least one Doc."

    # Components
    C001 = (
        "Component '{name}' has no labels. Provide training examples with gold annotations "
        "({what}), or set labels in [initialize.components.{name}]."
    )
    C002 = (
        "Cannot add label '{label}' to '{name}': its model is already initialized with {n} "
        "labels. Train a new pipeline with data that has the label, or list it in "
        "[initialize.components.{name}]."
    )
    C003 = (
        "Component '{name}' is not initialized. Call nlp.initialize(), or load a trained pipeline."
    )
    C004 = (
        "No training document of '{name}' has both gold relations and candidate pairs ({gold} "
        "relations in {docs} documents). Check [components.{name}.candidates], and that the "
        'reader provides entities: for gold entities use @readers = "spacy-clinrel.Corpus.v1" with '
        "gold_entities = true; for predicted entities list the entity component in [training] "
        "annotating_components."
    )
    C005 = (
        "'{name}' has no candidate strategy. Add a block [components.{name}.candidates] with "
        '@misc = "spacy-clinrel.SentencePairs.v1".'
    )
    C006 = "Option '{option}' of '{name}' must be {allowed}, got {value!r}."
    C007 = (
        "The data has the relation label '{label}', which '{name}' does not have "
        "(labels: {known}). Initialize the component with data that has this label."
    )
    C008 = (
        "The data has the entity type '{label}', which '{name}' does not have "
        "(types: {known}). Initialize the component with data that has this type."
    )

    # Models
    M001 = "Layer '{name}' is not initialized. Call nlp.initialize(), or load a trained pipeline."
    M002 = (
        "The weights of layer '{name}' were saved with the sizes {saved}, but the config gives "
        "{wanted}. Load them with the config of the pipeline that was trained."
    )
    M003 = (
        "include_static_vectors = true, but the pipeline has no vectors. Set paths.vectors (see "
        "`python -m spacy clinrel init-vectors --help`), or set include_static_vectors = false."
    )
    M004 = "{what} must be {need}, got {value!r}."
    M005 = (
        "Layer '{name}' returned scores of shape {got}. Expected {expected}: (pairs, labels), or "
        "(pairs, 1 + labels) with no relation first if labels are exclusive, before softmax or "
        "sigmoid."
    )
    M006 = (
        "The pipeline's vectors have width {got}, but the table '{name}' has width {wanted}. "
        "Set the width of the table to {got}, or train vectors with `python -m spacy clinrel "
        "init-vectors --width {wanted}`."
    )
    M007 = (
        "The pipeline's vectors have mode '{mode}', without a separate row for each character. "
        "Train vectors with `python -m spacy clinrel init-vectors`, or remove paths.vectors."
    )
    M008 = (
        "Cannot load encoder '{name}' from a folder or the Hugging Face hub ({error}). Create one "
        "with `python -m spacy clinrel make-encoder`, or give the name or folder of a BERT-like "
        "model."
    )
    M009 = (
        "The encoder has the model type '{kind}', which is not BERT-like. Focused attention needs "
        "a model with the layers of BERT in encoder.layer, such as BERT, RoBERTa, ELECTRA or ERNIE."
    )
    M010 = (
        "Encoder '{name}' has position embeddings of type '{kind}'. Focused attention selects the "
        "word pieces of mentions and therefore needs absolute positions. Give another encoder."
    )
    M011 = (
        "The relation model of spacy-clinrel.JointRelations.v1 uses the token vectors of the joint "
        "model and must not have its own encoder. Set tok2vec = null in its block."
    )

    # Files
    F001 = "No such file or folder: {path}."
    F002 = "{path}: nothing to read. Expected {expected}."
    F003 = (
        "{path}: cannot read the .spacy file ({error}). Write it with "
        "`python -m spacy clinrel convert`."
    )
    F004 = "{path}: the file has no documents."
    F005 = (
        "Unknown format '{name}'. Known: {known}. After adding a format to setup.cfg, run "
        "`python -m pip install -e .`."
    )
    F006 = "Cannot write this format ({description}). Formats that can be written: {known}."
    F007 = "{losses} could not be kept (strict). Nothing was written."
    F008 = "{path}: no document could be read. See the messages of the report."
    F009 = (
        "{path}: the documents have neither entities nor relations, so there is nothing to {what}."
    )
    F010 = "{path} is a folder. Give the name of the .spacy file to write."
    F011 = "'{pattern}' is not a valid regular expression: {error}."
    F012 = (
        "The pattern '{pattern}' does not match the document id '{doc_id}'. Give a pattern that "
        "matches all ids, e.g. '[0-9]+$' for the number at the end."
    )
    F013 = "Cannot rename by '{value}'. Write OLD=NEW, e.g. --rename 身体部位=Body."
    F017 = "{path} is both input and output. Choose another output file."
    F018 = "Can't write {path}: {error}."
    F019 = "No corpus is set. Give --paths.train and --paths.dev, or set [paths] in the config."
    F020 = "{path} is a folder. Expected a file."
    F021 = "{path} is not a .spacy file. Convert it with `python -m spacy clinrel convert`."
    F022 = (
        "{path}: the selection leaves no document. Check --group-by and the .spacy file of groups."
    )
    F016 = 'Format "{description}": patterns and exclude must be tuples, e.g. patterns=("*.tsv",).'
    F023 = (
        "Unknown scheme '{name}'. Known: {known}. After adding a scheme to setup.cfg, run "
        "`python -m pip install -e .`."
    )
    F024 = (
        "A selection (--rename, --keep-type, --keep-label, --only-groups-of, --without-groups-of) "
        "applies to a corpus that is read in one of the formats, not to .spacy files."
    )
    F025 = (
        "{out} already has {n} of the files to write, e.g. {name}. Give another folder, or use "
        "--force to replace them."
    )
    F026 = (
        "--characters was given {numbers} times for {files} files. Give it once per file, 0 for "
        "the whole file."
    )
    F027 = (
        "Invalid ratios {ratios}: the size of train must be above 0, those of dev and test at "
        "least 0. Write e.g. --ratios 70 15 15, or --ratios 80 20 0 for no test part."
    )
    F028 = (
        "{path}: cannot read the metadata ({error}). Give a .csv file in UTF-8 with a header, or a "
        ".jsonl file with one object per line, with one row per document and its id in the column "
        "doc_id or id."
    )
    F029 = (
        "{n} of {total} documents have no '{key}' in the metadata, e.g. '{doc_id}'. Add them, or "
        "check that the metadata has the document ids of the corpus."
    )
    F030 = "'{key}' is not a column of the metadata ({columns}). Used as a pattern: {error}"
    F031 = (
        "No document is left for {part}: the {n} documents form {units} units that stay together "
        "(by --group-by and as near-duplicates), the largest with {most} documents. Give other "
        "--ratios, smaller groups, or size 0 for {part}."
    )
    F032 = (
        "The document '{doc_id}' has an empty value of '{key}', so its group is unknown. Give each "
        "document a value, e.g. its id if it has no group."
    )
    F033 = (
        "{path} is locked by another process. Wait until it is finished, or choose another folder."
    )
    F034 = (
        "{path} does not end in .spacy, and no format is given. Give the format of the corpus: "
        "{known}."
    )
    F040 = "{path}: cannot read the config ({error})."
    F041 = (
        "{path}: no component has candidates. Give the config of a pipeline with a "
        "relation_classifier or joint_extractor, or settings of candidates (--max-sentences, "
        "--max-distance, --use-sents)."
    )
    F042 = (
        "--config defines the candidates: --max-sentences, --max-distance and --use-sents cannot "
        "be combined with it."
    )
    F015 = "{paths}: no character occurs {n} times. Give more text, or a smaller --min-count."

    # Bootstrapping and review
    B001 = (
        "The pipeline has {n} components of the type '{factory}', but needs exactly one. Give a "
        "config of relations between gold entities, e.g. configs/ccks2017_relations.cfg."
    )
    B002 = (
        "The reader of [corpora.{part}], '{reader}', does not provide gold entities. Use "
        '@readers = "spacy-clinrel.Corpus.v1" with gold_entities = true.'
    )
    B003 = (
        "{path}: cannot resume, because settings or documents have changed ({what}). Restore them, "
        "or start in an empty folder."
    )
    B004 = (
        "{path} holds an earlier run or other files. Continue the run with --resume, or give an "
        "empty folder."
    )
    B005 = "{path}: {n} documents, but none has two mentions. {hint}"
    B006 = "'{option}' must be {allowed}, got {value}."
    B007 = "The --ner pipeline has no component that sets entities. Its components: {names}."
    B009 = "{path} already exists. Give a new or an empty folder."
    B010 = (
        "There is no annotated pair of mentions to calibrate on: no document has gold relations, "
        "or all mentions are too far apart. Give other gold documents (--dev of bootstrap)."
    )
    B011 = (
        "{path}: {n} documents carry silver annotation of an earlier run, the first is '{doc_id}'. "
        "Give only documents that people have annotated or corrected."
    )
    B012 = (
        "The two models must score the same pairs, but their {what} differ. Give the relation "
        "classifiers of CONFIG and --second the same settings."
    )
    B013 = (
        "The relation classifier allows several labels for a pair (exclusive = false), but silver "
        "annotation has one label for each pair. Set exclusive = true, or train one model for each "
        "label."
    )
    B020 = (
        "{path}: none of {n} documents has a candidate pair of mentions ({bare} have no mentions; "
        "{left_out} more were left out, because their text is labelled or repeated). Give --ner "
        "PIPELINE for documents without mentions, or other documents."
    )
    B021 = "{path} is not empty and may hold corrected files. Give a new folder."
    B022 = "{path} is not a folder that `python -m spacy clinrel review` wrote: {error}."
    B023 = (
        "{path}: the text of '{doc_id}' differs from the exported text, first at character "
        "{place}. Restore the text; only annotations may change."
    )
    B024 = "{path}: '{doc_id}' is not one of the {n} documents exported for review."
    B025 = "{path}: duplicate document '{doc_id}'. Give each document once."
    B026 = "{path}: none of the {n} exported documents could be read. {problems}"
    B027 = (
        "Documents were exported as {known}. Give the format of the corrected files with --format."
    )
    B028 = (
        "{path}: the annotation file of '{doc_id}' is missing. Restore it, empty if the document "
        "has no annotations."
    )
    B029 = (
        "{path}: '{doc_id}' was left out, because {n} of its annotations could not be read. The "
        "first error: {fault}. Fix the file and read it again."
    )

    # Error report
    F060 = "The folder for the report, {path}, is a file. Give a new or an existing folder."
    F061 = "Plots need matplotlib ({error}): python -m pip install 'spacy-clinrel[plots]'."

    # Viewer
    V001 = "Unknown style '{style}'. Known: {allowed}."
    V002 = (
        "columns must be two line widths, for wide and for narrow screens, each at least {least}, "
        "got {value!r}."
    )
    V003 = "Expected a Doc or an iterable of Docs, got {type}. For a Span, use span.as_doc()."
    V004 = "Unknown options: {options}. Known: {known}."
    V005 = (
        "No pipeline '{name}'. Give the name of an installed pipeline, the folder of a pipeline, "
        "or - to show the annotation of a .spacy file."
    )
    V006 = "{path}: not UTF-8 (byte {byte}). Convert it first, e.g. iconv -f GB18030 -t UTF-8."
    V007 = "{path} is a folder. Give the name of the .html file to write."
    V009 = "No interface translation for '{lang}'. Known: {known}."
    V020 = "The threshold must be a confidence from 0 to 1, got {value}."
    V008 = (
        "{path} is not a .spacy file. Without a pipeline (-), only the annotation of a .spacy file "
        "can be shown."
    )

    # Exporters
    G002 = "Unknown format '{name}'. Known: {known}."
    G003 = (
        "Cannot tell the format from the name {path}. Give --format, or use one of the endings "
        "{endings}. The formats {folders} write two files to the folder OUT."
    )
    G004 = "Unknown normal form '{name}'. Known: {known}."
    G005 = (
        "{path}: the format {format} writes two files, {names}. Give the name of a folder, without "
        "a file ending."
    )
    G006 = "{path} is a folder, but {format} is a file. Give its name, e.g. {path}/{example}."

    # Processing many documents
    P001 = (
        "{package} is not installed. Install it with python -m pip install "
        "'spacy-clinrel[{extra}]'."
    )
    P002 = "The text is not UTF-8 (byte {byte}). Convert it, e.g. iconv -f GB18030 -t UTF-8."
    P003 = "The document has no text."
    P004 = "The text has {n} characters, more than the maximum of {most}. Raise --max-length."
    P005 = (
        "{given} documents went into the pipeline, but {found} came out. Remove the component "
        "that drops documents."
    )
    P006 = "No column '{name}'. Available: {columns}."
    P007 = "Column '{name}' has type {type}. Expected text."
    P008 = "Invalid line: {error}."
    P009 = "{path}: can't read the file ({error}). Documents read before: {n}."
    P010 = (
        "{path} can't be the output folder. Give the name of a folder without a suffix, and set "
        "the format of its shards ({formats}) with --format."
    )
    P011 = (
        "{path} is not empty. To continue an interrupted run, use --resume; otherwise give a "
        "new folder."
    )
    P012 = (
        "{path}: the interrupted run had different settings: {what}. Use the same settings to "
        "resume it, or give a new folder."
    )
    P013 = (
        "Processes die while they load the pipeline, probably for lack of memory. Finished "
        "shards are kept: lower --n-process, and continue with --resume."
    )
    P014 = "Unknown format '{name}'. Known: {known}."
    P015 = "No document could be processed. The first error, in {source}: {error}"
    P016 = "Invalid row over several lines, probably a quote that is not closed ({error})."
    P017 = "The line is longer than {most} bytes."
    P018 = (
        "The row has {n} fields, but the header has {most}. Put text that contains separators "
        "in quotes."
    )
    P019 = "Several columns are named '{name}'. Rename them."
    P020 = "Can't read rows {first} to {last} ({error})."
    P021 = "The process died while it worked on this document, probably for lack of memory."
    P022 = "{path}: can't read the manifest ({error}). Give a new folder."


class Warnings(metaclass=ErrorsWithCodes):
    """Messages of the warnings that this package issues."""

    W001 = (
        "Another package has registered the extension doc._.relations, which is not replaced. Use "
        "spacy_clinrel.tokens.get_relations and set_relations instead."
    )
    W002 = "'{name}' cannot learn from {lost} of {total} gold relations: {reasons}."
    W003 = (
        "{lost} of {total} tokens are in no window of the encoder, or beyond its maximum of "
        "{most} word pieces. No entities or relations are found there. Set shorter windows in "
        "get_spans, with a stride no longer than the window."
    )
    W004 = (
        "'{name}': {lost} of {total} candidate pairs of this batch are not inside one window of "
        "the encoder and get no relation. Later batches are not counted. Use longer windows or "
        "more overlap in get_spans, or lower max_distance of the candidates."
    )
    W005 = (
        "The labelled documents have no relations with these labels of dev: {labels}. A model "
        "cannot learn them from unlabelled documents. Annotate a few by hand first."
    )
    W006 = (
        "No unlabelled document has mentions of the types that labelled relations join. The "
        "relations join {pairs}; the unlabelled mentions have the types {types}. Check that the "
        "type names match."
    )
    W007 = (
        "{path}: the pipeline does not know these relation labels and counts their relations as no "
        "relation: {labels}. Give --scheme if it was trained with the labels of a scheme."
    )
    W030 = (
        "{n} processes share GPU {gpu}, each with a copy of the pipeline. A single process is "
        "often as fast."
    )
    W031 = "Skipped {n} files with other suffixes: {kinds}."


def require(name: str, extra: str) -> Any:
    """Import an optional dependency.

    name (str): Name of the module.
    extra (str): Extra of this package that installs it.
    RETURNS (Any): The module.
    RAISES (ImportError): If it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError(Errors.P001.format(package=name.split(".")[0], extra=extra)) from error
