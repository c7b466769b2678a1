"""The separation room: a mix in, its stems out, which add up to the mix.

- ``base``     the protocol :class:`~singalike.separate.base.Separator`, the registry, other people's by entry point
- ``chunks``   any separator over audio of any length and rate: chunks, cross-fades, what the stems leave
- ``files``    a file into stem files, in constant memory
- ``cache``    stems kept by content hash
- ``batch``    many files at once, resumable; ``names`` their folders
- ``repet``    REPET-SIM, which needs no weights
- ``demucs``   HT-Demucs; ``checkpoints`` finds and reads its weights without running code in them
- ``ready``    stems that somebody has separated already
"""
