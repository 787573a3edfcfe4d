from pathlib import Path

import pytest

from tui_mail.store.file_system import is_remote

MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
server:/export /home nfs4 rw 0 0
/dev/sdb1 /home/ann/disk ext4 rw 0 0
host:dir /mnt/with\\040space fuse.sshfs rw 0 0
broken
"""


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("/var/mail.db", False),
        ("/home/ann/mail.db", True),
        ("/home", True),
        ("/homes/mail.db", False),
        ("/home/ann/disk/mail.db", False),
        ("/mnt/with space/mail.db", True),
    ],
)
def test_the_innermost_mount_says_whether_a_path_is_remote(
    tmp_path: Path, path: str, remote: bool
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert is_remote(Path(path), mounts) is remote


def test_where_the_system_does_not_say_a_path_is_taken_for_local(
    tmp_path: Path,
) -> None:
    assert not is_remote(tmp_path, tmp_path / "none")
