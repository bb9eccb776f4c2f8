"""Measures time and memory of commands, in alternation with their floors, in separate network namespaces."""

from __future__ import annotations

import ctypes
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

CLONE_NEWNET = 0x40000000
PR_SET_CHILD_SUBREAPER = 36
# The kernel removes unused namespaces in the background. Wait, so that this is not measured.
SETTLE_SECONDS = 0.2

_libc = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    """A command did not do what should be measured, so its figures are useless."""


@dataclass(frozen=True)
class Spread:
    """Median and extremes of several runs."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The spread of at least one value."""
        ordered = sorted(values)
        return cls(statistics.median(ordered), ordered[0], ordered[-1])


@dataclass(frozen=True)
class Comparison:
    """The seconds of our work and of its floor, and the ratio of each pair of adjacent runs."""

    ours: Spread
    floor: Spread | None = None
    ratio: Spread | None = None


def no_preparation() -> None:
    """For work that can be repeated without preparation."""


@dataclass(frozen=True)
class Work:
    """A command to measure."""

    command: Sequence[str]
    stdin: bytes = b""
    # Called before every run, and not measured.
    prepare: Callable[[], object] = no_preparation
    # Raises BenchError if stdout shows a failure. Without it, stdout is /dev/null.
    expect: Callable[[bytes], object] | None = None

    def seconds(self) -> float:
        """Prepares and runs the command. Returns its wall time."""
        return self._run()[0]

    def output(self) -> bytes:
        """Prepares and runs the command. Returns its output, if `expect` is set."""
        return self._run()[1]

    def _run(self) -> tuple[float, bytes]:
        self.prepare()
        with streams_with(self.stdin) as streams, open(os.devnull, "wb") as devnull:
            stdout = streams.stdout if self.expect else devnull
            started = time.perf_counter()
            process = subprocess.Popen(
                self.command, stdin=streams.stdin, stdout=stdout, stderr=streams.stderr
            )
            status = process.wait()
            elapsed = time.perf_counter() - started
            return elapsed, self._check(status, streams)

    def peak_kib(self) -> int:
        """Prepares and runs the command. Returns the peak resident memory of its largest process.

        A process starts with the peak of the one that it was forked from, and Python's is larger than that of
        some of our work. So a small shell starts the command and leaves it to us, its subreaper.
        """
        self.prepare()
        with streams_with(self.stdin) as streams, _subreaper():
            # By default, a shell gives its background processes an empty stdin.
            stdin = streams.stdin.fileno()
            launch = ["sh", "-c", f'"$@" <&{stdin} &', "sh", *self.command]
            subprocess.run(launch, pass_fds=[stdin], stdout=streams.stdout, stderr=streams.stderr, check=True)
            _, wait_status, usage = os.wait4(-1, 0)
            self._check(os.waitstatus_to_exitcode(wait_status), streams)
        return usage.ru_maxrss

    def _check(self, status: int, streams: Streams) -> bytes:
        output = streams.written(streams.stdout)
        if status != 0:
            words = (streams.written(streams.stderr) + output).decode(errors="replace").strip()
            raise BenchError(f"{' '.join(self.command)}: exit status {status}: {words}")
        if self.expect:
            self.expect(output)
        return output


@dataclass(frozen=True)
class Streams:
    """Files as the streams of a command. With pipes, a process of ours would run at the same time."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]

    @staticmethod
    def written(file: IO[bytes]) -> bytes:
        """The output of a command."""
        file.seek(0)
        return file.read()


@contextmanager
def streams_with(content: bytes) -> Iterator[Streams]:
    """Streams with content to read. They are removed at the end."""
    temporary = tempfile.TemporaryFile
    with temporary() as stdin, temporary() as stdout, temporary() as stderr:
        stdin.write(content)
        stdin.seek(0)
        yield Streams(stdin, stdout, stderr)


def compare(ours: Callable[[], float], floor: Callable[[], float] | None, runs: int) -> Comparison:
    """Measures both in alternation, after one unrecorded round that warms the caches."""
    ours()
    if floor is None:
        return Comparison(Spread.of(ours() for _ in range(runs)))
    floor()
    pairs = [(ours(), floor()) for _ in range(runs)]
    return Comparison(
        Spread.of(mine for mine, _ in pairs),
        Spread.of(least for _, least in pairs),
        Spread.of(mine / least for mine, least in pairs),
    )


def enter_fresh_network() -> None:
    """Moves this process into a new network namespace without sets and rules."""
    _call_libc("unshare", CLONE_NEWNET)
    time.sleep(SETTLE_SECONDS)


def this_network() -> int:
    """The network namespace of this process, as an open file."""
    return os.open("/proc/self/ns/net", os.O_RDONLY)


def enter_network(network: int) -> None:
    """Moves this process into the network namespace of an open file."""
    _call_libc("setns", network, CLONE_NEWNET)


def output_of(*command: str) -> str:
    """The output of a command that is not measured."""
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command)}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


@contextmanager
def _subreaper() -> Iterator[None]:
    """Makes this process adopt orphans. It is undone afterwards, so that later orphans are not counted."""
    _call_libc("prctl", PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        _call_libc("prctl", PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _call_libc(function: str, *arguments: int) -> None:
    if getattr(_libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")
