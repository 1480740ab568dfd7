"""INCEpTION: WebAnno TSV 3 and UIMA CAS."""

import zipfile

import pytest

from spacy_clinrel.tokens import get_doc_id, has_assertion, span_attributes

from ...util import edges, ents

HEADER = """#FORMAT=WebAnno TSV 3.3
#T_SP=de.tudarmstadt.ukp.dkpro.core.api.lexmorph.type.pos.POS|coarseValue|PosValue
#T_SP=webanno.custom.Entity|identifier|value
#T_RL=webanno.custom.Relation|label|BT_webanno.custom.Entity


"""
# 😀 has two UTF-16 code units.
TSV = (
    HEADER
    + """#Text=予😀阿司匹林
1-1\t0-1\t予\tV\tV\t_\t_\t_\t_\t
1-2\t1-3\t😀\t_\t_\t_\t_\t_\t_\t
1-3\t3-5\t阿司\t_\t_\tD1[1]\t药[1]\t_\t_\t
1-4\t5-7\t匹林\t_\t_\tD1[1]|*[2]\t药[1]|部[2]\t_\t_\t

#Text=咳嗽\\n好转
2-1\t8-10\t咳嗽\t_\t_\t_\t症状\t改善\t1-3[1_0]\t
2-2\t11-13\t好转\t_\t_\t_\t_\t_\t_\t
"""
)


def test_webanno_reads_spans_and_relations(read, put):
    (doc,), report = read("webanno", put("a.tsv", TSV))
    assert doc.text == "予😀阿司匹林\n咳嗽\n好转" and get_doc_id(doc) == "a"
    found = {(span.text, span.label_) for span in doc.spans["clinrel"]}
    assert found == {("阿司匹林", "药"), ("匹林", "部"), ("咳嗽", "症状")}
    assert edges(doc) == {(2, 6, "药", "改善", 7, 9, "症状")}
    assert report.lost == {"column of an annotation not kept": 2}
    assert sum(report.left_out.values()) == 1


def test_webanno_reads_assertion_attributes(read, put):
    text = TSV.replace("identifier|value", "negated|value").replace("D1[1]", "true[1]")
    text = text.replace("\t_\t症状\t", "\tfalse\t症状\t").replace("true[1]|*[2]", "true[1]|_[2]")
    (doc,), report = read("webanno", put("a.tsv", text))
    found = {span.text: span_attributes(span) for span in doc.spans["clinrel"]}
    assert found == {"阿司匹林": {"negated": 1.0}, "匹林": {}, "咳嗽": {}}
    assert {span.label_ for span in doc.spans["clinrel"]} == {"药", "部", "症状"}
    assert has_assertion(doc) and not report.lost


@pytest.mark.parametrize("content", ["", "头痛\n", "#FORMAT=WebAnno TSV 2\n"])
def test_webanno_refuses_other_files(read, put, content):
    docs, report = read("webanno", put("a.tsv", content))
    assert not docs and report.lost == {"broken file": 1}


def test_webanno_reports_broken_lines(read, put):
    broken = TSV.replace("1-3[1_0]", "1-3[1").replace("2-2\t11-13", "2-2\t9")
    (doc,), report = read("webanno", put("a.tsv", broken))
    assert report.lost["broken line"] == 1 and not edges(doc)


@pytest.fixture
def cas():
    cassis = pytest.importorskip("cassis")
    types = cassis.TypeSystem()
    span = types.create_type("webanno.custom.Entity", supertypeName="uima.tcas.Annotation")
    types.create_feature(span, "value", "uima.cas.String")
    types.create_feature(span, "identifier", "uima.cas.String")
    link = types.create_type("webanno.custom.Relation", supertypeName="uima.tcas.Annotation")
    types.create_feature(link, "label", "uima.cas.String")
    for name in ("Governor", "Dependent"):
        types.create_feature(link, name, span)
    other = types.create_type("other.Note", supertypeName="uima.tcas.Annotation")
    document = cassis.Cas(types)
    document.sofa_string = "阿司匹林😀后咳嗽好转"
    head = span(begin=0, end=4, value="药", identifier="D1")
    tail = span(begin=6, end=8, value="症状")
    bare = span(begin=8, end=10)
    for annotation in (head, tail, bare, other(begin=0, end=1)):
        document.add(annotation)
    document.add(link(begin=6, end=8, label="改善", Governor=head, Dependent=tail))
    return document


@pytest.mark.parametrize("container", ["json", "xmi", "zip"])
def test_cas_is_read(read, put, cas, container):
    if container == "json":
        path = put("a.json", cas.to_json())
    else:
        types = put("TypeSystem.xml", cas.typesystem.to_xml())
        path = put("a.xmi", cas.to_xmi())
        if container == "zip":
            with zipfile.ZipFile(path.with_suffix(".zip"), "w") as archive:
                for file in (types, path):
                    archive.write(file, file.name)
            path = path.with_suffix(".zip")
    (doc,), report = read("cas", path)
    assert ents(doc) == [(0, 4, "药"), (6, 8, "症状"), (8, 10, "Entity")]
    assert edges(doc) == {(0, 4, "药", "改善", 6, 8, "症状")} and get_doc_id(doc) == "a"
    assert report.lost == {"feature of an annotation not kept": 1}
    assert report.left_out == {"annotation of other.Note without a value": 1}


def test_cas_reads_assertion_attributes(read, put):
    cassis = pytest.importorskip("cassis")
    types = cassis.TypeSystem()
    span = types.create_type("webanno.custom.Entity", supertypeName="uima.tcas.Annotation")
    for name, kind in (("Negated", "Boolean"), ("historical", "String"), ("value", "String")):
        types.create_feature(span, name, f"uima.cas.{kind}")
    cas = cassis.Cas(types)
    cas.sofa_string = "否认阿司匹林过敏，咳嗽好转"
    cas.add(span(begin=2, end=6, value="药", Negated=True))
    cas.add(span(begin=9, end=11, value="症状", Negated=False, historical="yes"))
    cas.add(span(begin=11, end=13))
    put("TypeSystem.xml", cas.typesystem.to_xml())
    for path in (put("a.xmi", cas.to_xmi()), put("a.json", cas.to_json())):
        (doc,), report = read("cas", path)
        found = [span_attributes(ent) for ent in doc.ents]
        assert found == [{"negated": 1.0}, {"historical": 1.0}, {}]
        assert has_assertion(doc) and not report.lost


@pytest.mark.parametrize("name, content", [("a.json", "{}"), ("a.json", "["), ("a.xmi", "<x/>")])
def test_cas_refuses_other_files(read, put, name, content):
    docs, report = read("cas", put(name, content))
    assert not docs and report.lost == {"broken file": 1}


def test_cas_refuses_document_types(read, put, cas):
    put("TypeSystem.xml", cas.typesystem.to_xml())
    text = cas.to_xmi().replace("?>", '?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hosts">]>', 1)
    docs, report = read("cas", put("a.xmi", text))
    assert not docs and "declares a document type" in report.messages[0]


def test_cas_refuses_zips_without_documents(read, put):
    path = put("x", "").with_name("a.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.md", "")
    assert "no .xmi or .json" in read("cas", path)[1].messages[0]
