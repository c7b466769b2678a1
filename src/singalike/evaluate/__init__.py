"""Measuring: functions of arrays only, no encoder is imported here. Scores: higher is closer.

- :mod:`.verification`  one voice or two: ROC, DET, EER, AUC
- :mod:`.ranking`       how high the right answer stands: mean normalised rank
- :mod:`.similarity`    both, from one vector a path and a trial list, with intervals
- :mod:`.clips`         both, from vectors of clips: EER, MNR of eq. 7 and of the released code, with intervals
- :mod:`.clip_vectors`  the vectors of clips, of one model
- :mod:`.clip_names`    which clips a trial names, ours or published
- :mod:`.probes`        singer identification by a linear probe, k-fold over files
- :mod:`.linear_probe`  the probe and its training (torch)
- :mod:`.folds`         the files of each singer dealt into training, validation and test parts
- :mod:`.trials`        the trial lists: read, write, checksum
- :mod:`.drawing`       draw trials across songs or sessions, of one gender or voice part
- :mod:`.bootstrap`     intervals over singers
- :mod:`.calibration`   from cosines to probabilities, thresholds and percentiles

Every task has the same shape: conventions and metrics in the docstring, ``validate``, pure metric functions,
``evaluate`` that returns a dict.
"""
