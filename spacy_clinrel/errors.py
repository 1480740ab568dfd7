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
        "Set relations through doc._.relations, which also updates the mentions."
    )
    R003 = "The label of a relation must be a non-empty string, got {label!r}."
    R004 = "Cannot concatenate an empty list of docs. Pass at least one Doc."

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
    C003 = "'{name}' is not initialized. Call nlp.initialize(), or load a trained pipeline."
    C004 = (
        "No training document of '{name}' has both gold relations and candidate pairs ({gold} gold "
        "relations in {docs} documents). Check [components.{name}.candidates]. Also check that the "
        'documents have entities. For gold entities, use @readers = "spacy-clinrel.Corpus.v1" with '
        "gold_entities = true. For predicted entities, list the entity component in [training] "
        "annotating_components."
    )
    C005 = (
        "'{name}' has no candidate strategy. Add a block [components.{name}.candidates] with "
        '@misc = "spacy-clinrel.SentencePairs.v1".'
    )
    C006 = "Option '{option}' of '{name}' must be {allowed}, got {value!r}."
    C007 = (
        "The data contains the relation label '{label}', but '{name}' was initialized without it "
        "(labels: {known}). Initialize the component with data that has this label."
    )
    C008 = (
        "The data contains the entity type '{label}', but '{name}' was initialized without it "
        "(types: {known}). Initialize the component with data that has this type."
    )

    # Models
    M001 = "Layer '{name}' is not initialized. Call nlp.initialize(), or load a trained pipeline."
    M002 = (
        "The saved weights of layer '{name}' (sizes {saved}) do not fit the config. Load them with "
        "the config that the pipeline was trained with. Details: {wanted}"
    )
    M003 = (
        "include_static_vectors = true, but the pipeline has no vectors. Set paths.vectors (see "
        "`python -m spacy clinrel init-vectors --help`), or set include_static_vectors = false."
    )
    M004 = "{what} must be {need}, got {value!r}."
    M005 = (
        "Layer '{name}' returned scores of shape {got}. Expected {expected}: (pairs, labels), or "
        "(pairs, 1 + labels) if labels are exclusive, with no relation in the first column. Return "
        "the scores before softmax or sigmoid."
    )
    M006 = (
        "The pipeline's vectors have width {got}, but the table '{name}' has width {wanted}. "
        "Set the width of the table to {got}, or train vectors with `python -m spacy clinrel "
        "init-vectors --width {wanted}`."
    )
    M007 = (
        "The pipeline's vectors have mode '{mode}', which has no separate row for each character. "
        "Train vectors with `python -m spacy clinrel init-vectors`, or remove paths.vectors."
    )
    M008 = (
        "Cannot load encoder '{name}' from a folder or the Hugging Face hub ({error}). Create an "
        "encoder with `python -m spacy clinrel make-encoder`, or use the name or folder of a "
        "BERT-like model."
    )
    M009 = (
        "The encoder has the model type '{kind}', which is not BERT-like. Focused attention needs "
        "a model with BERT layers in encoder.layer, such as BERT, RoBERTa, ELECTRA or ERNIE."
    )
    M010 = (
        "Encoder '{name}' has position embeddings of type '{kind}'. Focused attention selects the "
        "word pieces of mentions and therefore needs absolute positions. Use another encoder."
    )
    M011 = (
        "The relation model of spacy-clinrel.JointRelations.v1 uses the token vectors of the joint "
        "model and must not have its own encoder. Set tok2vec = null in its block."
    )
    M012 = (
        "'{name}' has no encoder (tok2vec = null), which is valid only in "
        "spacy-clinrel.JointRelations.v1. Add a block [...model.tok2vec]."
    )

    # Files
    F001 = "No such file or folder: {path}."
    F002 = "{path}: no documents found. Expected {expected}."
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
    F007 = "--strict: {losses} would be lost; nothing was written. Omit --strict to write the rest."
    F008 = "{path}: no document could be read. See the messages above."
    F009 = "{path}: the documents have no entities and no relations. There is nothing to {what}."
    F010 = "{path} is a folder. Use the name of a .spacy file as output."
    F011 = "'{pattern}' is not a valid regular expression: {error}."
    F012 = (
        "The pattern '{pattern}' does not match the document id '{doc_id}'. Use a pattern that "
        "matches all ids, e.g. '[0-9]+$' for the number at the end."
    )
    F013 = "Invalid value '{value}' of --rename. Use OLD=NEW, e.g. --rename 身体部位=Body."
    F015 = "{paths}: no character occurs at least {n} times. Use more text or a lower --min-count."
    F016 = 'Format "{description}": patterns and exclude must be tuples, e.g. patterns=("*.tsv",).'
    F017 = "{path} is both input and output. Choose another output file."
    F018 = "Can't write {path}: {error}."
    F019 = "No corpus is set. Use --paths.train and --paths.dev, or set [paths] in the config."
    F020 = "{path} is a folder. Expected a file."
    F021 = "{path} is not a .spacy file. Convert it with `python -m spacy clinrel convert`."
    F022 = (
        "{path}: no document matches the selection. Check --group-by and the .spacy file of "
        "--only-groups-of or --without-groups-of."
    )
    F023 = (
        "Unknown scheme '{name}'. Known: {known}. After adding a scheme to setup.cfg, run "
        "`python -m pip install -e .`."
    )
    F024 = (
        "--rename, --keep-type, --keep-label, --only-groups-of and --without-groups-of work only "
        "with corpus formats such as brat, not with .spacy files. Remove these options."
    )
    F025 = (
        "{out} already contains {n} of the output files, e.g. {name}. Choose another folder, or "
        "use --force to replace them."
    )
    F026 = (
        "--characters occurs {numbers} times, but there are {files} files. Use it once per file, "
        "with 0 for the complete file."
    )
    F027 = (
        "Invalid ratios {ratios}: train must be above 0, and dev and test at least 0. Use e.g. "
        "--ratios 70 15 15, or --ratios 80 20 0 to write no test.spacy."
    )
    F028 = (
        "{path}: cannot read the metadata ({error}). Use a .csv file in UTF-8 with a header, or a "
        ".jsonl file. It must have one row per document, with the document id in the column doc_id "
        "or id."
    )
    F029 = (
        "{n} of {total} documents have no '{key}' in the metadata, e.g. '{doc_id}'. Add the "
        "values, or check that the ids in the metadata match those of the corpus."
    )
    F030 = (
        "The metadata has no column '{key}' (columns: {columns}). As a pattern for document ids it "
        "fails too: {error}"
    )
    F031 = (
        "No document is left for {part}. The {n} documents form {units} units that cannot be "
        "divided (same --group-by value, or near-duplicates); the largest has {most} documents. "
        "Change --ratios, use smaller groups, or set the ratio of {part} to 0."
    )
    F032 = (
        "The document '{doc_id}' has an empty value for '{key}', so its group is unknown. Set a "
        "value for each document, e.g. its id if it has no group."
    )
    F033 = "{path} is locked by another process. Wait until it has finished, or use another folder."
    F034 = (
        "{path} does not end in .spacy, and no format was specified. Specify the format of the "
        "corpus: {known}."
    )
    F040 = "{path}: cannot read the config ({error})."
    F041 = (
        "{path}: no component has a candidate strategy. Use the config of a pipeline with a "
        "relation_classifier or joint_extractor, or omit --config and set --max-sentences, "
        "--max-distance or --use-sents."
    )
    F042 = (
        "--config defines the candidate strategy, so --max-sentences, --max-distance and "
        "--use-sents cannot be combined with it. Remove these options or --config."
    )

    # Bootstrapping and review
    B001 = (
        "The pipeline has {n} components of the type '{factory}', but needs exactly one. Use a "
        "config for relations between gold entities, e.g. configs/ccks2017_relations.cfg."
    )
    B002 = (
        "The reader of [corpora.{part}], '{reader}', does not provide gold entities. Use "
        '@readers = "spacy-clinrel.Corpus.v1" with gold_entities = true.'
    )
    B003 = (
        "{path}: cannot resume, because settings or documents have changed ({what}). Restore them, "
        "or start a new run in an empty folder."
    )
    B004 = (
        "{path} contains an earlier run or other files. Use --resume to continue the run, or "
        "choose an empty folder."
    )
    B005 = (
        "{path}: none of the {n} documents can be used. Each needs at least two mentions and must "
        "not be a gold document. {hint}"
    )
    B006 = "'{option}' must be {allowed}, got {value}."
    B007 = (
        "The --ner pipeline has no component that sets entities (components: {names}). Use a "
        "pipeline with an entity component, e.g. ner."
    )
    B009 = "{path} already exists. Choose a new or an empty folder."
    B010 = (
        "No annotated pairs of mentions to calibrate on: no document has gold relations, or all "
        "mentions are too far apart. Use other gold documents (with bootstrap, set --dev)."
    )
    B011 = (
        "{path}: {n} documents contain silver annotation from an earlier run, e.g. '{doc_id}'. Use "
        "only documents that people have annotated or corrected."
    )
    B012 = (
        "The two models must score the same pairs, but these settings of their relation "
        "classifiers differ: {what}. Use the same values in CONFIG and --second."
    )
    B013 = (
        "The relation classifier allows several labels per pair (exclusive = false), but silver "
        "annotation has only one. Set exclusive = true, or train one model per label."
    )
    B020 = (
        "{path}: none of the {n} documents has a candidate pair, and {bare} of them have no "
        "mentions. {left_out} other documents were left out, because their text is labelled or "
        "repeated. Use --ner PIPELINE to predict mentions, or choose other documents."
    )
    B021 = "{path} is not empty and may contain corrected files. Choose a new folder."
    B022 = (
        "{path} was not written by `python -m spacy clinrel review`: {error}. Use the folder that "
        "this command wrote."
    )
    B023 = (
        "{path}: the text of '{doc_id}' differs from the exported text, starting at character "
        "{place}. Restore the text; only annotations may change."
    )
    B024 = (
        "{path}: '{doc_id}' is not one of the {n} documents exported for review. Remove the file, "
        "or give the review folder that it was exported to."
    )
    B025 = "{path}: duplicate document '{doc_id}'. Keep only one copy."
    B026 = "{path}: none of the {n} exported documents could be read. {problems}"
    B027 = (
        "Use --format to give the format of the corrected files. The documents were exported as: "
        "{known}."
    )
    B028 = (
        "{path}: the annotation file of '{doc_id}' is missing. Restore it, or create an empty file "
        "if the document has no annotations."
    )
    B029 = (
        "{path}: '{doc_id}' was left out, because {n} of its annotations could not be read. First "
        "error: {fault}. Fix the file and read it again."
    )

    # Error report
    F060 = "Cannot write the report to {path}: it is a file. Choose a new or an existing folder."

    # Viewer
    V001 = "Unknown style '{style}'. Known: {allowed}."
    V002 = (
        "columns must be two line widths, for wide and for narrow screens, each at least {least} "
        "columns, got {value!r}."
    )
    V003 = "Expected a Doc or an iterable of Docs, got {type}. For a Span, use span.as_doc()."
    V004 = "Unknown options: {options}. Known: {known}."
    V005 = (
        "Cannot find the pipeline '{name}'. Use the name of an installed pipeline, the folder of a "
        "pipeline, or - to show the annotation of a .spacy file."
    )
    V006 = "{path}: invalid UTF-8 at byte {byte}. Convert it, e.g. with iconv -f GB18030 -t UTF-8."
    V007 = "{path} is a folder. Use the name of an .html file as output."
    V009 = "No interface translation for '{lang}'. Known: {known}."
    V020 = "The threshold must be a confidence from 0 to 1, got {value}."
    V008 = (
        "{path} is not a .spacy file. Without a pipeline (-), only the annotation of a .spacy file "
        "can be shown."
    )

    # Exporters
    G002 = "Unknown format '{name}'. Known: {known}."
    G003 = (
        "Cannot determine the format from the name {path}. Set --format, or use one of the endings "
        "{endings}. The formats {folders} write two files to the folder OUT and need --format."
    )
    G004 = "Unknown normal form '{name}'. Known: {known}."
    G005 = "{path}: {format} writes two files, {names}. Use the name of a folder, without a suffix."
    G006 = (
        "{path} is a folder, but the format {format} writes a single file. Use a file name, e.g. "
        "{path}/{example}."
    )

    # Processing many documents
    P001 = (
        "{package} is not installed. Install it with python -m pip install "
        "'spacy-clinrel[{extra}]'."
    )
    P002 = "Invalid UTF-8 at byte {byte}. Convert the text, e.g. with iconv -f GB18030 -t UTF-8."
    P003 = "The document has no text."
    P004 = "The text has {n} characters, more than the maximum of {most}. Increase --max-length."
    P005 = (
        "The pipeline received {given} documents, but returned {found}. Remove the component that "
        "drops documents."
    )
    P006 = "No column '{name}'. Available: {columns}."
    P007 = "Column '{name}' has type {type}. Expected text."
    P008 = "Invalid line: {error}."
    P009 = "{path}: can't read the file ({error}). {n} documents were read before the error."
    P010 = (
        "{path} can't be the output folder. Use the name of a folder without a suffix, and set the "
        "format of its shards ({formats}) with --format."
    )
    P011 = "{path} is not empty. Use --resume to continue an earlier run, or choose a new folder."
    P012 = (
        "{path}: the interrupted run had different settings: {what}. Use the same settings to "
        "resume it, or choose a new folder."
    )
    P013 = (
        "Worker processes crash while they load the pipeline, probably because memory runs out. "
        "Finished shards are kept. Lower --n-process, and continue with --resume."
    )
    P014 = "Unknown format '{name}'. Known: {known}."
    P015 = "No document could be processed. First error, in {source}: {error}"
    P016 = "Invalid row that spans several lines, probably because of an unclosed quote ({error})."
    P017 = "The line is longer than {most} bytes. Increase --max-length to read longer lines."
    P018 = "The row has {n} fields instead of {most}. Put values that contain separators in quotes."
    P019 = "Several columns are named '{name}'. Rename them."
    P020 = "Can't read rows {first} to {last} ({error})."
    P021 = "The worker process crashed on this document, probably because memory ran out."
    P022 = "{path}: can't read the manifest ({error}). Choose a new folder."


class Warnings(metaclass=ErrorsWithCodes):
    """Messages of the warnings that this package issues."""

    W001 = (
        "Another package has already registered the extension doc._.relations, so it was not "
        "replaced. Use spacy_clinrel.tokens.get_relations and set_relations instead."
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
