"""Measuring a model on data: from names and files to results and pages.

- :mod:`.embedders`  everything that embeds, by name: our models, published ones, baselines
- :mod:`.clips`      non-overlapping clips of recordings and their vectors, cached
- :mod:`.run`        one task, one model, one dataset: a results folder
- :mod:`.plots`      DET curves
- :mod:`.report`     results folders to one page, beside the paper's tables, with a map of the voices
"""
