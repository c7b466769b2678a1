"""The match room: accompaniments that suit a voice, and the voice sung over them.

- ``neighbours`` the songs of a library whose voices are closest to a query's
- ``parts``      a song as voice and accompaniment: ready stems, separated, or a vocal alone
- ``onsets``     how much begins when; ``tempo`` and ``offset`` read it, ``key`` hears which scale is sung
- ``alignment``  what would have to be done to an accompaniment, or why it is refused
- ``crossmix``   the mix: the voice as it is, the accompaniment under it; ``peak`` its true peak
- ``sheet`` · ``page`` · ``picture``  what was done to what, in JSON and to listen to

Vocal-accompaniment matching is the demonstration of K. L. Kim, J. Lee, S. Kum, J. Nam, "Learning a cross-domain
embedding space of vocal and mixed audio with a structure-preserving triplet loss", ISMIR 2021.
"""
