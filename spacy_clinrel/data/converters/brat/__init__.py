"""brat standoff: `NAME.txt` with `NAME.ann` (https://brat.nlplab.org/standoff.html), or with
BioNLP's `NAME.a1` and `NAME.a2`.

Reading keeps mentions (T) and binary relations (R). Arg1 is the head of a relation and Arg2 the
tail; if the arguments have other names, the first is the head.

The trigger of an event (E) is kept as a mention, and a relation to the event becomes a relation to
the trigger. With the option `events`, an argument of an event becomes a relation from the trigger
of the event to the argument, labelled with the role; if the argument is an event, to its trigger.
brat numbers the arguments with equal roles (Theme, Theme2, …): the number is dropped if the event
also has the role without a number. Without the option, arguments are dropped and counted.

Attributes (A, M) of mentions and events are kept: `A1 Negated T1` as "Negated", `A2 Polarity T3
Negative` as "Polarity=Negative". Attributes of relations, normalisations (N), notes (#) and
equivalences (*) are dropped and counted.

brat splits mentions at line ends: fragments separated by white space alone are read as one mention.
Other discontinuous mentions are replaced by their covering span and counted. Tabs in place of
spaces, spaces in place of tabs, and recorded texts with line breaks are read and counted as
repaired.

The text and the annotations are in one folder, or in sibling folders such as `txt` and `ann`. A
text without annotation files has no annotations. `.a1` and `.a2` are not read if there is an
`.ann`.

Writing splits a mention that contains line breaks into one fragment per line. White space in types,
labels and attributes becomes "_", because brat separates these from offsets and ids by a space.
Other characters are kept, although brat's configuration allows only `[a-zA-Z0-9_-]` in type names.
"""

from .. import Converter
from .reading import read, text_file
from .writing import write

BRAT = Converter(
    description="brat standoff: NAME.txt with NAME.ann, or BioNLP's NAME.a1 and NAME.a2",
    patterns=("*.txt", "*.ann", "*.a1", "*.a2"),
    read=read,
    write=write,
    exclude=("readme*",),
    main_file=text_file,
    keeps_attributes=True,
    has_text_file=True,
)
