"""A weights file goes out and comes back the same; anything else is refused with its reason."""

import hashlib
import json
import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from models.atlas import Atlas, default_atlas
from models.limits import MAX_WEIGHTS_BYTES
from models.nn.architecture import SIZES
from models.nn.generator import Generator
from models.training.config import ConfigError, read_config
from models.weights_file import SHIPPED, WeightsError, find_weights, load_weights, read_weights, save_weights

Contents = tuple[dict[str, torch.Tensor], dict[str, str]]


def contents(path: Path) -> Contents:
    with safe_open(path, framework="pt") as file:
        return {key: file.get_tensor(key) for key in file.keys()}, dict(file.metadata())  # noqa: SIM118


def reason(path: Path) -> str:
    with pytest.raises(WeightsError) as error:
        load_weights(path)
    assert path.stem in str(error.value)
    return str(error.value)


def test_round_trip(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = Generator(SIZES["tiny"]).eval()
    letters = default_atlas()
    some = Atlas(" .:#", letters.ink[[0, 14, 26, 3]])
    four = Generator(replace(net.config, glyphs=4)).eval()
    for name, generator, atlas in (("ninety-five", net, letters), ("four", four, some)):
        path = tmp_path / f"{name}.safetensors"
        save_weights(path, generator, atlas, teacher="a teacher", step=7, metrics={"similarity_8": 0.5})
        loaded = load_weights(path)
        assert loaded.name == name
        assert len(loaded.version) == 12
        assert loaded.atlas.charset == atlas.charset
        assert np.abs(loaded.atlas.ink - atlas.ink).max() < 1e-6
        assert (loaded.metadata["teacher"], loaded.metadata["step"]) == ("a teacher", "7")
        assert json.loads(loaded.metadata["metrics"]) == {"similarity_8": 0.5}
        assert (loaded.proof_sweeps, loaded.least_strength) == (0, 1.0)
        tone, focus = torch.rand(1, 1, 64, 64), torch.ones(1)
        with torch.inference_mode():
            torch.testing.assert_close(loaded.generator.subject(tone), generator.subject(tone), atol=1e-3, rtol=0)
            torch.testing.assert_close(loaded.generator(tone, focus), generator(tone, focus), atol=0.02, rtol=0)
    assert not list(tmp_path.glob("*.unfinished"))


def test_the_version_follows_the_bytes(tmp_path: Path, weights: Path) -> None:
    same = tmp_path / "another-name.safetensors"
    same.write_bytes(weights.read_bytes())
    assert load_weights(same).version == load_weights(weights).version
    tensors, metadata = contents(weights)
    save_file(tensors, same, metadata | {"step": "1"})
    assert load_weights(same).version != load_weights(weights).version


def test_equal_contents_are_equal_bytes(tmp_path: Path) -> None:
    torch.manual_seed(1)
    generator, files = Generator(SIZES["tiny"]), set()
    for number in range(8):  # the library's own order of metadata is a new one each time
        path = tmp_path / f"{number}.safetensors"
        save_weights(path, generator, default_atlas(), teacher="é", step=7, metrics={"similarity_8": 0.5})
        files.add(path.read_bytes())
        assert contents(path)[1]["teacher"] == "é"
    assert len(files) == 1


def test_the_versions_bytes_are_those_that_draw(weights: Path) -> None:
    data = weights.read_bytes()
    loaded = read_weights(data, "any")
    assert loaded.sha256 == hashlib.sha256(data).hexdigest()
    assert loaded.sha256.startswith(loaded.version)


def test_a_lot_of_bytes_is_refused() -> None:
    with pytest.raises(WeightsError, match="at most"):
        read_weights(bytes(MAX_WEIGHTS_BYTES + 1), "vast")


def test_others_may_read_the_file(weights: Path) -> None:
    assert weights.stat().st_mode & 0o777 == 0o644


def test_a_pickle_is_refused_and_never_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"

    class Trap:
        def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
            return __import__("os").system, (f"touch {trap}",)

    path = tmp_path / "evil.safetensors"
    path.write_bytes(pickle.dumps(Trap()))
    assert "not a whole safetensors file" in reason(path)
    torch.save({"state": Trap()}, path)
    assert "not a whole safetensors file" in reason(path)
    assert not trap.exists()


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_truncated(tmp_path: Path, weights: Path, share: float) -> None:
    path = tmp_path / "cut.safetensors"
    whole = weights.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "not a whole safetensors file" in reason(path)


def test_missing_and_folder(tmp_path: Path) -> None:
    assert "cannot be read" in reason(tmp_path / "none.safetensors")
    (tmp_path / "folder.safetensors").mkdir()
    assert "cannot be read" in reason(tmp_path / "folder.safetensors")


def test_oversized_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "vast.safetensors"
    with path.open("wb") as file:
        file.truncate(MAX_WEIGHTS_BYTES + 1)
    assert f"more than the {MAX_WEIGHTS_BYTES:,} bytes" in reason(path)


def described(**changes: object) -> str:
    return json.dumps(SIZES["tiny"].as_dict() | changes)


def spoil_nan(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    tensors["generator.head.weight"][0] = float("nan")


def spoil_infinity(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    tensors["generator.head.bias"][3] = float("inf")


def spoil_atlas_shape(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    tensors["atlas"] = tensors["atlas"][:, :, :7].contiguous()


def spoil_atlas_missing(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    del tensors["atlas"]


def spoil_atlas_type(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    tensors["atlas"] = tensors["atlas"].float()


@pytest.mark.parametrize("strength", ["0", "0.19", "1.01", "much", "nan", "inf"])
def test_a_strength_that_is_none_is_named(weights: Path, tmp_path: Path, strength: str) -> None:
    tensors, metadata = contents(weights)
    save_file(tensors, tmp_path / "odd.safetensors", metadata | {"least_strength": strength})
    with pytest.raises(WeightsError, match=f"odd says least_strength {strength!r}, which is no number"):
        load_weights(tmp_path / "odd.safetensors")


@pytest.mark.parametrize("sweeps", ["-1", "9", "1.5", "many", "٣"])
def test_a_number_of_sweeps_that_is_none_is_named(weights: Path, tmp_path: Path, sweeps: str) -> None:
    tensors, metadata = contents(weights)
    save_file(tensors, tmp_path / "odd.safetensors", metadata | {"proof_sweeps": sweeps})
    with pytest.raises(WeightsError, match=f"odd says proof_sweeps '{sweeps}', which is no number from 0 to 8"):
        load_weights(tmp_path / "odd.safetensors")


def test_a_file_that_asks_for_no_proof_and_no_paler_ink_gets_none(weights: Path, tmp_path: Path) -> None:
    tensors, metadata = contents(weights)
    del metadata["proof_sweeps"], metadata["least_strength"]
    save_file(tensors, tmp_path / "plain.safetensors", metadata)
    loaded = load_weights(tmp_path / "plain.safetensors")
    assert (loaded.proof_sweeps, loaded.least_strength) == (0, 1.0)


def test_what_a_file_asks_for_is_read(weights: Path, tmp_path: Path) -> None:
    loaded, path = load_weights(weights), tmp_path / "asks.safetensors"
    save_weights(
        path, loaded.generator, loaded.atlas, teacher="", step=1, metrics={}, proof_sweeps=8, least_strength=0.4
    )
    again = load_weights(path)
    assert (again.proof_sweeps, again.least_strength) == (8, 0.4)


def test_a_file_of_an_older_format_is_refused_with_a_way_on(weights: Path, tmp_path: Path) -> None:
    tensors, metadata = contents(weights)
    path = tmp_path / "older.safetensors"
    save_file(tensors, path, metadata | {"format": "glyphcord-1", "choice_variety": "0.8"})
    assert reason(path) == "older says format 'glyphcord-1'; this version reads 'glyphcord-2': train it anew"


def test_free_pixels_have_no_subject_branch(tmp_path: Path) -> None:
    path = tmp_path / "free.safetensors"
    net = Generator(replace(SIZES["tiny"], head="pixels"))
    save_weights(path, net, default_atlas(), teacher="", step=0, metrics={})
    assert not any("subject" in key for key in contents(path)[0])
    assert load_weights(path).generator.subject_branch is None


def spoil_format(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["format"] = "glyphcord-99"


def spoil_all_metadata(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata.clear()


def spoil_head(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["head"] = "horns"


def spoil_cell(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["cell"] = "9x18"


def spoil_charset(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["charset"] = metadata["charset"][:-1]


def spoil_architecture(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["architecture"] = "{"


def spoil_architecture_size(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["architecture"] = described(widths=[8, 8, 10**9])


def spoil_agreement(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["head"] = "pixels"


def spoil_appetite(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["architecture"] = described(widths=[1024, 1024, 1024], blocks=8)  # half a gigabyte, if believed


def spoil_depth(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["architecture"] = "[" * 100_000


def spoil_number_type(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    tensors["generator.head.bias"] = tensors["generator.head.bias"].to(torch.complex64)


def spoil_stowaway(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    tensors["generator.more"] = torch.zeros(3)


def spoil_outputs(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["architecture"] = described(glyphs=96)


def spoil_widths(_: dict[str, torch.Tensor], metadata: dict[str, str]) -> None:
    metadata["architecture"] = described(widths=[32, 48, 128])


def spoil_missing_layer(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    del tensors["generator.head.weight"]


def spoil_subject_branch(tensors: dict[str, torch.Tensor], _: dict[str, str]) -> None:
    for key in [key for key in tensors if "subject_branch" in key]:
        del tensors[key]


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (spoil_nan, "not numbers"),
        (spoil_infinity, "not numbers"),
        (spoil_atlas_shape, "no atlas that fits"),
        (spoil_atlas_missing, "no atlas that fits"),
        (spoil_atlas_type, "no atlas that fits"),
        (spoil_format, "glyphcord-99"),
        (spoil_all_metadata, "says format None"),
        (spoil_head, "horns"),
        (spoil_cell, "9x18"),
        (spoil_charset, "no atlas that fits"),
        (spoil_architecture, "does not describe its architecture"),
        (spoil_architecture_size, "does not describe its architecture"),
        (spoil_outputs, "96 outputs for 95"),
        (spoil_agreement, "architecture with 'glyphs'"),
        (spoil_appetite, "does not fit its own architecture"),
        (spoil_depth, "does not describe its architecture"),
        (spoil_number_type, "not numbers"),
        (spoil_stowaway, "belongs to none"),
        (spoil_widths, "does not fit its own architecture"),
        (spoil_missing_layer, "does not fit its own architecture"),
        (spoil_subject_branch, "subject_branch.blocks.0.first.bias is missing"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_spoiled_files_are_refused(
    tmp_path: Path, weights: Path, spoil: Callable[[dict[str, torch.Tensor], dict[str, str]], None], says: str
) -> None:
    tensors, metadata = contents(weights)
    spoil(tensors, metadata)
    path = tmp_path / "spoiled.safetensors"
    save_file(tensors, path, metadata)
    assert says in reason(path)


UNSEEN = [
    "\x1b",
    "\n",
    "\r",
    "\t",
    "\x00",
    "\x7f",
    "\x9b",
    "\u202e",
    "\u200b",
    "\u2028",
    "\u00a0",
    "\u0301",
    "\ud800",
]


@pytest.mark.parametrize("character", UNSEEN, ids=ascii)
def test_a_charset_of_what_cannot_be_seen_is_refused(tmp_path: Path, weights: Path, character: str) -> None:
    """When it is loaded or uploaded, which reads it; and when an atlas is made of it, as training does."""
    header = json.loads(weights.read_bytes()[8 : 8 + int.from_bytes(weights.read_bytes()[:8], "little")])
    charset = header["__metadata__"]["charset"]
    header["__metadata__"]["charset"] = charset[:-1] + character
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    whole = weights.read_bytes()
    body = whole[8 + int.from_bytes(whole[:8], "little") :]
    path = tmp_path / "spoiled.safetensors"
    path.write_bytes(len(text).to_bytes(8, "little") + text + body)
    said = reason(path)
    assert said.isprintable()
    # A lone surrogate is no JSON to the library.
    assert "a cell of its own" in said or character == "\ud800"
    with pytest.raises(ValueError, match="a cell of its own"):
        Atlas(charset[:-1] + character, default_atlas().ink)
    with pytest.raises(ConfigError, match="charset has"):
        read_config("classic", {"charset": charset[:-1] + character})


@pytest.mark.parametrize("charset", [" ░▒▓█", " ⠁⠃⠇⣿", " .:猫"])
def test_a_charset_of_other_letters_is_one(charset: str) -> None:
    assert Atlas(charset, default_atlas().ink[: len(charset)]).charset == charset


def test_other_peoples_safetensors_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "stranger.safetensors"
    save_file({"weight": torch.zeros(3)}, path)
    assert "says format None" in reason(path)


@pytest.mark.parametrize(
    "name", ["../classic", "/etc/passwd", "a/b", "classic.safetensors", "", ".", "a" * 65, "a\n"]
)
def test_a_name_is_never_a_path(name: str, tmp_path: Path) -> None:
    (tmp_path / "classic.safetensors").write_bytes(b"")
    (tmp_path / "inner").mkdir()
    with pytest.raises(WeightsError, match="is not a weights name"):
        find_weights(name, tmp_path / "inner")


def test_the_folder_comes_before_the_shipped_ones(tmp_path: Path) -> None:
    (own := tmp_path / "classic.safetensors").write_bytes(b"")
    assert find_weights("classic", tmp_path) == own
    with pytest.raises(WeightsError, match=r"no file nobody\.safetensors"):
        find_weights("nobody", tmp_path)


def test_the_shipped_weights_load() -> None:
    shipped = sorted(SHIPPED.glob("*.safetensors"))
    assert find_weights("classic", None) in shipped
    for path in shipped:
        loaded = load_weights(path)
        assert loaded.generator.config.glyphs == len(loaded.atlas.charset)
