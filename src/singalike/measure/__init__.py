"""Measuring a model on data: from names and files to results and pages.

- :mod:`.embedders`    everything that embeds, by name: our models, published ones, baselines
- :mod:`.data`         what to measure on: reading, filters, keys
- :mod:`.settings`     everything a measurement depends on besides model and data
- :mod:`.trial_names`  how a list of trials wants recordings cut
- :mod:`.cutting`      one recording to clips to vectors, cached
- :mod:`.clips`        many recordings, the failed ones listed
- :mod:`.tasks`        trials and figures of a task
- :mod:`.run`          one task, one model, one dataset: a results folder
- :mod:`.song_data`, :mod:`.song_settings`, :mod:`.song_windows`, :mod:`.song_tasks`, :mod:`.song_run`
                       the same for songs: windows of vocals and mixtures, probes
- :mod:`.song_contract`, :mod:`.track_tasks`
                       what a task on songs is; the tasks on whole songs, across domains
- :mod:`.vocal_tags_run` (and ``_data``, ``_vectors``, ``_plot``)
                       tags of voices, from rated segments
- :mod:`.task_table`   every task by name
- :mod:`.outcome`      what each leaves
- :mod:`.robustness`   the same trials under codecs, rooms, noise, accompaniments, pitch, bandwidth, short clips
- :mod:`.results`      that folder: written whole, read back, never mixed
- :mod:`.plots`        DET curves
- :mod:`.report`       results folders to one page, beside the paper's tables, with a map of the voices
"""
