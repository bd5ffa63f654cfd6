"""What the benchmarks share: where the command and the peers are, and how a process is measured."""

import os
import pathlib
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
COMMAND = ROOT / ".build/release/seq2seq"
PEERS = pathlib.Path(
    os.environ.get("SEQ2SEQ_PEERS", pathlib.Path.home() / ".cache/swift-seq2seq/peers"))
PYTHON = PEERS / "bin/python"


def prepare(*products: str) -> None:
    """Builds products of the package; ends the program where PyTorch is missing."""
    if not PYTHON.exists():
        sys.exit(f"no PyTorch in {PEERS}; run Scripts/peers/setup.sh")
    build(*products)


def build(*products: str) -> None:
    """Builds products of the package."""
    for product in products:
        subprocess.run(["swift", "build", "-c", "release", "--product", product], cwd=ROOT,
                       check=True, stdout=subprocess.DEVNULL)


def measured(command: list) -> tuple[str, float]:
    """What a command prints and its peak memory in megabytes; a failure ends the program."""
    process = subprocess.Popen(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    with tempfile.TemporaryFile() as errors:
        # Peers warn much; it is read so that they never wait, and shown when they fail.
        reader = threading.Thread(target=lambda: errors.write(process.stderr.read()))
        reader.start()
        output = process.stdout.read().decode()
        reader.join()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            errors.seek(0)
            sys.exit(f"{command[0]} failed:\n{errors.read().decode()[-3000:]}")
    scale = 1024 if sys.platform == "linux" else 1024 * 1024
    return output, usage.ru_maxrss / scale


def settings(values: dict) -> list[str]:
    """Options that replace values of a configuration."""
    return [word for key, value in values.items() for word in ("--set", f"{key}={value}")]
