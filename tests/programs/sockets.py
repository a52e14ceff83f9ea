"""Unix sockets through Python's own modules."""
import asyncio, multiprocessing, os, selectors, socket, socketserver, tempfile, threading

os.chdir(tempfile.mkdtemp())


class Upper(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.readline().upper())


with socketserver.ThreadingUnixStreamServer("upper.sock", Upper) as server:
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.socket(socket.AF_UNIX) as s:
        s.connect("upper.sock")
        s.sendall(b"hello\n")
        print("socketserver", s.recv(100).decode().strip())
    server.shutdown()
    thread.join()


def work(connection):
    for i in range(100):
        connection.send(i)
    connection.close()


mine, theirs = multiprocessing.Pipe()
child = multiprocessing.Process(target=work, args=(theirs,))
child.start()
print("multiprocessing", sum(mine.recv() for _ in range(100)))
child.join()


async def serve(reader, writer):
    writer.write(await reader.readexactly(5))
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_unix_server(serve, "echo.sock")

    async def ask(n):
        reader, writer = await asyncio.open_unix_connection("echo.sock")
        writer.write(b"%05d" % n)
        answer = await reader.read()
        writer.close()
        return int(answer) == n

    print("asyncio", sum(await asyncio.gather(*(ask(n) for n in range(50)))), "echoes")
    server.close()


asyncio.run(main())

a, b = socket.socketpair()
selector = selectors.DefaultSelector()
selector.register(b, selectors.EVENT_READ)
assert selector.select(0) == []
a.send(b"ping")
[(key, _)] = selector.select(1)
print("selectors", type(selector).__name__, key.fileobj.recv(10))
r, w = os.pipe()
socket.send_fds(a, [b"x"], [w])
_, [copy], _, _ = socket.recv_fds(b, 1, 1)
os.close(w)
os.write(copy, b"through")
print("fds over a socket", os.read(r, 100))
