"""The note that most tests of the viewer show."""

import pytest

from ..util import make_doc

NOTE = (
    "患者[咳嗽|症状]三天，[胸片|检查]示[肺炎|疾病]，予[头孢曲松|治疗]静滴后[咳嗽|症状]减轻。"
    "复查[血常规|检查]，[白细胞|检查]10.2×10^9/L，[双肺|部位]未闻[啰音|检查]。"
)
LINKS = [(1, 2, "TeRD"), (3, 2, "TrAD"), (3, 4, "TrIS"), (8, 7, "TeAP"), (1, 5, "后续")]


@pytest.fixture
def note(zh):
    return make_doc(zh, NOTE, LINKS)
