"""The command `visualize`."""

import json
import os
import re
from wsgiref.simple_server import WSGIServer

import pytest
import spacy
from spacy.cli._util import app
from spacy.language import Language
from spacy.tokens import DocBin, Span
from typer.testing import CliRunner

import spacy_clinrel
from spacy_clinrel.files import LeftOut, read_docbin
from spacy_clinrel.tokens import Relation, set_doc_id, set_relations

from ..util import run_python

NOTE = "查胸片示肺炎。复查血常规正常。"


@Language.component("link_first_test_to_first_disease")
def link_first_test_to_first_disease(doc):
    tests = [ent for ent in doc.ents if ent.label_ == "检查"]
    diseases = [ent for ent in doc.ents if ent.label_ == "疾病"]
    set_relations(doc, [Relation(t, d, "TeRD", 0.75) for t, d in zip(tests[:1], diseases[:1])])
    return doc


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    nlp = spacy.blank("zh")
    ruler = nlp.add_pipe("entity_ruler")
    terms = {"胸片": "检查", "血常规": "检查", "肺炎": "疾病"}
    ruler.add_patterns(
        [
            {"label": label, "pattern": [{"ORTH": char} for char in term]}
            for term, label in terms.items()
        ]
    )
    nlp.add_pipe("link_first_test_to_first_disease")
    path = tmp_path_factory.mktemp("pipeline") / "tiny"
    nlp.to_disk(path)
    return path


@pytest.fixture
def gold(tmp_path):
    nlp = spacy.blank("zh")
    docs = [nlp.make_doc(text) for text in ("予补液治脱水。", "查胸片示肺炎。", "")]
    treatment, disease = Span(docs[0], 1, 3, "治疗"), Span(docs[0], 4, 6, "疾病")
    set_relations(docs[0], [Relation(treatment, disease, "TrAD")])
    docs[1].set_ents([Span(docs[1], 4, 6, "疾病")])
    for i, doc in enumerate(docs, start=1):
        set_doc_id(doc, f"病历{i}")
    path = tmp_path / "gold.spacy"
    DocBin(docs=docs).to_disk(path)
    return path


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "notes"
    (folder / "内科").mkdir(parents=True)
    (folder / "b.txt").write_text(NOTE, encoding="utf-8-sig")
    (folder / "内科" / "a.txt").write_text("无特殊。", encoding="utf-8")
    (folder / ".hidden.txt").write_text(NOTE, encoding="utf-8")
    (folder / "blank.txt").write_text(" \n", encoding="utf-8")
    (folder / "other.ann").write_text("T1", encoding="utf-8")
    return folder


def run(*args):
    return CliRunner().invoke(app, ["clinrel", "visualize", *(str(arg) for arg in args)])


def flat(text):
    return " ".join(text.split())


def page(path):
    html = path.read_text(encoding="utf-8")
    titles = re.findall(r"<h2>(.*?)</h2>", html)
    table_rows = re.findall(r"<tr\b[^>]*>(.*?)</tr>", html, re.DOTALL)
    cells = [re.findall(r"<td>(.*?)</td>", row, re.DOTALL) for row in table_rows]
    rows = [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells if row]
    return html, titles, rows


def test_visualize_annotates_a_folder(model, folder, tmp_path):
    out = tmp_path / "new" / "page.html"
    result = run(model, folder, out, "--title", "<我的病历>")
    assert result.exit_code == 0, result.output
    assert "2 documents, 3 mentions, 1 relations" in flat(result.output)
    html, titles, rows = page(out)
    assert titles == ["b", "内科/a"]
    assert rows == [["胸片检查", "结果", "肺炎疾病", "75%"]]
    assert "<title>&lt;我的病历&gt;</title>" in html and "<h1>&lt;我的病历&gt;</h1>" in html
    assert html.startswith("<!DOCTYPE html>") and 'lang="zh"' in html
    assert [path.name for path in out.parent.iterdir()] == ["page.html"]


def test_visualize_reads_a_file_as_one_document_or_line_by_line(model, tmp_path):
    path, out = tmp_path / "a.txt", tmp_path / "a.html"
    path.write_bytes(f"{NOTE}\r\n\r\n查胸片。\n{NOTE}".encode())
    assert len(spacy_clinrel.visualize(model, path, out)) == 1
    assert page(out)[1] == ["a"]
    docs = spacy_clinrel.visualize(model, path, out, split_lines=True)
    assert [doc.text for doc in docs] == [NOTE, "查胸片。", NOTE]
    assert page(out)[1] == ["a:1", "a:3", "a:4"]
    result = run(model, path, out, "--lines", "--limit", "2", "--lang", "en")
    assert result.exit_code == 0, result.output
    html, titles, rows = page(out)
    assert titles == ["a:1", "a:3"] and len(rows) == 1 and ">Confidence<" in html


def test_visualize_shows_codes_and_assertion(gold, tmp_path):
    out = tmp_path / "a.html"
    result = run("-", gold, out, "--names", "codes")
    assert result.exit_code == 0, result.output
    assert page(out)[2] == [["补液治疗", "TrAD", "脱水疾病"]]
    docs = read_docbin(gold, spacy.blank("zh").vocab)
    docs[0].spans["clinrel"][1]._.is_negated = True
    DocBin(docs=docs).to_disk(gold)
    assert run("-", gold, out).exit_code == 0
    assert page(out)[2] == [["补液治疗", "用于", "脱水疾病否认"]]
    result = run("-", gold, out, "--names", "code")
    assert result.exit_code == 1 and "V030" in result.output


def test_visualize_rejects_a_language_without_translation(gold, tmp_path):
    result = run("-", gold, tmp_path / "a.html", "--lang", "klingon")
    assert result.exit_code == 1 and "V009" in result.output
    assert "Known: en, zh" in flat(result.output)
    assert not (tmp_path / "a.html").exists()


def test_visualize_shows_gold_annotation(gold, tmp_path):
    out = tmp_path / "a.html"
    result = run("-", gold, out)
    assert result.exit_code == 0, result.output
    html, titles, rows = page(out)
    assert titles == ["病历1", "病历2", "病历3"]
    assert rows == [["补液治疗", "用于", "脱水疾病"]]
    assert "此文档没有文本" in html and "此文档中未发现关系" in html
    assert len(spacy_clinrel.visualize(None, gold, out, limit=1)) == 1


@pytest.mark.parametrize("style, sign", [("ent", "<mark"), ("span", "病"), ("dep", "arrowhead")])
def test_visualize_with_styles_of_displacy(gold, tmp_path, style, sign):
    out = tmp_path / "a.html"
    result = run("-", gold, out, "--style", style)
    assert result.exit_code == 0, result.output
    html = out.read_text(encoding="utf-8")
    assert sign in html and "clinrel" not in html


def test_visualize_sets_the_threshold_and_serves_the_page(model, folder, tmp_path, monkeypatch):
    served = []

    def serve_forever(server):
        served.append(server.server_address[0])
        raise KeyboardInterrupt

    monkeypatch.setattr(WSGIServer, "serve_forever", serve_forever)
    out = tmp_path / "a.html"
    result = run(model, folder, out, "--threshold", "0.8", "--serve", "--port", "0")
    assert result.exit_code == 0, result.output
    assert served == ["127.0.0.1"] and "Serving on http://127.0.0.1:" in flat(result.output)
    html, _, rows = page(out)
    # The page has the relations that the slider hides at first.
    assert 'type="range" min="0" max="100" value="80"' in html and len(rows) == 1


@pytest.mark.parametrize(
    "option, code", [(("--style", "tree"), "V001"), (("--threshold", "80"), "V020")]
)
def test_visualize_checks_options_before_it_loads_the_pipeline(tmp_path, folder, option, code):
    result = run("no_such_pipeline", folder, tmp_path / "a.html", *option)
    assert result.exit_code == 1 and code in flat(result.output)


def test_visualize_annotates_the_texts_of_a_spacy_file(model, gold, tmp_path):
    out = tmp_path / "a.html"
    docs = spacy_clinrel.visualize(model, gold, out)
    assert [[ent.text for ent in doc.ents] for doc in docs] == [[], ["胸片", "肺炎"], []]
    _, titles, rows = page(out)
    assert titles == ["病历1", "病历2", "病历3"]
    assert rows == [["胸片检查", "结果", "肺炎疾病", "75%"]]


def test_visualize_warns_if_there_are_no_mentions(model, tmp_path):
    path, out = tmp_path / "a.txt", tmp_path / "a.html"
    path.write_text("今日无特殊。", encoding="utf-8")
    result = run(model, path, out)
    assert result.exit_code == 0 and "The documents have no mentions" in flat(result.output)
    assert "此文档中未发现实体" in page(out)[0]


@pytest.mark.parametrize(
    "name, src, out, code",
    [
        ("no_such_pipeline", "a.txt", "a.html", "V005"),
        (None, "missing.txt", "a.html", "F001"),
        (None, "blank.txt", "a.html", "F002"),
        (None, "empty", "a.html", "F002"),
        (None, "gbk.txt", "a.html", "F071"),
        (None, "bad.spacy", "a.html", "F003"),
        (None, "none.spacy", "a.html", "F004"),
        (None, "a.txt", "empty", "V007"),
        ("-", "a.txt", "a.html", "V008"),
        ("-", "bad.spacy", "a.html", "F003"),
        ("empty", "a.txt", "a.html", "E053"),
    ],
)
def test_visualize_errors_change_no_files(model, tmp_path, name, src, out, code):
    (tmp_path / "a.txt").write_text(NOTE, encoding="utf-8")
    (tmp_path / "gbk.txt").write_text(NOTE, encoding="gbk")
    (tmp_path / "blank.txt").write_text("\n \n", encoding="utf-8")
    (tmp_path / "bad.spacy").write_bytes(b"no DocBin")
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.html").write_text("old", encoding="utf-8")
    DocBin().to_disk(tmp_path / "none.spacy")
    before = sorted(tmp_path.iterdir())
    pipeline = model if name is None else tmp_path / name if name == "empty" else name
    result = run(pipeline, tmp_path / src, tmp_path / out)
    assert result.exit_code == 1
    assert code in flat(result.output)
    assert (tmp_path / "a.html").read_text(encoding="utf-8") == "old"
    assert sorted(tmp_path.iterdir()) == before


def test_visualize_accepts_a_pipeline_and_prints_nothing(model, folder, tmp_path, capfd):
    options = {"title": "病历", "threshold": 0.5}
    out = tmp_path / "a.html"
    docs = spacy_clinrel.visualize(
        spacy.load(model), str(folder), str(out), lang="en", options=options
    )
    assert [doc.user_data["title"] for doc in docs] == ["b", "内科/a"]
    html, titles, _ = page(out)
    assert titles == ["b", "内科/a"] and "<h1>病历</h1>" in html and ">Confidence<" in html
    assert capfd.readouterr() == ("", "")


def test_visualize_passes_options_to_styles_of_displacy(gold, tmp_path):
    options = {"ents": ["疾病"]}
    spacy_clinrel.visualize(None, gold, tmp_path / "a.html", style="ent", options=options)
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert html.count("<mark") == 2


@pytest.mark.slow
def test_displacy_can_be_imported_as_a_module():
    code = (
        "import spacy_clinrel.displacy; from spacy_clinrel.displacy import to_html; "
        "from spacy_clinrel import displacy, viewer; "
        "assert displacy is viewer is spacy_clinrel.displacy and to_html is viewer.to_html"
    )
    run_python("-c", code)


def test_visualize_names_the_notes_it_leaves_out(model, tmp_path):
    folder = tmp_path / "notes"
    gbk = os.fsencode(folder) + "/病历".encode("gbk")
    os.makedirs(gbk)
    for name, content in (("出院.txt", NOTE.encode("utf-16")), ("入院.TXT", NOTE.encode("gbk"))):
        with open(gbk + b"/" + name.encode("gbk"), "wb") as file:
            file.write(content)
    (folder / "blank.txt").write_text(" \n", encoding="utf-8")
    (folder / "a.pdf").touch()
    os.mkfifo(folder / "pipe.txt")
    args = ["clinrel", "visualize", str(model), str(folder), str(tmp_path / "a.html")]
    result = CliRunner().invoke(app, args)
    output = " ".join(result.output.split())
    assert result.exit_code == 0 and "1 documents" in output
    assert "病历/入院.TXT" in output and "F071" in output and "pipe.txt" in output
    assert "1 files are not on the page because they are not UTF-8." in output
    assert "in UTF-8 in another folder." in output[-50:]
    assert CliRunner().invoke(app, [*args, "--strict"]).exit_code == 1
    assert "unsupported suffix .pdf 1" in output and "text without characters 1" in output
    assert "病历/出院" in (tmp_path / "a.html").read_text(encoding="utf-8")
    (folder / "blank.txt").unlink()
    result = CliRunner().invoke(app, [*args, "--encoding", "gb18030"])
    assert "2 documents" in " ".join(result.output.split())


def test_visualize_leaves_broken_lines_out(model, tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(f"{NOTE}\n".encode() + b"\xff\n" + NOTE.encode())
    args = ["clinrel", "visualize", str(model), str(path), str(tmp_path / "a.html"), "--lines"]
    output = " ".join(CliRunner().invoke(app, args).output.split())
    assert "2 documents" in output and "a.txt:2" in output


def test_visualize_leaves_long_texts_out(tmp_path):
    nlp = spacy.blank("zh")
    nlp.max_length = 20
    for name, text in (("a.txt", NOTE), ("b.txt", NOTE * 2)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    left_out = LeftOut()
    out = tmp_path / "a.html"
    docs = spacy_clinrel.visualize(nlp, tmp_path, out, left_out=left_out)
    assert [doc.text for doc in docs] == [NOTE]
    assert str(left_out.named[0]).startswith("b: text longer") and "30" in str(left_out.named[0])
    with pytest.raises(ValueError, match=r"F002.*text longer"):
        spacy_clinrel.visualize(nlp, tmp_path / "b.txt", out)


def test_rows_of_tables_are_notes(model, tmp_path):
    out = tmp_path / "page.html"
    (tmp_path / "a.csv").write_text(f"no,note\n7,{NOTE}\n8,\n", encoding="utf-8")
    lines = [{"note": NOTE, "no": "九"}, {"other": 1}, {"note": "无。", "no": 10}]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    (tmp_path / "b.jsonl").write_text(text, encoding="utf-8")
    options = ("--text-column", "note", "--id-column", "no")
    result = run(model, tmp_path / "a.csv", out, *options)
    assert result.exit_code == 0, result.output
    assert page(out)[1] == ["7"] and "text without characters 1" in flat(result.output)
    result = run(model, tmp_path, out, *options)
    assert result.exit_code == 0, result.output
    assert page(out)[1] == ["7", "九", "10"]
    assert "b.jsonl:2: row or file that cannot be read" in flat(result.output)
    assert run(model, tmp_path / "a.csv", out, *options, "--strict").exit_code == 0
    (tmp_path / "b.jsonl").write_bytes(text.encode("gbk"))
    result = run(model, tmp_path, out, *options)
    assert result.exit_code == 0 and "1 files are not on the page" in flat(result.output)


def test_notes_after_the_limit_are_named(model, folder, tmp_path):
    for name in "cdefgh":
        (folder / f"{name}.txt").write_text(NOTE, encoding="utf-8")
    result = run(model, folder, tmp_path / "page.html", "--limit", 1)
    message = "Not shown because of --limit: c, d, e, f, g and 2 more."
    assert message in flat(result.output)


@pytest.mark.parametrize("format_name", ["parquet", "jsonl"])
def test_visualize_shows_the_output_of_apply(model, folder, tmp_path, format_name):
    (folder / "blank.txt").unlink()
    spacy_clinrel.apply(model, folder, tmp_path / "out", format=format_name)
    shown, out = [], tmp_path / "page.html"
    for options in ((model, folder), ("-", tmp_path / "out")):
        assert run(*options, out).exit_code == 0
        shown.append(page(out))
    assert (
        shown[0][1:] == shown[1][1:] == (["b", "内科/a"], [["胸片检查", "结果", "肺炎疾病", "75%"]])
    )
    result = run("-", folder / "b.txt", out)
    assert result.exit_code == 1 and "V008" in result.output
    result = run("-", tmp_path / "out", out, "--limit", 1)
    assert "Not shown because of --limit: 内科/a." in flat(result.output)
