"""Column files: the input is the content of the file."""

from pathlib import Path

from harness import Reader, fuzz


def make_reader(folder: Path) -> Reader:
    from liap.corpora.column_files import read_file

    path = folder / "test.txt"

    def read(data: bytes) -> None:
        path.write_bytes(data)
        for sentence in read_file(path):
            assert len(sentence.words) == len(sentence.tags) > 0 and all(sentence.words)

    return read


if __name__ == "__main__":
    fuzz(["liap.corpora"], make_reader)
