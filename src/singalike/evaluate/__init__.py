"""Measuring: functions of arrays only, no encoder is imported here. Scores: higher is closer.

- :mod:`.verification`  one voice or two: ROC, DET, EER, AUC
- :mod:`.ranking`       how high the right answer stands: mean normalised rank
- :mod:`.similarity`    both, from one vector a path and a trial list, with intervals
- :mod:`.groups`        whose voices are told apart worse: by gender, language, technique
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
- :mod:`.robustness`    the same trials under changed conditions, and how much the error grows
- :mod:`.misleading`    one voice over other accompaniments against other voices over the same one
- :mod:`.si_sdr`        how well a stem was separated

On songs, from vectors of windows of 1 s:

- :mod:`.gender`             the gender of a singer, splits by singer
- :mod:`.artists`            which of 50 artists, splits by song, also from few songs
- :mod:`.artist_similarity`  episodes of 50 artists: MNR and EER of two songs each
- :mod:`.tagging`            which of many tags: ROC-AUC and PR-AUC
- :mod:`.vocal_tags`         which tags a voice has, from rated segments, and the head that says so
- :mod:`.tracks`             checked vectors of whole songs in two domains
- :mod:`.query_by_singer`    the other songs of a query's singer first: P@5, R@5, mAP
- :mod:`.singer_identification`  the singer's model closest to a song: top-1, top-5
- :mod:`.song_classes`       one class of several: genre, instrument family
- :mod:`.windows`            checked windows, and the levels at which they are scored
- :mod:`.parts`              songs or singers dealt into training, validation and test parts
- :mod:`.classifier`         the one classifier of them all (torch)
- :mod:`.hits`               accuracy over splits, with its interval
- :mod:`.episodes`           queries and answers of artists, and their cosines
- :mod:`.replicates`         EER, AUC and average precision of many weightings at once

Every task has the same shape: conventions and metrics in the docstring, ``validate``, pure metric functions,
``evaluate`` that returns a dict.
"""
