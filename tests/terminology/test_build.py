"""Building of terminologies from good and bad tables, and the command."""

import json
import sys

import pyarrow
import pyarrow.parquet
import pytest

from spacy_clinrel import build_terminology
from spacy_clinrel.terminology import Columns, load_terminology
from spacy_clinrel.terminology.storage import FILES

from ..util import invoke
from .util import TABLE


def write(folder, content, name="table.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


@pytest.fixture
def build(tmp_path):
    """Return a function that writes a table, builds its terminology and returns the report and the
    concepts."""

    def build_table(content, name="table.csv", written="utf-8", **options):
        table = write(tmp_path, content, name, written)
        report = build_terminology(table, tmp_path / "out", force=True, **options)
        return report, load_terminology(tmp_path / "out").concepts

    return build_table


def test_table_of_codes_names_synonyms_and_types(build, tmp_path):
    report, concepts = build(TABLE)
    assert (report.rows, report.concepts, report.names, report.ambiguous) == (30, 30, 53, 1)
    assert report.types == {"疾病": 20, "药品": 6, "检查": 4}
    assert report.columns == {name: name for name in ("code", "name", "synonyms", "type")}
    assert not report.messages and not report.doubtful
    assert concepts[0] == ("D01", "2型糖尿病", "疾病", ("T2DM", "非胰岛素依赖型糖尿病"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == set(FILES)
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(
    "name, encoding, delimiter",
    [
        ("a.csv", "utf-8-sig", ","),
        ("a.csv", "utf-16", ";"),
        ("a.txt", "utf-8", "\t"),
        ("a.tsv", "utf-8", "\t"),
        ("A.CSV", "gb18030", ","),
    ],
)
def test_encodings_and_delimiters(build, name, encoding, delimiter):
    given = encoding if encoding == "gb18030" else None
    report, concepts = build(TABLE.replace(",", delimiter), name, encoding, encoding=given)
    assert report.concepts == 30 and concepts[2][:2] == ("D03", "高血压病")


@pytest.mark.parametrize(
    "header",
    [
        "诊断编码,诊断名称,别名,类别",
        "主要编码,疾病名称,同义词,分类",
        "医保编码,通用名,商品名,类型",
        "ICD-10 编码,标准名称,俗称,种类",
        " Code , Preferred Name,ALIASES,Semantic-Type",
    ],
)
def test_usual_names_of_columns(build, header):
    report, concepts = build(TABLE.replace("code,name,synonyms,type", header))
    assert list(report.columns.values()) == [name.strip() for name in header.split(",")]
    assert concepts[3].synonyms == ("急性心梗", "AMI") and concepts[3].type == "疾病"


def test_columns_and_separators_that_the_user_names(build):
    table = "id,术语,其他,code\n1,高血压,血压高/EH,x\n"
    columns = Columns(code="id", name="术语", synonyms="其他")
    _, concepts = build(table, columns=columns, separators="/")
    assert concepts == [("1", "高血压", "", ("血压高", "EH"))]


def test_parquet(tmp_path):
    table = pyarrow.table(
        {"编码": [1, 2, None], "名称": ["高血压", "头痛", "x"], "别名": [["EH"], None, []]}
    )
    pyarrow.parquet.write_table(table, tmp_path / "a.parquet")
    report = build_terminology(tmp_path / "a.parquet", tmp_path / "out")
    assert report.left_out == {"row without a code": 1}
    assert load_terminology(tmp_path / "out").concepts == [
        ("1", "高血压", "", ("EH",)),
        ("2", "头痛", "", ()),
    ]


def test_rows_with_the_same_code_are_merged(build):
    table = "code,name,type\nA1,高血压,a\nA1,高血压,a\nB1,头痛,\nA1,原发性高血压,b\n"
    report, concepts = build(table)
    assert concepts == [("A1", "高血压", "a", ("原发性高血压",)), ("B1", "头痛", "", ())]
    assert report.merged == {"row with the code and the name of an earlier row": 1}
    assert report.doubtful == {
        "row with the code of an earlier row and another name": 1,
        "row with the code of an earlier row and another type": 1,
    }
    assert "row 5" in report.messages[0] and "'高血压' in row 2" in report.messages[0]


def test_empty_cells_blank_rows_and_extra_cells_are_reported(build):
    table = "code,name\nA1,高血压\n,头痛\nA2,\n\n , \nA3,头晕,恶心\nA4,---\n"
    report, concepts = build(table)
    assert [concept.code for concept in concepts] == ["A1", "A3", "A4"]
    assert report.rows == 5
    assert report.left_out == {"row without a code": 1, "row without a name": 1}
    assert report.doubtful == {
        "row with more cells than columns": 1,
        "name without letters and digits": 1,
    }
    assert [message.split(":")[0] for message in report.messages] == [
        "row 3",
        "row 4",
        "row 7",
        "row 8",
    ]


def test_damaged_lines_are_left_out(tmp_path):
    lines = TABLE.encode().split(b"\n")
    lines[2] = "D02,一型糖尿病,,".encode("gb18030")
    path = tmp_path / "a.csv"
    path.write_bytes(b"\n".join(lines))
    report = build_terminology(path, tmp_path / "out")
    assert report.concepts == 29 and report.left_out == {"line that cannot be read": 1}
    assert report.messages[0].startswith("row 3: ")


@pytest.mark.parametrize(
    "content, name, message",
    [
        ("", "a.csv", "F125"),
        ("\n\n", "a.csv", "F125"),
        ("code,name\n", "a.csv", "F125"),
        ("code,name\nA1,\n", "a.csv", "F125"),
        ("code,title\nA1,高血压\n", "a.csv", r"F120.*name.*Columns present: code, title"),
        ("name,type\n高血压,a\n", "a.csv", r"F120.*code.*--code-column"),
        ("code,code,name\nA1,A2,高血压\n", "a.csv", r"F121.*'code'"),
        ('code,name\nA1,高血压\nA2,"头痛\n', "a.csv", r"F123.*row 3"),
        ("code,name\nA1,高血压\n", "a.xlsx", r"F122.*\.csv"),
        ("no parquet", "a.parquet", "F123"),
    ],
)
def test_bad_tables_give_one_error_and_write_nothing(tmp_path, content, name, message):
    with pytest.raises(ValueError, match=message):
        build_terminology(write(tmp_path, content, name), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_strict_refuses_doubtful_tables(tmp_path):
    table = write(tmp_path, "code,name\nA1,高血压\nA1,头痛\n")
    with pytest.raises(ValueError, match=r"F126.*another name: 1"):
        build_terminology(table, tmp_path / "out", strict=True)
    assert not (tmp_path / "out").exists()


def test_existing_folders(tmp_path):
    table, out = write(tmp_path, TABLE), tmp_path / "out"
    build_terminology(table, out)
    with pytest.raises(ValueError, match="F128"):
        build_terminology(table, out)
    build_terminology(write(tmp_path, "code,name\nA1,高血压\n"), out, force=True)
    assert len(load_terminology(out)) == 1
    (out / "notes.txt").touch()
    with pytest.raises(ValueError, match="F129"):
        build_terminology(table, out, force=True)
    with pytest.raises(ValueError, match="F129"):
        build_terminology(table, table.rename(tmp_path / "b.csv"), force=True)


def test_command_prints_the_report_and_writes_it(tmp_path):
    table = write(tmp_path, "code,name\nA1,高血压\nA1,头痛\nA2,\n")
    out, report = tmp_path / "out", tmp_path / "report.json"
    command = ("clinrel", "build-terminology", table, out, "--report", report)
    refused = invoke(*command, "--strict")
    assert refused.exit_code == 1 and "F126" in refused.output and not out.exists()
    assert json.loads(report.read_text(encoding="utf-8"))["left_out"] == {"row without a name": 1}
    result = invoke(*command)
    assert result.exit_code == 0, result.output
    for part in ("concepts", "Left out", "To check", "row 3", "Saved the terminology"):
        assert part in result.output
    data = json.loads(report.read_text(encoding="utf-8"))
    assert (data["rows"], data["concepts"], len(data["messages"])) == (3, 1, 2)
    assert invoke(*command, "--force", "--quiet").output == ""


def test_command_names_the_columns_that_are_present(tmp_path):
    table = write(tmp_path, "a,b\n1,2\n")
    result = invoke("clinrel", "build-terminology", table, tmp_path / "out")
    assert result.exit_code == 1 and "F120" in result.output and "a, b" in result.output


@pytest.mark.parametrize("module", ["sklearn.feature_extraction.text", "scipy.sparse"])
def test_missing_library(tmp_path, monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ImportError, match=r"P0(01|23).*"):
        build_terminology(write(tmp_path, TABLE), tmp_path / "out")
    assert not (tmp_path / "out").exists()
