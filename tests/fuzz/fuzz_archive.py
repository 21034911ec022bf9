"""SRL-BERT archives. The first byte selects a file of a sound archive, or the whole tar file; the other bytes replace it."""

from pathlib import Path

from harness import Reader, fuzz

FILES = ("model.tar", "config.json", "vocabulary/labels.txt", "vocabulary/non_padded_namespaces.txt", "weights.th")
SOUND = {
    "config.json": b'{"model": {"type": "srl_bert", "bert_model": "b"}, "dataset_reader": {"bert_model_name": "b"}}',
    "vocabulary/labels.txt": b"O\nB-V\nI-V\n",
    "vocabulary/non_padded_namespaces.txt": b"*labels\n*tags\n",
}


def make_reader(folder: Path) -> Reader:
    import io

    import torch

    from liap.linguistics.srl.archive_files import read_configuration, read_model

    weights = io.BytesIO()
    torch.save({"tag_projection_layer.bias": torch.zeros(3)}, weights)
    sound = SOUND | {"weights.th": weights.getvalue()}
    (folder / "archive" / "vocabulary").mkdir(parents=True)
    for name, content in sound.items():
        (folder / "archive" / name).write_bytes(content)

    def read(data: bytes) -> None:
        name = FILES[data[0] % len(FILES)] if data else FILES[0]
        path = folder / name if name == "model.tar" else folder / "archive" / name
        path.write_bytes(data[1:])
        archive = path if name == "model.tar" else folder / "archive"
        try:
            labels, state = read_model(archive, read_configuration(archive))
            assert len(set(labels)) == len(labels) and all(isinstance(value, torch.Tensor) for value in state.values())
        finally:
            if name in sound:
                path.write_bytes(sound[name])

    return read


if __name__ == "__main__":
    fuzz(["liap.linguistics.srl.archive_files", "tarfile"], make_reader)
