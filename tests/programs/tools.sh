# find, grep, gawk, perl, sqlite3, tar, xz and lua on the same input.
find /usr/share/perl5/Debconf -name '*.pm' 2>/dev/null | sort | head -3
grep -rl "package File" /usr/share/perl/5* 2>/dev/null | sort | head -3
gawk 'BEGIN { for (i = 0; i < 20000; i++) a[i % 97] += i; n = asorti(a, b, "@ind_num_asc"); print n, a[5], strftime("%Y", 0) }'
perl -e 'use List::Util qw(sum); my %h; $h{$_ % 13} .= chr(65 + $_ % 26) for 1..5000; print sum(map { length } values %h), "\n"; printf "%s\n", join ",", (sort keys %h)[0..3]'
{
  echo "create table t(a integer primary key, b text); begin;"
  seq 1 100000 | awk '{print "insert into t values(" $1 ",\047row " $1 "\047);"}'
  echo "commit; select count(*), sum(a), max(b) from t; create index i on t(b); select a from t where b='row 77777';"
} | sqlite3 db.sqlite
wc -c < db.sqlite
seq 1 20000 > data
tar cJf a.tar.xz data
mkdir x
tar xJf a.tar.xz -C x
cmp data x/data && echo "tar and xz agree"
lua5.3 -e 'local t={} for i=1,20000 do t[i]=i*i%1009 end table.sort(t) print(t[1],t[10000],t[20000])'
