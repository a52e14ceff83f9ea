# Python's own tests of selectors and of asyncio over Unix sockets; prints each one's outcome.
import importlib, io, unittest, warnings

MODULES = {
    "test.test_selectors": ["EpollSelectorTestCase", "PollSelectorTestCase", "SelectSelectorTestCase"],
    "test.test_asyncio.test_unix_events": None,
    "test.test_asyncio.test_selector_events": None,
}
# These make AF_INET sockets, or as many descriptors as the host allows, which differs.
LEFT_OUT = {
    "SelectorEventLoopUnixSockSendfileTests",
    "test_create_unix_connection_path_inetsock",
    "test_create_unix_server_path_inetsock",
    "test_above_fd_setsize",
}

def cases(suite):
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from cases(t)
        else:
            yield t

class Result(unittest.TestResult):
    def addSuccess(self, t):
        print("ok", t.id())
    def addFailure(self, t, e):
        print("FAIL", t.id(), e[1])
    def addError(self, t, e):
        print("ERROR", t.id(), e[1])
    def addSkip(self, t, why):
        print("skip", t.id())

warnings.simplefilter("ignore")
for name, classes in MODULES.items():
    module = importlib.import_module(name)
    for t in cases(unittest.defaultTestLoader.loadTestsFromModule(module)):
        kind, method = type(t).__name__, t._testMethodName
        if kind in LEFT_OUT or method in LEFT_OUT or (classes and kind not in classes):
            continue
        t.run(Result())
