"""Measuring: functions of arrays only, no encoder is imported here. Scores: higher is closer.

- :mod:`.verification`  one voice or two: ROC, DET, EER, AUC
- :mod:`.ranking`       how high the right answer stands: mean normalised rank
- :mod:`.similarity`    both, from vectors and a trial list, with intervals
- :mod:`.trials`        the trial lists: read, write, checksum
- :mod:`.drawing`       draw trials across songs or sessions, of one gender or voice part
- :mod:`.bootstrap`     intervals over singers
- :mod:`.calibration`   from cosines to probabilities, thresholds and percentiles

Every task has the same shape: conventions and metrics in the docstring, ``validate``, pure metric functions,
``evaluate`` that returns a dict.
"""
