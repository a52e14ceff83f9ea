# What bash scripts use, on some two hundred lines. Its output must not depend on time, pids or the machine.
set -u
LC_ALL=C
section() { printf -- '--- %s\n' "$1"; }

section arrays
a=(one two "three four" five)
echo "${#a[@]}" "${a[2]}" "${a[-1]}" "${a[@]:1:2}"
a+=(six)
unset 'a[1]'
echo "${!a[@]}"
printf '<%s>' "${a[@]}"
echo
b=("${a[@]/o/0}")
echo "${b[*]}"
IFS=, ; echo "${a[*]}" ; unset IFS
matrix=()
for ((i = 0; i < 3; i++)); do
  for ((j = 0; j < 3; j++)); do
    matrix[i * 3 + j]=$((i * j))
  done
done
echo "${matrix[@]}"
readarray -t lines < <(printf 'x\ny\nz\n')
echo "${#lines[@]} ${lines[1]}"

section associative
declare -A colour=([red]=1 [green]=2)
colour[blue]=3
for k in red green blue; do
  echo "$k ${colour[$k]}"
done
[[ -v colour[red] ]] && echo has red
unset 'colour[red]'
echo "${#colour[@]}"

section strings
s="The quick brown fox"
echo "${#s}" "${s:4:5}" "${s/quick/slow}" "${s//o/0}" "${s#The }" "${s%% *}" "${s##* }"
echo "${s^^}" "${s,,}" "${s~}"
p=/usr/local/lib/libfoo.so.1
echo "${p##*/}" "${p%/*}" "${p%%.*}" "${p#*.}"
unset maybe
echo "${maybe:-default}" "${maybe:+set}" "${maybe-unset}"
: "${maybe:=assigned}"
echo "$maybe"
printf '%5d|%-5s|%05.1f|%x|%o|%c|%q\n' 42 ab 3.14159 255 8 z "a b"
printf -v formatted '%03d' 7
echo "$formatted"
echo $'tab\there' "$(printf '\x41\102\u0043')"

section arithmetic
echo $((7 / 2)) $((-7 % 3)) $((2 ** 10)) $((0x1f)) $((8#17)) $((2#1011)) $((1 << 20))
x=5
((x += 3, x *= 2))
echo "$x" $((x > 10 ? 1 : 0)) $((x++)) $((++x)) $((~x)) $((!x))
let 'y = x & 6' 'z = x | 1'
echo "$y $z"

section regex
re='^([a-z]+)-([0-9]{2,4})(\.(txt|md))?$'
for f in note-2024.md note-7.txt draft-12 Draft-12.txt; do
  if [[ $f =~ $re ]]; then
    echo "$f: ${BASH_REMATCH[1]} ${BASH_REMATCH[2]} ${BASH_REMATCH[4]:-none}"
  else
    echo "$f: no"
  fi
done
[[ abc == a*c && abc != *d* ]] && echo glob match

section control
for w in alpha beta gamma; do
  case $w in
    a*) echo "$w starts with a" ;;
    *t*) echo "$w has a t" ;&
    nothing) echo "fell through" ;;
    *) echo "$w is other" ;;
  esac
done
n=0
while true; do
  ((n++))
  ((n == 2)) && continue
  ((n > 4)) && break
  echo "n=$n"
done
until ((n == 0)); do ((n--)); done
echo "$n"
select choice in first second; do
  echo "chose $choice"
  break
done <<<2 2>/dev/null

section functions
fact() {
  local n=$1
  ((n <= 1)) && { echo 1; return; }
  echo $((n * $(fact $((n - 1)))))
}
fact 8
swap() {
  local -n first=$1 second=$2
  local t=$first
  first=$second
  second=$t
}
u=left v=right
swap u v
echo "$u $v"
status() { return "$1"; }
status 3
echo "status $?"
hanoi() {
  (($1 == 0)) && return
  hanoi $(($1 - 1)) "$2" "$4" "$3"
  moves=$((moves + 1))
  hanoi $(($1 - 1)) "$4" "$3" "$2"
}
moves=0
hanoi 6 A B C
echo "$moves moves"

section options
parse() {
  local OPTIND=1 o
  while getopts ':ab:c' o "$@"; do
    case $o in
      a | c) echo "flag $o" ;;
      b) echo "b=$OPTARG" ;;
      :) echo "missing $OPTARG" ;;
      ?) echo "unknown $OPTARG" ;;
    esac
  done
  shift $((OPTIND - 1))
  echo "rest: $*"
}
parse -a -b value -x rest of it
parse -b

section redirection
cat <<END | tr a-z A-Z
here-document with $((6 * 7))
	and a tab
END
cat <<'END'
no $expansion here
END
read -r word rest <<<"first second third"
echo "$word|$rest"
{ echo out; echo err >&2; } 2>&1 | sort
exec 5>/tmp/lstar-features.$$
echo "through five" >&5
exec 5>&-
read -r back </tmp/lstar-features.$$
rm -f /tmp/lstar-features.$$
echo "$back"
diff <(printf '1\n2\n3\n') <(printf '1\n3\n') | grep -c '^<'
mapfile -t sorted < <(printf '%s\n' pear apple fig | sort)
echo "${sorted[*]}"

section subshells
v=outer
(v=inner; echo "$v")
echo "$v"
out=$(echo nested "$(echo deeper)")
echo "$out"
echo a b c | { read -r one two three; echo "$three $two $one"; }
set -o pipefail
false | true
echo "pipefail $? ${PIPESTATUS[*]}"
set +o pipefail

section coproc
coproc UP { while read -r line; do echo "${line^^}"; done; }
up_pid=$UP_PID
echo hello >&"${UP[1]}"
read -r reply <&"${UP[0]}"
echo "$reply"
in=${UP[1]}
exec {in}>&-
wait "$up_pid"
echo "coproc $?"

section traps
trap 'echo "caught USR1"' USR1
kill -USR1 $$
trap - USR1
(trap 'echo "leaving subshell"' EXIT; exit 4)
echo "subshell $?"
trap 'echo "error status $?"' ERR
false
trap - ERR
( kill -TERM $BASHPID ) 2>/dev/null
echo "killed $?"

section jobs
for i in 1 2 3 4 5; do
  (exit "$i") &
  pids[i]=$!
done
for i in 5 3 1 2 4; do
  wait "${pids[i]}"
  echo "job $i: $?"
done
sleep 0.5 &
wait -n
echo "wait -n $?"

section braces
echo {a..e} {1..10..3} {x,y}{1,2} pre{fix,face}
echo {01..03}

section globs
mkdir -p /tmp/lstar-globs && cd /tmp/lstar-globs || exit
touch a.txt b.txt c.md .hidden
echo *.txt
shopt -s nullglob extglob
echo *.nothing
echo !(*.txt)
shopt -s dotglob
echo *
cd / && rm -r /tmp/lstar-globs

section end
exit 9
