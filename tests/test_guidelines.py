"""The Chinese version of the annotation guidelines has the examples of the English one."""

import re
from collections import Counter

from .util import ROOT

ENGLISH = ROOT / "assets" / "zh_notes" / "GUIDELINES.md"
CHINESE = ROOT / "docs" / "zh" / "标注指南.md"
MENTION = re.compile(r"\[[^\[\]|]+\|[RDSTB](?::[NUCHF]+)?\]")
# Words of the notes. In the Chinese version they are in the text, which has more characters.
WORD = re.compile("[\u4e00-\u9fff]+")
RULE = re.compile(r"^ {0,3}(\d+)\. ", re.MULTILINE)


def read(path, joint=""):
    """Return the text of a file. Lines that continue an item are joined."""
    return re.sub(r"\n +(?=[^ \-|])", joint, path.read_text(encoding="utf-8"))


def test_examples_are_the_same():
    english, chinese = read(ENGLISH), read(CHINESE)
    counts = [Counter(MENTION.findall(text)) for text in (english, chinese)]
    # The legend has an example as well.
    assert counts[0] - counts[1] == counts[1] - counts[0] == Counter()
    assert RULE.findall(english) == RULE.findall(chinese)
    for mark in "✓✗":
        assert english.count(mark) == chinese.count(mark)


def test_all_words_occur():
    chinese = read(CHINESE)
    left = {word for word in WORD.findall(read(ENGLISH, " ")) if word not in chinese}
    assert left == set()
