#!/usr/bin/python3
"""Mounts the homes of students on the slots of workspaces.

Runs as root with CAP_SYS_ADMIN in the one helper container of a host, started by `docker exec` with ids and
numbers only. It never follows a link that a student made: below a mounted home it does two things, each
relative to the home's own descriptor (unlink `lost+found`, make the link `materials`).

Below /lab: homes/<id>.ext4 .lock .fence .renewed, slots/<deploy>/<workspace>/{student,materials},
views/<deploy>/<home>-<nonce>, materials/<sha256>.
Answers with one line of JSON: {"ok": …} or {"error": word, "detail": text}. `serve` takes requests from standard
input instead, one line of JSON {"id", "command"} each, and puts the id beside the answer: a start of Python saved.
"""

import contextlib
import ctypes
import errno
import fcntl
import glob
import hashlib
import json
import os
import re
import select
import stat
import struct
import subprocess
import sys
import threading
import time

LAB = "/lab"
LOCK_SECONDS = 20
BUSY_SECONDS = 6
#: Below this, no new home is made: the host's disk belongs to everybody.
KEEP_FREE = 256 << 20
LIMIT_FRAME = 1 << 20
#: A `serve` that nobody asks for so long ends: its service may have died without a word.
IDLE_SECONDS = 900

ID = re.compile(r"[0-9A-Z]{26}\Z")
DEPLOY = re.compile(r"[a-z0-9-]{1,32}\Z")
NONCE = re.compile(r"[0-9a-f]{16}\Z")
HASH = re.compile(r"[0-9a-f]{64}\Z")
NUMBER = re.compile(r"[0-9]{1,9}\Z")


class Refusal(Exception):
    def __init__(self, word, detail=""):
        super().__init__(word)
        self.word = word
        self.detail = detail


def checked(pattern, text):
    if not pattern.match(text):
        raise Refusal("argument", text[:80])
    return text


def number(text):
    return int(checked(NUMBER, text))


DEPLOYMENT = checked(DEPLOY, os.environ.get("LABYARD_DEPLOY", ""))
SLOTS = f"{LAB}/slots/{DEPLOYMENT}"
VIEWS = f"{LAB}/views/{DEPLOYMENT}"
BLOBS = f"{LAB}/materials"


def image_of(home):
    return f"{LAB}/homes/{home}.ext4"


def run(*command):
    """Runs a program of the image; returns its exit code and what it said."""
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"},
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace").strip()[-500:]


@contextlib.contextmanager
def locked(home):
    """One change of a home at a time, also between two services and two helper containers."""
    descriptor = os.open(f"{LAB}/homes/{home}.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        until = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Refusal("busy", "another call works on this home") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def write_whole(path, text):
    temporary = f"{path}.{os.urandom(4).hex()}.tmp"
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(temporary, path)


def read_fence(home):
    try:
        with open(f"{LAB}/homes/{home}.fence", encoding="ascii") as file:
            fence, workspace = file.read().split()
            return int(fence), workspace
    except FileNotFoundError:
        return -1, ""
    except ValueError:
        raise Refusal("damaged", "fence file") from None


def mounts():
    """Every mount of a loop device that this helper sees: (target, home id)."""
    found = []
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        for line in file:
            fields = line.split(" ")
            if not fields[2].startswith("7:"):
                continue
            try:
                with open(f"/sys/dev/block/{fields[2]}/loop/backing_file", encoding="utf-8") as backing:
                    name = os.path.basename(backing.read().strip())
            except OSError:
                continue
            home = name.split(".", 1)[0]
            if ID.match(home):
                found.append((fields[4], home))
    return found


def mounted_at(target):
    return [home for at, home in mounts() if at == target]


def is_attached(home):
    """Whether a loop device holds the image, seen by us as a mount or not."""
    for name in os.listdir("/sys/block"):
        if name.startswith("loop"):
            with contextlib.suppress(OSError):
                with open(f"/sys/block/{name}/loop/backing_file", encoding="utf-8") as backing:
                    if os.path.basename(backing.read().strip()).split(".ext4")[0] == home:
                        return True
    return False


def make_directory(path, mode):
    try:
        os.mkdir(path, mode)
        os.chmod(path, mode)
    except FileExistsError:
        if not stat.S_ISDIR(os.lstat(path).st_mode):
            raise Refusal("damaged", path) from None


def free_bytes():
    disk = os.statvfs(LAB)
    return disk.f_bavail * disk.f_frsize


def make_image(path, size_mb):
    if free_bytes() < KEEP_FREE:
        raise Refusal("disk_full")
    temporary = f"{path}.{os.urandom(4).hex()}.tmp"
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        os.ftruncate(descriptor, size_mb << 20)
        # A new sparse file reads as zeros: nothing has to be written to make it a file system.
        code, said = run(
            "mkfs.ext4", "-q", "-F", "-m", "0", "-i", "16384",
            "-E", "root_owner=1000:1000,assume_storage_prezeroed=1,nodiscard", temporary,
        )
        if code != 0:
            raise Refusal("mkfs", said)
        os.fsync(descriptor)
        os.close(descriptor)
        os.rename(temporary, path)
        sync_homes()
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def sync_homes():
    directory = os.open(f"{LAB}/homes", os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(directory)
    os.close(directory)


def spare_of(workspace):
    """An image that nobody has had yet, made while the workspace booted, for the first home that it is given."""
    return f"{LAB}/homes/{workspace}.spare"


def create_image(home, size_mb, workspace):
    with contextlib.suppress(FileNotFoundError):
        if os.stat(spare_of(workspace)).st_size == size_mb << 20:
            os.rename(spare_of(workspace), image_of(home))
            sync_homes()
            return
    make_image(image_of(home), size_mb)


def is_clean(home):
    """What `e2fsck -p` looks at before it says clean: the magic, the state, and a journal with nothing in it."""
    with open(image_of(home), "rb") as file:
        file.seek(1024)
        block = file.read(1024)
    magic, state = struct.unpack_from("<HH", block, 0x38)
    (incompatible,) = struct.unpack_from("<I", block, 0x60)
    return magic == 0xEF53 and state == 1 and not incompatible & 0x4


def check_image(home):
    """Replays the journal and repairs what can be repaired without losing anything."""
    if is_clean(home):
        return
    code, said = run("e2fsck", "-p", image_of(home))
    if code & ~3:
        raise Refusal("damaged", said)


def grow_image(home, size_mb):
    path = image_of(home)
    if os.stat(path).st_size >= size_mb << 20:
        return
    if free_bytes() < KEEP_FREE:
        raise Refusal("disk_full")
    code, said = run("e2fsck", "-f", "-p", path)
    if code & ~3:
        raise Refusal("damaged", said)
    os.truncate(path, size_mb << 20)
    code, said = run("resize2fs", path)
    if code != 0:
        raise Refusal("resize", said)


class LoopConfig(ctypes.Structure):
    """struct loop_config of linux/loop.h; of loop_info64 only lo_flags is named."""

    _fields_ = [
        ("fd", ctypes.c_uint32), ("block_size", ctypes.c_uint32),
        ("before", ctypes.c_uint8 * 52), ("flags", ctypes.c_uint32), ("after", ctypes.c_uint8 * 176),
        ("reserved", ctypes.c_uint64 * 8),
    ]


LOOP_CTL_GET_FREE, LOOP_CONFIGURE, LO_FLAGS_AUTOCLEAR = 0x4C82, 0x4C0A, 4
MS_NOSUID, MS_NODEV, MS_NOATIME = 2, 4, 1024


def attach_loop(image, control):
    """A loop device that holds the image and lets go of it by itself; its number and descriptor, or None."""
    for _ in range(8):
        free = fcntl.ioctl(control, LOOP_CTL_GET_FREE)
        device = os.open(f"/dev/loop{free}", os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.ioctl(device, LOOP_CONFIGURE, bytes(LoopConfig(fd=image, flags=LO_FLAGS_AUTOCLEAR)))
            return free, device
        except OSError as error:
            os.close(device)
            # Another mount was faster at this one.
            if error.errno != errno.EBUSY:
                return None
    return None


def mount_directly(home, target, options):
    """The same as `mount -o loop` for an image that no loop device holds, without a program. False: try that."""
    with contextlib.ExitStack() as opened:
        try:
            control = os.open("/dev/loop-control", os.O_RDWR | os.O_CLOEXEC)
            opened.callback(os.close, control)
            image = os.open(image_of(home), os.O_RDWR | os.O_CLOEXEC)
            opened.callback(os.close, image)
            loop = attach_loop(image, control)
        except OSError:
            return False
        if not loop:
            return False
        opened.callback(os.close, loop[1])
        code = ctypes.CDLL(None).mount(
            f"/dev/loop{loop[0]}".encode(), target.encode(), b"ext4", MS_NOSUID | MS_NODEV | MS_NOATIME,
            f"errors=remount-ro,{options}".encode(),
        )
        return code == 0


def mount_image(home, target, options):
    """util-linux takes the loop device that holds the image already, if there is one: one superblock."""
    if not is_attached(home) and mount_directly(home, target, options):
        return
    for attempt in range(5):
        code, said = run(
            "mount", "-n", "-t", "ext4",
            "-o", f"loop,nosuid,nodev,noatime,errors=remount-ro,{options}", image_of(home), target,
        )
        if code == 0:
            return
        if "loop device" not in said and "busy" not in said:
            raise Refusal("mount", said)
        time.sleep(0.05 * (attempt + 1))
    raise Refusal("no_loop", said)


def unmount(target):
    until = time.monotonic() + BUSY_SECONDS
    while True:
        code, said = run("umount", "-n", target)
        if code == 0 or not mounted_at(target):
            return
        if time.monotonic() > until:
            raise Refusal("busy", said)
        time.sleep(0.1)


def tidy(target):
    """The two entries of a home that are ours: no `lost+found`, and the link to the materials."""
    home = os.open(target, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        with contextlib.suppress(OSError):
            os.rmdir("lost+found", dir_fd=home)
        # symlink(2) follows nothing and fails where the name is taken: what the student has there stays.
        with contextlib.suppress(OSError):
            os.symlink("/home/materials", "materials", dir_fd=home)
    finally:
        os.close(home)


def slot_of(workspace):
    """The empty place of a workspace, in which a home and its materials can be shown at any time."""
    slot = f"{SLOTS}/{checked(ID, workspace)}"
    for path, mode in ((SLOTS, 0o711), (slot, 0o755), (f"{slot}/student", 0o755), (f"{slot}/materials", 0o755)):
        make_directory(path, mode)
    return {}


def slot_without_home(workspace, size_mb=None):
    """The slot of a workspace that gets its home later; with a size also what makes that quick."""
    slot_of(workspace)
    if size_mb and not os.path.exists(spare_of(workspace)):
        make_image(spare_of(workspace), number(size_mb))
    return {}


def mount(home, workspace, size_mb, fence):
    checked(ID, home), checked(ID, workspace)
    size_mb, fence = number(size_mb), number(fence)
    target = f"{SLOTS}/{workspace}/student"
    with locked(home):
        known, holder = read_fence(home)
        if fence < known or (fence == known and workspace != holder):
            raise Refusal("fenced", f"{fence} < {known}")
        places = [at for at, of in mounts() if of == home and at.startswith(f"{LAB}/slots/")]
        if any(at != target for at in places):
            raise Refusal("mounted_elsewhere", os.path.basename(os.path.dirname(places[0])))
        slot_of(workspace)
        taken = mounted_at(target)
        if taken and taken != [home]:
            raise Refusal("slot_taken", taken[0])
        if not os.path.exists(image_of(home)):
            # A fence is written after the image: where there is one, there were files.
            if known >= 0:
                raise Refusal("lost", home)
            create_image(home, size_mb, workspace)
        elif not is_attached(home):
            check_image(home)
            grow_image(home, size_mb)
        write_whole(f"{LAB}/homes/{home}.fence", f"{fence} {workspace}\n")
        if taken:
            return {"mounted": False}
        mount_image(home, target, "discard")
        tidy(target)
        return {"mounted": True}


def release(home, workspace, fence):
    checked(ID, home), checked(ID, workspace)
    target = f"{SLOTS}/{workspace}/student"
    with locked(home):
        known, _ = read_fence(home)
        if number(fence) < known or mounted_at(target) != [home]:
            return {"unmounted": False}
        unmount(target)
        return {"unmounted": True}


def empty_directory(path):
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(path):
            os.unlink(f"{path}/{name}")
        os.rmdir(path)


def drop(workspace):
    """Takes a slot away: the home goes off it, the links to the materials go, the directory goes."""
    checked(ID, workspace)
    slot = f"{SLOTS}/{workspace}"
    for home in mounted_at(f"{slot}/student"):
        with locked(home):
            if mounted_at(f"{slot}/student"):
                unmount(f"{slot}/student")
    empty_directory(f"{slot}/materials")
    with contextlib.suppress(FileNotFoundError):
        os.unlink(spare_of(workspace))
    for path in (f"{slot}/student", slot):
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(path)
    return {}


def view(home, nonce, mode="ro"):
    """A second sight of a home, for one reader or one writer, whether a workspace has it or not."""
    checked(ID, home), checked(NONCE, nonce)
    if mode not in ("ro", "rw"):
        raise Refusal("argument", mode[:8])
    target = f"{VIEWS}/{home}-{nonce}"
    with locked(home):
        if not os.path.exists(image_of(home)):
            raise Refusal("lost" if read_fence(home)[0] >= 0 else "no_home", home)
        for path, mode in ((f"{LAB}/views", 0o711), (VIEWS, 0o711), (target, 0o755)):
            make_directory(path, mode)
        if mounted_at(target):
            return {}
        if not is_attached(home):
            check_image(home)
        mount_image(home, target, "discard")
        # The superblock stays writable, for a workspace that comes meanwhile; only this sight of it does not.
        code, said = run("mount", "-n", "-o", f"remount,bind,{mode},nosuid,nodev,noexec", target)
        if code != 0:
            unmount(target)
            raise Refusal("mount", said)
        return {}


def unview(home, nonce):
    checked(ID, home), checked(NONCE, nonce)
    target = f"{VIEWS}/{home}-{nonce}"
    with locked(home):
        if mounted_at(target):
            unmount(target)
        with contextlib.suppress(FileNotFoundError):
            os.rmdir(target)
    return {}


def renew(home, workspace, size_mb, fence):
    """Puts an empty image in the place of a home, once for each fence; there is never a moment without one."""
    checked(ID, home), checked(ID, workspace)
    size_mb, fence = number(size_mb), number(fence)
    with locked(home):
        known, holder = read_fence(home)
        if fence < known or (fence == known and workspace != holder):
            raise Refusal("fenced", f"{fence} < {known}")
        # A late repeat must not empty what somebody works in since.
        if read_renewed(home) >= fence:
            return {"renewed": False}
        for at, of in mounts():
            if of == home and at.startswith(f"{LAB}/slots/") and at != f"{SLOTS}/{workspace}/student":
                raise Refusal("mounted_elsewhere", os.path.basename(os.path.dirname(at)))
        write_whole(f"{LAB}/homes/{home}.fence", f"{fence} {workspace}\n")
        for at, of in mounts():
            if of == home:
                unmount(at)
        if is_attached(home):
            raise Refusal("busy", "a loop device still holds it")
        create_image(home, size_mb, workspace)
        write_whole(f"{LAB}/homes/{home}.renewed", f"{fence}\n")
        return {"renewed": True}


def read_renewed(home):
    try:
        with open(f"{LAB}/homes/{home}.renewed", encoding="ascii") as file:
            return int(file.read())
    except FileNotFoundError:
        return -1
    except ValueError:
        raise Refusal("damaged", "renewed file") from None


def remove(home):
    checked(ID, home)
    with locked(home):
        for at, of in mounts():
            if of == home and at.startswith(f"{LAB}/slots/"):
                raise Refusal("in_use", os.path.basename(os.path.dirname(at)))
        for at, of in mounts():
            if of == home:
                unmount(at)
        for suffix in (".ext4", ".fence", ".renewed", ".lock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{LAB}/homes/{home}{suffix}")
    return {}


def list_mounts():
    found = []
    for at, home in mounts():
        parts = at.split("/")
        if at.startswith(f"{SLOTS}/") and len(parts) == 6 and parts[5] == "student":
            found.append({"homeId": home, "workspaceId": parts[4]})
    return {"mounts": found}


def facts():
    disk = os.statvfs(LAB)
    memory = {}
    with open("/proc/meminfo", encoding="ascii") as file:
        for line in file:
            key, value = line.split(":")
            memory[key] = int(value.split()[0])
    # What homes may use in all: what is free, and what they have already.
    homes = sum(entry.stat(follow_symlinks=False).st_blocks * 512 for entry in os.scandir(f"{LAB}/homes"))
    return {
        "diskMb": disk.f_bavail * disk.f_frsize + homes >> 20,
        "diskFreeMb": disk.f_bavail * disk.f_frsize >> 20,
        "memoryFreeMb": memory["MemAvailable"] >> 10,
        "load": os.getloadavg()[0],
    }


def prepare():
    for path, mode in (("homes", 0o711), ("slots", 0o711), ("views", 0o711), ("materials", 0o711)):
        make_directory(f"{LAB}/{path}", mode)
    return facts()


def sweep(*nonces):
    """Takes away what killed readers and interrupted calls left; never a home, never a slot."""
    keep = {checked(NONCE, nonce) for nonce in nonces}
    old = time.time() - 600
    with contextlib.suppress(FileNotFoundError):
        for name in os.listdir(VIEWS):
            home, _, nonce = name.partition("-")
            if nonce in keep or not ID.match(home) or not NONCE.match(nonce):
                continue
            # A nonce begins with the second it was made in; its reader is created at once.
            if int(nonce[:8], 16) < time.time() - 120:
                with contextlib.suppress(Refusal):
                    unview(home, nonce)
    for spare in glob.glob(f"{LAB}/homes/*.spare"):
        # Of whichever installation that shares the store: its slot is made before it, and goes with it.
        if not glob.glob(f"{LAB}/slots/*/{os.path.basename(spare)[:26]}"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(spare)
    for directory in (f"{LAB}/homes", BLOBS):
        for entry in os.scandir(directory):
            found = entry.stat(follow_symlinks=False)
            unused = directory == BLOBS and found.st_nlink == 1 and found.st_mtime < time.time() - 86_400
            if unused or (entry.name.endswith(".tmp") and found.st_mtime < old):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(entry.path)
    return {}


def read_exactly(size):
    data = sys.stdin.buffer.read(size)
    if len(data) != size:
        raise Refusal("cut", "input ended early")
    return data


def read_frame():
    (size,) = struct.unpack(">I", read_exactly(4))
    if size > LIMIT_FRAME:
        raise Refusal("argument", "frame")
    return read_exactly(size)


def have(*hashes):
    return {"missing": [name for name in hashes if not os.path.exists(f"{BLOBS}/{checked(HASH, name)}")]}


def put(name):
    """Takes one attachment from standard input, in frames up to an empty one."""
    checked(HASH, name)
    temporary = f"{BLOBS}/{name}.{os.urandom(4).hex()}.tmp"
    digest = hashlib.sha256()
    try:
        with open(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o444), "wb") as file:
            os.fchmod(file.fileno(), 0o444)
            while chunk := read_frame():
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != name:
            raise Refusal("hash")
        os.rename(temporary, f"{BLOBS}/{name}")
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Refusal("disk_full") from error
        raise
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
    return {}


def link(workspace, entries=None):
    """Shows exactly these attachments in a slot; their bytes lie on the host once for everybody."""
    directory = f"{SLOTS}/{checked(ID, workspace)}/materials"
    wanted = {}
    for entry in json.loads(read_frame() if entries is None else entries):
        name = str(entry["name"])
        if not name or name in (".", "..") or "/" in name or "\0" in name or len(name.encode()) > 255:
            raise Refusal("argument", "name")
        wanted[name] = checked(HASH, str(entry["sha256"]))
    # Somebody else may be at the same at the same time, for the same workspace and so with the same wish.
    for name in os.listdir(directory):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{directory}/{name}")
    for name, digest in wanted.items():
        with contextlib.suppress(FileExistsError):
            os.link(f"{BLOBS}/{digest}", f"{directory}/{name}", follow_symlinks=False)
        os.utime(f"{BLOBS}/{digest}")
    return {}


def attach(home, workspace, size_mb, fence, entries):
    """A home and its materials, for a workspace that runs already without them."""
    slot_of(workspace)
    link(workspace, entries)
    return mount(home, workspace, size_mb, fence)


COMMANDS = {
    "prepare": prepare, "facts": facts, "mount": mount, "release": release, "drop": drop, "view": view,
    "unview": unview, "renew": renew, "remove": remove, "mounts": list_mounts, "sweep": sweep, "have": have, "put": put,
    "link": link, "slot": slot_without_home, "attach": attach,
}


def answer(command):
    try:
        return {"ok": COMMANDS[command[0]](*command[1:])}
    except Refusal as refusal:
        return {"error": refusal.word, "detail": refusal.detail}
    except OSError as error:
        word = "disk_full" if error.errno == errno.ENOSPC else "system"
        return {"error": word, "detail": str(error)}


def requests():
    """Lines of standard input, until it ends or nothing comes for long."""
    rest = b""
    while select.select([0], [], [], IDLE_SECONDS)[0]:
        chunk = os.read(0, 1 << 16)
        if not chunk:
            return
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LIMIT_FRAME:
            return
        yield from lines


def serve():
    one_at_a_time = threading.Lock()

    def say(words):
        with one_at_a_time:
            print(json.dumps(words), flush=True)

    def work(request):
        try:
            said = answer(request["command"])
        except Exception as error:  # one bad request must not end the others
            said = {"error": "system", "detail": repr(error)}
        say({"id": request["id"], **said})

    say({"id": 0, "ok": {}})
    for line in requests():
        # The service asks for a few things at a time only.
        threading.Thread(target=work, args=(json.loads(line),), daemon=True).start()


def main():
    os.umask(0o022)
    if sys.argv[1] == "serve":
        serve()
    else:
        print(json.dumps(answer(sys.argv[1:])), flush=True)


if __name__ == "__main__":
    main()
