"""spaCy's English tokenizer with rules for clinical text."""

import re
from typing import Callable, List

import spacy
from spacy.lang.char_classes import ALPHA, ALPHA_LOWER, ALPHA_UPPER
from spacy.lang.en import English
from spacy.lang.tokenizer_exceptions import emoticons
from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.util import compile_infix_regex, compile_prefix_regex, compile_suffix_regex

ENGLISH_TOKENIZER = "spacy-clinrel.EnglishTokenizer.v1"

# Units of an amount, and units that it is divided by: "mg/dL" is one token.
AMOUNTS = (
    "g kg mg mcg ug µg μg ng pg mol mmol umol µmol μmol nmol pmol Eq mEq meq U IU mIU uU µU μU "
    "units cells copies beats L l mL ml m cm mm kcal mOsm"
)
DIVISORS = (
    "dL dl L l mL ml uL ul µL μL kg Kg g mg mmol min h hr hrs hour d day days wk week s sec m2 m² "
    "mm3 mm³ hpf HPF Hg"
)
DOSES = "mg mcg g ug µg μg kg mL ml cc units unit mEq meq IU mmol"
TIMES = "d day days wk wks week weeks mo mos month months h hr hrs hour hours min yr yrs"
# Laboratory values that records join to their result with a hyphen: "WBC-12".
TESTS = (
    "WBC RBC Hgb HGB Hct HCT MCV MCH MCHC RDW Ct PT PTT INR Glucose UreaN BUN Creat Na K Cl HCO3 "
    "AnGap ALT AST LDH AlkPhos TotBili Calcium Phos Mg Lactate pO2 pCO2 pH Albumin Lipase Neuts "
    "Lymphs Monos Eos Baso TSH CK"
)
# spaCy's own expression also matches two words without a space after the full stop: "normal.on".
URL = re.compile(
    r"(?i:[a-z][a-z0-9+.-]+://\S+|www\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
    r"|(?:[a-z0-9-]+\.)+(?:com|org|net|gov|edu|int|info|io)(?:[/?#]\S*)?)$"
)
# Exceptions of spaCy for a letter with a full stop, e.g. at the end of "for 2 d."
LETTER_STOP = re.compile(r"[a-z]\.")


def any_of(words: str) -> str:
    """Return a regular expression that matches any of the words.

    words (str): Words, separated by spaces.
    RETURNS (str): The regular expression.
    """
    longest_first = sorted(words.split(), key=len, reverse=True)
    return f"(?:{'|'.join(map(re.escape, longest_first))})"


def after_any(before: str, words: str) -> str:
    """Return a regular expression that matches after any of the words. Python's lookbehinds have a
    fixed width, therefore each word gets its own.

    before (str): A regular expression for what precedes the word.
    words (str): Words, separated by spaces.
    RETURNS (str): The regular expression.
    """
    return f"(?:{'|'.join(f'(?<={before}{re.escape(word)})' for word in words.split())})"


def _prefixes() -> List[str]:
    symbols = [r"[<>≤≥≈≃~∼±×]", rf"\.(?=\d+\.\d|[{ALPHA}]{{2}})", r"\*+", "#"]
    return [*English.Defaults.prefixes, *symbols]  # type: ignore[misc]


def _suffixes() -> List[str]:
    full_stops = [
        # Units and abbreviations: "mg/dL.", "H2O.", "CsA.", "class Ⅱ."
        rf"(?<=[{ALPHA_LOWER}µμ/0-9][{ALPHA_UPPER}])\.",
        r"(?<=[Ⅰ-ⅿ])\.",
        # A single letter: "hepatitis C."
        rf"(?<=^[{ALPHA_UPPER}])\.",
    ]
    others = [r"[*#†‡]", r"(?<=[a-z]{3})/", rf"(?<=[0-9]){any_of(DOSES)}"]
    return [*English.Defaults.suffixes, *full_stops, *others]  # type: ignore[misc]


def _infixes() -> List[str]:
    slash = rf"(?<=[{ALPHA}0-9])[:<>=/](?=[{ALPHA}])"
    kept = [rule for rule in English.Defaults.infixes if rule != slash]  # type: ignore[union-attr]
    letter = f"[{ALPHA}]"
    units = f"{AMOUNTS} {DIVISORS}"
    # Long alternatives of lookbehinds follow a lookahead of one character, which fails fast.
    unit = f"(?:{after_any('^', units)}|{after_any(f'[^{ALPHA}]', units)})"
    divisor = rf"{any_of(DIVISORS)}(?![{ALPHA}])"
    return [
        *kept,
        rf"(?<=[{ALPHA}0-9])[:<>=](?={letter})",
        # "pain/nausea", but not "mg/dL" and "s/p"
        rf"(?=/)(?<=[{ALPHA}0-9])(?!{unit}/{divisor})(?!(?<=^{letter})/{letter}$)/(?={letter})",
        rf"(?<={letter}{letter})/(?=\d)",
        # Brackets inside of a word: "x3(LIMA", "risk[4]". Not "lesion(s".
        r"(?<=\S)\((?!e?s$)(?=\S)|(?<=\S)[)\[\]{}](?=\S)",
        r"(?<=[)\]])[-–](?=\w)",
        # Comparisons and sums: "ANC>0.5", "EF=0.58", "BUCY+ATG"
        r"(?<=\w)[<>=≤≥≈±]+(?=[\w.<>=-])",
        rf"(?<={letter}{letter})\+(?={letter}{letter})",
        # Missing spaces after a full stop: "1.Aspirin", "CXR.Started", "].Then", "atrophy.4"
        rf"(?<=\d)\.(?={letter}{letter})",
        rf"(?<=[{ALPHA_UPPER}][{ALPHA_UPPER}])\.(?=[{ALPHA_UPPER}][{ALPHA_LOWER}])",
        rf"(?<=[{ALPHA_LOWER}]{{4}})\.(?=[{ALPHA_LOWER}]{{2}})",
        rf"(?<={letter}{{3}})\.(?=\d)",
        r"(?<=[)\]])\.(?=\w)",
        r"(?<=[\w)\]])\.(?=[(\[])",
        # ... and after a comma: "mg/dL,5", "fever),13"
        rf"(?<=[{ALPHA})\]]),(?=[\w(\[])|(?<=\d),(?={letter})",
        # A number joined to a word: "Lasix40", "fibers4", "x14days", "2015with", "81mg"
        rf"(?<=[{ALPHA_LOWER}]{{4}})(?=\d)",
        rf"(?<=^[xX×])(?=\d+(?:\.\d+)?{any_of(TIMES)}(?!{letter}))",
        rf"(?<=\d{{4}})(?=[{ALPHA_LOWER}]{{4}})",
        rf"(?<=\d)(?={any_of(DOSES)}(?![{ALPHA}0-9]))",
        # Ranges of doses, and results of tests: "12.5mg-20mg", "WBC-12", "Hgb-9.8"
        rf"(?=[-–]){after_any('[0-9]', DOSES)}[-–](?=\d)",
        rf"(?=-){after_any('^', TESTS)}-(?=\d)",
        rf"(?<={letter}{letter})-(?=\d+\.\d)",
    ]


def EnglishTokenizer() -> Callable[[Language], Tokenizer]:
    """Create spaCy's English tokenizer with further rules for clinical text.

    It splits where records leave out a space ("1.Aspirin", "Lasix40 mg", "12.5mg-20mg", "x3d,no")
    and a full stop from units ("5 mg/dL."). Decimals, ratios and units ("12.5", "120/80", "mg/dL")
    stay one token. spaCy's exceptions apply, except that of a letter with a full stop ("2 d.").

    RETURNS (Callable[[Language], Tokenizer]): Creates the tokenizer of a pipeline.
    """
    return create_english_tokenizer


def create_english_tokenizer(nlp: Language) -> Tokenizer:
    """Create the tokenizer of a pipeline, see `EnglishTokenizer`.

    nlp (Language): The pipeline.
    RETURNS (Tokenizer): The tokenizer.
    """
    exceptions = {
        text: rule
        for text, rule in English.Defaults.tokenizer_exceptions.items()
        if text not in emoticons and not LETTER_STOP.fullmatch(text)
    }
    return Tokenizer(
        nlp.vocab,
        rules=exceptions,
        prefix_search=compile_prefix_regex(_prefixes()).search,
        suffix_search=compile_suffix_regex(_suffixes()).search,
        infix_finditer=compile_infix_regex(_infixes()).finditer,
        url_match=URL.match,
    )


def blank_pipeline(lang: str) -> Language:
    """Create a pipeline without components whose tokenizer suits clinical text.

    lang (str): Language code. English gets `spacy-clinrel.EnglishTokenizer.v1`; other languages
        have spaCy's tokenizer.
    RETURNS (Language): The pipeline.
    """
    if lang != "en":
        return spacy.blank(lang)
    return spacy.blank(lang, config={"nlp": {"tokenizer": {"@tokenizers": ENGLISH_TOKENIZER}}})
