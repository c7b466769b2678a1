"""Training, validation and test parts, dealt so that nothing that belongs together is torn apart.

Groups (the songs of an artist, the singers of a gender) are shuffled and dealt 80/10/10 within each stratum, so that
every stratum is in every part: at least one group each, whatever the shares.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from singalike.errors import ConfigError
from singalike.evaluate.windows import one_each

TRAIN, VALIDATION, TEST = range(3)
PARTS = ("train", "validation", "test")
LEFT_OUT = -1
_SHOWN = 5  # how many strata an error names


def deal_parts(groups: np.ndarray, strata: np.ndarray, *, seed: int, held_out: float = 0.1) -> np.ndarray:
    """Deal groups into parts.

    Args:
        groups: (N,) what must stay together.
        strata: (N,) what must be in every part; one a group.
        seed: Shuffles the groups; the order of the rows is nothing.
        held_out: Share of a stratum's groups in the validation part, and in the test part.

    Returns:
        (N,) :data:`TRAIN`, :data:`VALIDATION` or :data:`TEST`.

    Raises:
        ConfigError: A stratum has fewer than 3 groups (they are named), or a group is in two strata.
    """
    groups, strata = np.asarray(groups), np.asarray(strata)
    one_each(groups, strata, "strata")
    members = {stratum: np.unique(groups[strata == stratum]) for stratum in np.unique(strata).tolist()}
    if few := [f"{stratum} has {len(own)}" for stratum, own in members.items() if len(own) < len(PARTS)]:
        raise ConfigError(
            f"training, validation and test parts need 3 of each: {'; '.join(few[:_SHOWN])} ({len(few)} such)",
            hint="more data, or fewer classes",
        )
    chance = np.random.default_rng(seed)
    part_of: dict[str, int] = {}
    for own in members.values():
        each = max(1, round(held_out * len(own)))
        parts = np.repeat((TEST, VALIDATION, TRAIN), (each, each, len(own) - 2 * each))
        part_of |= dict(zip(chance.permutation(own).tolist(), parts.tolist(), strict=True))
    return np.array([part_of[group] for group in groups.tolist()])


def part_codes(parts: Sequence[str] | np.ndarray) -> np.ndarray:
    """Return the number (N,) of each part that is given by name.

    Raises:
        ConfigError: Another name than :data:`PARTS`, or a part that has nothing.
    """
    names = np.asarray(parts)
    if unknown := sorted(set(names.tolist()) - set(PARTS)):
        raise ConfigError(f"no such part: {', '.join(map(repr, unknown))}", hint=f"one of {', '.join(PARTS)}")
    if missing := [name for name in PARTS if name not in names]:
        raise ConfigError(f"nothing is in the {' or '.join(missing)} part")
    return np.array([PARTS.index(name) for name in names.tolist()])


def check_classes(part: np.ndarray, classes: np.ndarray) -> None:
    """Check that every class is in every part; otherwise it is not learnt, or not measured.

    Args:
        part: (N,) as :func:`deal_parts` gives them.
        classes: (N,) names.

    Raises:
        ConfigError: A class is missing in a part (it is named), or there is only one class.
    """
    known = set(classes.tolist())
    if len(known) < 2:
        raise ConfigError(f"classes can only be told apart where there are two: {', '.join(known) or 'none'}")
    for number, name in enumerate(PARTS):
        if missing := sorted(known - set(classes[part == number].tolist())):
            more = f" ({len(missing)} such)" if len(missing) > _SHOWN else ""
            raise ConfigError(f"the {name} part has no {', '.join(missing[:_SHOWN])}{more}")


def able_artists(songs: np.ndarray, artists: np.ndarray, *, min_songs: int, at_least: int = 2) -> np.ndarray:
    """Return the names of the artists who have enough songs, sorted.

    Args:
        songs: (N,).
        artists: (N,), one a song.
        min_songs: What is enough.
        at_least: How many such artists there must be.

    Raises:
        ConfigError: There are fewer such artists.
    """
    owners = dict(zip(songs.tolist(), artists.tolist(), strict=True))
    names, counts = np.unique(list(owners.values()), return_counts=True)
    able = names[counts >= min_songs]
    if len(able) < at_least:
        raise ConfigError(
            f"{len(able)} of {len(names)} artists have {min_songs} songs or more",
            hint=f"at least {at_least} are needed",
        )
    return able
