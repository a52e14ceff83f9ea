# A repository: init, add, commit, log, clone, fsck. Hashes are the same everywhere: author, committer and times are given.
set -e
mkdir repo && cd repo
export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b GIT_AUTHOR_DATE="2024-01-01T00:00:00Z" GIT_COMMITTER_DATE="2024-01-01T00:00:00Z"
git init -q -b main .
seq 1 100 > numbers; mkdir d; echo text > d/file
git add .
git commit -q -m first
seq 1 50 > numbers
git commit -q -a -m second
git log --oneline --stat
cd .. && git clone -q repo copy
cd copy && git log --format=%H && git status -s && git diff HEAD~1 --stat && git fsck
