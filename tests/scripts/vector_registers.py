# SPDX-License-Identifier: Apache-2.0
"""Which functions of a program return with the upper halves of vector registers in use, by its machine code.

All code but the kernels is made for processors without AVX. Where it runs after a kernel that left the upper halves in
use, each of its vector instructions waits for the one before: whole packet paths got a fifth slower by one such return.
"""

import re

import tree

_WIDE = re.compile(r"%[yz]mm(\d|1[0-5])\b")  # the registers above cannot be named by other code and do no harm
_FUNCTION = re.compile(r"^[0-9a-f]+ <(.+)>:$")
_JUMP = re.compile(r"^j\w+\s+([0-9a-f]+)\b")


def functions(program):
    """(name, [(address, instruction)]) of every function."""
    done = tree.run(["objdump", "-dC", "--no-show-raw-insn", program])
    if done.returncode:
        raise RuntimeError(done.stderr)
    found = []
    for line in done.stdout.splitlines():
        match = _FUNCTION.match(line)
        if match:
            found.append((match.group(1), []))
            continue
        parts = line.split("\t")
        if found and len(parts) >= 2:
            found[-1][1].append((parts[0].strip().rstrip(":"), parts[1].strip()))
    return found


def leaves_in_use(instructions):
    """True if some way through the function ends with upper halves in use."""
    places = {address: place for place, (address, _) in enumerate(instructions)}
    seen, ways = set(), [(0, False)]
    while ways:
        place, used = ways.pop()
        while place < len(instructions) and (place, used) not in seen:
            seen.add((place, used))
            text = instructions[place][1]
            if text.startswith("vzero"):
                used = False
            elif _WIDE.search(text):
                used = True
            jump = _JUMP.match(text)
            target = places.get(jump.group(1)) if jump else None
            if target is not None:
                ways.append((target, used))
            ends = text.startswith("ret") or (text.startswith("jmp") and target is None)
            if ends and used:
                return True
            if ends or text.startswith("jmp"):
                break
            place += 1
    return False


def wide_functions(program, prefix):
    """{name: leaves_in_use} of the functions under `prefix` that use wide registers."""
    return {
        name: leaves_in_use(instructions)
        for name, instructions in functions(program)
        if prefix in name and any(_WIDE.search(text) for _, text in instructions)
    }
