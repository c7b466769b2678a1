"""The demo: a virtual choir sings, and the whole main job is done on it, without network or torch.

- ``stage``    who sings what, written as audio files
- ``run``      index, search, enroll, identify, compare
- ``results``  what came out, and how much of it is right
- ``map``      vectors to two dimensions
- ``page``     the report; ``drawing`` its pictures, ``style`` its looks, ``sound`` what can be heard in it
"""

from __future__ import annotations

from singalike.demo.run import run_demo

__all__ = ["run_demo"]
