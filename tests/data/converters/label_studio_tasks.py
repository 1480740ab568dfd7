"""Tasks of Label Studio for tests."""

TEXT = "患者发热，予布洛芬。"


def region(name, value, *labels, kind="labels", to_name="text", **more):
    value = {kind: list(labels), **value}
    return {"id": name, "type": kind, "from_name": "l", "to_name": to_name, "value": value, **more}


def at(start, end, text=None, **more):
    return {"start": start, "end": end, **({} if text is None else {"text": text}), **more}


def relation(head, tail, *labels, **more):
    ends = {"type": "relation", "from_id": head, "to_id": tail, "direction": "right"}
    return {**ends, "labels": list(labels), **more}


FEVER, DRUG = region("a", at(2, 4, "发热"), "症状"), region("b", at(6, 9, "布洛芬"), "药物")
RESULT = [FEVER, DRUG, relation("b", "a", "治疗")]
EXPECTED = [("布洛芬", "治疗", "发热")]


def task(data, *results, **more):
    return {"id": 3, "data": data, "annotations": [{"result": r} for r in results], **more}
