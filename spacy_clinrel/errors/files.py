"""Error messages of corpora, files, bootstrapping and review."""


class FileErrors:
    """Error messages of corpora, files, bootstrapping and review."""

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
    F008 = "{path}: no document could be read. {reason}"
    F009 = "{path}: the documents have no entities and no relations. There is nothing to {what}."
    F010 = "{path} is a folder. Use the name of a .spacy file as output."
    F011 = "'{pattern}' is not a valid regular expression: {error}."
    F012 = (
        "The pattern '{pattern}' does not match the document id '{doc_id}'. Use a pattern that "
        "matches all ids, e.g. '[0-9]+$' for the number at the end."
    )
    F112 = (
        "Invalid value '{value}' of --attribute. Use FILE=ATTRIBUTE, e.g. --attribute "
        "Negation=negated."
    )
    F113 = (
        "Invalid value '{value}' of --attribute: '{name}' is not an assertion attribute. The "
        "attributes are: {known}."
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
        "Options that select or interpret the annotation of a corpus, such as --keep-type and "
        "--encoding, work only with corpus formats such as brat, not with .spacy files. Remove "
        "these options. Only --attribute works for both."
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
        "{path}: cannot read the metadata: {error}. Use a .csv file with a header, or a .jsonl "
        "file, with one row per document and the document id in the column doc_id or id."
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
    F050 = "'{name}' must be one of {known}, got '{value}'."
    F051 = (
        "--strict: the corpus is doubtful ({doubts}); nothing was written. Check the messages, or "
        "omit --strict."
    )

    # Encodings and folders
    F070 = (
        "Unknown encoding '{name}'. Use the name of a Python codec for text, e.g. gb18030, big5, "
        "utf-16 or cp1252."
    )
    F071 = (
        "{path} is not UTF-8 (byte {byte}, line {line}). Set its encoding with --encoding: gb18030 "
        "for files from Chinese Windows or Excel (GBK), big5 for traditional Chinese, cp1252 for "
        "Western European files. Or convert the file, e.g. with: {command}. If it is a UTF-8 file "
        "with damaged lines, use --encoding utf-8 to leave these lines out."
    )
    F072 = (
        "{path}: line {line} is not valid {encoding}. Repair the file, or set another encoding "
        "with --encoding."
    )
    F073 = (
        "{path} is in {encoding}, which is not detected. Read it with --encoding {encoding}, or "
        "convert it to UTF-8."
    )
    F074 = "The line is not valid {encoding}. Repair it, or set another encoding with --encoding."
    F075 = (
        "Other lines of the file are not UTF-8, and this line may not be UTF-8 either: all its "
        "non-ASCII characters are below U+0800. Repair the file, or set --encoding."
    )
    F076 = "{path} has NUL bytes and is not a text file. Use a file in UTF-8."
    F077 = "{path}: cannot read the folder ({error})."
    F078 = "{path} is a pipe, socket or device. Use a file or a folder."
    F079 = (
        "The file is valid UTF-8 with Chinese or similar characters, but was read as {encoding}. "
        "Check the text, or omit --encoding."
    )
    F080 = (
        "The file may be GBK instead of UTF-8, because all its non-ASCII characters are below "
        "U+0800. If its text is wrong, use --encoding gb18030."
    )
    F081 = "{what} has a lone surrogate, e.g. from an incomplete \\ud83d escape."
    F082 = "{what} must be a string, got {type}."
    F090 = (
        "The text is an address, {address!r}, and there is no file of that name in {folder} or its "
        "subfolders. Put the text files beside the export, or import the texts into Label Studio."
    )
    F091 = (
        "The text is an address, {address!r}, but several files have that name, e.g. {first} and "
        "{second}. Keep only one of them beside the export."
    )
    F100 = (
        "The text has {n:,} characters; at most {most:,} can be converted as one document. Split "
        "it, with its annotations, into several documents."
    )
    F110 = (
        "Unknown unit of offsets '{value}'. Use {known}, e.g. --offsets utf-16. Add, where it "
        "applies, +crlf (a line break \\r\\n counts as one), +bom (a byte order mark counts), "
        "+one-based (the first character is 1), +inclusive or +exclusive (the end of a mention)."
    )
    F111 = "--offsets does not apply to this format, which has no offsets ({description}). Omit it."

    # Model cards
    F170 = (
        "{path}: cannot read the settings of the model card ({error}). See configs/cards for "
        "examples."
    )
    F171 = "{path}: the setting '{key}' of the model card {what}. See configs/cards for examples."
    F172 = (
        "{path} has no scores '{setting}'. Use the file that `python -m spacy clinrel evaluate` "
        "writes with --output, for gold entities with --gold-entities."
    )
    F173 = "{path} is not the folder of a pipeline. It has no meta.json."
    F174 = (
        "{path}: the copy with the model card cannot replace the pipeline, contain it or be in its "
        "folder. Choose another output folder."
    )

    # Configs
    F180 = "{path} already exists. Choose another name, or use --force to replace it."
    F181 = "Unknown component '{name}' in --pipeline. Known: {known}. Separate them with commas."
    F182 = (
        "--pipeline has {names}, which have the same task. Keep one of them. joint finds entities "
        "and relations with one model; ner and relations are separate components."
    )
    F183 = (
        "{path}: no document has {what}, so '{name}' has nothing to learn. Annotate some, check "
        "that `convert` kept them, or leave the component out of --pipeline."
    )
    F184 = "{option} is for --encoder {kind} only. Add --encoder {kind}, or remove {option}."
    F185 = "Unknown language '{lang}'. Use a language code of spaCy, e.g. zh or en."

    # Rules of a corpus
    F150 = (
        "{path}: invalid rules of the corpus: {key} {problem}. See docs/how-to/consistency.md for "
        "the format."
    )

    # Terminologies
    F120 = (
        "{path}: no column for the {role} ({names}). Columns present: {present}. Set the column "
        "with --{role}-column, and the delimiter of a CSV file with --delimiter."
    )
    F121 = "{path}: several columns are named '{name}'. Rename them."
    F122 = "{path} is not a table. Use {known}. Save an Excel table as CSV first."
    F123 = "{path}: cannot read the table ({error}). Repair the file, or export it again."
    F124 = "The delimiter must be a single character, e.g. ',' or ';', got {value!r}."
    F125 = "{path}: the table has no row with a code and a name."
    F126 = (
        "--strict: the table is doubtful ({doubts}); nothing was written. Repair the rows that the "
        "report names, or omit --strict."
    )
    F127 = (
        "{path}: cannot load the terminology ({error}). Build it again with `python -m spacy "
        "clinrel build-terminology`."
    )
    F128 = "{path} already exists. Choose a new folder, or use --force to replace a terminology."
    F129 = (
        "{path} exists and is no terminology. Only a terminology can be replaced. Choose a new "
        "folder."
    )

    # Agreement
    F140 = (
        "{path}: document {number} has no id, so it cannot be matched. Create the file with "
        "`convert`."
    )
    F141 = "{path}: duplicate document '{doc_id}'. Keep one copy, or give them different names."
    F142 = (
        "No note is in both {first} and {second}. Notes are matched by their ids, e.g. {ids}. Give "
        "both files of a note the same name."
    )
    F143 = (
        "The text of note '{doc_id}' differs between {first} and {second}, first at character "
        "{offset}. Notes whose texts differ: {n}. Restore the text that both annotators received."
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
        "No annotated pairs of mentions to calibrate on: no document has gold relations, all "
        "mentions are too far apart, or (with --end-to-end) the pipeline predicts too few. Use "
        "other gold documents (with bootstrap, set --dev)."
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
    B030 = (
        "Nothing was written, because of --strict (in Python, strict). Types, labels and "
        "attributes that the pipeline does not have: {names}; relations with unusual types: "
        "{types}; documents left out: {documents}. Correct the annotation, or leave out --strict."
    )
    B040 = (
        "No component before '{name}' predicts entities, so the pipeline cannot be calibrated end "
        "to end. Calibrate on gold entities: leave out --end-to-end (in Python, end_to_end)."
    )
    B050 = (
        "The teacher '{name}' has {n} components of the type '{factory}', but needs exactly one. "
        "Use a pipeline that finds entities with this component."
    )
    B051 = "The teachers have different {what}. Use pipelines that were trained on the same labels."
    B052 = "{path}: none of the {n} documents can be used. Left out: {reasons}. Choose other texts."

    # Error report
    F060 = "Cannot write the report to {path}: it is a file. Choose a new or an existing folder."
    F061 = (
        "--train is for an error report on predicted entities only. Add --report and remove "
        "--gold-entities, or remove --train."
    )

    # Documents read from files
    F190 = "{path}: cannot read documents from this file. Expected {known}, or a folder of them."
    F191 = (
        "{path} contains texts without annotation. Annotate them first with "
        "`python -m spacy clinrel apply MODEL {path} OUT`, and use OUT."
    )
    F192 = (
        "The row does not have the structure of the output of apply ({error}). "
        "docs/reference/output.md describes it."
    )
    F193 = "Mention {number}, counted from 0, is not at characters {start} to {end} of the text."
    F194 = (
        "Relation {number}, counted from 0, has no label, or its head or tail is not one of the "
        "{mentions} mentions."
    )
    F195 = (
        "The row has only a text, and no column 'mentions'. Annotate the text first with `python "
        "-m spacy clinrel apply`."
    )
    F196 = "The text has {n} characters, more than the maximum of {most}. Split it."
    F197 = (
        "The row has no text. Repeat `python -m spacy clinrel apply` without --no-text to write "
        "the texts too."
    )
    F198 = (
        "Only Label Studio has a labelling interface to which labels can be added. Use the format "
        "label-studio-predictions or label-studio, or omit --labels-of."
    )
