"""The audio room: files and arrays in, clean mono waveforms with a stated quality out.

- ``decode``      any audio file or array to :class:`~singalike.audio.decode.Audio`; typed errors for bad ones
- ``containers``  what a file is by its content, what its header promises; why it is no audio
- ``blocks``      a file from beginning to end in blocks, all channels
- ``excerpt``     which frames to read, so that an excerpt equals that part of the whole
- ``readers``     the two decoders behind ``decode``: libsndfile, and FFmpeg for the rest
- ``quality``     dead channels, DC, clipping, bandwidth
- ``resample``    from one rate to another
- ``stretch``     slower, faster, higher, lower, by Signalsmith Stretch
- ``windows``     where to cut a recording, cutting it, and what is new in each window
- ``silence``     silences shortened as in Torres 2023; which windows have sound
- ``encode``      writing a file, atomically
- ``choir``       virtual singers
"""
