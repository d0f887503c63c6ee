# SPDX-License-Identifier: Apache-2.0
"""What an archive or object needs from elsewhere that allocates or throws, by the names in its symbol table."""

import re

import tree

# Heap, exceptions, and the parts of the C++ library that use them. Demangled as nm -C prints them.
_FORBIDDEN = re.compile(
    r"^(operator (new|delete)\b"
    r"|(malloc|calloc|realloc|free|aligned_alloc|posix_memalign|strdup)(@|$)"
    r"|__cxa_(throw|rethrow|allocate_exception|begin_catch|bad_cast|throw_bad_array_new_length)"
    r"|_Unwind_|__gxx_personality"
    r"|std::__throw_"
    r"|std::(__cxx11::)?(basic_string|to_string|basic_\w*stream|locale|ios_base|vector|function)\b)"
)


def undefined_symbols(path):
    done = tree.run(["nm", "-C", "--undefined-only", "--no-sort", path])
    if done.returncode:
        raise RuntimeError(done.stderr)
    found, member = [], ""
    for line in done.stdout.splitlines():
        if line.endswith(":"):
            member = line[:-1]
        match = re.match(r"^\s+[Uwv] (.+)$", line)
        if match:
            found.append((member, match.group(1)))
    return found


def forbidden_symbols(path):
    """(member, symbol) of everything that can allocate or throw."""
    return [(member, symbol) for member, symbol in undefined_symbols(path) if _FORBIDDEN.match(symbol)]
