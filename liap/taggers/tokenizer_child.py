"""The child process of `tokenizer_trial`: loads a tokenizer from standard input and encodes words with it.

It is run as a script by its path. It imports nothing of this project, and neither torch nor transformers, so that it starts fast.

    tokenizer_child.py <folder of the tokenizers library> <seconds> <bytes of memory>

Standard input holds the words as a line of JSON, then the tokenizer. Status 0: the tokenizer works. Status 1: standard output says why
it does not. Status 3: the library cannot be loaded. Ended by a signal: it crashed, or ran out of time or memory.
"""

import json
import sys
import threading

FAILED, NO_LIBRARY = 1, 3
STACK = 2**21  # bytes, a quarter of what the main thread has: what passes here has room to spare there


def limit(seconds: int, memory: int) -> None:
    """Limits that the system enforces, where it has them."""
    try:
        import resource
    except ImportError:
        return
    limits = {resource.RLIMIT_CPU: seconds, resource.RLIMIT_AS: memory, resource.RLIMIT_CORE: 0}
    for kind, most in limits.items():
        try:
            resource.setrlimit(
                kind, (most, most + 5)
            )  # at the second number the signal would not tell that it was the time
        except (ValueError, OSError):
            continue


def attempt(failures: list[str]) -> None:
    """Load the tokenizer and encode every probe."""
    from tokenizers import Tokenizer

    probes = json.loads(sys.stdin.buffer.readline())
    try:
        tokenizer = Tokenizer.from_buffer(sys.stdin.buffer.read())
        tokenizer.no_truncation()
        tokenizer.no_padding()
        tokenizer.encode(probes, is_pretokenized=True, add_special_tokens=True)
        tokenizer.get_vocab()
        tokenizer.to_str()
    except BaseException as error:  # a panic is no Exception
        failures.append(str(error) or type(error).__name__)


def main() -> int:
    sys.path.append(sys.argv[1])
    limit(int(sys.argv[2]), int(sys.argv[3]))
    try:
        import tokenizers  # noqa: F401
    except Exception:
        return NO_LIBRARY
    failures: list[str] = []
    threading.stack_size(STACK)
    thread = threading.Thread(target=attempt, args=(failures,))
    thread.start()
    thread.join()
    if failures:
        sys.stdout.buffer.write(failures[0][:1000].encode("utf-8", "replace"))
    return FAILED if failures else 0


if __name__ == "__main__":
    sys.exit(main())
