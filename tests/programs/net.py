# Python's servers and clients over TCP.
import asyncio
import http.server
import socket
import socketserver
import threading
import urllib.request

server = socket.create_server(("127.0.0.1", 0))
def take():
    connection, _ = server.accept()
    got = 0
    while chunk := connection.recv(65536):
        got += len(chunk)
    connection.sendall(b"%d" % got)
    connection.close()
thread = threading.Thread(target=take)
thread.start()
client = socket.create_connection(("localhost", server.getsockname()[1]))
client.sendall(b"x" * 3000000)
client.shutdown(socket.SHUT_WR)
print("stream", client.recv(100))
thread.join()

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        body = b"hello " + self.path.encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=web.serve_forever, daemon=True).start()
for i in range(3):
    print("http", urllib.request.urlopen(f"http://127.0.0.1:{web.server_port}/{i}").read())
web.shutdown()

class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
class V6(socketserver.ThreadingTCPServer):
    address_family = socket.AF_INET6
with V6(("::1", 0), Echo) as echo:
    threading.Thread(target=echo.serve_forever, daemon=True).start()
    with socket.create_connection(echo.server_address[:2]) as c:
        with c.makefile("rw") as f:
            f.write("socketserver\n")
            f.flush()
            print(f.readline().strip(), c.family.name, c.getpeername()[0])
    echo.shutdown()

async def main():
    async def handle(reader, writer):
        while line := await reader.readline():
            writer.write(line[::-1])
            await writer.drain()
        writer.close()
    server = await asyncio.start_server(handle, "localhost", 0)
    host, port = server.sockets[0].getsockname()[:2]
    async def one(i):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"%d" % i * 1000 + b"\n")
        await writer.drain()
        writer.write_eof()
        n = len(await reader.read())
        writer.close()
        await writer.wait_closed()
        return n
    print("asyncio", sum(await asyncio.gather(*(one(i) for i in range(20)))))
    class Datagrams(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            self.transport = transport
        def datagram_received(self, data, addr):
            self.transport.sendto(data.title(), addr)
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0))
    done = loop.create_future()
    class Ask(asyncio.DatagramProtocol):
        def connection_made(self, transport):
            transport.sendto(b"datagram")
        def datagram_received(self, data, addr):
            done.set_result(data)
    await loop.create_datagram_endpoint(Ask, remote_addr=transport.get_extra_info("sockname"))
    print("udp", await done)
    server.close()
asyncio.run(main())
