# SPDX-License-Identifier: Apache-2.0
"""libdialplane-sip as somebody else gets it: what it needs, what it installs, and the example that uses it."""

import os
import pathlib
import struct
import subprocess
import tempfile
import unittest

import symbols
import tree

BUILD = pathlib.Path(os.environ.get("DIALPLANE_BUILD") or tree.ROOT / "build" / "release")
ARCHIVE = BUILD / "src" / "sip" / "libdialplane-sip.a"
EXAMPLE = tree.ROOT / "docs" / "examples" / "classify"
TORTURE = tree.ROOT / "tests" / "data" / "torture"
COMPILER = ["g++", "-std=c++20", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror"]

INVITE = (
    b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.1.1.5:5070;branch=z9hG4bKabc\r\n"
    b"From: <sip:alice@example.net>;tag=a1\r\nTo: <sip:bob@example.com>\r\nCall-ID: 7f3@10.1.1.5\r\n"
    b"CSeq: 1 INVITE\r\n\r\n"
)
RINGING = INVITE.replace(b"INVITE sip:bob@example.com SIP/2.0", b"SIP/2.0 180 Ringing").replace(
    b"To: <sip:bob@example.com>", b"To: <sip:bob@example.com>;tag=b2"
)


def run(command, **keywords):
    done = tree.run(command, **keywords)
    if done.returncode:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
    return done.stdout


class Symbols(unittest.TestCase):
    """Zero allocation and zero exceptions, as far as a symbol table can tell."""

    def compile(self, body):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        source = pathlib.Path(folder.name) / "probe.cpp"
        source.write_text("#include <cstdlib>\n#include <functional>\n#include <stdexcept>\n#include <string>\n"
                          f"#include <string_view>\n#include <vector>\n{body}\n")
        target = source.with_suffix(".o")
        run(["g++", "-std=c++20", "-O2", "-c", source, "-o", target])
        return target

    def test_library_neither_allocates_nor_throws(self):
        self.assertEqual(symbols.forbidden_symbols(ARCHIVE), [])

    def test_library_needs_little_from_elsewhere(self):
        defined = set()
        for line in run(["nm", "-C", "--defined-only", ARCHIVE]).splitlines():
            parts = line.split(" ", 2)
            if len(parts) == 3:
                defined.add(parts[2])
        needed = {symbol for _, symbol in symbols.undefined_symbols(ARCHIVE)} - defined
        memory = {"memchr", "memcmp", "memcpy", "memmove", "memset", "bcmp", "strlen"}
        # The kernel is chosen once, by the processor and DIALPLANE_SIMD.
        choice = {"getenv", "__cpu_model", "__cpu_indicator_init", "__cxa_guard_acquire", "__cxa_guard_release"}
        allowed = memory | choice | {"_GLOBAL_OFFSET_TABLE_", "__stack_chk_fail"}
        self.assertEqual(needed - allowed, set())

    def test_checker_finds_what_allocates_or_throws(self):
        for body in (
            "int* f() { return new int; }",
            "void f(int* p) { delete p; }",
            "void* f() { return std::malloc(9); }",
            "void f(void* p) { std::free(p); }",
            "void f() { throw 1; }",
            "std::string_view f(std::string_view t, std::size_t n) { return t.substr(n); }",
            "std::string f(const char* t) { return std::string(t) + t; }",
            "void f(std::vector<int>& v) { v.push_back(1); }",
            "int f(const std::function<int()>& g) { return g(); }",
            "void g() noexcept(false); void f() { try { g(); } catch (...) {} }",
        ):
            with self.subTest(body):
                self.assertNotEqual(symbols.forbidden_symbols(self.compile(body)), [])

    def test_checker_lets_plain_code_pass(self):
        target = self.compile("#include <cstring>\nvoid f(char* a, const char* b, std::size_t n) { std::memcpy(a, b, n); }")
        self.assertEqual(symbols.forbidden_symbols(target), [])


class Install(unittest.TestCase):
    """The tree that `meson install --tags devel` leaves is all that a user needs."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.top = pathlib.Path(folder.name)
        cls.installed = cls.top / "installed"
        run(["meson", "install", "-C", BUILD, "--no-rebuild", "--tags", "devel", "--destdir", cls.installed])
        (cls.include,) = cls.installed.rglob("include")
        (cls.archive,) = cls.installed.rglob("libdialplane-sip.a")

    def test_every_installed_header_compiles_alone(self):
        headers = sorted(self.include.rglob("*.hpp"))
        self.assertGreater(len(headers), 10)
        for header in headers:
            run([*COMPILER, "-fsyntax-only", f"-I{self.include}", "-include", header, "-x", "c++", "/dev/null"])

    def test_archive_holds_its_objects_itself(self):
        self.assertTrue(self.archive.read_bytes().startswith(b"!<arch>\n"))

    def test_example_builds_from_headers_and_archive_alone(self):
        target = self.top / "plain"
        run([*COMPILER, f"-I{self.include}", *sorted(EXAMPLE.glob("*.cpp")), self.archive, "-o", target])
        self.assertIn("usage:", tree.run([target]).stderr)

    def test_example_builds_as_a_meson_project(self):
        (pkgconfig,) = (p.parent for p in self.installed.rglob("dialplane-sip.pc"))
        environment = os.environ | {"PKG_CONFIG_PATH": str(pkgconfig), "PKG_CONFIG_SYSROOT_DIR": str(self.installed)}
        build = self.top / "build"
        run(["meson", "setup", build, EXAMPLE], env=environment)
        run(["ninja", "-j2", "-C", build], env=environment)
        self.assertIn("usage:", tree.run([build / "dialplane-classify"]).stderr)


def ethernet(ether_type, packet, vlans=()):
    tags = b"".join(struct.pack("!HH", 0x8100, vlan) for vlan in vlans)
    return b"\x02" * 12 + tags + struct.pack("!H", ether_type) + packet


def udp(payload):
    return struct.pack("!HHHH", 40000, 5060, 8 + len(payload), 0) + payload


def ipv4(payload, offset_and_flags=0, protocol=17):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 1, offset_and_flags, 64, protocol, 0)
    return head + bytes([192, 0, 2, 77, 203, 0, 113, 10]) + payload


def ipv6(payload, next_header=17):
    source = bytes.fromhex("20010db8" + "00" * 11 + "77")
    destination = bytes.fromhex("20010db8" + "00" * 11 + "10")
    return struct.pack("!IHBB", 0x60000000, len(payload), next_header, 64) + source + destination + payload


def pcap(frames, order="<", link=1):
    head = struct.pack(order + "IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
    return head + b"".join(struct.pack(order + "IIII", 0, 0, len(f), len(f)) + f for f in frames)


def pcapng(frames, order="<", link=1):
    def block(kind, body):
        body += b"\0" * (-len(body) % 4)
        return struct.pack(order + "II", kind, 12 + len(body)) + body + struct.pack(order + "I", 12 + len(body))

    blocks = block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    blocks += block(1, struct.pack(order + "HHI", link, 0, 0))
    return blocks + b"".join(block(6, struct.pack(order + "IIIII", 0, 0, 0, len(f), len(f)) + f) for f in frames)


class Classify(unittest.TestCase):
    """dialplane-classify on captures and text files."""

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.top = pathlib.Path(folder.name)
        cls.program = cls.top / "dialplane-classify"
        # It reads files from anywhere, so a step past their end must not go unnoticed.
        run([*COMPILER, "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined",
             f"-I{tree.ROOT / 'include'}", *sorted(EXAMPLE.glob("*.cpp")), ARCHIVE, "-o", cls.program])

    def classify(self, content, *words, status=0):
        path = self.top / "input"
        path.write_bytes(content)
        done = tree.run([self.program, *words, path])
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout

    def test_says_everything_of_a_request(self):
        self.assertEqual(
            self.classify(pcap([ethernet(0x0800, ipv4(udp(INVITE)))])),
            "#1 192.0.2.77:40000 > 203.0.113.10:5060 INVITE sip:bob@example.com\n"
            "  call-id=7f3@10.1.1.5\n  cseq=1 INVITE\n  via=10.1.1.5:5070 transport=UDP branch=z9hG4bKabc\n"
            "  from-tag=a1 to-tag=-\n  fault=none: The message passed every check so far.\n"
            "\n1 messages\n  INVITE 1\nfaults\n  none 1\n"
            "capture\n  frames 1\n  datagrams 1\n  fragments 0\n  others 0\n",
        )

    def test_says_everything_of_a_response(self):
        out = self.classify(RINGING)
        self.assertIn("#1 180 Ringing\n", out)
        self.assertIn("to-tag=b2", out)
        self.assertIn("  1xx to INVITE 1\n", out)

    def test_reads_every_kind_of_frame(self):
        frames = [
            ethernet(0x0800, ipv4(udp(INVITE)) + b"\0" * 6),
            ethernet(0x0800, ipv4(udp(INVITE)), vlans=(5, 6)),
            ethernet(0x86DD, ipv6(udp(INVITE))),
            ethernet(0x86DD, ipv6(struct.pack("!BB6x", 17, 0) + udp(INVITE), next_header=0)),
            ethernet(0x0800, ipv4(udp(INVITE), offset_and_flags=0x2000)),
            ethernet(0x86DD, ipv6(struct.pack("!BBHI", 17, 0, 1, 9) + udp(INVITE), next_header=44)),
            ethernet(0x0800, ipv4(INVITE, protocol=6)),
            ethernet(0x0806, b"\0" * 28),
            ethernet(0x0800, ipv4(udp(INVITE))[:60]),
        ]
        for order in "<", ">":
            for capture in pcap, pcapng:
                with self.subTest(order=order, capture=capture.__name__):
                    out = self.classify(capture(frames, order))
                    self.assertIn("  INVITE 4\n", out)
                    self.assertIn("[2001:db8::77]:40000 > [2001:db8::10]:5060", out)
                    self.assertIn("frames 9\n  datagrams 4\n  fragments 2\n  others 3\n", out)

    def test_reads_other_link_types(self):
        cooked = b"\0" * 14 + struct.pack("!H", 0x0800) + ipv4(udp(INVITE))
        cooked2 = struct.pack("!H", 0x86DD) + b"\0" * 18 + ipv6(udp(INVITE))
        for link, frame in (113, cooked), (276, cooked2), (101, ipv4(udp(INVITE))), (101, ipv6(udp(INVITE))):
            with self.subTest(link):
                self.assertIn("  INVITE 1\n", self.classify(pcap([frame], link=link)))
        self.assertIn("others 1\n", self.classify(pcap([ipv4(udp(INVITE))], link=147)))

    def test_no_prefix_of_a_capture_crashes_it(self):
        for whole in pcap([ethernet(0x86DD, ipv6(udp(INVITE)))]), pcapng([ethernet(0x0800, ipv4(udp(INVITE)))]):
            for length in range(24, len(whole), 7):
                self.classify(whole[:length], status=0 if length == 24 and whole[0] != 0x0A else 1)

    def test_reads_what_the_generator_writes(self):
        path = self.top / "generated.pcap"
        run([BUILD / "dialplane-gen", "corpus", "--profile", "mixed", "--messages", "500", "--out", path])
        out = run([self.program, path])
        self.assertIn("faults\n  none 500\n", out)
        methods = [line for line in out.split("\n500 messages\n")[1].split("faults")[0].splitlines() if line.strip()]
        self.assertGreaterEqual(len(methods), 10)
        self.assertEqual(sum(int(line.split()[-1]) for line in methods), 500)

    def test_splits_a_text_file_at_its_marker(self):
        out = self.classify(INVITE + b"%%\r\n" + RINGING + b"%%\n(nonsense\n")
        self.assertIn("3 messages\n  1xx to INVITE 1\n  INVITE 1\n  not SIP 1\n", out)
        out = self.classify(INVITE + b"--next--\n" + RINGING, "--marker", "--next--")
        self.assertIn("2 messages\n", out)

    def test_crlf_repairs_what_an_editor_wrote(self):
        plain = INVITE.replace(b"\r\n", b"\n") + b"%%\n" + INVITE.replace(b"\r\n", b"\n")
        self.assertIn("  bare_line_end 2\n", self.classify(plain))
        self.assertIn("  none 2\n", self.classify(plain, "--crlf"))

    def test_control_bytes_do_not_reach_the_terminal(self):
        out = self.classify(RINGING.replace(b"Ringing", b"\x1b[31m\xc3\xa9"))
        self.assertIn("180 \\x1b[31m\\xc3\\xa9\n", out)

    def test_gives_the_torture_messages_their_faults(self):
        for name, fault in ("wsinv", "none"), ("clerr", "content_length"), ("badvers", "version"), ("ncl", "content_length"):
            with self.subTest(name):
                out = run([self.program, TORTURE / f"{name}.dat"])
                self.assertIn(f"  fault={fault}: ", out)

    def test_wrong_words_and_missing_files_end_it(self):
        self.assertEqual(tree.run([self.program]).returncode, 2)
        self.assertEqual(tree.run([self.program, "--colour", "x"]).returncode, 2)
        done = tree.run([self.program, self.top / "absent"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot read", done.stderr)


if __name__ == "__main__":
    unittest.main()
