"""A small model for one environment: built here, warmed up on its expert's episodes."""

from rewardsmith.agents.llm.tiny.build import SIZES, build_model, build_tokenizer
from rewardsmith.agents.llm.tiny.make import TinyModel, WarmUp, make_tiny_model

__all__ = ["SIZES", "TinyModel", "WarmUp", "build_model", "build_tokenizer", "make_tiny_model"]
