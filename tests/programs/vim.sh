# vim in tmux, driven by its keys: edit a file, change and move lines, split the window, save.
export TERM=xterm-256color LC_ALL=C.UTF-8
T="tmux -f /dev/null -S $PWD/tmux"
shows() {
  n=0
  until $T capture-pane -p -t main | grep -q -e "$1"; do
    n=$((n + 1))
    if [ $n -gt 300 ]; then echo "never shown: $1"; $T capture-pane -p -t main; $T kill-server; exit 1; fi
    sleep 0.1
  done
}
$T new-session -d -s main -x 60 -y 14 "vim -u NONE -i NONE -n -N note.txt"
shows 'note.txt'
$T send-keys -t main i "hello from vim" Enter "second line" Enter "third"
shows '^third'
$T send-keys -t main C-c
$T send-keys -t main ":2move 0" Enter
shows '^second line'
$T send-keys -t main ":%s/vim/tmux and vim/" Enter
shows 'tmux and vim'
$T send-keys -t main ":r !seq 3" Enter
shows 'Press ENTER\|^3'
$T send-keys -t main Enter
$T send-keys -t main ":sp +1 | set number | redraw! | echo 'split'" Enter
shows '^split'
$T capture-pane -p -t main
$T send-keys -t main ":wqa" Enter
n=0
while $T has-session -t main 2>/dev/null && [ $n -lt 300 ]; do n=$((n + 1)); sleep 0.1; done
cat note.txt
$T kill-server 2>/dev/null
rm -f tmux
exit 0
