"""The encoder of a trained pipeline, as the start of another training."""

from pathlib import Path
from typing import Dict, Optional, Union

import spacy
from spacy.language import Language
from spacy.pipeline import Tok2Vec
from spacy.pipeline.tok2vec import Tok2VecListener
from thinc.api import Model

from ..errors import Errors
from ..files import replacing


def export_encoder(
    model: Union[str, Path, Language],
    output: Union[str, Path],
    *,
    component: Optional[str] = None,
) -> str:
    """Save the encoder of a trained component in the format of `spacy pretrain`, so that the
    training of another pipeline can start from it (`--paths.init_tok2vec`).

    model (Union[str, Path, Language]): A trained pipeline, its folder, or the name of its package.
    output (Union[str, Path]): The file to write, e.g. "encoder.bin".
    component (Optional[str]): Name of the component. None for the only one that has an encoder of
        its own.
    RETURNS (str): Name of the component.
    RAISES (ValueError): If the component has no encoder of its own, or several have one.
    """
    nlp = model if isinstance(model, Language) else spacy.load(model)
    found = encoders(nlp)
    names = ", ".join(found) or "none"
    if component is None:
        if len(found) != 1:
            raise ValueError(Errors.M071.format(names=names))
        [component] = found
    if component not in found:
        raise ValueError(Errors.M072.format(name=component, names=names))
    with replacing(Path(output)) as draft:
        draft.write_bytes(found[component].to_bytes())
    return component


def encoders(nlp: Language) -> Dict[str, Model]:
    """Find the encoders of a pipeline.

    nlp (Language): The pipeline.
    RETURNS (Dict[str, Model]): Name of the component → its encoder. Components that listen to the
        encoder of another one are left out.
    """
    found: Dict[str, Model] = {}
    for name, pipe in nlp.pipeline:
        model = getattr(pipe, "model", None)
        if isinstance(pipe, Tok2Vec):
            found[name] = pipe.model
        elif isinstance(model, Model) and model.has_ref("tok2vec"):
            encoder = model.get_ref("tok2vec")
            if not any(isinstance(node, Tok2VecListener) for node in encoder.walk()):
                found[name] = encoder
    return found
