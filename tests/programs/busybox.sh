# What the shells of small systems do, with busybox's own tools. Runs in an empty directory.
set -e
mkdir -p tree/a/b
echo "hello world" >tree/a/f1
echo "second line" >tree/a/b/f2
busybox tar czf tree.tgz tree
rm -r tree
busybox tar xzf tree.tgz
busybox find tree -type f -exec busybox cat {} \; | busybox sort
busybox awk 'BEGIN { for (i = 0; i < 5; i++) s += i * 1.5; printf "%.2f\n", s }'
echo "foo bar" | busybox sed 's/o\(.\)/[\1]/g'
cat <<END | busybox wc
a here-document
with $((3 * 4)) words
END
trap 'echo trapped' USR1
kill -USR1 $$
i=0
while [ $i -lt 200 ]; do
  (exit 0) &
  i=$((i + 1))
done
wait
echo "waited for $i"
busybox seq 1 2000 | busybox md5sum
rm -r tree tree.tgz
trap 'echo leaving' EXIT
false || exit 7
