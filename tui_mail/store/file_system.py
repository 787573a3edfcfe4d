"""What lies under the database: SQLite's write-ahead log needs a disk of this machine."""

from pathlib import Path

_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"}
    | {"fuse.sshfs", "fuse.s3fs", "fuse.rclone", "fuse.glusterfs", "vboxsf", "ncpfs"}
)
_MOUNTS = Path("/proc/self/mounts")


def is_remote(path: Path, mounts: Path = _MOUNTS) -> bool:
    """Tell whether a path lies on a network file system, as far as the system says."""
    try:
        lines = mounts.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return False
    place = path.resolve()
    longest, kind = -1, ""
    for line in lines:
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        mounted = Path(fields[1].replace("\\040", " "))
        depth = len(mounted.parts)
        if depth >= longest and (place == mounted or mounted in place.parents):
            longest, kind = depth, fields[2]
    return kind in _REMOTE
