"""Two models and the images they meet, simulated: what both find hard, what each finds of its own; and the truth.

Images differ in difficulty, hold objects of few classes each (of which some are common and many are rare), and look
like something that is not there; the two models see all this with a noise of their own. `spread` says how far they
agree: from another network (0.7) down to the same one with weights rounded (0.02).
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from schemas.verdict.average_precision import Ranked, Rises, joined, mean_ap
from schemas.verdict.kinds import Ratio

TRUTH_IMAGES, TRUTHS = 100_000, 10
"""One set is not enough, however large: where recall ends between two hundredths moves mean AP by a step."""
SEEN, REPORTED, WELL_PLACED = -0.3, -1.6, -1.0
"""From which score on objects are seen, and what is none is reported; from which luck on a box is well placed."""


class Scene(NamedTuple):
    """Images with what both models have in common. All but `images` is by object, or by what looks like one."""

    images: int
    object_image: np.ndarray
    object_class: np.ndarray
    object_score: np.ndarray
    object_luck: np.ndarray
    false_image: np.ndarray
    false_class: np.ndarray
    false_score: np.ndarray


class Found(NamedTuple):
    """A model's boxes, best first by class: image, class, whether right."""

    image: np.ndarray
    label: np.ndarray
    is_true: np.ndarray


class World(NamedTuple):
    """Where images come from, and how two models differ: the second one's skill is `gain` higher."""

    name: str
    classes: int
    objects_mean: float
    spread: float
    gain: float

    def scene(self, rng: np.random.Generator, images: int) -> Scene:
        common = 1 / np.arange(1, self.classes + 1) ** 0.9
        common /= common.sum()
        ease = np.random.default_rng(self.classes).normal(0.4, 0.6, self.classes)
        hard = rng.normal(0, 0.6, images)
        themes = rng.choice(self.classes, (images, 2), p=common)

        def classes(image: np.ndarray) -> np.ndarray:
            own = themes[image, rng.integers(0, 2, len(image))]
            return np.where(rng.random(len(image)) < 0.6, own, rng.choice(self.classes, len(image), p=common))

        counts = rng.negative_binomial(1.2, 1.2 / (1.2 + self.objects_mean), images)
        objects = np.repeat(np.arange(images), counts)
        falses = np.repeat(np.arange(images), rng.poisson(6 * np.exp(0.3 * hard - 0.045)))
        label = classes(objects)
        return Scene(
            images, objects, label, ease[label] - hard[objects] + rng.normal(0, 1, len(objects)),
            rng.normal(0, 1, len(objects)), falses, classes(falses), rng.normal(-0.9, 0.9, len(falses)),
        )  # fmt: skip

    def found(self, rng: np.random.Generator, scene: Scene, model: int) -> Found:
        """What the first (0) or second (1) model finds."""
        skill = model * self.gain

        def noise(like: np.ndarray) -> np.ndarray:
            return rng.normal(0, self.spread, len(like))

        score = scene.object_score + skill + noise(scene.object_score)
        right = scene.object_luck + skill / 2 + noise(scene.object_luck) > WELL_PLACED
        false = scene.false_score - skill / 2 + noise(scene.false_score)
        seen, reported = score > SEEN, false > REPORTED
        image = np.concatenate((scene.object_image[seen], scene.false_image[reported]))
        label = np.concatenate((scene.object_class[seen], scene.false_class[reported]))
        is_true = np.concatenate((right[seen], np.zeros(reported.sum(), np.bool_)))
        order = np.lexsort((-np.concatenate((score[seen], false[reported])), label))
        return Found(image[order], label[order], is_true[order])

    def ranked(self, scene: Scene, found: Found) -> list[Ranked]:
        bounds = np.searchsorted(found.label, np.arange(self.classes + 1))
        made = []
        for label in range(self.classes):
            part = slice(bounds[label], bounds[label + 1])
            positives = np.bincount(scene.object_image[scene.object_class == label], minlength=scene.images)
            made.append(Ranked(found.image[part], found.is_true[part], positives))
        return made

    def models(self, rng: np.random.Generator, images: int) -> tuple[list[Ranked], list[Ranked]]:
        """What the two models make of the same new images."""
        scene = self.scene(rng, images)
        first, second = (self.ranked(scene, self.found(rng, scene, model)) for model in (0, 1))
        return first, second

    def truth(self, sets: int = TRUTHS) -> dict[str, float]:
        """By how much the second model is better in each figure, on more images than anybody has."""
        found = [self.large(np.random.default_rng(seed)) for seed in range(sets)]
        return {key: float(np.mean([each[key] for each in found])) for key in found[0]}

    def large(self, rng: np.random.Generator) -> dict[str, float]:
        """The same on one set."""
        models = self.models(rng, TRUTH_IMAGES)
        ones, every = np.ones((1, TRUTH_IMAGES), np.uint8), np.ones(TRUTH_IMAGES, np.bool_)
        ap = [float(mean_ap(joined([Rises.of(each, every) for each in model]), ones)[0]) for model in models]
        counted = [ratios(model) for model in models]
        return {
            "ap/boxes": ap[1] - ap[0],
            **{key: share(counted[1][key]) - share(counted[0][key]) for key in counted[0]},
        }


def share(ratio: Ratio) -> float:
    return float(ratio.part.sum() / ratio.whole.sum())


def ratios(model: list[Ranked]) -> dict[str, Ratio]:
    """Recall and precision over all classes."""
    positives = np.sum([each.positives for each in model], axis=0)
    images = len(positives)
    right = np.sum([np.bincount(each.image[each.is_true], minlength=images) for each in model], axis=0)
    found = np.sum([np.bincount(each.image, minlength=images) for each in model], axis=0)
    return {"recall/boxes": Ratio(right, positives), "precision/boxes": Ratio(right, found)}


def names(trial: int, images: int) -> list[str]:
    """Digests of images that no other trial has."""
    return [f"sha256:{hashlib.sha256(f'{trial} {each}'.encode()).hexdigest()}" for each in range(images)]
