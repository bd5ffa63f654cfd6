"""Training runs that a script makes one after the other, and the lines it keeps of them.

Stopped at any point and started again with the same words, a script goes on where it was: a run that
has its line is passed over, one that was interrupted is resumed.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]


def run(command: list, **options) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in command], text=True, **options)


def printed(command: list) -> str:
    """What a command prints; a failure ends the program, its message shown already."""
    done = run(command, stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(done.returncode)
    return done.stdout


def train(
    seq2seq: pathlib.Path, configuration: pathlib.Path, settings: dict, output: pathlib.Path
) -> None:
    """Trains to the end, from where an earlier run stopped."""
    words = [word for key, value in settings.items() for word in
             ("--set", f"{key}={value if isinstance(value, str) else json.dumps(value)}")]
    command = [seq2seq, "train", configuration, "--output", output, *words]
    if output.exists():
        status = run([*command, "--resume"]).returncode
        # 66: it was stopped before there was anything to go on with.
        if status != 66:
            if status != 0:
                sys.exit(status)
            return
        shutil.rmtree(output)
    status = run(command).returncode
    if status != 0:
        sys.exit(status)


def training_seconds(model: pathlib.Path) -> float:
    with open(model / "metrics.jsonl", encoding="utf-8") as lines:
        return max(json.loads(line)["elapsed_seconds"] for line in lines)


def command_path(given: pathlib.Path | None) -> pathlib.Path:
    """The seq2seq command, by default the one that was built here."""
    path = (given or ROOT / ".build/release/seq2seq").resolve()
    if not path.exists():
        sys.exit(f"no {path}; run make build, or name the command with --seq2seq")
    return path


class Results:
    """Lines of JSON, one for each finished run; written at once and whole."""

    def __init__(self, path: pathlib.Path, settings: dict):
        self.path = path
        self.settings = settings
        self.lines = []
        if path.exists():
            # A line that a crash cut short is no result.
            text = path.read_text(encoding="utf-8")
            lines = [json.loads(line) for line in text.splitlines(keepends=True)
                     if line.endswith("\n")]
            if text and not text.endswith("\n"):
                path.write_text("".join(json.dumps(line) + "\n" for line in lines),
                                encoding="utf-8")
            # Runs of other settings are not compared with these.
            self.lines = [line for line in lines if line["settings"] == settings]
        path.parent.mkdir(parents=True, exist_ok=True)

    def add(self, line: dict) -> None:
        line = {**line, "settings": self.settings}
        with open(self.path, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self.lines.append(line)
