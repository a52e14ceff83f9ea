import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, realpathSync, statSync, utimesSync } from "node:fs";
import { dirname, join } from "node:path";
import { compile, need, root as repository } from "../native.ts";

/** A program for both engines: what it needs, and its arguments. */
export interface Program {
  name: string;
  /** Paths on this machine that are shown in the guest at the same place, with their libraries. */
  files: () => Promise<string[]> | string[];
  /** Other files that it reads. */
  data?: string[];
  argv: (file: string) => string[];
}

const busybox = (name: string, script: string): Program => ({
  name: `busybox ${name}`,
  files: () => [need("/bin/busybox")],
  argv: (file) => [file, "sh", "-c", script],
});
const bench = (name: string, ...args: string[]): Program => ({
  name,
  files: async () => [await compile(join(repository, `bench/programs/${name}.c`), ["-O2", "-static", "-lm"])],
  argv: (file) => [file, ...args],
});
const program = (name: string, file: string, args: string[], data: string[] = []): Program => ({
  name,
  files: () => [need(file)],
  data,
  argv: (f) => [f, ...args],
});

const TEXT = "seq 1 12000 | sed 's/7/seven /g'";
const PYTHON = "/usr/lib/python3.11";

/** Real programs, each long enough for its hot code to be compiled, and no longer. */
export const programs: Program[] = [
  busybox("md5sum", `${TEXT} > /f; for i in 1 2 3 4 5 6; do cat /f; done | md5sum`),
  busybox("sha256sum", `${TEXT} > /f; cat /f /f /f | sha256sum; cat /f /f | sha512sum`),
  busybox("gzip", `${TEXT} | gzip -9 > /z; gunzip < /z | md5sum; crc32 /z`),
  busybox("bzip2", `seq 1 6000 | bzip2 > /z; bzcat /z | tail -1`),
  busybox("awk", "awk 'BEGIN{for(i=0;i<60000;i++){s+=i*i/3;t[i%100]+=i}; print s,t[7],s%1e6}'"),
  busybox("sed", `${TEXT} | sed -e 's/\\([0-9]\\)\\(s\\)/\\2\\1/' -e '/99/d' | tail -3`),
  busybox("sort", "seq 1 9000 | sort -r | uniq | sort -n | md5sum"),
  busybox("dc", "echo '2 1200 ^ p' | dc; echo 'scale=60; e(1); 4*a(1)' | bc -l"),
  busybox("grep", `${TEXT} > /f; grep -c 'seven.*[13]$' /f; grep -v e /f | wc; tr a-z A-Z < /f | head -c 99999 | od | tail -1`),
  program("bash", "/bin/bash-static", ["-c", "for ((i=0;i<12000;i++)); do ((s+=i%7)); a[i%50]=$s; done; echo $s; declare -p a"]),
  program("xz", "/usr/bin/xz", ["-1", "--stdout", "/usr/bin/xz"]),
  program("gawk", "/usr/bin/gawk", [
    'BEGIN{for(i=0;i<60000;i++){s=s+i%13;x[i%77]=x[i%77] i};print s,length(x[3]); printf "%.17g %e\\n",s/7,exp(9)}',
  ]),
  program("gawk -M", "/usr/bin/gawk", ["-M", "BEGIN{PREC=200; x=1; for(i=1;i<3000;i++) x=x*i/(i+0.5); print x; print 3^400}"]),
  program("perl", "/usr/bin/perl", [
    "-e",
    'my %h; for my $i (1..40000){$h{$i%1000}.=chr(65+$i%26); $s+=length($h{$i%1000})} print "$s ", join(",", map { sprintf "%.15g", sqrt $_ } 1..9), "\\n"; $_="abc" x 5000; print tr/b//, " ", scalar(() = /c(?=a)/g), "\\n"',
  ]),
  program("lua", "/usr/bin/lua5.3", [
    "-e",
    "local t={} for i=1,60000 do t[#t+1]=(i*7919)%10007 end table.sort(t) local s=0.0 for i,v in ipairs(t) do s=s+v/i end print(s, #table.concat(t, ','), string.rep('ab',9):gsub('b','%0%0'))",
  ]),
  program("sqlite3", "/usr/bin/sqlite3", [
    ":memory:",
    "create table t(a integer primary key, b text, c real); with recursive n(i) as (select 1 union all select i+1 from n where i<6000) insert into t select i, hex(i*i), i/7.0 from n; create index x on t(b); select count(*), sum(c), max(b) from t where b like '%3%'; select b, count(*) from t group by length(b) order by 2",
  ]),
  program(
    "python3",
    "/usr/bin/python3.11",
    [
      "-S",
      "-E",
      "-s",
      "-B",
      "-c",
      "d={}\nfor i in range(40000): d[i%997]=d.get(i%997,0)+i*i\nprint(sum(d.values()), 3**500 % 10**40, sorted(str(x) for x in d)[:5], [x/7 for x in range(5)])",
    ],
    [`${PYTHON}/encodings`],
  ),
  bench("quicksort", "1"),
  bench("bytecode", "600000"),
  bench("nbody", "60000"),
  bench("mandelbrot", "120"),
  bench("matmul", "1"),
  bench("sha256", "12000"),
  bench("lz", "2"),
  bench("strings", "9000"),
  bench("sse2", "150"),
  bench("coremix", "600"),
  bench("fib", "27"),
  bench("crc", "1"),
  bench("signal", "3000"),
  bench("forkwait", "40"),
  bench("pagefault", "3"),
  bench("getppid", "30000"),
  bench("clockgettime", "30000"),
  bench("stat", "5000"),
].filter((p) => p.name !== "python3" || existsSync("/usr/bin/python3.11"));

/** Copies a program with its libraries into a root directory. */
export function bring(directory: string, file: string, data: readonly string[]): void {
  const paths = new Set([file, ...data]);
  try {
    // A static program has none, which ldd reports as an error.
    for (const [path] of execFileSync("ldd", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).matchAll(/\/\S+/g))
      paths.add(path);
  } catch {}
  for (const path of paths) {
    const to = join(directory, path);
    if (existsSync(to)) continue;
    mkdirSync(dirname(to), { recursive: true });
    if (data.includes(path)) cpSync(path, to, { recursive: true, filter: (p) => !p.endsWith("__pycache__") });
    else copyFileSync(realpathSync(path), to);
  }
  settleTimes(directory);
}

/** Access times that the host will not change when the files are read: later than all others, and not long past. */
function settleTimes(path: string): void {
  if (statSync(path).isDirectory()) for (const name of readdirSync(path)) settleTimes(join(path, name));
  utimesSync(path, Date.now() / 1000 + 3600, 1_600_000_000);
}
