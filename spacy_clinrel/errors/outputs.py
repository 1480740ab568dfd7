"""Error messages of the viewer, exporters and the processing of many documents."""


class OutputErrors:
    """Error messages of the viewer, exporters and the processing of many documents."""

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
    V007 = "{path} is a folder. Use the name of an .html file as output."
    V009 = "No interface translation for '{lang}'. Known: {known}."
    V030 = (
        "names must be 'readable', 'codes' or names by label, e.g. {{'FOLLOWS': 'is followed "
        "by'}}, got {value}."
    )
    V020 = "The threshold must be a confidence from 0 to 1, got {value}."
    V008 = (
        "{path} has no annotation. Without a pipeline (-), use a .spacy file, or the output of "
        "apply: the folder, or a .parquet or .jsonl file."
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
    G010 = (
        "{place}: {n} relations are exported without a score, because theirs is not a finite "
        "number. Scores are from 0 to 1."
    )
    G011 = (
        "{path}: {place} is NaN or infinite, which JSON cannot hold. Check the scores of the "
        "pipeline or of the documents."
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
    P023 = (
        "{package} is installed, but importing it fails: {error}. Repair the installation, e.g. "
        "with python -m pip install --upgrade --force-reinstall {package}."
    )
    P030 = (
        "{path}: line {number} is damaged ({error}). Restore the file from a backup. Or delete "
        "this line and all lines after it, and use --resume to process their shards again."
    )
    P031 = (
        "{path} is missing or lacks lines, but the folder contains their shards. Restore it from a "
        "backup, or choose a new folder."
    )
    P032 = (
        "{path} is missing or damaged. It can't be written again, because documents in quarantine "
        "have been retried since. Restore it from a backup, or choose a new folder."
    )
    P033 = (
        "{path}: a retry of the documents in quarantine was interrupted. Continue it with "
        "--retry-quarantined."
    )
    P034 = (
        "{path} does not contain finished shards, so there is nothing to retry. Run the command "
        "without --retry-quarantined first."
    )
    P035 = (
        "{path}: a retry needs the input and the settings of the run, but these differ: {what}. "
        "Only the pipeline, --code, --encoding and --max-length may be changed."
    )
    P036 = (
        "{path} is missing or damaged. First repair the run: repeat the command with the settings "
        "of the run and with --resume instead of --retry-quarantined."
    )
    P037 = (
        "{path}: line {number} is damaged or was written by an earlier version ({error}). Restore "
        "the file from a backup, or process these documents in a new folder."
    )
    P038 = (
        "No component of the pipeline registers the attribute span._.{name}. Registered: {known}."
    )
    P039 = "span._.{name} is a method. Only attributes with values can be kept."
    P040 = "The pipeline raised {type}. For its message, see {path} in the output folder."
    P041 = (
        "The attribute span._.{name} has a value of type {found}, but its default is a {expected}. "
        "Change the component that sets it, or register the attribute without a default."
    )
    P050 = (
        "No column '{name}' among the {n} columns. The first row of a CSV file must contain the "
        "names of the columns, separated by commas. Names are not shown here, since they may be "
        "data. Add the names, or set the column with --text-column or --id-column."
    )
    P060 = (
        "{path}: the run was begun by another version (spacy-clinrel {release}), which writes "
        "schema version {found}; this version writes schema version {current}. Finish the run with "
        "that version, or choose a new folder. Finished shards can still be read."
    )
    P061 = (
        "{path}: expected the output folder of apply, one of its .parquet or .jsonl files, or "
        ".spacy files."
    )
    P062 = (
        "{path}: the columns are not those of the output of apply ({error}). Use a file with the "
        "columns id, mentions and relations, as described in docs/reference/output.md."
    )
    P063 = "{place}document {number}, counted from 0, is damaged: {error}"
    P065 = (
        "Item {number} of the documents, counted from 0, is a {type}, not a Doc. Use Docs, e.g. "
        "list(nlp.pipe(texts)), or the path of a single file or folder."
    )
