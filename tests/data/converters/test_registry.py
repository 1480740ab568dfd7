"""The registry of formats."""

from importlib.metadata import entry_points

import pytest

from spacy_clinrel.data.converters import Converter, Record, converters, get_converter, get_writer
from spacy_clinrel.data.converters.text import read_lines


def test_registered_names_resolve():
    found = {entry.name: entry.load() for entry in entry_points(group="spacy_clinrel_converters")}
    names = {"brat", "ccks2017", "ccks2018", "ccks2019", "cmeee", "cmeie", "i2b2", "spert"}
    assert names <= set(found)
    for name, converter in found.items():
        assert isinstance(converter, Converter) and converter.description and converter.patterns
        assert get_converter(name) is converter


def test_unknown_formats():
    with pytest.raises(ValueError, match=r"F005.*'nope'.*brat"):
        get_converter("nope")
    with pytest.raises(ValueError, match=r"F006.*CMeEE.*brat"):
        get_writer(get_converter("cmeee"))


def test_registered_format_is_read(read, put, monkeypatch):
    def read_plain(path, report, options):
        for number, line in read_lines(path, report, options) or ():
            yield Record(f"{number}", line)

    plain = Converter(description="a text a line", patterns=("*.plain",), read=read_plain)
    monkeypatch.setattr(converters, "get_all", lambda: {"plain": plain})
    docs, report = read("plain", put("a.plain", "头痛\n\n呕吐\n"))
    assert [doc.text for doc in docs] == ["头痛", "呕吐"] and report.documents == 2
