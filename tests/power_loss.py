"""Power loss: what a program writes to its files, and what a disk may have of it afterwards.

`record` runs a program under strace. `Disk` replays its operations up to a moment and leaves out
what no fsync had made durable: writes are lost, torn and reordered, one sector at a time, and so
are the names in folders. An fsync of a file makes its content durable, but not its name.
"""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

#: Calls that change files, and calls that say which file a descriptor is.
CALLS = (
    "openat,creat,dup,lseek,write,pwrite64,writev,pwritev,sendfile,copy_file_range,truncate,"
    "ftruncate,fallocate,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,unlink,"
    "unlinkat,rmdir,link,linkat,symlink,symlinkat,mkdir,mkdirat"
)

_LINE = re.compile(r"(\w+)\((.*)\) += (-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_PATH = re.compile(r"<((?:\\x[0-9a-f]{2})*)>")

#: The inode of the folder that holds all files. Folders have inodes below 0, files above.
ROOT = -1


@dataclasses.dataclass(frozen=True)
class Write:
    """Bytes written to a file; None cuts it off at `start`, or adds zeros up to there."""

    inode: int
    start: int
    content: bytes | None


@dataclasses.dataclass(frozen=True)
class Names:
    """Names that changed together: the inode by folder and name, None if the name is gone."""

    inodes: dict[tuple[int, str], int | None]


@dataclasses.dataclass(frozen=True)
class Sync:
    """The content of a file, or the names of a folder, became durable."""

    inode: int


@dataclasses.dataclass(frozen=True)
class Mark:
    """What the program wrote to its marks: a step is done."""

    content: bytes


# --- recording -----------------------------------------------------------------------------------


def record(root, marks, program, *arguments):
    """Run a Python program; return what it did to the files of a folder, which is empty.

    The program writes its files in the first thread, and a mark after each step with one call.
    """
    trace = root.with_name("trace")
    subprocess.run(
        [
            "strace", "-y", "-xx", "-s", str(1 << 26), "-e", f"trace={CALLS}", "-o", trace,
            sys.executable, program, root, marks, *arguments,
        ],
        check=True,
    )  # fmt: skip
    recorder = _Recorder(str(root), str(marks))
    with trace.open() as lines:
        for line in lines:
            recorder.read(line)
    trace.unlink()
    return recorder.operations


class _Recorder:
    """Makes operations of the lines of strace.

    A method for each call gets its strings, the paths of its descriptors, the other arguments, the
    numbers among these, and the result.
    """

    def __init__(self, root, marks):
        self._root, self._marks = f"{root}/", marks
        self.operations = []
        self._inodes = {root: ROOT}
        self._contents = {}
        #: By descriptor: the place in its file.
        self._places = {}

    def read(self, line):
        """Add the operation of a line."""
        match = _LINE.match(line)
        if match is None or int(match[3]) < 0:
            return
        strings = [_decoded(string) for string in _STRING.findall(match[2])]
        opened = [os.fsdecode(_decoded(path)) for path in _PATH.findall(match[2])]
        rest = _STRING.sub("", _PATH.sub("", match[2]))
        numbers = [int(number) for number in re.findall(r"\b\d+\b", rest)]
        getattr(self, f"_{match[1]}", self._other)(strings, opened, rest, numbers, int(match[3]))

    def _openat(self, strings, opened, rest, _, result):
        path = _path(opened, strings[0])
        if not path.startswith(self._root):
            return
        self._places[result] = 0
        assert "O_APPEND" not in rest
        if path not in self._inodes:
            self._make(path, 1 + len(self._contents))
            self._contents[self._inodes[path]] = bytearray()
        elif "O_TRUNC" in rest:
            self._change(path, 0, None)

    def _write(self, strings, opened, _, numbers, result):
        if opened[0] == self._marks:
            self.operations.append(Mark(strings[0]))
        elif opened[0] in self._inodes:
            self._change(opened[0], self._places[numbers[0]], strings[0][:result])
            self._places[numbers[0]] += result

    def _pwrite64(self, strings, opened, _, numbers, result):
        if opened[0] in self._inodes:
            self._change(opened[0], numbers[-1], strings[0][:result])

    def _lseek(self, _, opened, __, numbers, result):
        if opened[0] in self._inodes:
            self._places[numbers[0]] = result

    def _sendfile(self, _, opened, __, numbers, result):
        if opened[0] in self._inodes:
            target, _, start, *_ = numbers
            content = self._contents[self._inodes[opened[1]]][start : start + result]
            self._change(opened[0], self._places[target], bytes(content))
            self._places[target] += result

    def _copy_file_range(self, _, opened, __, numbers, result):
        """Copy to a given place, as `shutil` does since Python 3.14."""
        if opened[1] in self._inodes:
            source, _, start, *_ = numbers
            first = self._places[source]
            content = self._contents[self._inodes[opened[0]]][first : first + result]
            self._change(opened[1], start, bytes(content))
            self._places[source] += result

    def _ftruncate(self, _, opened, __, numbers, ___):
        if opened[0] in self._inodes:
            self._change(opened[0], numbers[-1], None)

    def _fsync(self, _, opened, *__):
        if opened[0] in self._inodes:
            self.operations.append(Sync(self._inodes[opened[0]]))

    _fdatasync = _fsync

    def _mkdir(self, strings, *_):
        path = os.fsdecode(strings[0])
        if path.startswith(self._root):
            self._make(path, min(self._inodes.values()) - 1)

    def _unlink(self, strings, opened, *_):
        path = _path(opened, strings[0])
        if path in self._inodes:
            self._name({path: None})
            del self._inodes[path]

    _unlinkat = _rmdir = _unlink

    def _rename(self, strings, *_):
        old, new = map(os.fsdecode, strings)
        if old in self._inodes:
            self._name({old: None, new: self._inodes[old]})
            for path in [*self._inodes]:
                if path == old or path.startswith(f"{old}/"):
                    self._inodes[new + path.removeprefix(old)] = self._inodes.pop(path)

    def _linkat(self, strings, opened, *_):
        old, new = (_path([folder], name) for folder, name in zip(opened, strings, strict=True))
        if new.startswith(self._root):
            self._make(new, self._inodes[old])

    def _other(self, strings, opened, *_):
        paths = [*opened, *map(os.fsdecode, strings)]
        assert not any(path.startswith(self._root) for path in paths), paths

    def _make(self, path, inode):
        self._inodes[path] = inode
        self._name({path: inode})

    def _name(self, inodes):
        names = {(self._inodes[str(Path(path).parent)], Path(path).name): path for path in inodes}
        self.operations.append(Names({name: inodes[path] for name, path in names.items()}))

    def _change(self, path, start, content):
        write = Write(self._inodes[path], start, content)
        self.operations.append(write)
        _apply(self._contents[write.inode], write)


def _path(opened, name):
    """Return the path of a name, relative to the folder of a descriptor if there is one."""
    return str(Path(*opened[:1], os.fsdecode(name)))


def _decoded(string):
    return bytes.fromhex(string.replace("\\x", ""))


def _apply(content, write):
    """Apply a write to the content of a file."""
    end = write.start + len(write.content or b"")
    content.extend(bytes(max(end - len(content), 0)))
    if write.content is None:
        del content[end:]
    else:
        content[write.start : end] = write.content


# --- losing power --------------------------------------------------------------------------------


class Disk:
    """What a disk may have after a loss of power.

    Parameters
    ----------
    operations : sequence
        Operations up to that moment.
    """

    def __init__(self, operations):
        self._names, self._writes, self._synced = [], {}, {}
        for time, operation in enumerate(operations):
            match operation:
                case Names():
                    self._names.append((time, operation.inodes))
                case Write():
                    self._writes.setdefault(operation.inode, []).append((time, operation))
                case Sync():
                    self._synced[operation.inode] = time

    def write(self, path, rng):
        """Write a state that the disk may have to an empty folder; without `rng`, lose nothing."""
        names = self._names_left(rng)
        contents = {
            inode: self._content_left(inode, rng)
            for inode in {*names.values()} - {None}
            if inode > 0
        }
        _write_folder(path, ROOT, names, contents)

    def _names_left(self, rng):
        """Return the inodes by folder and name."""
        how = rng.choice(["none", "all", "first", "some"]) if rng else "all"
        last = rng.choice(self._names)[0] if how == "first" else 0
        names, lost = {}, set()
        for time, inodes in self._names:
            is_durable = any(time < self._synced.get(folder, -1) for folder, _ in inodes)
            is_kept = (
                how == "all" or (how == "first" and time <= last)
                or (how == "some" and rng.random() < 0.7)
            )  # fmt: skip
            if is_durable or (is_kept and not lost & inodes.keys()):
                names.update(inodes)
            else:
                lost |= inodes.keys()
        return names

    def _content_left(self, inode, rng):
        """Return the bytes of a file: of each sector, the content after some of the writes to it.

        Sectors that were never written are zeros or garbage. The size is the size after some write.
        A cut happens as a whole or not at all, and no later write without it.
        """
        writes, synced = self._writes.get(inode, []), self._synced.get(inode, -1)
        content = bytearray()
        for time, write in writes:
            if time < synced or rng is None:
                _apply(content, write)
        waiting = [write for time, write in writes if time > synced] if rng else []
        ends, cuts = [len(content)], []
        for number, write in enumerate(waiting):
            end = write.start + len(write.content or b"")
            if write.content is None and end < ends[-1]:
                cuts.append(number)
            ends.append(end if write.content is None else max(end, ends[-1]))
        if not waiting:
            return bytes(content)
        size = rng.choice([512, 4096])
        n_synced, n_sectors = -(-len(content) // size), -(-max(ends) // size)
        content.extend(bytes(n_synced * size - len(content)))
        content.extend(rng.choice([bytes, bytes, rng.randbytes])(n_sectors * size - len(content)))
        is_written, first, last = _chosen_writes(cuts, len(waiting), rng)
        lost, new = set(), {*range(n_synced, n_sectors)}
        for number, write in enumerate(waiting[:last]):
            if number in cuts:
                content[write.start :] = bytes(len(content) - write.start)
                lost -= {*range(write.start // size, n_sectors)}
                continue
            data = write.content or b""
            for sector in range(write.start // size, -(-(write.start + len(data)) // size)):
                if sector in lost or not is_written(number):
                    lost.add(sector)  # later writes to it come on top of this one
                    continue
                if sector in new:
                    content[sector * size : (sector + 1) * size] = bytes(size)
                    new.discard(sector)
                low = max(sector * size, write.start)
                high = min((sector + 1) * size, write.start + len(data))
                content[low:high] = data[low - write.start : high - write.start]
        return bytes(content[: rng.choice(ends[first : last + 1])])


def _chosen_writes(cuts, n, rng):
    """Return which of n writes are kept.

    Returns
    -------
    is_written : callable
        Whether a sector of a write is kept, by the number of the write.
    first, last : int
        Numbers of writes: the file has its size after one of these.
    """
    how = rng.choice(["none", "all", "first", "some", "sectors"])
    if how == "none":
        return lambda _: False, 0, min(cuts, default=0)
    n_cuts = len(cuts) if how == "all" else rng.randrange(len(cuts) + 1)
    first = cuts[n_cuts - 1] + 1 if n_cuts else 0
    last = cuts[n_cuts] if n_cuts < len(cuts) else n
    end, some = rng.randint(first, last), {i for i in range(n) if rng.random() < 0.7}
    is_written = {
        "all": lambda _: True,
        "first": lambda number: number < end or (number == end and rng.random() < 0.5),
        "some": lambda number: number in some,
        "sectors": lambda _: rng.random() < 0.5,
    }[how]
    return is_written, last if how == "all" else end if how == "first" else first, last


def _write_folder(path, inode, names, contents):
    """Write a folder and all below it."""
    for (folder, name), entry in names.items():
        if folder != inode or entry is None:
            continue
        if entry < 0:
            (path / name).mkdir()
            _write_folder(path / name, entry, names, contents)
        else:
            (path / name).write_bytes(contents[entry])
