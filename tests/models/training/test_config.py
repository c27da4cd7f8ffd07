"""Configs: those that come with the program can be read, and a wrong one says what to correct."""

from pathlib import Path

import pytest

from models.atlas import PRINTABLE
from models.limits import MAX_PROOF_SWEEPS, MIN_STRENGTH
from models.training.config import ConfigError, TrainConfig, read_config, shipped_configs
from models.training.targets import STYLES
from models.weights_file import SHIPPED


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


@pytest.mark.parametrize("name", shipped_configs())
def test_what_is_shipped_can_be_read(name: str) -> None:
    config = read_config(name, {})
    assert config.style in STYLES
    assert config.steps > config.warm_steps


def test_every_shipped_style_has_its_config() -> None:
    assert {path.stem for path in SHIPPED.glob("*.safetensors")} <= set(shipped_configs())


def test_a_file_sets_some_numbers_and_the_command_line_others(mine: Path) -> None:
    mine.write_text('steps = 7\nlearning_rate = 1\ncharset = " .#"\n', encoding="utf-8")
    config = read_config(str(mine), {"steps": 9})
    assert (config.steps, config.learning_rate, config.charset) == (9, 1, " .#")
    assert config.batch == TrainConfig().batch


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=r"there is no config mine; choose classic, .*, or give a \.toml file"):
        read_config("mine", {})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("steps = ", "cannot be read"),
        ("variety = 1.0", "sets 'variety'; a config knows style, size, charset"),
        ("steps = 1.5", "sets steps to 1.5, which is no int"),
        ("proof_sweeps = true", "sets proof_sweeps to True, which is no int"),
        ("charset = 95", "sets charset to 95, which is no str"),
    ],
)
def test_what_is_wrong_in_a_file_is_told(mine: Path, text: str, says: str) -> None:
    mine.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=says) as told:
        read_config(str(mine), {})
    assert "mine.toml" in str(told.value)


@pytest.mark.parametrize("charset", [" #", " .:-=+*#%@", PRINTABLE])
def test_a_charset_is_any_part_of_the_typeface(charset: str) -> None:
    assert read_config("classic", {"charset": charset}).charset == charset


@pytest.mark.parametrize(
    ("charset", "says"),
    [
        ("", "begins with a blank"),
        (" ", "has another character"),
        (".: ", "begins with a blank"),
        (" .:.", "none twice"),
        ("  .", "none twice"),
        (" .é▓", "charset has 'é▓', which the typeface lacks"),
        (" .\n", r"charset has '\\n', which the typeface lacks"),
    ],
)
def test_a_charset_that_is_none_is_refused(charset: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read_config("classic", {"charset": charset})


@pytest.mark.parametrize("sweeps", [-1, MAX_PROOF_SWEEPS + 1])
def test_more_refinement_than_a_weights_file_may_ask_for_is_refused(sweeps: int) -> None:
    with pytest.raises(ConfigError, match=f"proof_sweeps is {sweeps}; it can be 0 to {MAX_PROOF_SWEEPS}"):
        read_config("classic", {"proof_sweeps": sweeps})


@pytest.mark.parametrize("strength", [0.0, MIN_STRENGTH - 0.01, 1.01, float("nan")])
def test_ink_that_nobody_sees_is_refused(strength: float) -> None:
    with pytest.raises(ConfigError, match=f"least_strength is .*; it can be {MIN_STRENGTH:g} to 1"):
        read_config("classic", {"least_strength": strength})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("steps", 0),
        ("batch", -1),
        ("columns", 0),
        ("rows", -3),
        ("warm_steps", -1),
        ("subject_batch", -1),
        ("seed", -1),
        ("learning_rate", 0.0),
        ("learning_rate", float("nan")),
        ("temperature", 0.0),
        ("ema", 1.0),
        ("adversarial_weight", -0.1),
    ],
)
def test_a_number_that_no_run_can_have_is_refused_in_words(name: str, value: float) -> None:
    with pytest.raises(ConfigError, match=f"{name} is .*; it (must|can) be "):
        read_config("classic", {name: value})
