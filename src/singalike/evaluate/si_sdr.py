"""How well a stem was separated: scale-invariant signal-to-distortion ratio.

J. Le Roux, S. Wisdom, H. Erdogan, J. R. Hershey, "SDR – half-baked or well done?", ICASSP 2019, eq. 2–3. With the
reference s and the estimate ŝ, α = ⟨ŝ, s⟩ / ‖s‖²:

    SI-SDR = 10 log10( ‖α s‖² / ‖α s − ŝ‖² )  dB,  higher is better.

It does not change with the level of either. Means are not taken off.
"""

from __future__ import annotations

import numpy as np

from singalike.errors import ConfigError, NotFiniteError, SilentError


def si_sdr_db(estimate: np.ndarray, reference: np.ndarray) -> float:
    """Return the SI-SDR in dB; inf where the estimate is the reference but for its level, -inf where it has none of it.

    Args:
        estimate: (T,) or (C, T); channels share one α.
        reference: Of the same shape.

    Raises:
        ConfigError: The shapes differ.
        NotFiniteError: A sample is NaN or infinite.
        SilentError: The reference, or the estimate, is all zeros: the ratio is not defined.
    """
    if estimate.shape != reference.shape:
        raise ConfigError(f"estimate {estimate.shape} and reference {reference.shape} differ in shape")
    guess, truth = np.ravel(estimate).astype(np.float64), np.ravel(reference).astype(np.float64)
    if not (np.isfinite(guess).all() and np.isfinite(truth).all()):
        raise NotFiniteError("there are NaN or infinite samples")
    for name, samples in (("estimate", guess), ("reference", truth)):
        if not samples.any():
            raise SilentError(f"the {name} is all zeros: its SI-SDR is not defined")
    target = (guess @ truth) / (truth @ truth) * truth
    error = target - guess
    with np.errstate(divide="ignore"):
        return float(10.0 * np.log10(np.divide(target @ target, error @ error)))
