"""Rooms import what lies below them alone, and the pictures show them as they are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from scripts.architecture import FLOORS, PACKAGE, PICTURES, WAYS, imports, pictures, purpose, room_of, upward

ROOMS = [room for floor in FLOORS for room in floor]


def test_every_room_has_its_floor_and_says_what_it_is_for() -> None:
    assert sorted(imports()) == sorted(ROOMS)
    assert all(purpose(room) for room in ROOMS)


def test_nothing_imports_upwards() -> None:
    assert upward(imports()) == []


def test_an_import_upwards_would_be_seen() -> None:
    assert upward({"graph": {"errors", "cli"}, "isolation": {"errors"}}) == [("graph", "cli")]
    assert imports()["quantization"] >= {"graph", "errors"}


def test_tensorflow_is_imported_in_two_rooms_alone() -> None:
    packages = "tensorflow|tf_keras|keras|tensorflow_model_optimization"
    wanted = re.compile(rf"^\s*(?:import|from) (?:{packages})\b", re.MULTILINE)
    found = {room_of(path) for path in PACKAGE.rglob("*.py") if wanted.search(path.read_text("utf-8"))}
    assert found == {"frontend", "qat"}


def test_the_picture_of_the_data_names_rooms() -> None:
    named = {room for _, _, by in WAYS for room in by.split(", ") if room}
    assert named <= set(ROOMS)
    assert set(ROOMS) - named == {"graph", "api", "cli", "errors", "isolation", "resources"}


@pytest.mark.parametrize("name", ["data.svg", "rooms.svg"])
def test_pictures_are_the_drawn_ones_and_load_nothing(name: str) -> None:
    text = (PICTURES / name).read_text("utf-8")
    assert text == pictures()[name], "draw it anew: python -m scripts.architecture"
    assert "prefers-color-scheme: dark" in text
    root = ET.fromstring(text)  # noqa: S314 - our own file
    assert not [e for e in root.iter() if any("href" in key for key in e.attrib)]
    assert "url(http" not in text
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    for box in root.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(box.attrib["x"]) + float(box.attrib["width"]) <= width
        assert float(box.attrib["y"]) + float(box.attrib["height"]) <= height
