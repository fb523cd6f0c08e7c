"""What a test's steps are when nobody names them, for models of one network and of several."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from small_tron import manifest, sub_model

from api.commands.tested import Network, networks_of_manifest, networks_of_template, proposed_steps
from api.errors import ApiRefusal
from schemas.specs.preprocessing import CenterCrop, CvtRGB, Resize, Transpose, chain_text
from schemas.specs.templates import read_template


def document(method: str, *subs: dict[str, Any]) -> list[Network]:
    base = {
        "name": "net", "input_name": "data", "input_shape": "1,3,24,32", "num_classes": 2, "class_name": ["a", "b"],
        "mean_values": "0,0,0", "scale_values": "1,1,1", "max_batch": 4,
        "architecture": "12345678-1234-5678-1234-567812345678",
    }  # fmt: skip
    main = {"name": "t", "repo": "r", "version": "v1", "method": method, "error_threshold": 1e-4}
    return networks_of_template(read_template({**main, "sub_templates": [{**base, **sub} for sub in subs]}))


KIND = "classification"
DETECTOR = {"name": "find", "method": "yolo_v8", "input_shape": "1,3,64,64"}


def test_the_chain_is_that_of_what_is_scored():
    bgr = [{"name": "colour", "kind": "ss", "value": "bgr"}]
    assert (
        chain_text(proposed_steps(document("classification", DETECTOR, {}), KIND))
        == "resize 32x24 > cvtRGB > transpose"
    )
    assert chain_text(proposed_steps(document("classification", {"args": bgr}), KIND)) == "resize 32x24 > transpose"


def test_a_file_that_says_how_images_come_to_its_network_is_believed():
    steps = (Resize(short_side=9), CenterCrop(width=8, height=8), CvtRGB(), Transpose())
    said, silent = (
        msgspec.structs.replace(sub_model(position, str(position))[0], steps=own)
        for position, own in enumerate((steps, ()))
    )
    assert proposed_steps(networks_of_manifest(manifest(said)), KIND) == steps
    usual = proposed_steps(networks_of_manifest(manifest(silent)), KIND)
    assert chain_text(usual) == "resize 8x8 > cvtRGB > transpose"


def test_networks_that_want_different_chains_take_their_own():
    assert proposed_steps(document("classification", {}, {"name": "other", "input_shape": "1,3,48,48"}), KIND) == ()
    assert proposed_steps(document("classification", {}, {"name": "other"}), KIND) != ()


def test_a_model_without_classes_of_images_is_refused_before_anything_is_said():
    with pytest.raises(ApiRefusal) as refused:
        proposed_steps(document("yolo_v8", {**DETECTOR, "method": ""}), KIND)
    assert refused.value.reason.code == "model_not_scorable"
    assert refused.value.reason.params == {"methods": "yolo_v8", "type": "classification"}


def test_a_detector_is_scored_on_a_dataset_of_boxes():
    assert chain_text(proposed_steps(document("classification", DETECTOR, {}), "detection")) != "default"
