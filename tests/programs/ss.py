import socket, subprocess, os, time
def tcp(fam, addr):
    l = socket.socket(fam, socket.SOCK_STREAM); l.setsockopt(1, 2, 1); l.bind(addr); l.listen(7); return l
l = tcp(socket.AF_INET, ("127.0.0.1", 8080)); l6 = tcp(socket.AF_INET6, ("::", 8081)); l61 = tcp(socket.AF_INET6, ("::1", 8082))
def conn(a, port):
    c = socket.socket(socket.AF_INET6 if ":" in a else socket.AF_INET); c.bind((a, port)); return c
c = conn("127.0.0.1", 9001); c.connect(("127.0.0.1", 8080)); s = l.accept()[0]
c.send(b"unread")
d = conn("127.0.0.1", 9002); d.connect(("127.0.0.1", 8081)); e = l6.accept()[0]; e.close()
f = conn("::1", 9003); f.connect(("::1", 8082)); g = l61.accept()[0]; f.shutdown(1)
h = conn("127.0.0.1", 9004); h.connect(("127.0.0.1", 8080))
i = conn("127.0.0.1", 9005); i.connect(("127.0.0.1", 8080)); j = l.accept()[0]; k = l.accept()[0]; i.close(); j.close(); k.close()
u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(("127.0.0.1", 7000))
v = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); v.bind(("::", 7001)); w = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); w.bind(("127.0.0.1", 7002)); w.connect(("127.0.0.1", 7000))
time.sleep(0.3)
def sh(c):
    print("$", c); print(subprocess.run(c, shell=True, capture_output=True, text=True).stdout.rstrip()); 
for o in ["-tan", "-tln", "-uan", "-tan state established", "-Htan sport = :8080", "-tan4", "-tan6", "-tanO dport = :8082"]: sh("ss %s | sed 's/ *$//' | (sed -u 1q; sort)" % o)
sh("ss -tanp | grep -c python")
for t in ["tcp", "tcp6", "udp", "udp6"]: sh("awk '{print $2, $3, $4, $5, $8}' /proc/net/%s | sort" % t)
sh("cat /proc/net/sockstat | head -3 | cut -d' ' -f1-3; cat /proc/net/sockstat6 | head -2")
sh("head -1 /proc/net/snmp; grep -c . /proc/net/snmp; awk '/^Tcp:/ && NR>1 {print $1,$2,$3,$4,$5,$6,$7}' /proc/net/snmp")
