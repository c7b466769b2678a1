"""Which recordings there are, whose voice each holds, and in which part of the data it belongs.

- :mod:`.recordings`    the table: path, voice, kind, song, session, licence, split
- :mod:`.readers`       known datasets, one a file
- :mod:`.splits`        parts that share no voice
- :mod:`.cache`         decoded recordings, kept
- :mod:`.spans`         non-overlapping clips, as a table of times
- :mod:`.prepare`       all of it in one go, resumable
- :mod:`.choir_voices`  the virtual choir as training data
- :mod:`.accompaniments` music to lay under voices, by number: virtual bands, or a folder of recordings
"""
