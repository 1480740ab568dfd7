"""The blocks of code of a Markdown page, and how they run in a small copy of the project."""

import os
import re
import shlex
import subprocess
import sys
import textwrap
import traceback
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence

import pytest
import srsly

from .util import ROOT, invoke

FENCE = re.compile(r"^(?P<indent>[ >]*)(?P<marks>`{3,}|~{3,})\s*(?P<kind>[\w-]*)")
NO_TEST = re.compile(r"<!-- no-test: (.+?) -->")
# The block is the content of a file that later blocks read.
FILE = re.compile(r"<!-- file: ([\w./-]+) -->")
# The output depends on the data that a pipeline was trained on, or on the size of the corpus.
TRAINED = "<!-- output: trained -->"
# In a block of output, a line that stands for any number of lines.
OMITTED = ("…", "...")
RUN = ("python", "bash")
# Other names of these languages, whose blocks would not run.
MISNAMED = ("py", "python3", "pycon", "sh", "shell", "console", "zsh")

# Options that are replaced or left out: they need a GPU or more processes or notes, do not end, or
# fail with the corpus of the tests.
REPLACED = {"--n-process": "1", "--gpu-id": "-1", "--n-docs": "2"}
LEFT_OUT = ("--serve", "--strict")
# Options that make a command of spaCy fast.
FASTER = {
    ("train",): ("--training.max_steps", "2", "--training.eval_frequency", "2"),
    ("pretrain",): ("--pretraining.max_epochs", "1"),
    ("package",): ("--build", "none"),
    ("clinrel", "init-vectors"): ("--epochs", "1"),
}
# Commands that change the environment of the tests, or that other tests run.
NOT_RUN = re.compile(
    r"(python3? -m (pip|venv|pytest|build|twine|jupyter|mkdocs)|source|jupyter)( |$)"
)
IGNORED = " || true"  # the exit code does not matter
# Commands that only a shell understands.
SHELL = re.compile(r"[|<>&;$*~`()]|^(for|while|if|cd|export|source) ")


@dataclass
class Block:
    """A block of code.

    page (Path): The page.
    line (int): The number of its first line of code.
    kind (str): The language.
    code (str): The code, without indentation.
    comments (str): The lines between the previous text or block and this one.
    expected (Optional[str]): The expected output. None if it is not compared.
    """

    page: Path
    line: int
    kind: str
    code: str
    comments: str
    expected: Optional[str] = None

    @property
    def is_run(self) -> bool:
        is_code = self.kind in RUN or self.file
        return bool(is_code) and not NO_TEST.search(self.comments)

    @property
    def file(self) -> Optional[str]:
        match = FILE.search(self.comments)
        return match[1] if match else None

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def read_blocks(page: Path) -> List[Block]:
    """Return the blocks of a page. A block of the language `text` that directly follows another
    block is the expected output of that block.

    page (Path): The page.
    RETURNS (List[Block]): The blocks.
    """
    blocks: List[Block] = []
    comments: List[str] = []
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
    is_direct = False  # whether only comments stand between the previous block and this line
    for number, line in lines:
        fence = FENCE.match(line)
        if fence:
            indent = len(fence["indent"])
            code = []
            for _, inner in lines:
                if inner[indent:].rstrip() == fence["marks"] or inner.strip() == fence["marks"]:
                    break
                code.append(inner[indent:])
            text = textwrap.dedent("".join(f"{line}\n" for line in code))
            block = Block(page, number + 1, fence["kind"], text, "\n".join(comments))
            if block.kind == "text" and is_direct:
                is_compared = TRAINED not in block.comments or "CLINREL_PIPELINE" in os.environ
                blocks[-1].expected = text if is_compared else None
            else:
                blocks.append(block)
            comments, is_direct = [], block.kind in RUN
        elif line.strip().startswith("<!--"):
            comments.append(line)
        elif line.strip():
            comments, is_direct = [], False
    return blocks


def check_output(block: Block, output: str) -> None:
    """Compare the output of a block with the page.

    block (Block): The block.
    output (str): Its output.
    """
    if block.expected is None:
        return
    lines = [line.rstrip() for line in block.expected.rstrip().splitlines()]
    found = [line.rstrip() for line in output.rstrip().splitlines()]
    pattern = "\n".join(r"(?:.*\n)*?.*" if line in OMITTED else re.escape(line) for line in lines)
    if not re.fullmatch(pattern, "\n".join(found)):
        shown = "\n".join(found)
        pytest.fail(
            f"{block.place}: another output than on the page:\n{shown}\n\nThe page says:\n"
            f"{block.expected}\nIf it depends on a trained pipeline, put {TRAINED} above it.",
            pytrace=False,
        )


def run_block(block: Block, namespace: Dict[str, Any]) -> str:
    """Run a block in the current folder.

    block (Block): The block.
    namespace (Dict[str, Any]): Variables of the Python blocks of a page.
    RETURNS (str): The output.
    """
    output = StringIO()
    if block.file:
        Path(block.file).parent.mkdir(parents=True, exist_ok=True)
        Path(block.file).write_text(block.code, encoding="utf-8")
        return ""
    try:
        if block.kind == "python":
            # Empty lines before the code give the traceback the line numbers of the page.
            code = "\n" * (block.line - 1) + block.code
            with redirect_stdout(output):
                exec(compile(code, str(block.page), "exec"), namespace)
        else:
            for command in split_commands(block.code):
                output.write(run_command(command))
    except (Exception, SystemExit) as error:
        lines = traceback.extract_tb(error.__traceback__)
        inner = [frame.lineno for frame in lines if frame.filename == str(block.page)]
        place = f"{block.page.relative_to(ROOT)}:{inner[-1]}" if inner else block.place
        pytest.fail(
            f"{place}: {type(error).__name__}: {error}\n\n{block.code}\nOutput:\n"
            f"{output.getvalue()[-3000:]}",
            pytrace=False,
        )
    return output.getvalue()


def split_commands(code: str) -> Iterator[str]:
    """Return the commands of a Bash block. Consecutive lines that need a shell are one command.

    code (str): The block.
    YIELDS (str): A command.
    """
    waiting: List[str] = []
    script = code.replace("\\\n", " ")
    lines = [script] if re.search(r"<<|^(for|while|if) ", script, re.MULTILINE) else None
    if lines is None:
        lines = [part for line in script.splitlines() for part in line.split(" && ")]
    for line in map(str.strip, lines):
        if not line or line.startswith("#"):
            continue
        if NOT_RUN.match(line):
            check_extras(line)
        elif line.startswith("python -m ") and not SHELL.search(line.removesuffix(IGNORED)):
            if waiting:
                yield "\n".join(waiting)
                waiting = []
            yield line
        else:
            waiting.append(line)
    if waiting:
        yield "\n".join(waiting)


def run_command(command: str) -> str:
    """Run a command. Commands of spaCy run in this process, with small settings.

    command (str): The command.
    RETURNS (str): The output.
    """
    may_fail = command.endswith(IGNORED) and "\n" not in command
    shell_command, command = command, command.removesuffix(IGNORED)
    words = shlex.split(command, comments=True)
    if words[:2] == ["python", "-m"] and "\n" not in command and not SHELL.search(command):
        module, args = words[2], words[3:]
        if module == "spacy":
            return run_spacy(args, may_fail)
        if module.split(".")[0] in ("benchmarks", "research"):
            # These take minutes to hours. Their own tests run them on a small scale.
            assert find_spec(module) is not None, f"no module {module}"
            return ""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shell_command],
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, f"{command}\nexit code {done.returncode}\n{done.stderr[-2000:]}"
    return done.stdout + done.stderr


def run_spacy(args: Sequence[str], may_fail: bool) -> str:
    """Run a command of spaCy with settings that make it fast.

    args (Sequence[str]): The arguments after `python -m spacy`.
    may_fail (bool): Whether an exit code other than 0 is no error.
    RETURNS (str): The output.
    """
    if args[:2] == ["project", "run"]:
        check_workflow(args[2])
        return ""
    words: List[str] = [word for word in args if word not in LEFT_OUT]
    for option, value in REPLACED.items():
        if option in words:
            words[words.index(option) + 1] = value
    for name, options in FASTER.items():
        if tuple(words[: len(name)]) == name and "--help" not in words:
            words += options
    output = StringIO()
    with redirect_stderr(output):
        result = invoke(*words)
    if result.exit_code != 0 and not (may_fail and isinstance(result.exception, SystemExit)):
        error = result.exception
        detail = "".join(traceback.format_exception(error)) if error else ""
        raise AssertionError(
            f"python -m spacy {shlex.join(words)}\nexit code {result.exit_code}\n"
            f"{result.output[-2000:]}\n{detail[-2000:]}"
        )
    return result.output


def check_workflow(name: str) -> None:
    """Check that project.yml has a command or workflow. `tests/test_project.py` runs them."""
    project = srsly.read_yaml(ROOT / "project.yml")
    assert name in project["workflows"] or name in [c["name"] for c in project["commands"]], name


def check_extras(command: str) -> None:
    """Check that the extras that a command installs exist."""
    settings = (ROOT / "setup.cfg").read_text(encoding="utf-8")
    for names in re.findall(r"(?:\.|spacy-clinrel)\[([\w,-]+)\]", command):
        for name in names.split(","):
            assert re.search(rf"^{name} =$", settings, re.MULTILINE), f"no extra {name}"
