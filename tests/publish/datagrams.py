# Broadcast and multicast on a device of one's own; packets with a header of the program's own making; pieces of large ones.
import socket, struct, sys


def checksum(b):
    s = sum(struct.unpack(">%dH" % (len(b) // 2), b))
    while s >> 16:
        s = (s & 0xFFFF) + (s >> 16)
    return ~s & 0xFFFF


def echo(number, data):
    head = struct.pack(">BBHHH", 8, 0, 0, number, 1) + data
    return struct.pack(">BBHHH", 8, 0, checksum(head), number, 1) + data


def udp():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(5)
    return s


sender = udp()
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
everyone = udp()
everyone.bind(("", 5555))
for address in "10.0.2.255", "255.255.255.255":
    sender.sendto(b"hello " + address.encode(), (address, 5555))
    data, peer = everyone.recvfrom(100)
    print(data, peer[0])
member = udp()
member.bind(("", 5556))
member.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton("239.1.2.3") + socket.inet_aton("10.0.2.15"))
sender.sendto(b"group", ("239.1.2.3", 5556))
data, peer = member.recvfrom(100)
print(data, peer[0])
sender.setsockopt(socket.IPPROTO_IP, 10, 2)  # IP_MTU_DISCOVER, IP_PMTUDISC_DO
try:
    sender.sendto(b"x" * 2000, ("10.0.2.2", 9))
except OSError as e:
    print(e.errno)
if len(sys.argv) > 1:
    sys.exit()

# The gateway answers.
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
raw.settimeout(5)
own = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
header = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 1, 0, bytes(4), bytes([10, 0, 2, 2]))
own.sendto(header + echo(77, b"payload!"), ("10.0.2.2", 0))
packet, peer = raw.recvfrom(2000)
print(peer[0], packet[20], packet[28:])
raw.sendto(echo(78, b"x" * 4000), ("10.0.2.2", 0))
packet, peer = raw.recvfrom(9000)
print(peer[0], packet[20], len(packet))
