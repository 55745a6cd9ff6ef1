#!/usr/bin/python3
"""Lists, reads, packs, collects, writes, moves and removes the files of one home.

Runs as the student's uid in a container of its own: no capability, no network, the home mounted at
/home/student, read-only except for what changes it. Every step down is an openat with O_NOFOLLOW, so no link leads
anywhere, and nothing but a regular file is ever opened for its bytes.

Standard output is a row of frames, one letter and a length before each: H a JSON header, D bytes of the last
header's file, E a JSON trailer that ends it, Z all is said. Without Z the answer is not whole. What is to be
written comes over standard input in the same frames.
"""

import ctypes
import errno
import fnmatch
import json
import os
import re
import secrets
import signal
import stat
import struct
import sys
from datetime import datetime, timezone

HOME = "/home/student"
CHUNK = 256 << 10
LIMIT_SECONDS = 1800
LIMIT_LIST = 5000
#: What is left out is told by name up to here, then counted by reason.
LIMIT_SAID = 5000
#: More than these of one directory, left out by one rule, are told as one.
LIMIT_NAMED = 10
LIMIT_COUNT = 100_000
#: Names held at once, over all directories that the walk is in: what a student makes must not end it.
LIMIT_HELD = 200_000
LIMIT_SCAN = 50_000
LIMIT_DEPTH = 64
LIMIT_PATH = 1024
LIMIT_FRAME = 1 << 20
LIMIT_NUMBERED = 1000
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
#: What programs can make again and nobody hands in.
# What programs keep for themselves (settings and secrets of the Lab among it) is no work of the student.
CACHES = {b".cache", b".config", b".local", b".mozilla", b"__pycache__", b".ipynb_checkpoints", b".Trash-1000", b".ipython", b".jupyter"}
KINDS = {
    stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo", stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device", stat.S_IFBLK: "device",
}

#: Why a file could not be put where it belongs.
WRITE_REASONS = {
    errno.ENOSPC: "disk_full", errno.EDQUOT: "disk_full", errno.ELOOP: "in_the_way", errno.ENOTDIR: "in_the_way",
    errno.EISDIR: "in_the_way", errno.ENOTEMPTY: "in_the_way", errno.EEXIST: "in_the_way",
    errno.EACCES: "not_allowed", errno.EPERM: "not_allowed", errno.EROFS: "not_allowed",
    errno.ENAMETOOLONG: "bad_path",
}

out = sys.stdout.buffer


class Missing(Exception):
    pass


def frame(kind, data):
    out.write(kind + struct.pack(">I", len(data)) + data)


def say(letter, /, **fields):
    frame(letter, json.dumps(fields).encode())


def shown(name):
    """A name as text, reversible: what is no plain UTF-8 is written as \\xNN, and so is the backslash."""
    text = ""
    for character in name.decode("utf-8", "surrogateescape"):
        point = ord(character)
        if 0xDC80 <= point <= 0xDCFF:
            text += f"\\x{point - 0xDC00:02x}"
        elif point < 0x20 or point == 0x7F or character == "\\":
            text += f"\\x{point:02x}"
        else:
            text += character
    return text


def taken(text):
    """The bytes of a name that `shown` wrote."""
    data = re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode("utf-8", "strict"))
    if data in (b"", b".", b"..") or b"/" in data or b"\0" in data or len(data) > 255:
        raise Missing
    return data


def open_home():
    home = os.open(HOME, DIRECTORY)
    # A home lies on a loop device. Anything else here is the empty place where one should be mounted.
    if os.major(os.fstat(home).st_dev) != 7:
        raise SystemExit("no home is mounted")
    return home


def descend(names):
    at = open_home()
    device = os.fstat(at).st_dev
    for name in names:
        below = os.open(name, DIRECTORY, dir_fd=at)
        os.close(at)
        at = below
        if os.fstat(at).st_dev != device:
            raise Missing
    return at


def parts(path):
    return [taken(part) for part in path.split("/")] if path else []


def moment(found):
    seconds = min(max(found.st_mtime, 0), 253_402_300_799)
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def entries(directory):
    """Names and states, in the order of their bytes, links not followed; at most LIMIT_SCAN of them."""
    found = []
    with os.scandir(directory) as walk:
        for entry in walk:
            if len(found) >= LIMIT_SCAN:
                break
            try:
                name = os.fsencode(entry.name)
                found.append((name, os.stat(name, dir_fd=directory, follow_symlinks=False)))
            except FileNotFoundError:
                continue
    return sorted(found)


def listing(path, with_space=False):
    """One directory; `with_space` tells first how much room the home has, and whether there is more than is told."""
    directory = descend(parts(path))
    rows = []
    for name, found in entries(directory):
        kind = "directory" if stat.S_ISDIR(found.st_mode) else "file" if stat.S_ISREG(found.st_mode) else None
        if kind is None:
            continue
        below = f"{path}/{shown(name)}" if path else shown(name)
        if len(below) > LIMIT_PATH * 4:
            continue
        size = found.st_size if kind == "file" else 0
        rows.append({"path": below, "kind": kind, "size": size, "modifiedAt": moment(found)})
        if len(rows) > LIMIT_LIST:
            break
    if with_space:
        room = os.fstatvfs(directory)
        total, free = room.f_blocks * room.f_frsize, room.f_bavail * room.f_frsize
        say(b"H", total=total, free=free, more=len(rows) > LIMIT_LIST)
    for row in rows[:LIMIT_LIST]:
        say(b"H", **row)


def open_file(name, directory):
    """A regular file, opened without following anything and without waiting for anything."""
    before = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if not stat.S_ISREG(before.st_mode):
        raise Missing
    file = os.open(name, FILE, dir_fd=directory)
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode) or (found.st_dev, found.st_ino) != (before.st_dev, before.st_ino):
        os.close(file)
        raise Missing
    return file, found


def send(file, size):
    """Exactly `size` bytes, or fewer when the file ended early."""
    left = size
    while left > 0:
        chunk = os.read(file, min(CHUNK, left))
        if not chunk:
            break
        frame(b"D", chunk)
        left -= len(chunk)
    return left == 0


def reading(path, start="0", length=str(1 << 62)):
    """A file, or so many bytes of it from there on; `size` is that of the whole file in any case."""
    names = parts(path)
    if not names:
        raise Missing
    file, found = open_file(names[-1], descend(names[:-1]))
    start = min(int(start), found.st_size)
    say(b"H", path=path, size=found.st_size, version=f"{found.st_mtime_ns:x}-{found.st_size:x}")
    out.flush()
    os.lseek(file, start, os.SEEK_SET)
    whole = send(file, min(int(length), found.st_size - start))
    say(b"E", **({} if whole else {"error": "changed"}))


class Packing:
    """Everything below some paths, for an archive: files as they are now, what is left out by name and reason."""

    def __init__(self, paths, totalBytes, files):
        self.paths, self.left, self.files, self.device = paths, totalBytes, files, 0

    def skip(self, path, reason):
        say(b"H", path=path, size=0, skipped=reason, count=1)

    def one(self, directory, name, path, depth):
        try:
            found = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode):
                self.directory(directory, name, path, depth)
            elif stat.S_ISREG(found.st_mode):
                self.file(directory, name, path)
            else:
                self.skip(path, KINDS.get(stat.S_IFMT(found.st_mode), "unreadable"))
        except (OSError, Missing) as error:
            self.skip(path, reason_of(error))

    def directory(self, directory, name, path, depth):
        if depth >= LIMIT_DEPTH:
            return self.skip(path, "too_deep")
        inner = os.open(name, DIRECTORY, dir_fd=directory)
        try:
            if os.fstat(inner).st_dev != self.device:
                return self.skip(path, "unreadable")
            say(b"H", path=path, folder=True)
            for below in sorted(os.fsencode(entry) for entry in os.listdir(inner)):
                self.one(inner, below, f"{path}/{shown(below)}", depth + 1)
        finally:
            os.close(inner)

    def file(self, directory, name, path):
        file, found = open_file(name, directory)
        try:
            size = found.st_size
            if self.files <= 0:
                return self.skip(path, "too_many")
            if size > self.left:
                return self.skip(path, "total_too_large")
            self.files -= 1
            self.left -= size
            say(b"H", path=path, size=size, executable=bool(found.st_mode & 0o100), modifiedAt=moment(found))
            # What grows meanwhile is sent as long as it was; what became shorter breaks the archive off.
            say(b"E", **({} if send(file, size) else {"error": "changed"}))
        finally:
            os.close(file)

    def run(self):
        self.device = os.fstat(open_home()).st_dev
        for path in self.paths:
            names = parts(path)
            if not names:
                raise Missing
            directory = descend(names[:-1])
            self.one(directory, names[-1], path, 0)
            os.close(directory)


class Pattern:
    """A glob over paths of the home. Without a slash it is a name, at any depth; with one it begins at the home."""

    def __init__(self, text):
        self.only_directories = text.endswith("/")
        words = [word for word in text.strip("/").split("/") if word]
        self.anchored = text.startswith("/") or len(words) > 1
        # fnmatch makes expressions that never go back: no pattern is slow.
        self.words = ["**" if word == "**" else re.compile(fnmatch.translate(word)) for word in words]

    def matches(self, names, is_directory):
        if not self.words or (self.only_directories and not is_directory):
            return False
        if not self.anchored:
            return self.words[0] == "**" or bool(self.words[0].match(names[-1]))
        return self.along(0, names)

    def along(self, at, names):
        """Whether the words match the names: each word keeps the set of places where it may begin."""
        places = {0}
        for word in self.words:
            if word == "**":
                places = set(range(min(places), len(names) + 1))
            else:
                places = {i + 1 for i in places if i < len(names) and word.match(names[i])}
            if not places:
                return False
        return len(names) in places


class Rules:
    def __init__(self, include, exclude):
        self.include, self.exclude = [Pattern(text) for text in include], [Pattern(text) for text in exclude]

    def leave_out(self, names, is_directory):
        return any(pattern.matches(names, is_directory) for pattern in self.exclude)

    def take(self, names, is_directory):
        return not self.include or any(pattern.matches(names, is_directory) for pattern in self.include)


def reason_of(error):
    """A name that was there and is not, or is something else now, changed under our hands."""
    gone = (errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
    return "changed" if isinstance(error, Missing) or error.errno in gone else "unreadable"


class Collection:
    def __init__(self, fileBytes, totalBytes, files, include, exclude):
        self.file_bytes, self.left, self.files = fileBytes, totalBytes, files
        self.rules = Rules(include, exclude)
        self.said = self.held = 0
        #: reason -> [count, bytes] of what is not told by name.
        self.unsaid = {}
        self.device = 0

    def skip(self, path, size, reason, count=1):
        # The sizes of sparse files add up to more than any number of the service holds.
        size = min(size, 1 << 50)
        if self.said >= LIMIT_SAID:
            rest = self.unsaid.setdefault(reason, [0, 0])
            rest[0] += count
            rest[1] += size
            return
        self.said += 1
        if len(path) > LIMIT_PATH:
            path, reason = path[: LIMIT_PATH - 1] + "…", "path_too_long"
        say(b"H", path=path, size=size, skipped=reason, count=count)

    def walk(self, directory, prefix):
        """Names and states, in the order of their bytes; a state is asked for when its turn has come."""
        names = []
        with os.scandir(directory) as listing:
            for entry in listing:
                if len(names) > LIMIT_SCAN or self.held >= LIMIT_HELD:
                    if prefix is not None:
                        self.skip(prefix or ".", 0, "too_many")
                    break
                names.append(os.fsencode(entry.name))
                self.held += 1
        try:
            for name in sorted(names):
                try:
                    yield name, os.stat(name, dir_fd=directory, follow_symlinks=False)
                except FileNotFoundError:
                    continue
        finally:
            self.held -= len(names)

    def directory(self, directory, prefix, names, taken, depth):
        excluded = []
        for name, found in self.walk(directory, prefix):
            here = [*names, shown(name)]
            path = "/".join(here)
            is_directory = stat.S_ISDIR(found.st_mode)
            mine = taken or self.rules.take(here, is_directory)
            if is_directory:
                if self.rules.leave_out(here, True):
                    self.pruned(directory, name, path, "excluded")
                else:
                    self.below(directory, name, found, path, here, mine, depth)
            elif self.is_ours(directory, name, prefix):
                continue
            elif not mine or self.rules.leave_out(here, False):
                excluded.append((path, found.st_size))
            elif stat.S_ISREG(found.st_mode):
                self.file(directory, name, found, path)
            else:
                self.skip(path, 0, KINDS.get(stat.S_IFMT(found.st_mode), "unreadable"))
        if len(excluded) > LIMIT_NAMED:
            self.skip(prefix or ".", sum(size for _, size in excluded), "excluded", len(excluded))
        else:
            for path, size in excluded:
                self.skip(path, size, "excluded")

    def is_ours(self, directory, name, prefix):
        """The link to the materials, which the platform made, is nobody's work."""
        try:
            return not prefix and name == b"materials" and os.readlink(name, dir_fd=directory) == b"/home/materials"
        except OSError:
            return False

    def pruned(self, directory, name, path, reason):
        """A directory that is left out as a whole: one row, with what is in it."""
        try:
            inner = os.open(name, DIRECTORY, dir_fd=directory)
        except OSError as error:
            self.skip(path, 0, reason_of(error))
            return
        try:
            count, size = self.count(inner, 0, LIMIT_COUNT)
        finally:
            os.close(inner)
        self.skip(path, size, reason, count)

    def count(self, directory, depth, limit):
        """How much is in a directory; what cannot be read, or is past the limits, counts as nothing."""
        count = size = 0
        try:
            for name, found in self.walk(directory, None):
                if count >= limit:
                    break
                more = self.count_one(directory, name, found, depth, limit - count)
                count, size = count + more[0], size + more[1]
        except OSError:
            pass
        return count, size

    def count_one(self, directory, name, found, depth, limit):
        if not stat.S_ISDIR(found.st_mode):
            return 1, found.st_size
        if depth >= LIMIT_DEPTH or found.st_dev != self.device:
            return 0, 0
        try:
            inner = os.open(name, DIRECTORY, dir_fd=directory)
        except OSError:
            return 0, 0
        try:
            return self.count(inner, depth + 1, limit)
        finally:
            os.close(inner)

    def below(self, directory, name, found, path, names, taken, depth):
        if name in CACHES:
            self.pruned(directory, name, path, "cache")
        elif depth >= LIMIT_DEPTH:
            self.skip(path, 0, "too_deep")
        elif found.st_dev != self.device:
            self.skip(path, 0, "unreadable")
        else:
            try:
                inner = os.open(name, DIRECTORY, dir_fd=directory)
            except OSError as error:
                self.skip(path, 0, reason_of(error))
                return
            try:
                if os.fstat(inner).st_dev != self.device:
                    self.skip(path, 0, "unreadable")
                else:
                    self.directory(inner, path, names, taken, depth + 1)
            except OSError as error:
                self.skip(path, 0, reason_of(error))
            finally:
                os.close(inner)

    def file(self, directory, name, found, path):
        size = found.st_size
        if len(path) > LIMIT_PATH:
            return self.skip(path, size, "path_too_long")
        if size > self.file_bytes:
            return self.skip(path, size, "too_large")
        if size > self.left:
            return self.skip(path, size, "total_too_large")
        if self.files <= 0:
            return self.skip(path, size, "too_many")
        try:
            file, opened = open_file(name, directory)
        except (OSError, Missing) as error:
            return self.skip(path, size, reason_of(error))
        try:
            if opened.st_size != size:
                return self.skip(path, size, "changed")
            self.files -= 1
            self.left -= size
            say(b"H", path=path, size=size, executable=bool(found.st_mode & 0o100))
            try:
                whole = send(file, size)
            except OSError:
                whole = False
            after = os.fstat(file)
            same = (after.st_size, after.st_mtime_ns) == (found.st_size, found.st_mtime_ns)
            say(b"E", **({} if whole and same else {"error": "changed"}))
        finally:
            os.close(file)

    def run(self):
        home = open_home()
        self.device = os.fstat(home).st_dev
        self.directory(home, "", [], not self.rules.include, 0)
        for reason, (count, size) in sorted(self.unsaid.items()):
            say(b"H", path=".", size=min(size, 1 << 50), skipped=reason, count=count)


class Cut(Exception):
    """What was announced did not come."""


def read_exactly(size):
    data = sys.stdin.buffer.read(size)
    if len(data) != size:
        raise SystemExit("input ended early")
    return data


def read_frame():
    kind = read_exactly(1)
    (size,) = struct.unpack(">I", read_exactly(4))
    if size > LIMIT_FRAME:
        raise SystemExit("frame too long")
    return kind, read_exactly(size)


def body():
    """The bytes of the file whose header was read, up to its trailer."""
    while True:
        kind, data = read_frame()
        if kind == b"D":
            yield data
        elif kind == b"E":
            if "error" in json.loads(data):
                raise Cut
            return
        else:
            raise SystemExit("frames out of order")


def same_bytes(name, directory, written):
    """Whether a regular file of this name holds what was just written."""
    try:
        file, found = open_file(name, directory)
    except (OSError, Missing):
        return False
    try:
        mine = os.fstat(written)
        if (found.st_size, found.st_mode & 0o111) != (mine.st_size, mine.st_mode & 0o111):
            return False
        at = 0
        while chunk := os.pread(file, CHUNK, at):
            if os.pread(written, len(chunk), at) != chunk:
                return False
            at += len(chunk)
        return at == mine.st_size
    finally:
        os.close(file)


def numbered(name, number):
    """`a.txt`, `a (2).txt`, …: no longer than a name may be."""
    if number == 1:
        return name
    stem, dot, ending = name.rpartition(b".")
    if not stem or len(ending) > 16:
        stem, dot, ending = name, b"", b""
    tail = b" (%d)" % number + dot + ending
    return stem[: 255 - len(tail)] + tail


class Writing:
    """Puts files into the home: each gets its name when all of it is there, and no name is ever half a file."""

    def __init__(self, on_conflict):
        self.keep_both = on_conflict == "keepBoth"
        self.device = 0

    def make(self, names):
        at = open_home()
        for name in names:
            try:
                os.mkdir(name, 0o755, dir_fd=at)
            except FileExistsError:
                pass
            except OSError:
                os.close(at)
                raise
            try:
                below = os.open(name, DIRECTORY, dir_fd=at)
            finally:
                os.close(at)
            at = below
            if os.fstat(at).st_dev != self.device:
                os.close(at)
                raise Missing
        return at

    def place(self, directory, name, file):
        """Gives the nameless file its name; returns the one that it got."""
        if same_bytes(name, directory, file):
            return name
        if not self.keep_both:
            temporary = b".labyard-" + secrets.token_hex(8).encode()
            os.link(f"/proc/self/fd/{file}", temporary, dst_dir_fd=directory, follow_symlinks=True)
            try:
                # rename(2) takes the place of a link, it does not follow it.
                os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
            except OSError:
                os.unlink(temporary, dir_fd=directory)
                raise
            return name
        for number in range(1, LIMIT_NUMBERED):
            chosen = numbered(name, number)
            if number > 1 and same_bytes(chosen, directory, file):
                return chosen
            try:
                os.link(f"/proc/self/fd/{file}", chosen, dst_dir_fd=directory, follow_symlinks=True)
                return chosen
            except FileExistsError:
                continue
        raise FileExistsError(errno.EEXIST, "too many of one name")

    def file(self, header, data):
        names = parts(header["path"])
        if not names:
            raise Missing
        directory = self.make(names[:-1])
        try:
            # Without a name until it is whole: what a kill interrupts is gone by itself.
            file = os.open(".", os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600, dir_fd=directory)
            try:
                size = 0
                for chunk in data:
                    size += len(chunk)
                    while chunk:
                        chunk = chunk[os.write(file, chunk) :]
                if size != header["size"]:
                    raise Cut
                os.fchmod(file, 0o755 if header["executable"] else 0o644)
                name = self.place(directory, names[-1], file)
            finally:
                os.close(file)
        finally:
            os.close(directory)
        return "/".join(map(shown, [*names[:-1], name]))

    def one(self, header):
        data = body()
        path = header["path"]
        try:
            answer = {"written": self.file(header, data)}
        except Cut:
            answer = {"refused": "cut"}
        except (Missing, UnicodeEncodeError):
            answer = {"refused": "bad_path"}
        except OSError as error:
            answer = {"refused": WRITE_REASONS.get(error.errno, "not_written")}
        try:
            for _ in data:
                pass
        except Cut:
            pass
        say(b"H", path=path, **answer)
        out.flush()

    def run(self):
        home = open_home()
        self.device = os.fstat(home).st_dev
        while True:
            kind, data = read_frame()
            if kind == b"Z":
                break
            if kind != b"H":
                raise SystemExit("frames out of order")
            self.one(json.loads(data))
        # All at once: a sync a file would take minutes for thousands of them.
        if ctypes.CDLL(None, use_errno=True).syncfs(home) != 0:
            raise SystemExit("the home does not take it")


def rename_new(source, name, target, new):
    """A rename that takes nobody's place."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(source, name, target, new, 1) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


class Changing:
    """Makes folders, moves, removes and counts, one act after the other: what one refuses stops no other."""

    def __init__(self):
        self.device = 0

    def parent(self, path):
        names = parts(path)
        if not names:
            raise Missing
        return descend(names[:-1]), names

    def existing(self, path):
        """The directory it is in, its name and whether it is a directory itself; links are not there."""
        directory, names = self.parent(path)
        found = os.stat(names[-1], dir_fd=directory, follow_symlinks=False)
        if not (stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)):
            raise FileNotFoundError(errno.ENOENT, "no file")
        return directory, names, stat.S_ISDIR(found.st_mode)

    def make(self, path):
        directory, names = self.parent(path)
        os.mkdir(names[-1], 0o755, dir_fd=directory)
        return {"done": path}

    def move(self, path, to, onConflict):
        source, names, _ = self.existing(path)
        target, wanted = self.parent(to)
        if names == wanted:
            return {"done": path}
        if onConflict == "replace":
            os.rename(names[-1], wanted[-1], src_dir_fd=source, dst_dir_fd=target)
            return {"done": to}
        for number in range(1, LIMIT_NUMBERED if onConflict == "keepBoth" else 2):
            chosen = numbered(wanted[-1], number)
            try:
                rename_new(source, names[-1], target, chosen)
                return {"done": "/".join(map(shown, [*wanted[:-1], chosen]))}
            except FileExistsError:
                continue
        raise FileExistsError(errno.EEXIST, "there is one of that name")

    def remove(self, path):
        directory, names, is_directory = self.existing(path)
        if is_directory:
            self.remove_directory(directory, names[-1], None, 0)
        else:
            os.unlink(names[-1], dir_fd=directory)
        return {"done": path}

    def remove_directory(self, directory, name, top, depth):
        inner = self.open_own(directory, name)
        try:
            if os.fstat(inner).st_dev != self.device:
                raise PermissionError(errno.EPERM, "another file system")
            top = inner if top is None else top
            # What is hoisted to the top comes up again there.
            while below := os.listdir(inner):
                for entry in map(os.fsencode, below):
                    found = os.stat(entry, dir_fd=inner, follow_symlinks=False)
                    if not stat.S_ISDIR(found.st_mode):
                        os.unlink(entry, dir_fd=inner)
                    elif depth < LIMIT_DEPTH:
                        self.remove_directory(inner, entry, top, depth + 1)
                    else:
                        # However deep it goes, neither descriptors nor the stack run out.
                        os.close(self.open_own(inner, entry))
                        os.rename(entry, secrets.token_hex(16), src_dir_fd=inner, dst_dir_fd=top)
        finally:
            os.close(inner)
        os.rmdir(name, dir_fd=directory)

    def open_own(self, directory, name):
        """A directory that is to go, also one that its owner had closed."""
        handle = os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            if os.fstat(handle).st_mode & 0o700 != 0o700:
                os.chmod(f"/proc/self/fd/{handle}", 0o700)
            return os.open(name, DIRECTORY, dir_fd=directory)
        finally:
            os.close(handle)

    def measure(self, path):
        """How much goes when this goes: files (and what is not a directory), directories, bytes."""
        directory, names, is_directory = self.existing(path)
        sums = {"files": 0, "folders": 0, "bytes": 0}
        if is_directory:
            self.count(directory, names[-1], sums, 0)
        else:
            sums["files"] = 1
            sums["bytes"] = os.stat(names[-1], dir_fd=directory, follow_symlinks=False).st_size
        sums["bytes"] = min(sums["bytes"], 1 << 50)
        return sums

    def count(self, directory, name, sums, depth):
        sums["folders"] += 1
        try:
            inner = os.open(name, DIRECTORY, dir_fd=directory)
        except OSError:
            return
        try:
            for entry in map(os.fsencode, os.listdir(inner)):
                if sums["files"] + sums["folders"] >= LIMIT_COUNT:
                    return
                found = os.stat(entry, dir_fd=inner, follow_symlinks=False)
                if stat.S_ISDIR(found.st_mode) and depth < LIMIT_DEPTH:
                    self.count(inner, entry, sums, depth + 1)
                else:
                    sums["files"] += 1
                    sums["bytes"] += found.st_size if stat.S_ISREG(found.st_mode) else 0
        except FileNotFoundError:
            pass
        finally:
            os.close(inner)

    def one(self, act, path, **more):
        try:
            known = {"makeFolder": self.make, "move": self.move, "remove": self.remove, "measure": self.measure}
            return known[act](path, **more)
        except (Missing, UnicodeEncodeError):
            return {"refused": "bad_path"}
        except FileNotFoundError:
            return {"refused": "not_found"}
        except FileExistsError:
            return {"refused": "exists"}
        except OSError as error:
            word = "into_itself" if error.errno == errno.EINVAL else WRITE_REASONS.get(error.errno, "not_written")
            return {"refused": word}

    def run(self):
        home = open_home()
        self.device = os.fstat(home).st_dev
        while True:
            kind, data = read_frame()
            if kind == b"Z":
                break
            if kind != b"H":
                raise SystemExit("frames out of order")
            say(b"H", **self.one(**json.loads(data)))
            out.flush()
        if ctypes.CDLL(None, use_errno=True).syncfs(home) != 0:
            raise SystemExit("the home does not take it")


def main():
    signal.alarm(LIMIT_SECONDS)
    command, arguments = sys.argv[1], sys.argv[2:]
    try:
        if command == "list":
            listing(*arguments)
        elif command == "browse":
            listing(*arguments, with_space=True)
        elif command == "read":
            reading(*arguments)
        elif command == "pack":
            Packing(**json.loads(arguments[0])).run()
        elif command == "change":
            os.umask(0o022)
            Changing().run()
        elif command == "write":
            os.umask(0o022)
            Writing(*arguments).run()
        else:
            Collection(**json.loads(arguments[0])).run()
    except (Missing, FileNotFoundError, NotADirectoryError, PermissionError, UnicodeEncodeError):
        say(b"E", error="not_found")
    except OSError as error:
        # ELOOP is what O_NOFOLLOW answers for a link, ENXIO for a socket, ENAMETOOLONG for nonsense.
        say(b"E", error="not_found" if error.errno in (errno.ELOOP, errno.ENXIO, errno.ENAMETOOLONG) else "unreadable")
    frame(b"Z", b"")
    out.flush()


if __name__ == "__main__":
    main()
