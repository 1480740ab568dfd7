"""The columns of a terminology table: default names, and the choice among those of a table."""

from typing import Dict, List, NamedTuple, Optional, Sequence

from ..errors import Errors
from ..files import printable
from ..tokens.normalize import fold_text

# Names of columns in the order of preference, as in tables of ICD-10 国临版 and 医保, in lists of
# drugs, and in English. They are compared without spaces, signs and case.
DEFAULTS: Dict[str, Sequence[str]] = {
    "code": (
        *("code", "concept_code", "concept_id", "cui", "主要编码", "诊断编码", "诊断代码"),
        *("疾病编码", "疾病代码", "手术操作编码", "手术编码", "手术代码", "操作编码", "医保编码"),
        *("医保代码", "国家医保编码", "药品编码", "药品代码", "项目编码", "项目代码", "icd10编码"),
        *("icd编码", "编码", "代码"),
    ),
    "name": (
        *("name", "preferred_name", "preferred_term", "term", "诊断名称", "疾病名称"),
        *("疾病诊断名称", "手术操作名称", "手术名称", "操作名称", "医保名称", "通用名", "通用名称"),
        *("药品通用名", "药品名称", "注册名称", "项目名称", "标准名称", "首选名称", "名称"),
    ),
    "synonyms": (
        *("synonyms", "synonym", "aliases", "alias", "同义词", "别名", "别称", "又名", "俗称"),
        *("商品名", "商品名称", "曾用名"),
    ),
    "type": ("type", "semantic_type", "category", "类型", "类别", "分类", "种类"),
}
REQUIRED = ("code", "name")
# Longer names and further columns are left out of errors.
MAX_SHOWN = 40
MAX_COLUMNS = 30
_SIGNS = str.maketrans("", "", " _-.()")


class Columns(NamedTuple):
    """Names of the columns of a table. None for a default name.

    code (Optional[str]): Column of the codes.
    name (Optional[str]): Column of the preferred names.
    synonyms (Optional[str]): Column of the synonyms.
    type (Optional[str]): Column of the types.
    """

    code: Optional[str] = None
    name: Optional[str] = None
    synonyms: Optional[str] = None
    type: Optional[str] = None


def find_columns(header: Sequence[str], wanted: Columns, path: str) -> Dict[str, int]:
    """Find the columns of a table.

    header (Sequence[str]): The names of the columns.
    wanted (Columns): The names that the user gives.
    path (str): The table, for errors.
    RETURNS (Dict[str, int]): The index of each column: "code", "name" and, if the table has them,
        "synonyms" and "type".
    RAISES (ValueError): If a required column or a column that the user names is missing, or several
        columns have the same name.
    """
    found: Dict[str, int] = {}
    for role, given in wanted._asdict().items():
        if given is None:
            names: Sequence[str] = DEFAULTS[role]
            index = _index(list(map(_fold, header)), list(map(_fold, names)), path)
        else:
            names = (given,)
            index = _index(list(map(str.strip, header)), [given.strip()], path)
        if index is not None:
            found[role] = index
        elif given is not None or role in REQUIRED:
            known = ", ".join(names[:6])
            present = ", ".join(printable(name)[:MAX_SHOWN] for name in header[:MAX_COLUMNS])
            raise ValueError(Errors.F120.format(path=path, role=role, names=known, present=present))
    return found


def _index(header: List[str], names: Sequence[str], path: str) -> Optional[int]:
    """Return the index of the first name that the header has."""
    for name in names:
        if name in header:
            if header.count(name) > 1:
                raise ValueError(Errors.F121.format(path=path, name=name))
            return header.index(name)
    return None


def _fold(name: str) -> str:
    return fold_text(name).translate(_SIGNS)
