"""The encoding of a file, judged as a whole."""

import codecs
import os
import re
import shutil
import subprocess

import pytest

from spacy_clinrel.files import (
    Encoding,
    EncodingError,
    check_encoding,
    decode_lines,
    decode_text,
    detect_encoding,
    is_doubtful,
    open_utf8,
    read_encoded,
    read_text_lines,
)
from spacy_clinrel.files import encoding as module

CHINESE = "患者因头痛3天入院。\n体温37.5°，血压120/80。\n"


def detect(tmp_path, data, given=None):
    path = tmp_path / "note.txt"
    path.write_bytes(data)
    encoding = detect_encoding(path, given)
    assert read_encoded(path, given) == (data, encoding)
    return encoding


def refuse(tmp_path, data, match, given=None):
    with pytest.raises(ValueError, match=match):
        detect(tmp_path, data, given)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"BP 120/80\n",
        CHINESE.encode(),
        codecs.BOM_UTF8 + CHINESE.encode(),
        "🙂 ok\n".encode(),
        ("头痛\n" + "ͷʹ\n" * 5).encode(),
        b"a\0b and more text",
    ],
)
def test_valid_utf8_is_utf8(tmp_path, data):
    assert detect(tmp_path, data) == Encoding("utf-8")


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-be"])
def test_utf16_with_byte_order_mark_is_read(tmp_path, codec):
    bom = codecs.BOM_UTF16_BE if codec == "utf-16-be" else b""
    data = bom + CHINESE.encode(codec)
    assert detect(tmp_path, data) == Encoding("utf-16")
    assert decode_text(data, Encoding("utf-16"), tmp_path) == "\ufeff" + CHINESE
    lines = [line.text for line in decode_lines(data, Encoding("utf-16"))]
    assert lines == CHINESE.split("\n")


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [CHINESE, "Temperature 37.5\n"])
def test_utf16_and_utf32_without_byte_order_mark_are_named(tmp_path, codec, text):
    refuse(tmp_path, text.encode(codec), f"F073.*--encoding {codec}")
    assert detect(tmp_path, text.encode(codec), codec).name == codec


def test_utf32_with_byte_order_mark_is_named(tmp_path):
    refuse(tmp_path, codecs.BOM_UTF32_LE + CHINESE.encode("utf-32-le"), "F073.*utf-32")
    assert detect(tmp_path, CHINESE.encode("utf-32"), "utf-32").name == "utf-32"


def test_binary_files_are_named(tmp_path):
    refuse(tmp_path, b"PK\x03\x04\xff\xfe\x00\x00\x01\xff\x00\xff", "F076")


@pytest.mark.parametrize(
    "data",
    [
        CHINESE.encode("gbk"),
        CHINESE.encode("gb18030"),
        "患者頭痛三天。\n".encode("big5"),
        "No fever. Past history: 感冒\n".encode("gbk"),
        "编号,文本\n1,ok\n2,ok\n".encode("gbk"),
        "id,text\n1,头痛\n2,头晕\n3,患者头痛3天\n".encode("gbk"),
        "Temperature 37.5° C\nNo pain\n".encode("latin-1"),
    ],
)
def test_other_encodings_are_refused_as_a_whole(tmp_path, data):
    message = r"F071.*note\.txt.*line \d+.*--encoding: gb18030.*cp1252.*iconv -f GB18030 -t UTF-8"
    refuse(tmp_path, data, message)


def test_conversion_command_works_for_names_that_are_not_utf8(tmp_path):
    path = tmp_path / os.fsdecode("出院 '1'.txt".encode("gbk"))
    path.write_bytes(CHINESE.encode("gbk"))
    with pytest.raises(EncodingError) as caught:
        detect_encoding(path)
    command = re.search(r"iconv .*\.utf8\.txt'?", str(caught.value)).group()
    shell = shutil.which("bash")
    if shell is None or shutil.which("iconv") is None:
        pytest.skip("needs bash and iconv")
    subprocess.run([shell, "-c", command], check=True)
    assert (tmp_path / "出院 '1'.utf8.txt").read_text("utf-8") == CHINESE


def test_refusal_names_the_first_invalid_byte_and_line(tmp_path):
    refuse(tmp_path, "ok\nok\nab°\n".encode("latin-1"), r"byte 8, line 3")


def test_given_encoding_is_used(tmp_path):
    data = CHINESE.encode("gb18030")
    assert detect(tmp_path, data, "gb18030") == Encoding("gb18030")
    assert decode_text(data, Encoding("gb18030"), tmp_path) == CHINESE


def test_byte_order_marks_outrank_the_given_encoding(tmp_path):
    assert detect(tmp_path, codecs.BOM_UTF8 + b"a", "gb18030").name == "utf-8"
    assert detect(tmp_path, "头".encode("utf-16"), "gb18030").name == "utf-16"


def test_given_encoding_that_contradicts_utf8_is_marked(tmp_path):
    assert detect(tmp_path, CHINESE.encode(), "gb18030").is_contradicted
    assert not detect(tmp_path, "头痛".encode("gbk"), "gb18030").is_contradicted


def test_texts_that_may_be_gbk_are_doubtful(tmp_path):
    data = "头痛\n".encode("gbk")
    assert data.decode("utf-8") == "\u0377\u0374\n"
    assert detect(tmp_path, data).is_doubtful
    assert is_doubtful("ͷʹ") and is_doubtful("é")
    # Signs of any language between ASCII characters.
    assert not any(map(is_doubtful, ("37.5°C", "5 µg ± 2", "plain", "头痛ͷʹ")))


def test_astral_characters_that_are_not_in_use_are_no_evidence_for_utf8(tmp_path):
    text = b"\xf1\xb1\xa3\xac"  # in GBK: a character and a comma
    assert text.decode("utf-8") and len(text.decode("gbk")) == 2
    assert detect(tmp_path, text).is_doubtful


def test_damaged_utf8_keeps_its_good_lines(tmp_path):
    data = "患者头痛。\n".encode() + "头痛\n".encode("gbk") + b"\xe5\xa4\nBP 120, 37\xc2\xb0\n"
    encoding = detect(tmp_path, data)
    assert encoding == Encoding("utf-8", is_damaged=True)
    lines = list(decode_lines(data, encoding))
    assert [line.problem and line.problem[:6] for line in lines] == [
        None,
        "[F075]",
        "[F074]",
        None,
        None,
    ]
    with pytest.raises(ValueError, match=r"F072.*line 3.*utf-8"):
        decode_text(data, encoding, tmp_path)


def test_one_accidental_line_does_not_make_a_file_utf8(tmp_path):
    accidental = "我们\n".encode()  # three characters in GBK
    assert len(accidental.decode("gbk")) == 4
    refuse(tmp_path, accidental + "患者头痛\n".encode("gbk") * 11, "F071")


def test_escapes_of_json_show_that_a_file_is_not_gbk(tmp_path):
    data = b'{"text": "\\u5934"}\n{"text": "\xff"}\n'
    assert detect(tmp_path, data) == Encoding(is_damaged=True)
    assert not detect(tmp_path, data[:18], "gb18030").is_contradicted


def test_utf8_can_be_given_to_leave_damaged_lines_out(tmp_path):
    data = b"ok\nbad \xff\n"
    refuse(tmp_path, data, "F071")
    encoding = detect(tmp_path, data, "utf-8")
    problems = [line.problem for line in decode_lines(data, encoding)]
    assert [bool(problem) for problem in problems] == [False, True, False]


def test_lines_that_are_invalid_in_the_given_encoding_are_named():
    data = "头痛\n".encode("gbk") + b"\xff\xff\n" + "头晕\n".encode("gbk")
    lines = list(decode_lines(data, Encoding("gb18030")))
    assert [bool(line.problem) for line in lines] == [False, True, False, False]
    assert "gb18030" in lines[1].problem


@pytest.mark.parametrize("name", ["gb18030", "GBK", "cp936", "big5", "utf8", "UTF-16", "latin-1"])
def test_known_encodings(name):
    assert codecs.lookup(check_encoding(name)) == codecs.lookup(name)


@pytest.mark.parametrize("name", ["", "gb99999", "rot13", "hex", "undefined", "a\0", "\udcff"])
def test_unknown_encodings_are_refused(name):
    with pytest.raises(ValueError, match="F070"):
        check_encoding(name)
    assert check_encoding(None) is None


def test_result_does_not_depend_on_the_block_size(tmp_path, monkeypatch):
    texts = [CHINESE * 20, "一" * 2000, "a,头痛\n" * 50]
    for text in texts:
        for codec in ("utf-8", "gbk"):
            path = tmp_path / "a.txt"
            path.write_bytes(text.encode(codec))
            results = set()
            for size in (7, 64, 2**20):
                monkeypatch.setattr(module, "BLOCK_SIZE", size)
                try:
                    results.add(detect_encoding(path))
                except ValueError as error:
                    results.add(str(error))
            assert len(results) == 1


@pytest.mark.parametrize("codec", ["gb18030", "utf-16", "big5", "utf-8", "iso2022_jp"])
@pytest.mark.parametrize("size", [3, 10, 2**20])
def test_open_utf8_converts_and_seeks(tmp_path, monkeypatch, codec, size):
    monkeypatch.setattr("spacy_clinrel.files.transcode.BLOCK_SIZE", size)
    text = "患者頭部不適，一日。\n" * 30
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(codec))
    with open_utf8(path, Encoding(codec)) as file:
        data = file.read()
        assert data.decode("utf-8") == text
        for position in (0, 5, 300, 31, len(data)):
            file.seek(position)
            assert file.tell() == position
            assert file.read(40) == data[position : position + 40]


def test_open_utf8_marks_undecodable_bytes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("头\n".encode("gbk") + b"\xff\xc3\xa9\xff\n")
    with open_utf8(path, Encoding("gb18030")) as file:
        lines = file.readlines()
    assert lines[0].decode("utf-8") == "头\n"
    with pytest.raises(UnicodeDecodeError):
        lines[1].decode("utf-8")


def test_read_text_lines_reads_each_file_in_its_encoding(tmp_path):
    paths = [tmp_path / f"{codec}.txt" for codec in ("utf-8-sig", "utf-16", "utf-8")]
    for path in paths:
        path.write_bytes("头痛\r\n头晕".encode(path.stem))
    assert list(read_text_lines(paths)) == ["头痛", "头晕"] * 3
    paths[0].write_bytes("头痛\r\n头晕发热".encode("gb18030"))
    assert list(read_text_lines(paths[:1], "gb18030")) == ["头痛", "头晕发热"]
    with pytest.raises(ValueError, match="F071"):
        list(read_text_lines(paths[:1]))
    paths[0].write_bytes("头痛\n".encode() + b"\xff\n\xfe\n")
    with pytest.warns(UserWarning, match="W070.*left out 2 lines.*line 2"):
        assert list(read_text_lines(paths[:1])) == ["头痛"]
