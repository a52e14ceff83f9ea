# Go's netpoller on pipes: esbuild reads a standard input that does not block, which comes in parts.
import os, subprocess, sys, time
r, w = os.pipe()
os.set_blocking(r, False)
p = subprocess.Popen([sys.argv[1], "--loader=ts", "--minify"], stdin=r, stdout=subprocess.PIPE)
os.close(r)
for i in range(40):
    os.write(w, b"export const value%d: number = %d;\n" % (i, i))
    time.sleep(0.002)
os.close(w)
out = p.communicate()[0].decode()
print(out.count("value"), out[:30], p.returncode)
