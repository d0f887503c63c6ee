# SPDX-License-Identifier: Apache-2.0
"""The pipeline against a model of the rules that shares no code with it, over generated dialogs and odd messages.

Every disagreement is a fault of one of the two. In tests/, `python3 -m oracle.test_rules SEED COUNT [WORLD]` plays other
messages and prints every disagreement."""

import os
import random
import re
import sys
import unittest
from pathlib import Path

from . import worlds
from .play import Driver, Scene

_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = Path(os.environ.get("DIALPLANE_BUILD") or _ROOT / "build" / "release") / "tests" / "oracle" / "oracle_driver"
_MESSAGES = 3000
_LONG_MESSAGES = 60000
_BURST = 32


def play(world, count, seed):
    """The scene after `count` messages of this seed, with its disagreements."""
    scene = Scene(Driver(str(_PROGRAM), world), world, random.Random(f"{seed} {world.name}"))
    try:
        while scene.messages < count:
            scene.act()
        scene.changed_by_bursts = [
            (sent, alone, in_burst) for sent, alone, in_burst
            in zip(scene.driver.sent, scene.driver.answers, scene.driver.in_bursts(_BURST), strict=True) if alone != in_burst]
    finally:
        scene.driver.close()
    return scene


def report(fault):
    what, where, text, outcome, why = fault
    sent = outcome[4] if len(outcome) > 4 else ""
    left = f"left: {' '.join(outcome[:4])}"
    return "\n".join([what, f"model: {why or '-'}", where, _escaped(text), left, _escaped(sent)])


def _escaped(text):
    return re.sub(r"[^\n -~]", lambda found: f"\\x{ord(found[0]):02x}", text.replace("\r\n", "\n"))


class Rules(unittest.TestCase):
    """What leaves for each message is what the rules say, byte for byte."""

    def play(self, world):
        is_long = bool(os.environ.get("DIALPLANE_LONG"))
        scene = play(world, _LONG_MESSAGES if is_long else _MESSAGES, "1")
        if scene.faults:
            self.fail(f"{len(scene.faults)} disagreements in {scene.messages} messages, first {report(scene.faults[0])}")
        # The rules leave little open, and the traffic is mostly of the kind that is forwarded.
        self.assertLess(scene.unclear, scene.messages / 10)
        self.assertGreater(scene.verdicts["forward -"], scene.messages / 2)
        self.assertEqual(scene.changed_by_bursts[:1], [], f"{len(scene.changed_by_bursts)} messages fare otherwise in a burst")

    def test_two_networks(self):
        self.play(worlds.two_networks())

    def test_one_network(self):
        self.play(worlds.one_network())

    def test_every_option(self):
        self.play(worlds.every_option())

    def test_both_address_families(self):
        self.play(worlds.both_families())

    def test_two_services(self):
        self.play(worlds.two_services())

    def test_two_pools_on_one_network(self):
        self.play(worlds.two_pools())


class _Liar(Driver):
    """A pipeline that makes one mistake."""

    def __init__(self, world, verdict, mistake):
        super().__init__(str(_PROGRAM), world)
        self._verdict, self._mistake = verdict, mistake

    def send(self, *message):
        outcome = super().send(*message)
        if outcome[0] == self._verdict:
            outcome[4] = self._mistake(outcome[4])
        return outcome


def _only(start, text, changed):
    return changed if text.startswith(start) else text


class Mistakes(unittest.TestCase):
    """The judge notices what a faulty pipeline would do."""

    MISTAKES = (
        ("forward", "Max-Forwards is left as it came", lambda text: text.replace("Max-Forwards: 69", "Max-Forwards: 70")),
        ("forward", "the body is cut", lambda text: text[:-1] if not text.endswith("\r\n") else text),
        ("forward", "no received", lambda text: re.sub(r";received=[\w.]+", "", text, count=1)),
        ("forward", "a foreign row is lost", lambda text: re.sub(r"(?m)^Contact: .*\r\n", "", text)),
        ("forward", "no Record-Route of ours",
         lambda text: re.sub(r"(?m)^Record-Route: <sip:10\.0\.0\.1.*\r\n", "", text)),
        ("forward", "an own Route is kept",
         lambda text: text.replace("\r\nFrom:", "\r\nRoute: <sip:203.0.113.10;lr>\r\nFrom:")),
        ("forward", "another branch for a CANCEL",
         lambda text: _only("CANCEL", text, re.sub(r"branch=z9hG4bKd\w", "branch=z9hG4bKd0", text, count=1))),
        ("forward", "a response keeps our Via",
         lambda text: _only("SIP", text, text.replace("\r\n", "\r\nVia: SIP/2.0/UDP 10.0.0.1:5060\r\n", 1))),
        ("reply", "an answer loses a Via", lambda text: re.sub(r"(?m)^Via: .*\r\n", "", text, count=1)),
        ("reply", "an answer has no To tag", lambda text: re.sub(r";tag=d2\w+", "", text)),
    )

    def test_each_is_noticed(self):
        for verdict, name, mistake in self.MISTAKES:
            with self.subTest(name):
                world = worlds.two_networks()
                scene = Scene(_Liar(world, verdict, mistake), world, random.Random("1"))
                while scene.messages < 600 and not scene.faults:
                    scene.act()
                scene.driver.close()
                self.assertTrue(scene.faults)


def main():
    seed, count, only = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    for world in worlds.all_worlds():
        if only and world.name not in only:
            continue
        scene = play(world, count, seed)
        print(f"{world.name}: {scene.messages} messages, {scene.unclear} left open, {len(scene.faults)} disagreements")
        for fault in scene.faults:
            print(report(fault), "\n")
        for change in scene.changed_by_bursts:
            print("otherwise in a burst:", *change)


if __name__ == "__main__":
    main()
